//! The queries over tables. Each answers one text, of JSON where it is more than a text.
use std::fmt::Write as _;

use super::super::questions::quoted;
use crate::model::survey::Sample;
use crate::stores::surveying::{Holds, Referring, Scan, ScanColumn, Step, VectorKind};

/// As many rows are weighed; of a larger table the first ones.
const WEIGHED: u64 = 100_000;

/// About as many bytes are compressed.
const SQUEEZED: u64 = 1 << 20;

fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

fn from(scan: &Scan) -> String {
    let only = if scan.only { "ONLY " } else { "" };
    format!("{only}{}.{}", quoted(&scan.namespace), quoted(&scan.name))
}

/// Rows, NULLs and the dimensions of vectors.
pub(super) fn scan(scan: &Scan) -> String {
    let nulls: Vec<String> =
        scan.columns.iter().map(|column| format!("count(*) - count(r.{})", quoted(&column.name))).collect();
    let mut dimensions = Vec::new();
    for column in &scan.columns {
        if let Some(of) = dimension(column) {
            dimensions.extend([format!("min({of})"), format!("max({of})")]);
        }
    }
    format!(
        "SELECT json_build_object('rows', count(*), 'nulls', to_json(ARRAY[{}]::bigint[]), \
         'dimensions', to_json(ARRAY[{}]::int[]))::text FROM {} AS r",
        nulls.join(", "),
        dimensions.join(", "),
        from(scan)
    )
}

fn dimension(column: &ScanColumn) -> Option<String> {
    let name = format!("r.{}", quoted(&column.name));
    Some(match column.vector.as_ref()? {
        VectorKind::Dense(namespace) => format!("{}.vector_dims({name})", quoted(namespace)),
        VectorKind::Sparse => format!("split_part({name}::text, '/', 2)::int"),
    })
}

/// How unique a key is. NULLs are set apart: they are equal to nothing.
pub(super) fn key(scan: &Scan) -> String {
    let names: Vec<String> = scan.key.iter().map(|column| format!("r.{}", quoted(column))).collect();
    let all = names.iter().map(|name| format!("{name} IS NOT NULL")).collect::<Vec<_>>().join(" AND ");
    let listed: Vec<String> = scan.key.iter().map(|column| literal(column)).collect();
    format!(
        "SELECT json_build_object('columns', ARRAY[{}]::text[], 'distinct', count(*), \
         'duplicates', coalesce(sum(g.n - 1), 0), \
         'nulls', (SELECT count(*) FROM {table} AS r WHERE NOT ({all})))::text \
         FROM (SELECT count(*) AS n FROM {table} AS r WHERE {all} GROUP BY {}) AS g",
        listed.join(", "),
        names.join(", "),
        table = from(scan)
    )
}

/// Smallest and largest values. By order and not by `min`, which fewer types have.
pub(super) fn ranges(scan: &Scan) -> String {
    let table = from(scan);
    let mut ends = Vec::new();
    for column in &scan.ranges {
        let name = format!("r.{}", quoted(column));
        for order in ["ASC", "DESC"] {
            ends.push(format!(
                "(SELECT {name}::text FROM {table} AS r WHERE {name} IS NOT NULL ORDER BY {name} {order} LIMIT 1)"
            ));
        }
    }
    format!("SELECT to_json(ARRAY[{}]::text[])::text", ends.join(", "))
}

/// References without what they refer to.
pub(super) fn reference(asked: &Referring) -> String {
    let cast = if asked.same_types { "" } else { "::text" };
    let columns = |prefix: &str, names: &[String]| {
        let named = names.iter().enumerate();
        let named = named.map(|(at, name)| format!("{prefix}.{}{cast} AS c{at}", quoted(name)));
        named.collect::<Vec<_>>().join(", ")
    };
    let referring = match &asked.holds {
        Holds::Value => format!("SELECT {} FROM {} AS s", columns("s", &asked.columns), from(&asked.from)),
        Holds::Array => {
            let column = asked.columns.iter().map(|name| quoted(name)).collect::<String>();
            format!("SELECT u.v{cast} AS c0 FROM {} AS s, unnest(s.{column}) AS u(v)", from(&asked.from))
        }
        Holds::Json(steps) => {
            let column = asked.columns.iter().map(|name| quoted(name)).collect::<String>();
            format!(
                "SELECT u.v #>> '{{}}' AS c0 FROM {} AS s, jsonb_path_query(s.{column}::jsonb, {}::jsonpath) AS u(v)",
                from(&asked.from),
                literal(&path(steps))
            )
        }
    };
    let places = 0..asked.to_columns.len();
    let each = |form: &dyn Fn(usize) -> String, between: &str| {
        places.clone().map(form).collect::<Vec<_>>().join(between)
    };
    let some = each(&|at| format!("f.c{at} IS NOT NULL"), " AND ");
    let equal = each(&|at| format!("t.c{at} = f.c{at}"), " AND ");
    let values = each(&|at| format!("f.c{at}"), ", ");
    let grouped = each(&|at| format!("f.c{at}"), ", ");
    format!(
        "SELECT json_build_object('references', coalesce(sum(g.n), 0), \
         'orphans', coalesce(sum(g.n) FILTER (WHERE NOT g.found), 0), \
         'missing', count(*) FILTER (WHERE NOT g.found))::text FROM (\
         SELECT f.n, t.c0 IS NOT NULL AS found FROM (\
         SELECT {values}, count(*) AS n FROM ({referring}) AS f WHERE {some} GROUP BY {grouped}) AS f \
         LEFT JOIN (SELECT DISTINCT {} FROM {} AS d) AS t ON {equal}) AS g",
        columns("d", &asked.to_columns),
        from(&asked.to)
    )
}

/// A path in the mode that takes a scalar for a list of one.
fn path(steps: &[Step]) -> String {
    let mut path = "lax $".to_owned();
    for step in steps {
        match step {
            Step::Field(name) => {
                let name = name.replace('\\', "\\\\").replace('"', "\\\"");
                let _ = write!(path, ".\"{name}\"");
            }
            Step::Each => path.push_str("[*]"),
        }
    }
    path
}

/// What rows weigh as text, of a table that may be of any size.
pub(super) fn weigh(scan: &Scan) -> String {
    format!(
        "SELECT json_build_object('rows', count(*), 'bytes', coalesce(sum(octet_length(w.line)), 0))::text \
         FROM (SELECT (r.*)::text AS line FROM {} AS r{}) AS w",
        from(scan),
        part(scan)
    )
}

fn part(scan: &Scan) -> String {
    if scan.rows.is_some_and(|rows| rows <= WEIGHED) { String::new() } else { format!(" LIMIT {WEIGHED}") }
}

/// Rows to compress, as many as make up a megabyte.
pub(super) fn lines(scan: &Scan, sample: &Sample) -> String {
    let each = sample.bytes / sample.rows.max(1);
    let rows = (SQUEEZED / each.max(1)).clamp(1, 10_000);
    format!(
        "SELECT coalesce(string_agg(w.line, E'\\n'), '') FROM (SELECT (r.*)::text AS line FROM {} AS r LIMIT {rows}) AS w",
        from(scan)
    )
}

/// Of a row of a declared query its first column, of what JSON type that is, how many columns there are, and all of them.
pub(super) const ANSWERED: &str = "\
(SELECT v #>> '{}' FROM json_each(pg_catalog.row_to_json(q)) AS e(k, v) LIMIT 1), \
coalesce((SELECT pg_catalog.json_typeof(v) FROM json_each(pg_catalog.row_to_json(q)) AS e(k, v) LIMIT 1), ''), \
(SELECT count(*) FROM json_each(pg_catalog.row_to_json(q))), \
ARRAY(SELECT v #>> '{}' FROM json_each(pg_catalog.row_to_json(q)) AS e(k, v))";
