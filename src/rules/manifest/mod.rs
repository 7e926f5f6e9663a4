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
}

impl ManifestFacts {
    /// Takes what the rules need out of a manifest.
    pub fn new(manifest: &Manifest, source: &Source) -> Self {
        let endpoint = |(name, endpoint): (&String, &crate::manifest::Endpoint)| {
            (name.clone(), endpoint.url.to_string(), source.place_of(&endpoint.url))
        };
        Self { path: source.path.clone(), endpoints: manifest.endpoints.iter().map(endpoint).collect() }
    }
}

fn literal_password(facts: &ManifestFacts, out: &mut Sink<'_>) {
    let mut check = out.check(Object::file(&facts.path), Looked::at(facts.endpoints.len(), "endpoint"));
    for (name, url, place) in &facts.endpoints {
        if password(url).is_some_and(|password| !password.is_empty() && !password.contains("${")) {
            check
                .find(name, format!("the url of endpoint `{name}` holds a password"))
                .at(place.clone())
                .help("put the url in an environment variable and write `${NAME:?}` here; then change the password");
        }
    }
}

/// What stands between `:` and `@` in `scheme://user:password@host`.
fn password(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    user.split_once(':').map(|(_, password)| password)
}
