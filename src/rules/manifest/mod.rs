//! The manifest itself: what is written in it that should not be.
use super::{Rule, Sink, rules};
use crate::manifest::{Manifest, Source};
use crate::model::{Looked, Object, Place};

/// The rules over a manifest.
pub const RULES: &[Rule<ManifestFacts>] = rules!["manifest": literal_password];

/// What the manifest rules judge.
pub struct ManifestFacts {
    /// The manifest's path as printed.
    pub path: String,
    /// Each endpoint's name, its URL before any `${NAME}` is filled in, and where it stands.
    pub endpoints: Vec<(String, String, Option<Place>)>,
    /// The same of each key that holds nothing but a secret: the endpoint's name, the key, the value, the place.
    pub secrets: Vec<(String, &'static str, String, Option<Place>)>,
}

impl ManifestFacts {
    /// Takes what the rules need out of a manifest.
    pub fn new(manifest: &Manifest, source: &Source) -> Self {
        let endpoint = |(name, endpoint): (&String, &crate::manifest::Endpoint)| {
            (name.clone(), endpoint.url.to_string(), source.place_of(&endpoint.url))
        };
        let secrets = |(name, endpoint): (&String, &crate::manifest::Endpoint)| {
            let token = endpoint.token.iter().map(|at| ("token", at));
            let all = token.chain(endpoint.client.iter().flat_map(|client| {
                let secret = client.secret.iter().map(|at| ("client.secret", at));
                secret.chain(client.password.iter().map(|at| ("client.password", at)))
            }));
            all.map(|(key, at)| (name.clone(), key, at.to_string(), source.place_of(at))).collect::<Vec<_>>()
        };
        Self {
            path: source.path.clone(),
            endpoints: manifest.endpoints.iter().map(endpoint).collect(),
            secrets: manifest.endpoints.iter().flat_map(secrets).collect(),
        }
    }
}

fn literal_password(facts: &ManifestFacts, out: &mut Sink<'_>) {
    let mut check = out.check(Object::file(&facts.path), Looked::at(facts.endpoints.len(), "endpoint"));
    for (name, url, place) in &facts.endpoints {
        if passwords(url).any(is_literal) {
            check
                .find(name, format!("the url of endpoint `{name}` holds a password"))
                .at(place.clone())
                .help("put the url in an environment variable and write `${NAME:?}` here; then change the password");
        }
    }
    for (name, key, _, place) in facts.secrets.iter().filter(|(_, _, value, _)| is_literal(value)) {
        check
            .find(name, format!("the `{key}` of endpoint `{name}` is written here"))
            .at(place.clone())
            .help("put it in an environment variable and write `${NAME:?}` here; then change it");
    }
}

/// Words that a URL or a DSN puts before a secret.
const SECRETS: &[&str] = &[
    "password",
    "sslpassword",
    "passwd",
    "pass",
    "pwd",
    "token",
    "secret",
    "api_key",
    "apikey",
    "access_key",
    "access_token",
    "key",
];

/// Everything in a URL or a DSN that stands where a password would: between `:` and `@`, or after `password=` and its kin.
fn passwords(url: &str) -> impl Iterator<Item = &str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    // A password may hold a slash that nobody escaped, so the last `@` before the parameters counts.
    let before = rest.split(['?', '#', ' ']).next().unwrap_or("");
    let user = before.rsplit_once('@').map_or("", |(user, _)| user);
    let in_user = user.split_once(':').map(|(_, password)| password);
    let parameters = url.split(['?', '&', ' ', ';']).filter_map(|part| part.split_once('='));
    let is_secret = |name: &str| SECRETS.iter().any(|secret| name.eq_ignore_ascii_case(secret));
    in_user.into_iter().chain(parameters.filter(move |(name, _)| is_secret(name)).map(|(_, value)| value))
}

/// Whether anything but references is in it. `${NAME:-default}` is no reference: it holds the default.
fn is_literal(password: &str) -> bool {
    let mut rest = password;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((reference, behind)) = after.split_once('}') else { return true };
        if !before.is_empty() || reference.trim_end_matches(":?").contains(':') {
            return true;
        }
        rest = behind;
    }
    !rest.is_empty()
}
