//! Source against target: whether the mapping speaks for everything, and whether the rows agree.
mod asked;
mod facts;
mod integrity;
mod vectors;

pub use facts::{
    Allowance, CountFacts, CounterFacts, EntityFacts, ExpectedRows, InvariantFacts, ReferenceFacts, SetFacts,
    SidesFacts, UnmappedRows, VectorContent, VectorCount, VectorFacts, VectorRecall,
};

use asked::{broken_invariant, missing_entity, unequal_counts, unequal_sets, unexpected_rows};
use integrity::{orphan, sequence_behind, sequence_repeats};
use vectors::{
    vector_content, vector_count, vector_dimension, vector_duplicates, vector_index, vector_recall,
    vector_undeclared, vector_zero,
};

use super::{Rule, Sink, rules};
use crate::mapping::ProblemKind;
use crate::model::{Cause, ColumnTypes, Difference, Looked, Mode, Object, Shard, TableDiff};

/// The rules over one compared pair of tables.
pub const TABLE_RULES: &[Rule<TableDiff>] = rules!["verify": filter_takes_nothing, row_content, row_count];

/// The rules over rows that were looked at twice, where a side is a server that can be written meanwhile.
pub const MOVING_RULES: &[Rule<TableDiff>] = rules!["verify": moving_rows];

/// The rules over the types of its columns, where a side has types.
pub const COLUMN_RULES: &[Rule<ColumnTypes>] = rules!["verify": column_type];

/// The rules over a run that several machines share.
pub const PART_RULES: &[Rule<Shard>] = rules!["verify": partial_run];

/// The rules over rows that no condition of a mapping takes.
pub const UNMAPPED_RULES: &[Rule<UnmappedRows>] = rules!["verify": unmapped_rows];

/// The rules over declared questions to one side.
pub const INVARIANT_RULES: &[Rule<InvariantFacts>] = rules!["verify": broken_invariant];

/// The rules over the rows of two queries.
pub const SET_RULES: &[Rule<SetFacts>] = rules!["verify": unequal_sets];

/// The rules over numbers of two sides.
pub const COUNT_RULES: &[Rule<CountFacts>] = rules!["verify": unequal_counts];

/// The rules over the target's counters.
pub const COUNTER_RULES: &[Rule<CounterFacts>] = rules!["verify": sequence_behind, sequence_repeats];

/// The rules over the target's references.
pub const REFERENCE_RULES: &[Rule<ReferenceFacts>] = rules!["verify": orphan];

/// The rules over one column of embeddings, or a part of it.
pub const VECTOR_RULES: &[Rule<VectorFacts>] =
    rules!["verify": vector_dimension, vector_duplicates, vector_zero];

/// The rules over the whole of such a column, whatever is in it.
pub const VECTOR_INDEX_RULES: &[Rule<VectorFacts>] = rules!["verify": vector_index, vector_undeclared];

/// The rules over how many there are.
pub const VECTOR_COUNT_RULES: &[Rule<VectorCount>] = rules!["verify": vector_count];

/// The rules over vectors that were compared within a tolerance.
pub const VECTOR_CONTENT_RULES: &[Rule<VectorContent>] = rules!["verify": vector_content];

/// The rules over neighbours.
pub const VECTOR_RECALL_RULES: &[Rule<VectorRecall>] = rules!["verify": vector_recall];

/// The rules over entities.
pub const ENTITY_RULES: &[Rule<EntityFacts>] = rules!["verify": missing_entity];

/// The rules over declared numbers of rows.
pub const EXPECTED_RULES: &[Rule<ExpectedRows>] = rules!["verify": unexpected_rows];

/// The rules over the two sides as wholes.
pub const SIDES_RULES: &[Rule<SidesFacts>] = rules![
    "verify": missing_column, missing_table, same_database, stale_mapping, unlisted_column, unlisted_table
];

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature of every rule")]
fn partial_run(shard: &Shard, out: &mut Sink<'_>) {
    let on = Object::run("verify");
    if shard.of > 1 {
        let cause = Cause::new(format!(
            "this is part {} of {}, and proves nothing of the others",
            shard.index, shard.of
        ));
        out.unknown(on, cause.hint("join the reports of all parts with `trueup report merge`"));
    } else {
        out.check(on, Some(Looked::at_one("part")));
    }
}

fn unmapped_rows(facts: &UnmappedRows, out: &mut Sink<'_>) {
    let on = Object::table(&facts.table);
    let mut check = out.check(on, Looked::at(facts.conditions, "condition"));
    let (side, key) = if facts.is_source { ("source", "where") } else { ("target", "target_where") };
    check.facts("every row is taken by one", format!("{} by none", rows(facts.rows)));
    if facts.rows > 0 {
        let message = format!(
            "`{}`: {} of the {side} {} taken by none of {} `{key}`, and compared with nothing",
            facts.table,
            rows(facts.rows),
            if facts.rows == 1 { "is" } else { "are" },
            facts.conditions
        );
        check
            .find(format!("{side} rows"), message)
            .at(facts.declared.clone())
            .help("widen a condition (NULL in it takes no row: write `is not true`, or `coalesce`), or declare with an `[[allow]]` why it is rightly so");
    }
    // A row of the source that goes to two places is looked for in both.
    if facts.repeated > 0 && !facts.is_source {
        let message = format!(
            "`{}`: {} of the target {} taken by several `target_where`, and may stand for rows of several source tables",
            facts.table,
            rows(facts.repeated),
            if facts.repeated == 1 { "is" } else { "are" },
        );
        let help = "narrow the conditions, so that each row belongs to one source table";
        check.find("repeated", message).at(facts.declared.clone()).help(help);
    }
}

fn filter_takes_nothing(diff: &TableDiff, out: &mut Sink<'_>) {
    let mut check = out.check(diff.object(), Some(Looked::at_one("table")));
    let has_source = diff.source_rows > 0 || diff.source_filter_took_none;
    let sides = [
        ("source", "where", diff.source_filter_took_none),
        // Where the source has no row none is to be found.
        ("target", "target_where", diff.target_filter_took_none && has_source),
    ];
    for (side, filter, _) in sides.into_iter().filter(|(_, _, took_none)| *took_none) {
        check
            .find(
                side,
                format!("`{}`: `{filter}` takes no row of a {side} table that has some", diff.object()),
            )
            .at(diff.declared.clone())
            .help("mend the condition, or declare a `[[skip]]` with the reason");
    }
}

fn moving_rows(diff: &TableDiff, out: &mut Sink<'_>) {
    let mut check = out.check(diff.object(), Some(Looked::at_one("table")));
    if diff.transient > 0 {
        let are = if diff.transient == 1 {
            "row differed at first and was"
        } else {
            "rows differed at first and were"
        };
        let message = format!("`{}`: {} {are} equal when looked at again", diff.object(), diff.transient);
        check
            .find("transient", message)
            .at(diff.declared.clone())
            .help("a side is being written; what moves proves nothing until it stands still");
    }
}

fn column_type(types: &ColumnTypes, out: &mut Sink<'_>) {
    let on = Object::table(&types.table);
    let mut check = out.check(on.clone(), Looked::at(types.columns, "column"));
    for clash in &types.clashes {
        let message = format!(
            "`{on}`: `{}` is {} in the source and {} in the target, and is not compared",
            clash.column, clash.source, clash.target
        );
        let help = if clash.has_meaning {
            "one side has no types: with `mode = \"semantic\"` its text is read as JSON, or as a list in JSON; or declare under `drop` or `target_owned` that it is not compared"
        } else {
            "give both one type, declare how the column is moved under `drop`, `compute` or `target_owned`, or compare what both can say by a `[[verify.equal]]`"
        };
        check.find(&clash.column, message).at(types.declared.clone()).help(help);
    }
}

fn row_count(diff: &TableDiff, out: &mut Sink<'_>) {
    let mut check = out.check(diff.object(), Some(Looked::at_one("table")));
    let (source, target) = (diff.source_rows, diff.target_rows);
    check.facts(rows(source), rows(target));
    if source != target {
        let message =
            format!("`{}`: the source has {}, the target {}", diff.object(), rows(source), rows(target));
        check.find("rows", message).at(diff.declared.clone()).help("`verify/row-content` names the rows");
    }
}

fn row_content(diff: &TableDiff, out: &mut Sink<'_>) {
    let looked =
        usize::try_from(diff.source_rows.max(diff.target_rows)).ok().and_then(|rows| Looked::at(rows, "row"));
    let mut check = out.check(diff.object(), Some(looked.unwrap_or_else(|| Looked::at_one("table"))));
    let columns: Vec<String> =
        diff.differing_columns.iter().map(|(column, rows)| format!("`{column}` in {rows}")).collect();
    let differing = format!("differ: {}", columns.join(", "));
    let kinds = [
        ("differing", &diff.differing, differing.as_str()),
        ("only-in-source", &diff.only_in_source, "only in the source"),
        ("only-in-target", &diff.only_in_target, "only in the target"),
    ];
    let counts: Vec<String> =
        kinds.iter().map(|(about, found, _)| format!("{} {about}", found.rows)).collect();
    let by = if diff.key.is_empty() {
        "as a multiset: they have no key".to_owned()
    } else {
        format!("by {}", diff.key.join(", "))
    };
    let by = if diff.mode == Mode::Semantic { format!("{by}, in meaning") } else { by };
    let (narrowed, expected) = (&diff.narrowed, format!("the same rows on both sides, compared {by}"));
    if narrowed.differ > 0 {
        let found = format!("digests differ in {} of {}", narrowed.differ, parts(narrowed.of));
        check.facts(expected, &found);
        check
            .find("digest", format!("`{}`: {found}{}", diff.object(), narrowed_to(diff)))
            .at(diff.declared.clone())
            .help("compare the rows of these parts where both sides can be read");
    } else {
        check.facts(expected, counts.join(", "));
    }
    for (about, found, words) in kinds {
        if found.rows == 0 {
            continue;
        }
        let verb = match (about, found.rows) {
            ("differing", 1) => "1 row ".to_owned(),
            ("differing", many) => format!("{many} rows "),
            (_, 1) => "1 row is ".to_owned(),
            (_, many) => format!("{many} rows are "),
        };
        let words = if about == "differing" && found.rows == 1 {
            words.replacen("differ", "differs", 1)
        } else {
            words.to_owned()
        };
        let mut message = format!("`{}`: {verb}{words}{}", diff.object(), sample(diff, found));
        if about == "differing" && !diff.values.is_empty() {
            message = format!("{message}: {}", diff.values.join("; "));
        }
        let help = if diff.is_mixed && diff.mode == Mode::Strict {
            "one side has no types: with `mode = \"semantic\"` a text that says what the other's type holds is equal; else mend the target"
        } else {
            "mend the target, or declare the difference in the mapping"
        };
        check.find(about, message).at(diff.declared.clone()).help(help);
    }
}

fn rows(count: u64) -> String {
    format!("{count} row{}", if count == 1 { "" } else { "s" })
}

fn parts(count: u64) -> String {
    format!("{count} part{}", if count == 1 { "" } else { "s" })
}

fn narrowed_to(diff: &TableDiff) -> String {
    let told = &diff.narrowed;
    let more = if (told.parts.len() as u64) < told.differ { "; …" } else { "" };
    let places =
        if told.parts.is_empty() { String::new() } else { format!(": {}{more}", told.parts.join("; ")) };
    if told.rows.is_empty() {
        return places;
    }
    format!("{places}; some of these may differ: {} {}", diff.key.join(", "), told.rows.join(", "))
}

fn sample(diff: &TableDiff, found: &Difference) -> String {
    if found.sample.is_empty() {
        return String::new();
    }
    let more = if (found.sample.len() as u64) < found.rows { ", …" } else { "" };
    format!(" ({} {}{more})", diff.key.join(", "), found.sample.join(", "))
}

fn missing_column(facts: &SidesFacts, out: &mut Sink<'_>) {
    facts.problems(ProblemKind::MissingColumn, out);
}

fn missing_table(facts: &SidesFacts, out: &mut Sink<'_>) {
    facts.problems(ProblemKind::MissingTable, out);
}

fn stale_mapping(facts: &SidesFacts, out: &mut Sink<'_>) {
    facts.problems(ProblemKind::StaleMapping, out);
}

fn unlisted_column(facts: &SidesFacts, out: &mut Sink<'_>) {
    facts.problems(ProblemKind::UnlistedColumn, out);
}

fn unlisted_table(facts: &SidesFacts, out: &mut Sink<'_>) {
    facts.problems(ProblemKind::UnlistedTable, out);
}

fn same_database(facts: &SidesFacts, out: &mut Sink<'_>) {
    if facts.is_kin {
        let cause = Cause::new(
            "source and target are of one cluster, and one of them is a fingerprint: nothing tells one database before and after a restart from a copy of its files",
        );
        let hint = "if one is a copy, compare the two live: a server tells itself from another";
        return out.unknown(facts.on(), cause.hint(hint));
    }
    let mut check = out.check(facts.on(), Looked::at(2, "endpoint"));
    if facts.is_same {
        check
            .find("identity", "source and target are the same database")
            .help("a database always agrees with itself; name the other one");
    } else if facts.is_replica {
        check
            .find(
                "identity",
                "one of source and target is a standby of the other's server, or both are of one",
            )
            .help("a standby always agrees with what it repeats; name the other one");
    }
}
