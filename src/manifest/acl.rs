//! `[[acl]]`: an authorization model and the tuples under it.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{At, Mistake, glob};

/// An authorization model and the tuples under it. Judged by `trueup lint acl`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acl {
    /// The model: the DSL, JSON, or an `fga.mod` with its modules.
    pub model: At<String>,
    /// Files of tuples: JSON, lines of JSON, YAML or CSV.
    pub tuples: Vec<At<String>>,
    /// A model that must say the same, whatever its ids and the order of its parts.
    #[serde(default)]
    pub same_model: Option<At<String>>,
    /// What ids of a type look like: a glob, or `uuid`.
    #[serde(default)]
    pub ids: BTreeMap<At<String>, At<String>>,
    /// Objects whose id is one literal for many, such as `team:personal`.
    #[serde(default)]
    pub shared: Vec<At<String>>,
    /// Relations that every object of the type has exactly one tuple of, such as `agent#owner`.
    #[serde(default)]
    pub unique: Vec<At<String>>,
    /// The realm whose users and groups the tuples name.
    #[serde(default)]
    pub realm: Option<AclRealm>,
}

/// An exported Keycloak realm. Users and groups in tuples are held against its ids.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AclRealm {
    /// The export: a file, or the folder that `kc.sh export --users different_files` writes.
    pub path: At<String>,
    /// Which realm, where the export holds several. A folder whose files git ignores needs it too.
    #[serde(default)]
    pub name: Option<String>,
    /// The type of the model whose ids are the realm's users; `user` unless said.
    #[serde(default)]
    pub users: Option<String>,
    /// The type of the model whose ids are the realm's groups; unless said, groups are not held against tuples.
    #[serde(default)]
    pub groups: Option<String>,
    /// What the realm that this one moves to can check passwords with; unless said: argon2 and the three forms of pbkdf2.
    #[serde(default)]
    pub algorithms: Option<Vec<String>>,
}

/// What is wrong with a declaration.
pub(super) fn mistakes(acl: &Acl) -> Vec<Mistake> {
    let wrong = |at: &At<String>, message: String, help: &str| Mistake {
        range: at.range().unwrap_or_default(),
        message,
        help: Some(help.to_owned()),
    };
    let mut mistakes = Vec::new();
    for pattern in acl.ids.values() {
        if let Err(why) = glob(pattern) {
            mistakes.push(wrong(
                pattern,
                format!("`{}` is no glob: {why}", **pattern),
                "write `uuid`, or a glob",
            ));
        }
    }
    for named in acl.unique.iter().filter(|named| !named.contains('#')) {
        mistakes.push(wrong(
            named,
            format!("`{}` names no relation", **named),
            "write it as \"agent#owner\"",
        ));
    }
    for named in acl.shared.iter().filter(|named| !named.contains(':')) {
        mistakes.push(wrong(
            named,
            format!("`{}` names no object", **named),
            "write it as \"team:personal\"",
        ));
    }
    mistakes
}
