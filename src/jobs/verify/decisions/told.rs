//! What no finding tells, and how names are printed.
use super::super::compare::shown as shown_key;
use crate::manifest::{self, AccessParity, Keys};
use crate::model::parity::{Merged, Parity, PermissionGroup};
use crate::model::value::Value;
use crate::model::{Gap, GapKind, Object, Report};

/// How many usersets are named.
const NAMED: usize = 10;

/// How many tuples of each side grant nothing, with the first of them.
pub(super) type Refused = [Option<(usize, String)>; 2];

/// A name as names may be printed: its type, and its id as far as that.
pub(super) fn shown(keys: Keys, name: &str) -> String {
    let Some((kind, id)) = name.split_once(':').filter(|(_, id)| keys != Keys::Plain && *id != "*") else {
        return match keys {
            Keys::Plain => name.to_owned(),
            _ if name.contains(':') => name.to_owned(),
            _ => whole(keys, name),
        };
    };
    format!("{kind}:{}", whole(keys, id))
}

/// A name without a type, as names may be printed.
pub(super) fn whole(keys: Keys, name: &str) -> String {
    if keys == Keys::Plain {
        return name.to_owned();
    }
    shown_key(&[Value::Text(name.to_owned())], keys).unwrap_or_else(|| "(hidden)".to_owned())
}

/// `type:id#relation`, as names may be printed.
fn userset(keys: Keys, name: &str) -> String {
    let (object, relation) = name.rsplit_once('#').unwrap_or((name, ""));
    format!("{}#{relation}", shown(keys, object))
}

pub(super) fn masked(keys: Keys, mut parity: Parity) -> Parity {
    if keys == Keys::Plain {
        return parity;
    }
    let groups = [&mut parity.lost, &mut parity.gained, &mut parity.undecided, &mut parity.unmapped];
    for words in groups.into_iter().flatten().flat_map(|group| &mut group.sample).flatten() {
        if words.contains(':') {
            *words = shown(keys, words);
        }
    }
    parity.usersets = parity.usersets.iter().map(|name| userset(keys, name)).collect();
    for merged in &mut parity.merged {
        for name in std::iter::once(&mut merged.into).chain(&mut merged.of).filter(|name| name.contains(':'))
        {
            *name = shown(keys, name);
        }
    }
    parity
}

/// What no finding tells: names that were merged, differences that are meant, and what is no part of the comparison.
pub(super) fn tell(one: &AccessParity, on: &Object, parity: &Parity, refused: Refused, report: &mut Report) {
    let mut gap = |kind: GapKind, reason: String| {
        report.not_compared.push(Gap { on: on.clone(), kind, reason });
    };
    let merged: Vec<&Merged> = parity.merged.iter().filter(|merged| merged.is_declared).collect();
    if let Some(first) = merged.first() {
        let reason = format!(
            "{} of the target were several of the source, such as {}: {}",
            count(merged.len(), "name"),
            first.into,
            first.of.join(", ")
        );
        gap(GapKind::Declared, reason);
    }
    for (except, count) in one.except.iter().zip(&parity.left_out).filter(|(_, count)| **count > 0) {
        gap(
            GapKind::Declared,
            format!("{count} of the {} alone are left out: {}", side_word(except.side), *except.reason),
        );
    }
    let allowed: &[(&str, &[PermissionGroup])] = match one.policy {
        manifest::Policy::Equal => &[],
        manifest::Policy::NoLoss => &[("gained", &parity.gained)],
        manifest::Policy::NoGain => &[("lost", &parity.lost)],
    };
    for (word, groups) in allowed {
        let count: u64 = groups.iter().map(|group| group.count).sum();
        if count > 0 {
            let causes =
                if groups.len() == 1 { "1 cause".to_owned() } else { format!("{} causes", groups.len()) };
            gap(
                GapKind::Declared,
                format!("{count} permissions {word}, of {causes}, which the policy lets be"),
            );
        }
    }
    if !parity.usersets.is_empty() {
        let all = count(parity.usersets.len(), "userset");
        let named: Vec<&str> = parity.usersets.iter().take(NAMED).map(String::as_str).collect();
        let more = if parity.usersets.len() > NAMED { ", …" } else { "" };
        let reason =
            format!("{all} as subjects, of whom those within were compared: {}{more}", named.join(", "));
        gap(GapKind::NotCompared, reason);
    }
    if !one.subjects.is_empty() {
        let kinds: Vec<&str> = one.subjects.iter().map(|kind| kind.as_str()).collect();
        gap(GapKind::NotAsked, format!("subjects of other types than {}", kinds.join(", ")));
    }
    if !parity.passed_over.is_empty() {
        gap(
            GapKind::NotAsked,
            format!("relations that are not declared to be compared: {}", parity.passed_over.join(", ")),
        );
    }
    for (side, of) in [("source", &one.source), ("target", &one.target)] {
        if of.model.is_none() && of.grants.is_none() {
            let reason =
                format!("what was written to the store of the {side} while it was read, page by page");
            gap(GapKind::NotCompared, reason);
        }
    }
    for (side, refused) in ["source", "target"].into_iter().zip(refused) {
        if let Some((all, first)) = refused {
            let reason = format!(
                "{} of the {side} grant nothing, because its model does not accept them: {first}",
                count(all, "tuple")
            );
            gap(GapKind::NotCompared, reason);
        }
    }
}

pub(super) fn count(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

pub(super) fn side_word(side: manifest::Side) -> &'static str {
    match side {
        manifest::Side::Source => "source",
        manifest::Side::Target => "target",
    }
}
