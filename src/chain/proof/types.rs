//! Types as SQLAlchemy and SQL name them, held to those of a catalog.
use crate::model::operation::TypeSpec;
use crate::model::schema::System;

/// Names that mean one type, with what Postgres and SQLite call it.
const KNOWN: &[(&[&str], &str, &str)] = &[
    (&["string", "varchar", "unicode", "character varying", "autostring"], "character varying", "varchar"),
    (&["text", "unicodetext"], "text", "text"),
    (&["integer", "int", "int4"], "integer", "integer"),
    (&["biginteger", "bigint", "int8"], "bigint", "bigint"),
    (&["smallinteger", "smallint", "int2"], "smallint", "smallint"),
    (&["boolean", "bool"], "boolean", "boolean"),
    (&["numeric", "decimal"], "numeric", "numeric"),
    (&["datetime", "timestamp", "timestamp without time zone"], "timestamp without time zone", "datetime"),
    (
        &["datetime with time zone", "timestamp with time zone", "timestamptz"],
        "timestamp with time zone",
        "datetime",
    ),
    (&["date"], "date", "date"),
    (&["json"], "json", "json"),
    (&["jsonb"], "jsonb", "jsonb"),
    (&["uuid"], "uuid", "uuid"),
    (&["bytea", "largebinary"], "bytea", "blob"),
    (&["double_precision", "double precision", "float8"], "double precision", "double precision"),
    (&["vector"], "vector", "vector"),
    (&["halfvec"], "halfvec", "halfvec"),
    (&["ltree"], "ltree", "ltree"),
    (&["citext"], "citext", "citext"),
    (&["inet"], "inet", "inet"),
];

/// Whether a column's declared type is the one that is meant; `None` when that cannot be told.
pub(super) fn is_of(spec: &TypeSpec, declared: &str, system: System) -> Option<bool> {
    let (_, postgres, sqlite) = KNOWN.iter().find(|(names, ..)| names.contains(&spec.name.as_str()))?;
    let declared = declared.trim().to_ascii_lowercase().replace(", ", ",");
    let base = if system == System::Sqlite { *sqlite } else { *postgres };
    // SQLite keeps whatever word somebody wrote, and timestamps have two.
    if system == System::Sqlite && (base == "uuid" || declared.starts_with("timestamp")) {
        return None;
    }
    let numbers: Vec<String> = spec.numbers.iter().map(ToString::to_string).collect();
    if numbers.is_empty() {
        return Some(declared == base);
    }
    Some(declared == format!("{base}({})", numbers.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types() {
        let spec = |name: &str, numbers: &[i64]| TypeSpec { name: name.into(), numbers: numbers.to_vec() };
        for (spec, declared, expected) in [
            (spec("datetime with time zone", &[]), "timestamp with time zone", Some(true)),
            (spec("datetime with time zone", &[]), "character varying", Some(false)),
            (spec("string", &[50]), "character varying(50)", Some(true)),
            (spec("string", &[]), "character varying(50)", Some(false)),
            (spec("numeric", &[10, 2]), "numeric(10,2)", Some(true)),
            (spec("vector", &[768]), "vector(1536)", Some(false)),
            (spec("mytype", &[]), "text", None),
        ] {
            assert_eq!(is_of(&spec, declared, System::Postgres), expected, "{declared}");
        }
        assert_eq!(is_of(&spec("string", &[]), "VARCHAR", System::Sqlite), Some(true));
    }
}
