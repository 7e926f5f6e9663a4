//! Rules over what a manifest asks beside rows.
use super::facts::{Allowance, CountFacts, EntityFacts, ExpectedRows, InvariantFacts, SetFacts};
use super::{rows, sample};
use crate::manifest::{Quantity, SetRelation};
use crate::model::survey::Answer;
use crate::model::{Cause, Difference, Looked, Object};
use crate::rules::{Sink, answer};

pub(super) fn broken_invariant(facts: &InvariantFacts, out: &mut Sink<'_>) {
    let one = &facts.expectation;
    let on = Object::endpoint(format!("{}: {}", facts.endpoint, one.name));
    let Some(answers) = out.look(on.clone(), &one.answers) else { return };
    let mut check = out.check(on, Looked::at(answers.len(), "answer"));
    let said = |answer: &Answer| {
        let sample = facts.samples.get(&answer.about).filter(|sample| !sample.is_empty());
        let more = |sample: &Vec<String>| if (sample.len() as u64) < answer.rows { ", …" } else { "" };
        let about = if answer.about.is_empty() { String::new() } else { format!("`{}`: ", answer.about) };
        sample.map_or_else(String::new, |sample| format!(" ({about}{}{})", sample.join(", "), more(sample)))
    };
    let help = "mend what is there, or the declaration, before this side is believed";
    answer::hold(one, answers, facts.show_values, help, said, &mut check);
}

pub(super) fn unequal_sets(facts: &SetFacts, out: &mut Sink<'_>) {
    let diff = &facts.rows;
    let looked = usize::try_from(diff.source_rows.max(diff.target_rows)).unwrap_or(usize::MAX);
    let looked = Looked::at(looked, "row").unwrap_or_else(|| Looked::at_one("pair of queries"));
    let mut check = out.check(Object::endpoint(&facts.on), Some(looked));
    let expected = match facts.relation {
        SetRelation::Equal => "the same rows on both sides",
        SetRelation::Subset => "each row of the source among the target's",
        SetRelation::Superset => "each row of the target among the source's",
    };
    check.facts(
        expected,
        format!("{} in the source, {} in the target", rows(diff.source_rows), rows(diff.target_rows)),
    );
    let columns: Vec<String> =
        diff.differing_columns.iter().map(|(column, rows)| format!("`{column}` in {rows}")).collect();
    let kinds: [(&str, &Difference, String); 3] = [
        ("differing", &diff.differing, format!("with another {}", columns.join(", "))),
        ("only-in-source", &diff.only_in_source, "only in the source".into()),
        ("only-in-target", &diff.only_in_target, "only in the target".into()),
    ];
    if diff.narrowed.differ > 0 {
        let (source, target) = (rows(diff.source_rows), rows(diff.target_rows));
        let message = format!("{}: digests of {source} and {target} differ", diff.source);
        check
            .find("digest", message)
            .at(facts.declared.clone())
            .help("compare the two live, which names the rows");
    }
    for (about, found, words) in kinds.into_iter().filter(|(_, found, _)| found.rows > 0) {
        let message = format!("{}: {} {words}{}", diff.source, rows(found.rows), sample(diff, found));
        check
            .find(about, message)
            .at(facts.declared.clone())
            .help("mend the side that is wrong; a row counts as often as it is there, unless `select distinct` says otherwise");
    }
}

pub(super) fn unequal_counts(facts: &CountFacts, out: &mut Sink<'_>) {
    let on = Object::endpoint(&facts.on);
    let (source, target) = (&facts.source, &facts.target);
    let (share, said) = match facts.apart {
        Allowance::Number(0.0) => ("0".to_owned(), String::new()),
        Allowance::Number(number) => (number.to_string(), format!(", by {number} at the most")),
        Allowance::Percent(share) => (share.to_string(), format!(", by {share} % at the most")),
    };
    let exact = Quantity::parse(source).zip(Quantity::parse(target)).zip(Quantity::parse(&share));
    let is_near = exact.and_then(|((source, target), share)| {
        let most = match facts.apart {
            Allowance::Number(_) => Some(share),
            Allowance::Percent(_) => source.hundredths(share),
        };
        source.is_near(target, most?)
    });
    let Some(is_near) = is_near else {
        let cause = Cause::new("its numbers are too large to be compared exactly");
        return out.unknown(on, cause.hint("round them in the queries, or compare what they are of"));
    };
    let mut check = out.check(on, Looked::at(2, "number"));
    check.facts(format!("{source}{said}"), target);
    if !is_near {
        let message = format!("{}: the source has {source}, the target {target}{said}", facts.on);
        check
            .find("count", message)
            .at(facts.declared.clone())
            .help("find out which rows are missing, or widen the tolerance with a reason");
    }
}

pub(super) fn unexpected_rows(facts: &ExpectedRows, out: &mut Sink<'_>) {
    let Some(wanted) = &facts.wanted else { return };
    let mut check = out.check(Object::table(&facts.table), Looked::at(facts.tables, "table"));
    check.facts(wanted.to_string(), facts.rows.to_string());
    if !answer::is_count(wanted, facts.rows) {
        let message = format!("`{}`: expected {wanted}, the target has {}", facts.table, rows(facts.rows));
        check
            .find("rows", message)
            .at(facts.declared.clone())
            .help("the number was declared: mend the target, or the declaration");
    }
}

pub(super) fn missing_entity(facts: &EntityFacts, out: &mut Sink<'_>) {
    let of = |name: &str| Object::endpoint(format!("entity: {name}"));
    let is_met = |name: &String| facts.met.contains(name);
    for name in &facts.asked {
        if facts.known.get(name) == Some(&false) {
            out.skip(of(name), "it is not active, so nothing of it was to be moved");
            continue;
        }
        let mut check = out.check(of(name), Some(Looked::at_one("entity")));
        if !is_met(name) {
            let known: Vec<&str> = facts.known.keys().chain(&facts.met).map(String::as_str).collect();
            let close = similar::get_close_matches(name.as_str(), &known, 1, 0.6);
            let help = close.first().map_or_else(
                || "name an entity whose tables the source has".to_owned(),
                |close| format!("did you mean `{close}`?"),
            );
            let message =
                format!("the run was narrowed to the entity `{name}`, of which the source has no table");
            check.find(name, message).at(facts.declared.clone()).help(help);
        }
    }
    if facts.asked.is_empty() {
        let active = || facts.known.iter().filter(|(_, active)| **active).map(|(name, _)| name);
        let mut check = out.check(of("all"), Looked::at(active().count(), "entity"));
        for name in active().filter(|name| !is_met(name)) {
            let message = format!("the entity `{name}` is active, and the source has no table of it");
            check
                .find(name, message)
                .at(facts.declared.clone())
                .help("find out where its rows are, or mend the pattern of the `[[table]]`");
        }
    }
}
