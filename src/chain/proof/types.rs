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

/// Types that a revision for Postgres may stand in for by others on SQLite.
const OF_POSTGRES: &[&str] = &["uuid", "jsonb", "vector", "halfvec", "ltree", "citext", "inet"];

/// Whether a column's declared type is the one that is meant; `None` when that cannot be told.
pub(super) fn is_of(spec: &TypeSpec, declared: &str, system: System) -> Option<bool> {
    if !spec.is_told {
        return None;
    }
    let (names, postgres, sqlite) = KNOWN.iter().find(|(names, ..)| names.contains(&spec.name.as_str()))?;
    let declared = declared.trim().to_ascii_lowercase().replace(", ", ",");
    let base = if system == System::Sqlite { *sqlite } else { *postgres };
    let word = declared.split('(').next().unwrap_or(&declared).trim();
    // SQLite keeps whatever word somebody wrote, and timestamps have two.
    if system == System::Sqlite && (OF_POSTGRES.contains(&base) || declared.starts_with("timestamp")) {
        return None;
    }
    let is_word = word == base || (system == System::Sqlite && names.contains(&word));
    let numbers: Vec<String> = spec.numbers.iter().map(ToString::to_string).collect();
    let has = declared.strip_prefix(word).unwrap_or_default();
    Some(match (base, numbers.as_slice()) {
        _ if base.starts_with("timestamp") && (declared.contains('(') || !numbers.is_empty()) => return None,
        (_, []) if base.starts_with("timestamp") => declared == base,
        (_, []) => is_word && has.is_empty(),
        ("numeric", [precision]) if system == System::Postgres => {
            is_word && has == format!("({precision},0)")
        }
        ("character varying" | "varchar" | "numeric" | "vector" | "halfvec", _) => {
            is_word && has == format!("({})", numbers.join(","))
        }
        // Numbers that this type leaves out.
        _ if is_word => return None,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types() {
        let spec = |name: &str, numbers: &[i64]| TypeSpec {
            name: name.into(),
            numbers: numbers.to_vec(),
            is_told: true,
        };
        for (spec, declared, expected) in [
            (spec("datetime with time zone", &[]), "timestamp with time zone", Some(true)),
            (spec("datetime with time zone", &[]), "character varying", Some(false)),
            (spec("string", &[50]), "character varying(50)", Some(true)),
            (spec("string", &[]), "character varying(50)", Some(false)),
            (spec("numeric", &[10, 2]), "numeric(10,2)", Some(true)),
            (spec("numeric", &[10]), "numeric(10,0)", Some(true)),
            (spec("largebinary", &[64]), "bytea", None),
            (spec("largebinary", &[64]), "text", Some(false)),
            (spec("timestamp", &[6]), "timestamp(6) without time zone", None),
            (TypeSpec { is_told: false, ..spec("json", &[]) }, "jsonb", None),
            (spec("vector", &[768]), "vector(1536)", Some(false)),
            (spec("mytype", &[]), "text", None),
        ] {
            assert_eq!(is_of(&spec, declared, System::Postgres), expected, "{declared}");
        }
        for (spec, declared, expected) in [
            (spec("string", &[]), "VARCHAR", Some(true)),
            (spec("int", &[]), "INT", Some(true)),
            (spec("numeric", &[10]), "NUMERIC(10)", Some(true)),
            (spec("string", &[10]), "TEXT", Some(false)),
            (spec("jsonb", &[]), "JSON", None),
        ] {
            assert_eq!(is_of(&spec, declared, System::Sqlite), expected, "{declared}");
        }
    }
}
