//! `[[verify.realm]]`: two realms that must be the same.
use schemars::JsonSchema;
use serde::Deserialize;

use super::check::mistake;
use super::{At, Mistake, glob};
use crate::model::realm::{RealmChange, RealmPart};

/// Two Keycloak realms that must be the same, id by id.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RealmParity {
    /// What is compared, such as `the realm as it was moved`.
    pub name: At<String>,
    /// The realm before the move.
    pub source: RealmSide,
    /// The realm behind it.
    pub target: RealmSide,
    /// Differences that are meant.
    #[serde(default)]
    pub except: Vec<RealmExcept>,
}

/// A realm: exported, or live.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RealmSide {
    /// The export: a file, or the folder that `kc.sh export --dir DIR --users different_files` writes.
    pub path: Option<At<String>>,
    /// The endpoint of `kind = "keycloak"` that is asked over its Admin API.
    pub on: Option<At<String>>,
    /// Which realm, where the export holds several. A folder whose files git ignores needs it too.
    pub name: Option<String>,
}

/// Differences that are meant. Without `what` and `of`, a whole part of the realms is left out.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RealmExcept {
    /// What differs.
    pub part: RealmPart,
    /// In which way; any without it.
    pub what: Option<RealmChange>,
    /// Whose: a glob over names and ids of either side, and over what was given or taken, such as `service-account-*`.
    pub of: Option<At<String>>,
    /// Why it is meant.
    pub reason: At<String>,
}

impl RealmParity {
    /// The endpoints that it asks.
    pub fn endpoints(&self) -> impl Iterator<Item = &At<String>> {
        [&self.source, &self.target].into_iter().filter_map(|side| side.on.as_ref())
    }
}

impl RealmExcept {
    /// Whether it leaves a whole part out.
    pub fn is_of_all(&self) -> bool {
        self.what.is_none() && self.of.is_none()
    }
}

pub(super) fn mistakes(parity: &RealmParity, is_keycloak: &dyn Fn(&str) -> bool, found: &mut Vec<Mistake>) {
    let said =
        |side: &RealmSide| (side.path.as_deref().cloned(), side.on.as_deref().cloned(), side.name.clone());
    if said(&parity.source) == said(&parity.target) {
        let help = Some("name the export of the other side, or the other realm of this one");
        let at = parity.target.path.as_ref().or(parity.target.on.as_ref()).unwrap_or(&parity.name);
        found.push(mistake(at, "a realm is compared with itself".into(), help));
    }
    for (word, side) in [("source", &parity.source), ("target", &parity.target)] {
        let help = Some("give it `path`, an export, or `on`, an endpoint of `kind = \"keycloak\"`");
        match (&side.path, &side.on) {
            (None, None) => {
                found.push(mistake(
                    &parity.name,
                    format!("the {word} of `{}` is nothing", *parity.name),
                    help,
                ));
            }
            (Some(_), Some(on)) => {
                found.push(mistake(on, format!("the {word} is an export and an endpoint"), help));
            }
            (None, Some(on)) if side.name.is_some() => {
                let help = Some("the endpoint says `realm` itself");
                found.push(mistake(on, "`name` is for exports that hold several realms".into(), help));
            }
            (None, Some(on)) if !is_keycloak(on) => {
                let help = Some("give that endpoint `kind = \"keycloak\"` and its `realm`");
                found.push(mistake(on, format!("`{}` is no realm of Keycloak", **on), help));
            }
            _ => {}
        }
    }
    for except in &parity.except {
        if except.reason.trim().is_empty() {
            found.push(mistake(&except.reason, "an exception needs a reason".into(), None));
        }
        if let Some((of, why)) = except.of.as_ref().and_then(|of| Some((of, glob(of).err()?))) {
            found.push(mistake(of, format!("`{}` is no glob: {why}", **of), None));
        }
    }
}
