//! Rules over columns of embeddings.
use super::facts::{VectorContent, VectorCount, VectorFacts, VectorRecall};
use super::rows;
use crate::manifest::Metric;
use crate::model::vectors::{VectorIndex, VectorType, VectorsFound};
use crate::model::{Looked, Object, ObjectKind};
use crate::rules::{Sink, answer};

/// The share of repeated vectors that is none of a model's doing, where nobody says and no source tells.
const MANY: f64 = 0.1;

/// Of fewer vectors a share says nothing.
const FEW: u64 = 20;

fn on(name: &str) -> Object {
    Object { kind: ObjectKind::Column, name: name.to_owned() }
}

fn some(count: u64, unit: &str) -> Option<Looked> {
    usize::try_from(count).ok().and_then(|count| Looked::at(count, unit))
}

#[expect(clippy::cast_precision_loss, reason = "a share is told in tenths of a percent")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

pub(super) fn vector_count(facts: &VectorCount, out: &mut Sink<'_>) {
    let (name, vectors) = (&facts.name, facts.vectors);
    let looked = some(facts.rows, "row").unwrap_or_else(|| Looked::at_one("column"));
    let mut check = out.check(on(name), Some(looked));
    let null = 100.0 * share(facts.rows.saturating_sub(vectors), facts.rows);
    let found = format!("{vectors} of {} with one, {null:.1} % NULL", rows(facts.rows));
    let help = "find out what was never embedded, or declare `rows` in its `[[vector]]`";
    if let Some(wanted) = &facts.wanted {
        check.facts(format!("{wanted} with one"), &found);
        if !answer::is_count(wanted, vectors) {
            let message =
                format!("`{name}`: expected {wanted} with a vector, found {vectors} of {}", rows(facts.rows));
            check.find("rows", message).at(facts.declared.clone()).help(help);
        }
        return;
    }
    let expected =
        facts.source.map_or_else(|| "some".to_owned(), |source| format!("{source} as in the source"));
    check.facts(expected, &found);
    match facts.source {
        Some(source) if vectors < source => {
            let message = format!("`{name}`: {} with a vector, the source has {source}", rows(vectors));
            check.find("rows", message).at(facts.declared.clone()).help(help);
        }
        None if vectors == 0 && facts.rows > 0 => {
            let message = format!(
                "`{name}`: none of {} has a vector, and nobody says that none should",
                rows(facts.rows)
            );
            check.find("rows", message).at(facts.declared.clone()).help(help);
        }
        _ => {}
    }
}

pub(super) fn vector_dimension(facts: &VectorFacts, out: &mut Sink<'_>) {
    let (name, found) = (&facts.name, &facts.target);
    let mut check = out.check(on(name), some(found.vectors, "vector"));
    let wanted = facts.wanted_dimension.or(facts.dimension);
    let told = match (found.least, found.most) {
        (Some(least), Some(most)) if least == most => least.to_string(),
        (Some(least), Some(most)) => format!("{least} to {most}"),
        _ => "no vector".to_owned(),
    };
    check.facts(wanted.map_or_else(|| "one dimension".to_owned(), |wanted| wanted.to_string()), &told);
    let help = "vectors of two models cannot be compared: embed again what is of the other one";
    let is_off =
        |dimension: Option<u32>| wanted.is_some() && dimension.is_some_and(|found| Some(found) != wanted);
    if is_off(found.least) || is_off(found.most) {
        let wanted = wanted.unwrap_or_default();
        let message = format!("`{name}` holds vectors of {told} dimensions, not of {wanted}");
        check.find("data", message).at(facts.declared.clone()).help(help);
    } else if found.least != found.most {
        let message = format!("`{name}` holds vectors of {told} dimensions");
        check.find("data", message).at(facts.declared.clone()).help(help);
    }
    if let (Some(of_type), Some(wanted)) = (facts.dimension, facts.wanted_dimension)
        && of_type != wanted
    {
        let message =
            format!("`{name}` is of type {}, and {wanted} dimensions are declared", facts.declared_type);
        check.find("type", message).at(facts.declared.clone()).help("alter the column, or the declaration");
    }
}

pub(super) fn vector_zero(facts: &VectorFacts, out: &mut Sink<'_>) {
    let (name, found) = (&facts.name, &facts.target);
    let mut check = out.check(on(name), some(found.vectors, "vector"));
    let before = facts.source.as_ref().map_or(0, |source| source.zeros);
    if found.zeros > before {
        let message = format!("`{name}`: {} of {} vectors are nothing but zeros", found.zeros, found.vectors);
        check
            .find("zeros", message)
            .at(facts.declared.clone())
            .help("no search by angle finds them: embed their rows again");
    }
    let before = facts.source.as_ref().map_or(0, |source| source.broken);
    if found.broken > before {
        let message =
            format!("`{name}`: {} of {} vectors hold NaN, an infinity or NULL", found.broken, found.vectors);
        check.find("broken", message).at(facts.declared.clone()).help("embed their rows again");
    }
}

pub(super) fn vector_duplicates(facts: &VectorFacts, out: &mut Sink<'_>) {
    let (name, found) = (&facts.name, &facts.target);
    let mut check = out.check(on(name), some(found.compared, "vector"));
    let of = |found: &VectorsFound| share(found.repeated, found.compared);
    let (here, source) = (of(found), facts.source.as_ref().filter(|source| source.compared > 0).map(of));
    let (most, why) = match (facts.duplicates, source) {
        (Some(most), _) => (most, "declared"),
        // A part of two sides need not be the same part.
        (None, Some(source)) => (source + 0.01, "as in the source"),
        (None, None) => (MANY, "usual"),
    };
    check.facts(format!("at most {:.1} % ({why})", 100.0 * most), format!("{:.1} %", 100.0 * here));
    let says_something = facts.duplicates.is_some() || found.compared >= FEW;
    if here > most && says_something {
        let message = format!(
            "`{name}`: {} of {} vectors repeat another ({:.1} %, {why}: {:.1} %)",
            found.repeated,
            found.compared,
            100.0 * here,
            100.0 * most
        );
        check.find("duplicates", message).at(facts.declared.clone()).help(
            "was one text embedded for many rows? declare `duplicates` in its `[[vector]]` if they are meant",
        );
    }
}

pub(super) fn vector_undeclared(facts: &VectorFacts, out: &mut Sink<'_>) {
    let mut check = out.check(on(&facts.name), Some(Looked::at_one("column")));
    if !facts.is_declared && facts.must_be_declared {
        let message =
            format!("`{}` is of type {}, and no `[[vector]]` speaks of it", facts.name, facts.declared_type);
        check.find("column", message).help("declare its dimension and how many rows have one");
    }
}

pub(super) fn vector_index(facts: &VectorFacts, out: &mut Sink<'_>) {
    let name = &facts.name;
    let of_source: Vec<&VectorIndex> = facts.source_indexes.iter().filter(|one| !one.is_invalid).collect();
    let is_wanted = facts.index.unwrap_or(!of_source.is_empty());
    let mut check = out.check(on(name), Looked::at(facts.indexes.len().max(usize::from(is_wanted)), "index"));
    for index in facts.indexes.iter().filter(|index| index.is_invalid) {
        let message = format!("`{name}`: the index `{}` is not valid, and no search uses it", index.name);
        check.find(&index.name, message).at(facts.declared.clone()).help("drop it and build it again");
    }
    if !is_wanted {
        return;
    }
    if facts.indexes.is_empty() {
        let help = match facts.kind {
            VectorType::Vector => {
                "build one; `vector` takes at most 2,000 dimensions in an index, `halfvec` 4,000, also by a cast in the index"
            }
            _ => "build one, or declare `index = false` in its `[[vector]]`",
        };
        check.find("index", lacking(facts)).at(facts.declared.clone()).help(help);
    }
    // One of some rows is as good as the source's of the same.
    let is_whole = |index: &VectorIndex| {
        index.condition.is_none() || of_source.iter().any(|own| own.condition == index.condition)
    };
    let usable: Vec<&VectorIndex> = facts.indexes.iter().filter(|index| !index.is_invalid).collect();
    let mut wanted: Vec<&str> = match facts.metric {
        Some(metric) => vec![class(metric)],
        None if of_source.is_empty() => usable.iter().map(|index| index.measure()).collect(),
        None => of_source.iter().map(|index| index.measure()).collect(),
    };
    wanted.sort_unstable();
    wanted.dedup();
    for measure in wanted.into_iter().filter(|_| !usable.is_empty()) {
        let of_class: Vec<&&VectorIndex> = usable.iter().filter(|index| index.measure() == measure).collect();
        if of_class.iter().any(|index| is_whole(index)) {
            continue;
        }
        if let Some(part) = of_class.first() {
            let condition = part.condition.as_deref().unwrap_or_default();
            let message = format!("`{name}`: the index `{}` holds only rows where {condition}", part.name);
            check
                .find(&part.name, message)
                .at(facts.declared.clone())
                .help("a search without that condition passes it over and reads every row");
            continue;
        }
        let classes: Vec<&str> = usable.iter().map(|index| index.class.as_str()).collect();
        let whose = if facts.metric.is_some() { "the declared metric" } else { "the source's metric" };
        let message = format!("`{name}`: no index is of {measure}, but of {}", classes.join(", "));
        check
            .find("class", message)
            .at(facts.declared.clone())
            .help(format!("a search by {whose} passes it over and reads every row"));
    }
}

fn lacking(facts: &VectorFacts) -> String {
    let name = &facts.name;
    let dimension = facts.dimension.or(facts.wanted_dimension).or(facts.target.most);
    match (facts.kind.most_indexed(), dimension) {
        (Some(most), Some(dimension)) if dimension > most => {
            format!(
                "`{name}` has no index, and none can be built: {dimension} dimensions are more than {most}"
            )
        }
        _ => format!("`{name}` has no index"),
    }
}

fn class(metric: Metric) -> &'static str {
    match metric {
        Metric::Cosine => "_cosine_ops",
        Metric::L2 => "_l2_ops",
        Metric::Ip => "_ip_ops",
        Metric::L1 => "_l1_ops",
        Metric::Hamming => "_hamming_ops",
        Metric::Jaccard => "_jaccard_ops",
    }
}

pub(super) fn vector_content(facts: &VectorContent, out: &mut Sink<'_>) {
    let mut check = out.check(on(&facts.name), some(facts.compared, "vector"));
    check.facts(&facts.allowed, &facts.worst);
    let beyond = &facts.beyond;
    if beyond.rows > 0 {
        let more = if (beyond.sample.len() as u64) < beyond.rows { ", …" } else { "" };
        let sample = if beyond.sample.is_empty() {
            String::new()
        } else {
            format!(" ({}{more})", beyond.sample.join(", "))
        };
        let message = format!(
            "`{}`: {} further from the source's than {}, {}{sample}",
            facts.name,
            if beyond.rows == 1 { "1 vector is".to_owned() } else { format!("{} vectors are", beyond.rows) },
            facts.allowed,
            facts.worst
        );
        check.find("content", message).at(facts.declared.clone()).help("convert or embed them again");
    }
}

pub(super) fn vector_recall(facts: &VectorRecall, out: &mut Sink<'_>) {
    let (k, found, wanted) = (facts.k, facts.recall, facts.at_least);
    let mut check = out.check(on(&facts.name), Looked::at(facts.rows, "row"));
    check.facts(format!("recall@{k} of at least {wanted}"), format!("{found:.3}"));
    if found < wanted {
        let worst = if facts.worst.is_empty() {
            String::new()
        } else {
            format!(", the fewest of {}", facts.worst.join(", "))
        };
        let message = format!(
            "`{}`: a search in the target finds {found:.3} of the {k} nearest neighbours that the source has, not {wanted}{worst}",
            facts.name
        );
        check
            .find("recall", message)
            .at(facts.declared.clone())
            .help("build the index again, widen its search (`hnsw.ef_search`, `ivfflat.probes`), or see `verify/vector-content`");
    }
}
