//! Rules about the live side alone.
use super::SchemaFacts;
use crate::model::Looked;
use crate::rules::Sink;

pub(super) fn same_database(facts: &SchemaFacts, out: &mut Sink<'_>) {
    let mut check = out.check(facts.on(), Looked::at(2, "side"));
    let (expected, live) = (&facts.sides.identity, &facts.sides.state.identity);
    if !live.is_empty() && expected == live {
        check
            .find("identity", "the expectation is the live database itself")
            .at(facts.declared())
            .help("a database always agrees with itself; name another expectation");
    }
}

pub(super) fn sequence_behind(facts: &SchemaFacts, out: &mut Sink<'_>) {
    let positions = &facts.sides.state.positions;
    let mut check = out.check(facts.on(), Looked::at(positions.len(), "sequence"));
    for position in positions {
        let Some(highest) = position.highest.filter(|highest| position.next <= *highest) else { continue };
        let (sequence, column, next) = (&position.sequence, &position.column, position.next);
        let message =
            format!("sequence `{sequence}` gives {next} next, and `{column}` already holds {highest}");
        check
            .find(sequence, message)
            .at(facts.declared())
            .help("set it past the highest value with `setval`");
    }
}

pub(super) fn collation_version(facts: &SchemaFacts, out: &mut Sink<'_>) {
    let collations = &facts.sides.state.collations;
    let mut check = out.check(facts.on(), Looked::at(collations.len(), "collation"));
    for collation in collations.iter().filter(|collation| collation.recorded != collation.actual) {
        let (name, recorded, actual) = (&collation.name, &collation.recorded, &collation.actual);
        let message = format!(
            "{name} was made under collation version {recorded}, and the system now has {actual}: indexes on text may be out of order"
        );
        check
            .find(name, message)
            .at(facts.declared())
            .help("reindex what depends on it, then ALTER ... REFRESH VERSION (Postgres says the statement in its log)");
    }
}

pub(super) fn unpopulated_view(facts: &SchemaFacts, out: &mut Sink<'_>) {
    let state = &facts.sides.state;
    let mut check = out.check(facts.on(), Looked::at(state.views, "materialized view"));
    for view in &state.unpopulated {
        check
            .find(view, format!("materialized view `{view}` was never filled: a query on it fails"))
            .at(facts.declared())
            .help("REFRESH MATERIALIZED VIEW");
    }
}

pub(super) fn unused_ignore(facts: &SchemaFacts, out: &mut Sink<'_>) {
    let mut check = out.check(facts.on(), Looked::at(facts.ignores.len(), "ignore"));
    for ignore in facts.ignores.iter().filter(|ignore| !ignore.is_used) {
        let message = format!("nothing that `{}` names differs", ignore.object);
        check
            .find(&ignore.object, message)
            .at(ignore.place.clone())
            .help("remove it, so that nothing new hides behind it");
    }
}

/// Types of pgvector that may be declared without a dimension.
const VECTORS: &[&str] = &["vector", "halfvec", "sparsevec"];

pub(super) fn vector_without_dimension(facts: &SchemaFacts, out: &mut Sink<'_>) {
    if !facts.is_postgres() {
        out.skip(facts.on(), "SQLite has no vector type");
        return;
    }
    let columns = || {
        facts
            .sides
            .live
            .tables
            .iter()
            .flat_map(|table| table.columns.iter().map(move |column| (table, column)))
    };
    let is_vector = |declared: &str| VECTORS.contains(&declared.split('(').next().unwrap_or_default());
    let vectors = columns().filter(|(_, column)| is_vector(&column.declared));
    let mut check = out.check(facts.on(), Looked::at(vectors.count(), "vector column"));
    for (table, column) in columns().filter(|(_, column)| VECTORS.contains(&column.declared.as_str())) {
        let about = format!("{}.{}", table.id(), column.name);
        check
            .find(&about, format!("`{about}` takes vectors of any dimension"))
            .at(facts.declared())
            .help("declare the dimension, such as vector(768): vectors of two models cannot be compared, and no index can be built");
    }
}
