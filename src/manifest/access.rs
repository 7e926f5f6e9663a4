//! `[[verify.access]]`: what two sides decide, and how the names of one become those of the other.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::check::mistake;
use super::{At, Expected, Mistake, condition, glob};

/// A comparison of every decision of two sides.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessParity {
    /// What is compared, such as `who may do what`.
    pub name: At<String>,
    /// What decides before the move.
    pub source: AccessSide,
    /// What decides behind it.
    pub target: AccessSide,
    /// Which differences are findings.
    #[serde(default)]
    pub policy: Policy,
    /// The types of the target whose subjects are compared, such as `user`; all without it.
    #[serde(default)]
    pub subjects: Vec<At<String>>,
    /// Relations of the target that are compared, as globs over `type#relation`; all without it.
    #[serde(default)]
    pub relations: Vec<At<String>>,
    /// Types of the source that are called otherwise in the target.
    #[serde(default)]
    pub types: BTreeMap<At<String>, At<String>>,
    /// Relations of the source that are called otherwise: `type#relation` to `type#relation`.
    #[serde(default)]
    pub rename: BTreeMap<At<String>, At<String>>,
    /// Ids of a type that are called otherwise.
    #[serde(default)]
    pub ids: Vec<AccessIds>,
    /// Objects that all share in the source, and of which everyone has an own one in the target, such as `team:personal`.
    #[serde(default)]
    pub own: Vec<AccessOwn>,
    /// What several names of the source may become one name of: a type of the target, or a relation as `type#relation`.
    #[serde(default)]
    pub merges: Vec<At<String>>,
    /// Differences that are meant.
    #[serde(default)]
    pub except: Vec<AccessExcept>,
    /// Contexts of requests, by name: with any, decisions are compared under each of them; without, with their conditions.
    #[serde(default)]
    pub contexts: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
    /// What must hold of one side's decisions.
    #[serde(default)]
    pub every: Vec<AccessEvery>,
}

/// Which differences are findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// What is lost, and what is gained.
    #[default]
    Equal,
    /// What is lost.
    NoLoss,
    /// What is gained.
    NoGain,
}

/// What decides on one side: a model with tuples, a query of grants, or a store of tuples.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessSide {
    /// The model: the DSL, JSON, or an `fga.mod` with its modules.
    pub model: Option<At<String>>,
    /// Files of tuples: JSON, lines of JSON, YAML or CSV.
    #[serde(default)]
    pub tuples: Vec<At<String>>,
    /// A query of subject, relation and object, such as `user:7`, `read` and `space:3`; each row is a decision as it stands.
    pub grants: Option<At<String>>,
    /// The endpoint that the query is asked: `source`, `target`, or another one. Alone, it is an OpenFGA store (`kind = "openfga"`)
    /// whose own model and tuples are read.
    pub on: Option<At<String>>,
    /// A glob of schemas: the query is asked for each of them, `{schema}` in it being the schema's name.
    pub schemas: Option<At<String>>,
}

/// Where names come from.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NameList {
    /// The names themselves.
    #[serde(default)]
    pub pairs: BTreeMap<String, String>,
    /// A file of CSV without a heading.
    pub file: Option<At<String>>,
    /// A query.
    pub sql: Option<At<String>>,
    /// The endpoint that the query is asked.
    pub on: Option<At<String>>,
    /// An exported Keycloak realm: the names of its users, and their ids.
    pub realm: Option<At<String>>,
    /// Which realm, where the export holds several.
    pub realm_name: Option<String>,
}

/// Ids of a type that are called otherwise.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessIds {
    /// The type, in the source.
    #[serde(rename = "type")]
    pub kind: At<String>,
    /// Pairs of the source's id and the target's.
    pub from: NameList,
    /// What becomes of ids that are not listed.
    #[serde(default)]
    pub others: Others,
}

/// What becomes of ids that are not listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Others {
    /// Each is a finding; one that another id becomes stays as it is.
    #[default]
    Fail,
    /// They stay as they are.
    Keep,
}

/// An object that all share, and of which everyone has an own one in the target.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessOwn {
    /// The shared object in the source, such as `team:personal`.
    pub object: At<String>,
    /// The type of those who share it, in the target.
    #[serde(default = "user")]
    pub subjects: String,
    /// The type of their own objects in the target; that of the shared one without it.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// Pairs of the subject's id and of its object's, both in the target.
    pub from: NameList,
}

fn user() -> String {
    "user".to_owned()
}

/// Differences that are meant: all that its globs take.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessExcept {
    /// Whose names the globs are over, and who alone has the permissions: `source` for what is lost, `target` for what is gained.
    pub side: super::Side,
    /// Which subjects, such as `user:svc-*`, or `user:\\*` for anyone.
    pub subject: Option<At<String>>,
    /// Which relations, as `type#relation`.
    pub relation: Option<At<String>>,
    /// Which objects.
    pub object: Option<At<String>>,
    /// Why it is meant.
    pub reason: At<String>,
}

/// What must hold of everyone, or of everything, of a type.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessEvery {
    /// What must hold, such as `every team has an owner`.
    pub name: At<String>,
    /// `source` or `target`.
    #[serde(default = "target")]
    pub on: super::Side,
    /// The type of the subjects of which each is judged.
    pub subjects: Option<At<String>>,
    /// The type of the objects of which each is judged.
    pub objects: Option<At<String>>,
    /// The relations that count, as a glob over `type#relation`.
    pub relation: At<String>,
    /// For subjects: the objects that count, as a glob; all without it.
    pub over: Option<At<String>>,
    /// For objects: the type of the subjects that count; all without it.
    pub by: Option<At<String>>,
    /// Ids that must be there, beside those that tuples name.
    pub of: Option<NameList>,
    /// How many permissions each has: a number, or a range.
    pub expect: At<Expected>,
}

fn target() -> super::Side {
    super::Side::Target
}

impl AccessParity {
    /// Whether a side's grants are asked for schema by schema.
    pub fn is_per_schema(&self) -> bool {
        self.source.schemas.is_some() || self.target.schemas.is_some()
    }

    /// Every list of names that it reads.
    pub fn lists(&self) -> impl Iterator<Item = &NameList> {
        let ids = self.ids.iter().map(|one| &one.from);
        ids.chain(self.own.iter().map(|one| &one.from))
            .chain(self.every.iter().filter_map(|one| one.of.as_ref()))
    }

    /// The endpoints that it asks something of.
    pub fn endpoints(&self) -> impl Iterator<Item = &At<String>> {
        let sides = [&self.source, &self.target].into_iter().filter_map(|side| side.on.as_ref());
        sides.chain(self.lists().filter_map(|list| list.on.as_ref()))
    }
}

/// What is wrong with the endpoints that are asked, each by its own name in the manifest.
pub(super) fn endpoint_mistakes(
    parity: &AccessParity,
    is_openfga: &dyn Fn(&str) -> bool,
    found: &mut Vec<Mistake>,
) {
    for side in [&parity.source, &parity.target] {
        let Some(on) = &side.on else { continue };
        if side.grants.is_none() && side.model.is_none() && !is_openfga(on) {
            let help = "give that endpoint `kind = \"openfga\"`, or this side `grants`: a query";
            found.push(mistake(
                on,
                format!("`{}` is no OpenFGA store, and nothing is asked of it", **on),
                Some(help),
            ));
        }
        if side.grants.is_some() && is_openfga(on) {
            let help = "leave out `grants`: its model and its tuples are read";
            found.push(mistake(
                on,
                format!("`{}` is an OpenFGA store, which answers no query", **on),
                Some(help),
            ));
        }
    }
    for on in parity.lists().filter_map(|list| list.on.as_ref()).filter(|on| is_openfga(on)) {
        let help = Some("name a database");
        found.push(mistake(on, format!("`{}` is an OpenFGA store, which answers no query", **on), help));
    }
}

/// What is wrong with a declaration, whatever endpoints there are.
pub(super) fn mistakes(parity: &AccessParity, found: &mut Vec<Mistake>) {
    for (name, side) in [("source", &parity.source), ("target", &parity.target)] {
        side_mistakes(&parity.name, name, side, found);
    }
    let of_every = parity.every.iter().map(|one| &one.relation);
    let of_except =
        parity.except.iter().flat_map(|one| [&one.subject, &one.relation, &one.object].into_iter().flatten());
    let of_every = of_every.chain(parity.every.iter().filter_map(|one| one.over.as_ref()));
    for pattern in parity.relations.iter().chain(of_every).chain(of_except) {
        if let Err(why) = glob(pattern) {
            found.push(mistake(pattern, format!("`{}` is no glob: {why}", **pattern), None));
        }
    }
    for name in parity.rename.iter().flat_map(|(old, new)| [old, new]).filter(|name| !name.contains('#')) {
        let help = Some("write it as \"team#admin\"");
        found.push(mistake(name, format!("`{}` names no relation", **name), help));
    }
    for own in parity.own.iter().filter(|own| !own.object.contains(':')) {
        let help = Some("write it as \"team:personal\"");
        found.push(mistake(&own.object, format!("`{}` names no object", *own.object), help));
    }
    for except in &parity.except {
        if except.reason.trim().is_empty() {
            found.push(mistake(&except.reason, "an exception needs a reason".into(), None));
        }
        if except.subject.is_none() && except.relation.is_none() && except.object.is_none() {
            let help = Some("name its `subject`, `relation` or `object`; a `policy` speaks of all");
            found.push(mistake(&except.reason, "this takes every difference".into(), help));
        }
    }
    for every in parity.every.iter().filter(|one| one.subjects.is_some() == one.objects.is_some()) {
        let help = Some("name the type of the `subjects`, or of the `objects`, that it is about");
        found.push(mistake(&every.name, format!("`{}` is about one of two", *every.name), help));
    }
    for every in parity.every.iter().filter(|one| matches!(*one.expect, Expected::These(_))) {
        let help = Some("write a number, or `{ min = 1 }`");
        found.push(mistake(&every.expect, "each has a number of permissions, and no list".into(), help));
    }
    parity.lists().for_each(|list| list_mistakes(list, &parity.name, found));
}

fn side_mistakes(at: &At<String>, name: &str, side: &AccessSide, found: &mut Vec<Mistake>) {
    let help = Some("give it `model` and `tuples`, or `grants` and `on`, or `on` alone for an OpenFGA store");
    match (&side.model, &side.grants) {
        (Some(_), None) if side.on.is_some() => {
            let on = side.on.as_ref().unwrap_or(at);
            found.push(mistake(on, format!("the {name} is a model in a file and an endpoint"), help));
        }
        (None, None) if side.on.is_some() && side.tuples.is_empty() => {}
        (Some(model), Some(_)) => {
            found.push(mistake(model, format!("the {name} is a model and a query"), help));
        }
        (None, None) => found.push(mistake(at, format!("the {name} of `{}` is nothing", **at), help)),
        (Some(model), None) if side.tuples.is_empty() => {
            found.push(mistake(model, format!("the {name} has a model and no tuples"), help));
        }
        (None, Some(grants)) if side.on.is_none() => {
            found.push(mistake(grants, "no endpoint is asked".into(), Some("say `on = \"source\"`")));
        }
        _ => {}
    }
    if let Some(grants) =
        side.grants.as_ref().filter(|sql| sql.contains("{schema}") != side.schemas.is_some())
    {
        let message = format!("the {name} has only one of `schemas` and `{{schema}}`");
        let help = "they belong together: the query is asked for each schema";
        found.push(mistake(grants, message, Some(help)));
    }
    if let Some(schemas) = side.schemas.as_ref().filter(|_| side.grants.is_none()) {
        let help = Some("`schemas` are those that a query of `grants` is asked for");
        found.push(mistake(schemas, format!("the {name} asks no query"), help));
    }
    if let Some((schemas, why)) = side.schemas.as_ref().and_then(|one| Some((one, glob(one).err()?))) {
        found.push(mistake(schemas, format!("`{}` is no glob: {why}", **schemas), None));
    }
    if let Some((sql, why)) = side.grants.as_ref().and_then(|sql| Some((sql, condition::problem(sql)?))) {
        let help = "write one query, without `;` and comments";
        found.push(mistake(sql, format!("this is no query: {why}"), Some(help)));
    }
}

/// What is wrong with a list that stands below a key, or in what has a name.
pub(super) fn list_mistakes(list: &NameList, named: &At<String>, found: &mut Vec<Mistake>) {
    let from = [&list.file, &list.sql, &list.realm];
    if from.into_iter().flatten().count() + usize::from(!list.pairs.is_empty()) != 1 {
        let at = from.into_iter().flatten().next().unwrap_or(named);
        let help = Some("give it one of `pairs`, `file`, `sql` and `realm`");
        found.push(mistake(at, "the names come from nowhere, or from several places".into(), help));
    }
    if let Some(sql) = &list.sql {
        if list.on.is_none() {
            found.push(mistake(sql, "no endpoint is asked".into(), Some("say `on = \"target\"`")));
        }
        if let Some(why) = condition::problem(sql) {
            let help = "write one query, without `;` and comments";
            found.push(mistake(sql, format!("this is no query: {why}"), Some(help)));
        }
    }
}
