//! Columns of embeddings: what is in them, which indexes they have, who is near whom.
use std::collections::BTreeMap;

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row, SqlSafeStr};

use super::super::catalog::read;
use super::scan::Of;
use super::select::{from, quoted};
use super::{Fail, PostgresRows, run, said};
use crate::digest::hasher::Seed;
use crate::manifest::Metric;
use crate::model::vectors::{TextKey, VectorColumn, VectorIndex, VectorType, VectorsAt, VectorsFound};
use crate::model::{Cause, TableName};
use crate::stores::rows::RowSource;
use crate::stores::vectors::{Numbers, Search, Vectors};

/// Of so many vectors at the most it is asked whether one is the same as another: that many hashes fit into memory.
const MOST_COMPARED: u64 = 1 << 19;

#[derive(serde::Deserialize)]
struct Described {
    namespace: String,
    table: String,
    column: String,
    #[serde(rename = "type")]
    kind: VectorType,
    type_namespace: String,
    declared: String,
    dimension: Option<u32>,
}

impl Vectors for PostgresRows {
    async fn vector_columns(&mut self) -> Result<Vec<VectorColumn>, Cause> {
        let json = self.store.texts(&[include_str!("../sql/vectors.sql")]).await?.concat();
        let all: Vec<Described> = read(&json)?;
        let column = |one: Described| VectorColumn {
            table: TableName { namespace: one.namespace, name: one.table },
            column: one.column,
            kind: one.kind,
            namespace: one.type_namespace,
            declared: one.declared.strip_prefix("public.").unwrap_or(&one.declared).to_owned(),
            dimension: one.dimension,
        };
        Ok(all.into_iter().map(column).collect())
    }

    async fn look_through(
        &mut self,
        column: &VectorColumn,
        filter: Option<&str>,
        seed: Seed,
    ) -> Result<VectorsFound, Cause> {
        let c = name(column);
        let (dimensions, is_zero, is_broken) = expressions(column);
        let taken = filter.map_or_else(|| "true".to_owned(), |filter| format!("({filter}\n)"));
        let table = from(&column.table);
        let sql = format!(
            "SELECT count(*), count({c}), min({dimensions})::int8, max({dimensions})::int8, \
             count(*) FILTER (WHERE {c} IS NOT NULL AND {is_zero}), count(*) FILTER (WHERE {c} IS NOT NULL AND {is_broken}) \
             FROM {table} WHERE {taken}"
        );
        let mut found = VectorsFound::default();
        self.stream(Of::Table(&column.table), sql, |row| {
            let dimension = |place: usize| {
                row.try_get::<Option<i64>, usize>(place)
                    .map(|found| found.and_then(|found| u32::try_from(found).ok()))
            };
            (found.rows, found.vectors) = (count(row, 0)?, count(row, 1)?);
            (found.least, found.most) = (dimension(2)?, dimension(3)?);
            (found.zeros, found.broken) = (count(row, 4)?, count(row, 5)?);
            Ok(())
        })
        .await?;
        // Vectors that are the same have the same hash, so a part of all hashes tells as much as all of them.
        let part = (found.vectors / MOST_COMPARED + 1).next_power_of_two();
        let hash = format!("hash_record_extended(row({}), {})", sent(column), seed.as_int8());
        let sql = format!(
            "SELECT coalesce(sum(g.n), 0)::int8, coalesce(sum(g.n - 1), 0)::int8 FROM (SELECT count(*) AS n FROM (\
             SELECT {hash} AS h FROM {table} WHERE {c} IS NOT NULL AND {taken}) AS s WHERE s.h & {} = 0 GROUP BY s.h) AS g",
            part - 1
        );
        self.stream(Of::Table(&column.table), sql, |row| {
            (found.compared, found.repeated) = (count(row, 0)?, count(row, 1)?);
            Ok(())
        })
        .await?;
        Ok(found)
    }

    async fn vector_indexes(&mut self, column: &VectorColumn) -> Result<Vec<VectorIndex>, Cause> {
        let table = format!("{}.{}", quoted(&column.table.namespace), quoted(&column.table.name));
        let sql = format!(
            "SELECT coalesce(json_agg(DISTINCT jsonb_build_object('name', c.relname, 'method', m.amname, 'class', o.opcname, \
             'condition', pg_get_expr(i.indpred, i.indrelid), \
             'invalid', NOT (i.indisvalid AND i.indisready AND i.indislive))), '[]')::text \
             FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam AND m.amname IN ('hnsw', 'ivfflat') \
             JOIN pg_opclass o ON o.oid = i.indclass[0] \
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = {} \
             JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.refclassid = 'pg_class'::regclass \
             AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum WHERE i.indrelid = {}::regclass",
            literal(&column.column),
            literal(&table)
        );
        read(&self.store.texts(&[&sql]).await?.concat())
    }

    async fn begin_vectors(&mut self, at: &VectorsAt) -> Result<(), Cause> {
        let sql = format!(
            "DECLARE trueup_vectors NO SCROLL CURSOR FOR SELECT {}, {}::text FROM {} WHERE {}",
            key_texts(at),
            name(&at.column),
            from(&at.column.table),
            at.filter.as_ref().map_or_else(|| "true".to_owned(), |filter| format!("({filter}\n)"))
        );
        // A cursor of before would be in the way.
        self.recover().await;
        let begun = run(&mut self.store.connection, sql).await;
        begun.map_err(|error| Fail::Table(at.column.table.to_string(), said(&error)).into())
    }

    async fn next_vectors(&mut self, at: &VectorsAt, most: usize) -> Result<Vec<(TextKey, Numbers)>, Cause> {
        let sql = format!("FETCH {most} FROM trueup_vectors");
        let rows =
            sqlx::raw_sql(AssertSqlSafe(sql).into_sql_str()).fetch_all(&mut self.store.connection).await;
        let rows = rows.map_err(|error| failed(at, &error))?;
        rows.iter().map(|row| keyed(row, at)).collect()
    }

    async fn vectors_of(
        &mut self,
        at: &VectorsAt,
        keys: &[TextKey],
    ) -> Result<BTreeMap<TextKey, Numbers>, Cause> {
        let (asked, met) = self.asked(at).await?;
        let texts: Vec<String> = (0..at.key.len()).map(|place| format!("k.k{place}")).collect();
        let sql = format!(
            "SELECT ARRAY[{}]::text[], {}::text FROM {asked} JOIN {} ON {met} WHERE {}",
            texts.join(", "),
            name(&at.column),
            from(&at.column.table),
            taken(at)
        );
        let rows = self.bound(at, sql, keys, None).await?;
        rows.iter().map(|row| keyed(row, at)).collect()
    }

    async fn some_keys(&mut self, at: &VectorsAt, most: u32, seed: Seed) -> Result<Vec<TextKey>, Cause> {
        let sql = format!(
            "SELECT {keys} FROM {} WHERE {} IS NOT NULL AND {} ORDER BY hash_record_extended(row({keys}::text), {}) LIMIT {most}",
            from(&at.column.table),
            name(&at.column),
            taken(at),
            seed.as_int8(),
            keys = key_texts(at)
        );
        let mut found = Vec::new();
        self.stream(Of::Table(&at.column.table), sql, |row| {
            found.push(row.try_get(0)?);
            Ok(())
        })
        .await?;
        Ok(found)
    }

    async fn neighbours(
        &mut self,
        at: &VectorsAt,
        of: &TextKey,
        search: Search,
    ) -> Result<Vec<(TextKey, f64)>, Cause> {
        let own = self.own(at, of).await?;
        let sql = format!(
            "SELECT {}, ({})::float8 FROM {} WHERE {} IS NOT NULL AND {} ORDER BY {} LIMIT {}",
            key_texts(at),
            apart(&at.column, search.metric, "$1")?,
            from(&at.column.table),
            name(&at.column),
            taken(at),
            apart(&at.column, search.metric, "$1")?,
            search.k.saturating_add(1)
        );
        if search.is_exact {
            let off = "SET LOCAL enable_indexscan = off; SET LOCAL enable_sort = on";
            run(&mut self.store.connection, off).await.map_err(|error| failed(at, &error))?;
        }
        let query = sqlx::query(AssertSqlSafe(sql).into_sql_str()).persistent(false).bind(own);
        let rows = query.fetch_all(&mut self.store.connection).await;
        // Back to the settings of before.
        self.recover().await;
        let rows = rows.map_err(|error| failed(at, &error))?;
        let mut near: Vec<(TextKey, f64)> = Vec::new();
        for row in rows {
            let pair = row.try_get(0).and_then(|key| Ok((key, row.try_get(1)?)));
            near.push(pair.map_err(|error| failed(at, &error))?);
        }
        near.retain(|(key, _)| key != of);
        near.truncate(usize::try_from(search.k).unwrap_or(usize::MAX));
        Ok(near)
    }

    async fn distances(
        &mut self,
        at: &VectorsAt,
        of: &TextKey,
        metric: Metric,
        keys: &[TextKey],
    ) -> Result<Vec<f64>, Cause> {
        let own = self.own(at, of).await?;
        let (asked, met) = self.asked(at).await?;
        let apart = apart(&at.column, metric, &format!("${}", at.key.len() + 1))?;
        let sql = format!("SELECT ({apart})::float8 FROM {asked} JOIN {} ON {met}", from(&at.column.table));
        let rows = self.bound(at, sql, keys, Some(own)).await?;
        let distance = |row: &PgRow| row.try_get::<Option<f64>, usize>(0);
        let all: Result<Vec<Option<f64>>, sqlx::Error> = rows.iter().map(distance).collect();
        Ok(all.map_err(|error| failed(at, &error))?.into_iter().flatten().collect())
    }
}

impl PostgresRows {
    /// The vector of one row, as text.
    async fn own(&mut self, at: &VectorsAt, of: &TextKey) -> Result<String, Cause> {
        let (asked, met) = self.asked(at).await?;
        let sql = format!(
            "SELECT {}::text FROM {asked} JOIN {} ON {met}",
            name(&at.column),
            from(&at.column.table)
        );
        let rows = self.bound(at, sql, std::slice::from_ref(of), None).await?;
        let own = rows.first().and_then(|row| row.try_get::<Option<String>, usize>(0).ok().flatten());
        own.ok_or_else(|| {
            Cause::new(format!("`{}` has no vector in the row {}", at.column.table, of.join(", ")))
        })
    }

    /// Keys as a table `k` of parameters, and how it is joined.
    async fn asked(&mut self, at: &VectorsAt) -> Result<(String, String), Cause> {
        let kinds = self.kinds(&at.column.table).await?;
        let (mut arrays, mut names, mut met) = (Vec::new(), Vec::new(), Vec::new());
        for (place, column) in at.key.iter().enumerate() {
            let Some(kind) = kinds.get(column) else {
                return Err(Cause::new(format!("`{}` has no column `{column}`", at.column.table)));
            };
            arrays.push(format!("${}::text[]", place + 1));
            names.push(format!("k{place}"));
            let own = format!("{}.{}", quoted(&at.column.table.name), quoted(column));
            met.push(format!("{own} = k.k{place}::{}", kind.declared));
        }
        Ok((format!("unnest({}) AS k({})", arrays.join(", "), names.join(", ")), met.join(" AND ")))
    }

    async fn bound(
        &mut self,
        at: &VectorsAt,
        sql: String,
        keys: &[TextKey],
        more: Option<String>,
    ) -> Result<Vec<PgRow>, Cause> {
        let mut query = sqlx::query(AssertSqlSafe(sql).into_sql_str()).persistent(false);
        for place in 0..at.key.len() {
            query =
                query.bind(keys.iter().filter_map(|key| key.get(place).cloned()).collect::<Vec<String>>());
        }
        if let Some(more) = more {
            query = query.bind(more);
        }
        let rows = query.fetch_all(&mut self.store.connection).await;
        if rows.is_err() {
            self.recover().await;
        }
        rows.map_err(|error| failed(at, &error))
    }
}

fn failed(at: &VectorsAt, error: &sqlx::Error) -> Cause {
    Fail::Table(at.column.table.to_string(), said(error)).into()
}

fn count(row: &PgRow, place: usize) -> Result<u64, sqlx::Error> {
    row.try_get::<i64, usize>(place).map(|count| u64::try_from(count).unwrap_or_default())
}

fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

fn name(column: &VectorColumn) -> String {
    format!("{}.{}", quoted(&column.table.name), quoted(&column.column))
}

fn taken(at: &VectorsAt) -> String {
    at.filter.as_ref().map_or_else(|| "true".to_owned(), |filter| format!("({filter}\n)"))
}

fn key_texts(at: &VectorsAt) -> String {
    let table = quoted(&at.column.table.name);
    let texts: Vec<String> =
        at.key.iter().map(|column| format!("{table}.{}::text", quoted(column))).collect();
    format!("ARRAY[{}]::text[]", texts.join(", "))
}

fn keyed(row: &PgRow, at: &VectorsAt) -> Result<(TextKey, Numbers), Cause> {
    let both = row.try_get::<Option<String>, usize>(1).and_then(|text| Ok((row.try_get(0)?, text)));
    let (key, text) = both.map_err(|error| failed(at, &error))?;
    let strange = || {
        let message =
            format!("`{}.{}` holds what is no plain list of numbers", at.column.table, at.column.column);
        Cause::new(message).hint("an array with NULL in it, of several dimensions, or that does not begin at 1 is none: leave out the `tolerance`, and it is compared by its bytes")
    };
    let numbers = text.map(|text| numbers(at.column.kind, &text).ok_or_else(strange)).transpose()?;
    Ok((key, numbers))
}

/// Dimensions, whether there are nothing but zeros, and whether there is anything that is no number.
fn expressions(column: &VectorColumn) -> (String, String, String) {
    let (c, of) = (name(column), quoted(&column.namespace));
    let never = "false".to_owned();
    match column.kind {
        VectorType::Vector => (format!("{of}.vector_dims({c})"), format!("{of}.vector_norm({c}) = 0"), never),
        VectorType::Halfvec => (format!("{of}.vector_dims({c})"), format!("{of}.l2_norm({c}) = 0"), never),
        VectorType::Sparsevec => {
            (format!("split_part({c}::text, '/', 2)::int"), format!("{of}.l2_norm({c}) = 0"), never)
        }
        VectorType::Bit => (format!("length({c})"), format!("strpos({c}::text, '1') = 0"), never),
        VectorType::Array => (
            format!("cardinality({c})"),
            format!("NOT EXISTS (SELECT FROM unnest({c}) AS u(x) WHERE u.x IS DISTINCT FROM 0)"),
            format!(
                "EXISTS (SELECT FROM unnest({c}) AS u(x) WHERE u.x IS NULL OR u.x::float8 IN ('NaN', 'Infinity', '-Infinity'))"
            ),
        ),
    }
}

fn sent(column: &VectorColumn) -> String {
    let (c, of) = (name(column), quoted(&column.namespace));
    match column.kind {
        VectorType::Vector => format!("{of}.vector_send({c})"),
        VectorType::Halfvec => format!("{of}.halfvec_send({c})"),
        VectorType::Sparsevec => format!("{of}.sparsevec_send({c})"),
        VectorType::Bit => format!("varbit_send({c}::varbit)"),
        VectorType::Array => format!("array_send({c})"),
    }
}

/// The distance of a column from a parameter.
fn apart(column: &VectorColumn, metric: Metric, parameter: &str) -> Result<String, Cause> {
    let operator = match metric {
        Metric::Cosine => "<=>",
        Metric::L2 => "<->",
        Metric::Ip => "<#>",
        Metric::L1 => "<+>",
        Metric::Hamming => "<~>",
        Metric::Jaccard => "<%>",
    };
    let (c, of) = (name(column), quoted(&column.namespace));
    let of_type = match column.kind {
        VectorType::Vector => format!("{of}.vector"),
        VectorType::Halfvec => format!("{of}.halfvec"),
        VectorType::Sparsevec => format!("{of}.sparsevec"),
        VectorType::Bit | VectorType::Array => {
            return Err(Cause::new("neighbours are looked for among the types of pgvector alone"));
        }
    };
    Ok(format!("{c} OPERATOR({of}.{operator}) {parameter}::{of_type}"))
}

/// The numbers of a vector's text: `[1,2]`, `{1,2}`, `{1:0.5}/3`, `0101`.
fn numbers(kind: VectorType, text: &str) -> Option<Vec<f64>> {
    let listed =
        |text: &str| text.split(',').map(|number| number.trim().parse().ok()).collect::<Option<Vec<f64>>>();
    match kind {
        VectorType::Vector | VectorType::Halfvec => listed(text.strip_prefix('[')?.strip_suffix(']')?),
        VectorType::Array => match text.strip_prefix('{')?.strip_suffix('}')? {
            "" => Some(Vec::new()),
            inner => listed(inner),
        },
        VectorType::Bit => Some(text.chars().map(|bit| if bit == '1' { 1.0 } else { 0.0 }).collect()),
        VectorType::Sparsevec => {
            let (elements, dimensions) = text.strip_prefix('{')?.split_once("}/")?;
            // What a server says is bounded by its type, and still no reason to take any amount of memory.
            let dimensions =
                dimensions.parse::<usize>().ok().filter(|dimensions| *dimensions <= 1_000_000_000)?;
            let mut all = vec![0.0; dimensions.min(1 << 24)];
            for element in elements.split(',').filter(|element| !element.is_empty()) {
                let (place, number) = element.split_once(':')?;
                *all.get_mut(place.trim().parse::<usize>().ok()?.checked_sub(1)?)? =
                    number.trim().parse().ok()?;
            }
            Some(all)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{VectorType, numbers};

    #[test]
    fn texts_of_vectors() {
        assert_eq!(numbers(VectorType::Vector, "[1,-0.5,1e-3]"), Some(vec![1.0, -0.5, 0.001]));
        assert_eq!(numbers(VectorType::Array, "{1,2}"), Some(vec![1.0, 2.0]));
        assert_eq!(numbers(VectorType::Array, "{}"), Some(vec![]));
        assert_eq!(numbers(VectorType::Sparsevec, "{1:0.5,3:2}/4"), Some(vec![0.5, 0.0, 2.0, 0.0]));
        assert_eq!(numbers(VectorType::Bit, "101"), Some(vec![1.0, 0.0, 1.0]));
        for text in ["", "1,2", "[1,x]", "{0:1}/2", "{3:1}/2"] {
            assert_eq!(numbers(VectorType::Sparsevec, text), None, "{text}");
        }
        assert_eq!(numbers(VectorType::Array, "{1,NULL}"), None);
    }
}
