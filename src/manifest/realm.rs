//! `[[verify.realm]]`: two realms that must be the same.
use schemars::JsonSchema;
use serde::Deserialize;

use super::check::mistake;
use super::{At, Mistake, glob};
use crate::model::realm::{RealmChange, RealmPart};

/// Two exported Keycloak realms that must be the same, id by id.
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

/// An exported realm.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RealmSide {
    /// The export: a file, or the folder that `kc.sh export --users different_files` writes.
    pub path: At<String>,
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

impl RealmExcept {
    /// Whether it leaves a whole part out.
    pub fn is_of_all(&self) -> bool {
        self.what.is_none() && self.of.is_none()
    }
}

pub(super) fn mistakes(parity: &RealmParity, found: &mut Vec<Mistake>) {
    if *parity.source.path == *parity.target.path && parity.source.name == parity.target.name {
        let help = Some("name the export of the other side, or the other realm of this one");
        found.push(mistake(&parity.target.path, "a realm is compared with itself".into(), help));
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
