//! What a column is compared as.
//!
//! Owns [`Kind`] and the table from type names to kinds. Refuses to guess: a name that is not in the table has no kind,
//! and what has no kind can't be compared (`unknown`, never skipped). A kind must be taken from the catalog and fit the
//! column: given another type, an expression may fail, or compare less than there is. Enums, composites, arrays, domains
//! and user-defined ranges have no fixed name; a catalog reader builds them: an enum is [`Kind::Printed`], a domain is the kind of its base
//! type, the rest are containers of kinds.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// The canonical shape of a column. Two columns are comparable when they are compared as the same kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `bool`.
    Bool,
    /// `int2`.
    Int2,
    /// `int4`; a column of `int2` may be compared as this.
    Int4,
    /// `int8`; a column of `int2` or `int4` may be compared as this.
    Int8,
    /// `oid`.
    Oid,
    /// `float4`.
    Float4,
    /// `float8`; a column of `float4` may be compared as this.
    Float8,
    /// `numeric`.
    Numeric,
    /// `text`, `varchar`, `name`: UTF-8 bytes, no collation, no normalisation.
    Text,
    /// `char(n)`.
    BlankPadded,
    /// `bytea`.
    Bytea,
    /// `uuid`.
    Uuid,
    /// `date`.
    Date,
    /// `time`.
    Time,
    /// `timestamp`.
    Timestamp,
    /// `timestamptz`.
    TimestampTz,
    /// A type whose printed form (`c::text`) holds all of it and heeds no session setting: enums, `json`, `jsonb`, `xml`,
    /// `tsvector`, `ltree` ... Its send form often is *not* a choice: `textsend`, `jsonb_send` and their like convert to
    /// `client_encoding`, and `xml_send` rewrites the declaration.
    Printed,
    /// `json` and `jsonb` beside a column without a type, in semantic mode: the text of either as a `jsonb` prints it.
    Json,
    /// A leaf type compared by its binary send form.
    Sent(SendForm),
    /// An array (of any dimensions) of a kind.
    Array(Box<Kind>),
    /// A range over a kind.
    Range(Box<Kind>),
    /// A multirange over a kind of subtype.
    Multirange(Box<Kind>),
    /// A composite: field names (unquoted) and their kinds, in the type's order.
    Record(Vec<(String, Kind)>),
    /// A column without a type, as in `SQLite`: each cell carries its storage class. It has no Postgres expression.
    Dynamic,
}

/// The server's function that gives a leaf type's binary send form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "Named")]
pub struct SendForm {
    function: &'static str,
    schema: Option<String>,
}

/// A send form as a file tells it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    function: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    schema: Option<String>,
}

impl From<SendForm> for Named {
    fn from(form: SendForm) -> Self {
        Self { function: form.function.to_owned(), schema: form.schema }
    }
}

impl<'de> Deserialize<'de> for SendForm {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let named = Named::deserialize(source)?;
        let known = if named.schema.is_some() { EXTENSION_SENT } else { SENT };
        let found = known.iter().find(|(_, function)| *function == named.function);
        let (_, function) =
            found.ok_or_else(|| D::Error::custom(format!("no type is sent by `{}`", named.function)))?;
        Ok(Self { function, schema: named.schema })
    }
}

impl SendForm {
    /// The function's unquoted name.
    pub fn function(&self) -> &'static str {
        self.function
    }

    /// The unquoted schema of an extension's function; `None` for `pg_catalog`.
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }
}

/// Types of `pg_catalog` compared by send form. None of these functions reads a session setting or puts an OID in.
const SENT: &[(&str, &str)] = &[
    ("bit", "bit_send"),
    ("box", "box_send"),
    ("char", "charsend"),
    ("cid", "cidsend"),
    ("cidr", "cidr_send"),
    ("circle", "circle_send"),
    ("inet", "inet_send"),
    ("interval", "interval_send"),
    ("line", "line_send"),
    ("lseg", "lseg_send"),
    ("macaddr", "macaddr_send"),
    ("macaddr8", "macaddr8_send"),
    ("money", "cash_send"),
    ("path", "path_send"),
    ("pg_lsn", "pg_lsn_send"),
    ("pg_snapshot", "pg_snapshot_send"),
    ("point", "point_send"),
    ("polygon", "poly_send"),
    ("tid", "tidsend"),
    ("timetz", "timetz_send"),
    ("varbit", "varbit_send"),
    ("txid_snapshot", "txid_snapshot_send"),
    ("xid", "xidsend"),
    ("xid8", "xid8send"),
];

/// Extension types compared by send form (pgvector).
const EXTENSION_SENT: &[(&str, &str)] =
    &[("halfvec", "halfvec_send"), ("sparsevec", "sparsevec_send"), ("vector", "vector_send")];

/// Extension types compared by printed form.
const EXTENSION_PRINTED: &[&str] = &["citext", "hstore", "lquery", "ltree", "ltxtquery"];

impl Kind {
    /// The kind of a base or built-in range type of `pg_catalog`, by `pg_type.typname` (so the one-byte `"char"` is `char`
    /// and `char(n)` is `bpchar`). `None`: unknown. The `reg*` types are unknown on purpose: they print by search path and
    /// send OIDs, which differ where the data agree.
    pub fn builtin(typname: &str) -> Option<Kind> {
        let range = |subtype| Kind::Range(Box::new(subtype));
        let multirange = |subtype| Kind::Multirange(Box::new(subtype));
        Some(match typname {
            "bool" => Kind::Bool,
            "int2" => Kind::Int2,
            "int4" => Kind::Int4,
            "int8" => Kind::Int8,
            "oid" => Kind::Oid,
            "float4" => Kind::Float4,
            "float8" => Kind::Float8,
            "numeric" => Kind::Numeric,
            "text" | "varchar" | "name" => Kind::Text,
            "bpchar" => Kind::BlankPadded,
            "bytea" => Kind::Bytea,
            "uuid" => Kind::Uuid,
            "date" => Kind::Date,
            "time" => Kind::Time,
            "timestamp" => Kind::Timestamp,
            "timestamptz" => Kind::TimestampTz,
            "json" | "jsonb" | "jsonpath" | "refcursor" | "tsquery" | "tsvector" | "xml" => Kind::Printed,
            "int4range" => range(Kind::Int4),
            "int8range" => range(Kind::Int8),
            "numrange" => range(Kind::Numeric),
            "daterange" => range(Kind::Date),
            "tsrange" => range(Kind::Timestamp),
            "tstzrange" => range(Kind::TimestampTz),
            "int4multirange" => multirange(Kind::Int4),
            "int8multirange" => multirange(Kind::Int8),
            "nummultirange" => multirange(Kind::Numeric),
            "datemultirange" => multirange(Kind::Date),
            "tsmultirange" => multirange(Kind::Timestamp),
            "tstzmultirange" => multirange(Kind::TimestampTz),
            _ => {
                let (_, function) = SENT.iter().find(|(name, _)| *name == typname)?;
                Kind::Sent(SendForm { function, schema: None })
            }
        })
    }

    /// The kind of a base type made by an extension, by `typname` and the schema the extension lives in. `None`: unknown.
    pub fn extension(schema: &str, typname: &str) -> Option<Kind> {
        if EXTENSION_PRINTED.contains(&typname) {
            return Some(Kind::Printed);
        }
        let (_, function) = EXTENSION_SENT.iter().find(|(name, _)| *name == typname)?;
        Some(Kind::Sent(SendForm { function, schema: Some(schema.to_owned()) }))
    }

    /// The kind's name, for messages.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Bool => "bool",
            Kind::Int2 => "int2",
            Kind::Int4 => "int4",
            Kind::Int8 => "int8",
            Kind::Oid => "oid",
            Kind::Float4 => "float4",
            Kind::Float8 => "float8",
            Kind::Numeric => "numeric",
            Kind::Text => "text",
            Kind::BlankPadded => "char(n)",
            Kind::Bytea => "bytea",
            Kind::Uuid => "uuid",
            Kind::Date => "date",
            Kind::Time => "time",
            Kind::Timestamp => "timestamp",
            Kind::TimestampTz => "timestamptz",
            Kind::Printed => "printed form",
            Kind::Json => "json",
            Kind::Sent(form) => form.function,
            Kind::Array(_) => "array",
            Kind::Range(_) => "range",
            Kind::Multirange(_) => "multirange",
            Kind::Record(_) => "record",
            Kind::Dynamic => "dynamic",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_types_have_no_kind() {
        for name in ["geometry", "regclass", "", "int", "aclitem", "_int4", "vector", "pg_node_tree"] {
            assert_eq!(Kind::builtin(name), None, "{name}");
        }
        assert_eq!(Kind::extension("public", "geometry"), None);
    }

    #[test]
    fn extension_functions_keep_their_schema() {
        let Some(Kind::Sent(form)) = Kind::extension("extensions", "vector") else {
            panic!("vector has a send form")
        };
        assert_eq!((form.schema(), form.function()), (Some("extensions"), "vector_send"));
    }
}
