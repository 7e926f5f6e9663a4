//! `[[acl]]`: an authorization model and the tuples under it.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::access::list_mistakes;
use super::{At, Endpoint, Mistake, NameList, glob};

/// An authorization model and the tuples under it. Judged by `trueup lint acl`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acl {
    /// The model: the DSL, JSON, or an `fga.mod` with its modules.
    #[serde(default)]
    pub model: Option<At<String>>,
    /// Files of tuples: JSON, lines of JSON, YAML or CSV.
    #[serde(default)]
    pub tuples: Vec<At<String>>,
    /// An endpoint of `kind = "openfga"` whose own model and tuples are judged, in place of files; it is asked with `--live`.
    #[serde(default)]
    pub on: Option<At<String>>,
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
    /// The ids that there are of a type; a query is asked with `--live`.
    #[serde(default)]
    pub exists: BTreeMap<At<String>, NameList>,
}

/// An exported Keycloak realm. Users and groups in tuples are held against its ids.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AclRealm {
    /// The export: a file, or the folder that `kc.sh export --dir DIR --users different_files` writes.
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

impl Acl {
    /// Whether a live system can be asked about it.
    pub fn is_live(&self) -> bool {
        self.on.is_some() || self.exists.values().any(|list| list.sql.is_some())
    }
}

/// What is wrong with a declaration.
pub(super) fn mistakes(acl: &Acl, endpoints: &BTreeMap<String, Endpoint>) -> Vec<Mistake> {
    let is = |name: &str, kind: fn(&Endpoint) -> bool| endpoints.get(name).is_some_and(kind);
    let wrong = |at: &At<String>, message: String, help: &str| Mistake {
        range: at.range().unwrap_or_default(),
        message,
        help: Some(help.to_owned()),
    };
    let mut mistakes = Vec::new();
    let help = "give it `model` and `tuples`, or `on` alone for an OpenFGA store";
    match (&acl.model, &acl.on) {
        (None, None) => mistakes.push(Mistake {
            range: acl.tuples.first().and_then(At::range).unwrap_or_default(),
            message: "an `[[acl]]` has no model".to_owned(),
            help: Some(help.to_owned()),
        }),
        (Some(_), Some(on)) => {
            mistakes.push(wrong(on, "it is a model in a file and an endpoint".to_owned(), help));
        }
        (None, Some(on)) if !acl.tuples.is_empty() => {
            mistakes.push(wrong(on, "it is tuples in files and an endpoint".to_owned(), help));
        }
        (None, Some(on)) if !is(on, Endpoint::is_openfga) => {
            let message = format!("there is no endpoint `{}` of `kind = \"openfga\"`", **on);
            mistakes.push(wrong(on, message, "declare it under `[endpoints]`, with its `store`"));
        }
        (Some(model), None) if acl.tuples.is_empty() => {
            mistakes.push(wrong(model, "there are no tuples under this model".to_owned(), help));
        }
        _ => {}
    }
    for (kind, list) in &acl.exists {
        list_mistakes(list, kind, &mut mistakes);
        if let Some(on) = list.on.as_ref().filter(|on| !is(on, Endpoint::is_database)) {
            let message = format!("there is no database `{}`", **on);
            mistakes.push(wrong(on, message, "declare it under `[endpoints]`"));
        }
    }
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
