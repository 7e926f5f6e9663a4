//! `[[copy.tuples]]`: tuples that go into a new OpenFGA store.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::access::list_mistakes;
use super::check::{mistake, once};
use super::{Access, AccessIds, At, Manifest, Mistake, condition, glob};

/// Tuples that go into a store of their own, under their model.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CopyTuples {
    /// What they are, such as `who may do what`. The new store is called so.
    pub name: At<String>,
    /// The OpenFGA server: an endpoint with `access = "read-write"`, whose `store` is not read.
    pub to: At<String>,
    /// The model that is written first: the DSL, JSON, or an `fga.mod` with its modules.
    pub model: At<String>,
    /// The file that the new store's id is written to, for the application's settings: `OPENFGA_STORE_ID=...` and
    /// `OPENFGA_MODEL_ID=...`. A run that was killed goes on with the store that is named there.
    pub store_file: At<String>,
    /// Where tuples come from.
    pub from: Vec<TupleSource>,
    /// Types that are called otherwise in the new store.
    #[serde(default)]
    pub types: BTreeMap<At<String>, At<String>>,
    /// Relations that are called otherwise: `type#relation` to `type#relation`, in the old words and in the new ones.
    #[serde(default)]
    pub rename: BTreeMap<At<String>, At<String>>,
    /// Ids of a type that are called otherwise, such as names of people that become their ids.
    #[serde(default)]
    pub ids: Vec<AccessIds>,
    /// Tuples that are left out.
    #[serde(default)]
    pub drop: Vec<DropTuples>,
    /// How many tuples must be in the new store; at least one without it.
    pub rows: Option<At<super::StepRows>>,
}

/// Where tuples come from: one of them.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TupleSource {
    /// Files of tuples: JSON, lines of JSON, YAML or CSV.
    pub files: Vec<At<String>>,
    /// A query of subject, relation and object, such as `user:7`, `owner` and `team:3`.
    pub sql: Option<At<String>>,
    /// The endpoint that the query is asked; alone, an OpenFGA store.
    pub on: Option<At<String>>,
}

/// Tuples that are left out: all that its globs take, in the old words.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DropTuples {
    /// Which subjects, such as `user:svc-*`.
    pub subject: Option<At<String>>,
    /// Which relations, as `type#relation`.
    pub relation: Option<At<String>>,
    /// Which objects.
    pub object: Option<At<String>>,
    /// Why they are left out.
    pub reason: At<String>,
}

pub(super) fn mistakes(manifest: &Manifest, found: &mut Vec<Mistake>) {
    once(manifest.copy.tuples.iter().map(|one| &one.name), "set of tuples", found);
    for one in &manifest.copy.tuples {
        let to = manifest.endpoints.get(one.to.as_str());
        if !to.is_some_and(|to| to.is_openfga() && to.access == Access::ReadWrite) {
            let help = Some("name an endpoint with `kind = \"openfga\"` and `access = \"read-write\"`");
            found.push(mistake(
                &one.to,
                format!("`{}` is no OpenFGA server that may be written", *one.to),
                help,
            ));
        }
        if one.from.is_empty() {
            found.push(mistake(
                &one.name,
                format!("`{}` comes from nowhere", *one.name),
                Some("say `from = [{ files = [\"tuples.json\"] }]`"),
            ));
        }
        one.from.iter().for_each(|from| source_mistakes(manifest, one, from, found));
        for name in one.rename.iter().flat_map(|(old, new)| [old, new]).filter(|name| !name.contains('#')) {
            found.push(mistake(
                name,
                format!("`{}` names no relation", **name),
                Some("write it as \"team#admin\""),
            ));
        }
        one.ids.iter().for_each(|ids| list_mistakes(&ids.from, &one.name, found));
        once(one.ids.iter().map(|ids| &ids.kind), "type of ids", found);
        for drop in &one.drop {
            let patterns = [&drop.subject, &drop.relation, &drop.object];
            if drop.reason.trim().is_empty() || patterns.iter().all(|pattern| pattern.is_none()) {
                let help = Some("name its `subject`, `relation` or `object`, and the reason");
                found.push(mistake(&drop.reason, "this takes everything, or has no reason".into(), help));
            }
            for pattern in patterns.into_iter().flatten() {
                if let Err(why) = glob(pattern) {
                    found.push(mistake(pattern, format!("`{}` is no glob: {why}", **pattern), None));
                }
            }
        }
    }
}

fn source_mistakes(manifest: &Manifest, one: &CopyTuples, from: &TupleSource, found: &mut Vec<Mistake>) {
    let at = from.on.as_ref().or(from.sql.as_ref()).or(from.files.first()).unwrap_or(&one.name);
    let own = |on: &At<String>| match on.as_str() {
        "source" => manifest.verify.source.clone(),
        "target" => manifest.verify.target.clone(),
        other => other.to_owned(),
    };
    let is_store = from.on.as_ref().is_some_and(|on| manifest.is_openfga(&own(on)));
    let is_database = from.on.as_ref().is_some_and(|on| manifest.is_database(&own(on)));
    let is_one = match (from.files.is_empty(), &from.sql) {
        (false, None) => from.on.is_none(),
        (true, Some(_)) => is_database,
        (true, None) => is_store,
        (false, Some(_)) => false,
    };
    if !is_one {
        let help = Some("give it `files`, `sql` with `on` a database, or `on` alone for an OpenFGA store");
        found.push(mistake(at, "tuples come from nowhere, or from several places".into(), help));
    }
    if let Some((sql, why)) = from.sql.as_ref().and_then(|sql| Some((sql, condition::problem(sql)?))) {
        found.push(mistake(
            sql,
            format!("this is no query: {why}"),
            Some("write one query, without `;` and comments"),
        ));
    }
}
