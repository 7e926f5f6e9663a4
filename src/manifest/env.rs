//! `[env]`: env templates, and what is expected of them.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::At;
use crate::model::Dialect;

/// Env templates.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Env {
    /// The canonical template: every key that a deployed service reads stands in it.
    pub template: Option<At<String>>,
    /// Who reads the file that is made from the template: one reader or several.
    pub dialect: Option<Dialects>,
    /// Globs of keys that any service may have for itself.
    pub local_only: Vec<At<String>>,
    /// The compose files, in the order of `-f`.
    pub compose: Vec<At<String>>,
    /// Application configs that belong to no service: YAML, TOML and JSON files, or globs of them. `*` stays within one
    /// folder and `**` crosses them.
    pub config: Vec<At<String>>,
    /// The services and their own templates.
    pub service: Vec<Service>,
    /// The file that is deployed; it need not be in the repository.
    pub deployed: Option<At<String>>,
    /// The loosest mode that the deployed file may have, in octal; `0640` without it.
    pub deployed_mode: Option<At<String>>,
    /// Globs of keys whose default is one and the same in every template that gives one.
    pub shared: Vec<At<String>>,
    /// What values are.
    #[serde(rename = "type")]
    pub types: Vec<TypeEntry>,
    /// Env files of several environments, which have the same keys.
    pub environment: Vec<Environment>,
    /// A glob that a comment must match which stands above a key in the canonical template, or above others of its
    /// paragraph, or behind it. `*` is any comment.
    pub owner: Option<At<String>>,
    /// Who decides about which keys.
    pub class: Classes,
    /// Arithmetic that holds between values.
    pub relation: Vec<Relation>,
}

impl Env {
    /// The globs of what a service has for itself: declared for all, for this one, or by its class.
    pub fn local_to<'e>(&'e self, service: &'e Service) -> impl Iterator<Item = &'e At<String>> {
        self.local_only.iter().chain(&service.local_only).chain(&self.class.service_local)
    }
}

/// The ownership classes, each a list of globs of keys. No key is in two of them.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Classes {
    /// Required in production: live in the canonical template, set in the deployed file, demanded by the guard.
    pub required: Vec<At<String>>,
    /// A secret with one value that several services share: never a default in git, set in the deployed file, demanded
    /// by the guard.
    pub shared_secret: Vec<At<String>>,
    /// What the deployment alone reads: in the canonical template, in no service's.
    pub deploy_only: Vec<At<String>>,
    /// What a service alone reads, where it is developed: neither in the canonical template nor in the deployed file.
    pub service_local: Vec<At<String>>,
    /// Whether every key of the canonical template has a class.
    pub complete: bool,
}

impl Classes {
    /// Every class by its name, in the order of the documentation.
    pub fn all(&self) -> [(&'static str, &[At<String>]); 4] {
        [
            ("required", &self.required),
            ("shared_secret", &self.shared_secret),
            ("deploy_only", &self.deploy_only),
            ("service_local", &self.service_local),
        ]
    }
}

/// Arithmetic that holds between values.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    /// What it is about, for whoever reads a finding.
    pub name: At<String>,
    /// The comparison, such as `RAG_TIMEOUT * RAG_ATTEMPTS <= WALL_CLOCK`: keys (`agent.RAG_TIMEOUT` of a service's own
    /// template), numbers, durations (`40ms`), `+ - * /`, brackets, `min(a, b)`, `max(a, b)`.
    pub holds: At<String>,
    /// Values that no file has, such as a measured round trip: name to number or duration.
    #[serde(default)]
    pub given: BTreeMap<String, At<String>>,
}

/// A service with an env template of its own, or several by one glob.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The service's name. With `*`, `template` is a glob, and each file that it matches is the template of a service named
    /// after its folder, unless another entry names that file.
    pub name: At<String>,
    /// Its template. In a glob `*` stays within one folder and `**` crosses them; files that git ignores, and folders of
    /// other people's code such as `node_modules` and `vendor`, are left out.
    pub template: At<String>,
    /// Its name in the compose files, when it has another one there.
    pub compose: Option<At<String>>,
    /// Its application configs: YAML, TOML and JSON files, or globs of them.
    #[serde(default)]
    pub config: Vec<At<String>>,
    /// Its code: folders, files or globs, and with `!` before them those to leave out. Under a `name` of `*` they are told
    /// from the folder of each template.
    #[serde(default)]
    pub code: Vec<At<String>>,
    /// Who reads its template: one reader or several.
    #[serde(default)]
    pub dialect: Option<Dialects>,
    /// Globs of keys that this service alone has, for local development.
    #[serde(default)]
    pub local_only: Vec<At<String>>,
}

impl Service {
    /// Whether it stands for every service that its template matches.
    pub fn is_glob(&self) -> bool {
        *self.name == "*"
    }
}

/// One reader of an env file, or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Dialects {
    /// One reader.
    One(Dialect),
    /// Several, which should all understand the same.
    Several(Vec<Dialect>),
}

impl Dialects {
    /// All of them.
    pub fn all(&self) -> &[Dialect] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several,
        }
    }
}

/// What the values of some keys are.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TypeEntry {
    /// A glob of keys.
    pub key: At<String>,
    /// What a value of theirs is.
    #[serde(rename = "is")]
    pub kind: ValueType,
    /// The choices of an enumeration.
    #[serde(default)]
    pub of: Vec<String>,
}

/// What a value can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ValueType {
    /// `scheme://...`
    Url,
    /// A whole number.
    Int,
    /// Any number.
    Number,
    /// `true`, `false`, `1`, `0`, `yes`, `no`, `on` or `off`, in any case.
    Bool,
    /// A number from 1 to 65535.
    Port,
    /// A number with a unit: `250ms`, `25s`, `10m`, `2h`, `7d`.
    Duration,
    /// One of the words listed in `of`.
    Enum,
    /// A file that exists, relative to the env file's folder.
    File,
}

/// The env file of one environment.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Its name.
    pub name: At<String>,
    /// Its env file.
    pub file: At<String>,
    /// Globs of keys that it rightly lacks, or that it alone has.
    #[serde(default)]
    pub except: Vec<At<String>>,
}
