//! Texts and the hosts that they name.
use proptest::prelude::*;

use super::*;

fn said(text: &str, bare: Bare) -> String {
    hosts(text, bare).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[test]
fn urls_name_hosts_wherever_they_stand() {
    for (text, expected) in [
        ("https://api.openai.com/v1", "api.openai.com"),
        ("HTTPS://API.OpenAI.com.:443", "api.openai.com"),
        ("postgresql+asyncpg://app:s3cr3t@db.museum.org:5432/app?x=1", "db.museum.org"),
        ("jdbc:postgresql://db.museum.org:5432/app", "db.museum.org"),
        ("mongodb://u:p@a.x.com:1,b.x.com:2/db", "a.x.com b.x.com"),
        ("http://a.com,http://b.com:80", "a.com b.com"),
        ("see http://[2001:db8::1]:80/ and http://[fe80::1%25eth0]/", "2001:db8::1 fe80::1"),
        ("http://8.8.8.8:53", "8.8.8.8"),
        ("http://rag:8080/search", "rag"),
        ("sqlserver://db.x.com:1433;database=a", "db.x.com"),
        ("https://{tenant}.auth0.com/", "*.auth0.com"),
        ("https://*.googleapis.com", "*.googleapis.com"),
        ("https://${REGION}.x.com", "*.x.com"),
        ("https://${HOST}:8080/", "…"),
        ("https://<your-host>/", "…"),
        ("${URL:-https://a.com/${P:-x}}", "a.com"),
        ("${db.url:jdbc:postgresql://b.com/x}", "b.com"),
        ("${X:?see https://docs.x.com}", ""),
        ("(see https://x.com)", "x.com"),
        ("sqlite:///./x.db file:///etc/x unix:///run/x s3://media.museum.org/x", ""),
        ("gs://museum-media", "storage.googleapis.com"),
        ("https://registry.npmjs.org/@scope/pkg", "registry.npmjs.org"),
        ("postgres:///app?host=db.x.com", "db.x.com"),
        ("host=db.x.com port=5432 user=a", "db.x.com"),
        ("Server=tcp:x.database.windows.net,1433;User=a", "x.database.windows.net"),
        ("https://.x.com/", "*.x.com"),
        ("https:///x", ""),
        ("db.x.com", ""),
        ("", ""),
        ("://", ""),
        ("http://", ""),
        ("postgres://%2Fvar%2Frun/db", ""),
    ] {
        assert_eq!(said(text, Bare::No), expected, "{text}");
    }
}

#[test]
fn bare_words_are_hosts_where_a_host_is_meant() {
    for (text, expected) in [
        ("api.openai.com", "api.openai.com"),
        ("a.x.com:9092, b.x.com:9092", "a.x.com b.x.com"),
        ("[\"a.x.com\", \"b.x.com\"]", "a.x.com b.x.com"),
        ("redis", ""),
        ("redis:6379", ""),
        ("10.0.0.0/8,::1,.museum.org", "10.0.0.0 ::1 museum.org"),
        ("settings.py", ""),
        ("app.main:app", ""),
        ("someone@museum.org", ""),
        ("app:pw@db.x.com/app", "db.x.com"),
        ("app:pw@tcp(db.x.com:3306)/app", "db.x.com"),
        ("$HOST", "…"),
        ("//cdn.x.com/a.js", "cdn.x.com"),
        ("registry.x.com/a/b:1", "registry.x.com"),
    ] {
        assert_eq!(said(text, Bare::Yes), expected, "{text}");
    }
}

/// What follows an `@` may still be a password, which no message may show.
#[test]
fn no_piece_of_a_password_is_a_host() {
    for text in [
        "postgres://u:p@hunter.two/x@db/app",
        "postgres://u:p/ss@hunter.two@db/app",
        "postgres://u:hunter.two@db",
        "postgres://u:hunter.two/x@db",
        "u:hunter.two@db",
        "u:p@hunter.two/x@db",
    ] {
        assert!(!said(text, Bare::Yes).contains("hunter"), "{text}: {}", said(text, Bare::Yes));
    }
    assert_eq!(said("postgres://u:pa/ss@db.x.com/app", Bare::No), "db.x.com");
}

proptest! {
    #[test]
    fn nothing_panics(text in "[a-c$.{}:/@\\[\\]<>%*,;= -]{0,40}") {
        let _ = hosts(&text, Bare::Yes);
    }

    #[test]
    fn a_host_is_found_behind_any_login(user in "[a-z]{1,5}", password in "[a-zA-Z0-9!%.~_-]{1,12}", port in 1..65535u16) {
        let url = format!("postgres://{user}:{password}@db.x.com:{port}/app");
        prop_assert_eq!(said(&url, Bare::Yes), "db.x.com");
    }
}
