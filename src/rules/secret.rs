//! Which keys name secrets, and which values were never meant to be one.
use std::sync::OnceLock;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Whole values that stand for "fill me in", whatever the key. Case does not matter.
const PLACEHOLDERS: &[&str] = &[
    "*change[-_ ]me*",
    "*changeme*",
    "*change[-_ ]this*",
    "*changethis*",
    "*replace[-_ ]me*",
    "*replace[-_ ]with[-_ ]*",
    "{insert,enter,put,add}[-_ ]*{key,token,secret,password}*",
    "your[-_]*{key,token,secret,password,here}*",
    "*should[-_]be[-_]updated*",
    "django-insecure-*",
    "{placeholder,placeholder[-_]*,*[-_]placeholder}",
    "{todo,tbd,fixme,...,…}",
    "sk-xxx*",
    "sk-*-xxx*",
    "changeit",
    "change*{password,key,secret,token,user}",
    "{get,generate,create}[-_ ]{a,an,the,your,new}[-_ ]*",
    "*[-_]{domain,email,id,key,name,password,secret,token,url}[-_]here",
    "your[-_]{domain,email,host,hostname,tenant,user,username}*",
    "!!!*!!!",
    "*fill[-_ ]me[-_ ]in*",
    "set[-_ ]me[-_ ]*",
];

/// Values that ship as defaults, and are no secret wherever a secret is asked for.
const DEFAULT_SECRETS: &[&str] = &[
    "{password,passwd,passw0rd,secret,admin,root,guest,default,example,dummy,test,testing,postgres,minioadmin}",
    "{admin,password,secret,test}{1,12,123,1234}",
    "{letmein,p@ssw0rd,passw0rd}*",
    "{default,development,dev,dummy,example,insecure,sample,test}[-_]{secret,password,key,token,value}*",
    "insecure[-_]*",
    "{123456,1234567,12345678,123456789,qwerty,letmein,hunter2,supersecret,topsecret,s3cr3t,secretkey,mysecret}",
];

/// Whether a value stands for "fill me in".
pub(super) fn is_placeholder(value: &str) -> bool {
    static SET: OnceLock<GlobSet> = OnceLock::new();
    let value = value.trim();
    let crossed_out = value.len() >= 3 && value.chars().all(|c| matches!(c, 'x' | 'X'));
    // `/change-me` is a path to a page.
    let is_path = value.starts_with('/');
    crossed_out || is_slot(value) || (!is_path && SET.get_or_init(|| set(PLACEHOLDERS)).is_match(value))
}

/// `<your key>`, `[your key]`, or `://user:<password>@`: a slot to fill in. `<no-reply@example.org>` and `<%t>` are none.
fn is_slot(value: &str) -> bool {
    let is_words =
        |inner: &str| !inner.is_empty() && inner.chars().all(|c| c.is_alphanumeric() || " -_.".contains(c));
    let whole = value.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    let bracketed = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let in_url = value
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once(":<"))
        .and_then(|(_, rest)| rest.split_once(">@"));
    whole.is_some_and(is_words)
        || bracketed.is_some_and(|inner| is_words(inner) && inner.contains(' '))
        || in_url.is_some_and(|(inner, _)| is_words(inner))
}

/// Whether a value is a secret that ships as a default.
pub(super) fn is_default_secret(value: &str) -> bool {
    static SET: OnceLock<GlobSet> = OnceLock::new();
    let value = value.trim();
    SET.get_or_init(|| set(DEFAULT_SECRETS)).is_match(value) || is_guessable(value)
}

/// `myredissecret`, `example123456`, `0000000000000000`: whoever knows the application tries them.
fn is_guessable(value: &str) -> bool {
    let is_worded = value.chars().all(|c| c.is_ascii_lowercase())
        && ["secret", "password"].iter().any(|word| value.ends_with(word));
    let mut characters = value.chars();
    let first = characters.next();
    let is_repeated = value.len() >= 4 && characters.all(|c| Some(c) == first);
    is_worded || is_repeated || value.ends_with("123456")
}

/// Before `KEY` these words make it a secret; a `CACHE_KEY` or a `SORT_KEY` is none.
const BEFORE_KEY: &[&str] = &[
    "ACCESS",
    "ADMIN",
    "API",
    "AUTH",
    "CIPHER",
    "COOKIE",
    "CRYPT",
    "CRYPTO",
    "CSRF",
    "ENCRYPT",
    "ENCRYPTION",
    "FERNET",
    "HMAC",
    "JWT",
    "MASTER",
    "PRIVATE",
    "ROOT",
    "SECRET",
    "SESSION",
    "SIGN",
    "SIGNATURE",
    "SIGNING",
    "WEBHOOK",
];

/// Words that make a key a switch or a number, whatever its last word is: `USE_TOKEN`, `MAX_TOKEN`.
const SWITCHES: &[&str] = &[
    "ALLOW", "DISABLE", "DISABLED", "ENABLE", "ENABLED", "HAS", "IS", "MAX", "MIN", "NO", "REQUIRE",
    "REQUIRED", "SKIP", "USE",
];

/// Beginnings of keys whose values a bundler puts into what browsers load.
const IN_BROWSERS: &[&str] = &["GATSBY_", "REACT_APP_", "VITE_"];

/// Whether a key surely names a secret: by its last word, so that `PASSWORD_MIN_LENGTH`, `PASSWORD_FILE` and `TOKEN_URL`
/// name none.
pub(super) fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_uppercase();
    let key = key.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    if IN_BROWSERS.iter().any(|start| key.starts_with(start)) {
        return false;
    }
    let mut words: Vec<&str> = key.split(['_', '-', '.']).collect();
    let last = words.pop().unwrap_or_default();
    if words.iter().any(|word| SWITCHES.contains(word) || ["PUBLIC", "PUBLISHABLE"].contains(word)) {
        return false;
    }
    let before = words.last().copied().unwrap_or_default();
    match last {
        "PASS" | "PASSWD" | "PASSPHRASE" | "TOKEN" | "CREDENTIAL" | "CREDENTIALS" | "APIKEY"
        | "ACCESSKEY" | "PRIVATEKEY" | "SECRETKEY" => true,
        "KEY" => BEFORE_KEY.contains(&before) || key == "APP_KEY" || key.ends_with("SERVICE_ROLE_KEY"),
        "BASE" => key.ends_with("SECRET_KEY_BASE"),
        // `PWD` itself is the folder of a shell.
        "PWD" => !words.is_empty() && before != "OLD",
        _ => last.ends_with("PASSWORD") || last.ends_with("SECRET"),
    }
}

/// Whether a key may name a secret: a `..._KEY` that [`is_secret_key`] knows nothing about too. Good enough where the value
/// has to look like a secret as well.
pub(super) fn may_be_secret_key(key: &str) -> bool {
    let upper = key.to_ascii_uppercase();
    let upper = upper.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let is_key = upper.rsplit(['_', '-', '.']).next() == Some("KEY");
    is_secret_key(key) || (is_key && !upper.contains("PUBLIC"))
}

/// Whether what such a key holds stands beside a secret, and may be short and known: the name of an S3 account, the path
/// of a file with credentials.
pub(super) fn is_beside_secret(key: &str) -> bool {
    let key = key.to_ascii_uppercase();
    let is_account = key.ends_with("ACCESS_KEY") || key.ends_with("ACCESSKEY");
    (is_account && !key.contains("SECRET")) || key.ends_with("CREDENTIAL") || key.ends_with("CREDENTIALS")
}

/// The user and the password in a URL, `scheme://user:password@host`; the user may be empty.
pub(super) fn in_url(value: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = value.trim().split_once("://")?;
    let is_scheme = !scheme.is_empty()
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | ':'));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let (who, _) = authority.rsplit_once('@').filter(|_| is_scheme)?;
    who.split_once(':').filter(|(_, password)| !password.is_empty())
}

/// Globs that match whatever the case.
pub(super) fn set<S: AsRef<str>>(patterns: &[S]) -> GlobSet {
    let mut builder = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern.as_ref()).case_insensitive(true).literal_separator(false).build();
        // A declared glob was held to its form with the manifest; the built-in ones by the test below.
        if let Ok(glob) = glob {
            builder.add(glob);
        }
    }
    builder.build().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_glob_is_one() {
        for pattern in PLACEHOLDERS.iter().chain(DEFAULT_SECRETS) {
            assert!(GlobBuilder::new(pattern).build().is_ok(), "{pattern}");
        }
    }

    #[test]
    fn what_is_a_placeholder() {
        for value in [
            "<change-me>",
            "CHANGEME",
            "please_change_me",
            "your-api-key-here",
            "xxx",
            "TODO",
            "<your token>",
            "changeit",
            "changeEncryptionKey",
            "generate_a_new_key",
            "bucket_name_here",
            "your-domain.example.com",
            "sk-proj-xxxxxxxx",
            "!!!SET SECRET_KEY!!!",
        ] {
            assert!(is_placeholder(value), "{value}");
        }
        for value in [
            "",
            "/img/placeholder.png",
            "production",
            "https://example.com",
            "a<b>c",
            "xx",
            "google-gla:gemini",
            "change-log",
            "generate",
            "create-only",
            "see_here",
        ] {
            assert!(!is_placeholder(value), "{value}");
        }
    }

    #[test]
    fn what_anyone_would_guess() {
        for value in ["admin", "Password123", "myredissecret", "demo123456", "0000000000000000"] {
            assert!(is_default_secret(value), "{value}");
        }
        for value in ["", "000", "a-real-one-4711", "9f8e7d6c5b4a39281706", "my-tls-secret"] {
            assert!(!is_default_secret(value), "{value}");
        }
    }

    #[test]
    fn which_keys_name_secrets() {
        for key in [
            "DB_PASSWORD",
            "MINIO_ACCESS_KEY",
            "token",
            "APIKEY",
            "PGPASSWORD",
            "SECRET_KEY_2",
            "CLIENT_SECRET",
            "DB_PWD",
            "SECRET_KEY_BASE",
            "DJANGO_SECRET_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "JWT_SIGNING_KEY",
            "secretKey",
            "HF_TOKEN",
        ] {
            assert!(is_secret_key(key), "{key}");
        }
        for key in [
            "DB_USER",
            "PUBLIC_KEY",
            "PASSWORD_MIN_LENGTH",
            "TOKEN_URL",
            "MONKEY",
            "SECRET_NAME",
            "CACHE_KEY",
            "SORT_KEY",
            "PARTITION_KEY",
            "DB_PASSWORD_FILE",
            "PWD",
            "MAX_TOKEN",
            "USE_PASSWORD",
            "NEXT_PUBLIC_API_KEY",
            "VITE_API_KEY",
            "COMPASS",
            "KEY",
            "KEY_BASE",
            "",
        ] {
            assert!(!is_secret_key(key), "{key}");
        }
        assert!(may_be_secret_key("STRIPE_KEY") && !may_be_secret_key("MY_PUBLIC_KEY"));
        assert!(is_beside_secret("S3_ACCESS_KEY") && !is_beside_secret("AWS_SECRET_ACCESS_KEY"));
    }

    #[test]
    fn passwords_in_urls() {
        for (url, found) in [
            ("postgres://app:pw@db/x", Some(("app", "pw"))),
            ("postgresql+asyncpg://app:p@w@db:5432/x?y=a:b@c", Some(("app", "p@w"))),
            ("redis://:pw@cache", Some(("", "pw"))),
            ("mongodb://u:p@h1,h2/db", Some(("u", "p"))),
            ("https://user@host/a:b@c", None),
            ("https://host:8080/x", None),
            ("postgres://app:@db", None),
            ("a b://u:p@h", None),
            ("plain", None),
        ] {
            assert_eq!(in_url(url), found, "{url}");
        }
    }
}
