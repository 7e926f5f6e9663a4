//! What a schema holds beside tables.
use serde::{Deserialize, Serialize};

use super::{id, is_default};

/// Whose something is, who may use it, and what somebody wrote about it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Held {
    /// The role that owns it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub owner: String,
    /// `role: PRIVILEGE, PRIVILEGE`, by role, without the owner's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<String>,
    /// The comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A schema of Postgres.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    /// Whose it is.
    #[serde(skip_serializing_if = "is_default")]
    pub held: Held,
}

/// An extension.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Extension {
    /// Its name.
    pub name: String,
    /// Its installed version.
    pub version: String,
    /// Where its objects are.
    pub namespace: String,
    /// The comment, which it brings itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A type that somebody made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TypeDef {
    /// Where it is.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What sort.
    pub kind: TypeKind,
    /// An enum's labels, a domain's base and constraints, a composite's fields, a range's subtype.
    pub definition: String,
    /// Whose it is.
    #[serde(skip_serializing_if = "is_default")]
    pub held: Held,
}

/// The sorts of types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TypeKind {
    /// Labels in an order.
    #[default]
    Enum,
    /// Another type with conditions.
    Domain,
    /// Fields.
    Composite,
    /// An interval of another type.
    Range,
}

impl TypeKind {
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Enum => "enum",
            Self::Domain => "domain",
            Self::Composite => "composite type",
            Self::Range => "range type",
        }
    }
}

/// A sequence; where it stands is no part of the schema.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sequence {
    /// Where it is.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Type, start, step, bounds, cache, cycle.
    pub definition: String,
    /// The column that it is dropped with, `table.column`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owned_by: Option<String>,
    /// Whose it is.
    #[serde(skip_serializing_if = "is_default")]
    pub held: Held,
}

/// A function, a procedure or an aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Function {
    /// Where it is.
    pub namespace: String,
    /// Its name and the types of its arguments, `f(integer)`.
    pub name: String,
    /// The statement that makes it.
    pub definition: String,
    /// Whose it is.
    #[serde(skip_serializing_if = "is_default")]
    pub held: Held,
}

/// What is no table, type, function or sequence: a publication, a rule, an operator, a cast.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Other {
    /// Of what sort, in words.
    pub kind: String,
    /// Where it is; empty for what is in no schema.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its name, as SQL writes it.
    pub name: String,
    /// The table that it comes and goes with, `schema.table`; empty for none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hangs_on: String,
    /// All that makes it what it is, but for secrets.
    pub definition: String,
    /// Whose it is.
    #[serde(skip_serializing_if = "is_default")]
    pub held: Held,
}

macro_rules! named {
    ($($type:ty),+) => {
        $(impl $type {
            /// Its name in findings, and what matches it with its namesake on the other side.
            pub fn id(&self) -> String {
                id(&self.namespace, &self.name)
            }
        })+
    };
}
named!(TypeDef, Sequence, Function, Other);
