//! Two realms that must be the same: read, compared, and told one finding of a sort.
use std::collections::BTreeMap;

use globset::GlobMatcher;

use super::Decisions;
use super::given::{about, got};
use super::told::{count, whole};
use crate::diff::realm::realms;
use crate::manifest::{At, Keys, RealmExcept, RealmParity, RealmSide, glob};
use crate::model::realm::{DifferingRealm, Realm, RealmChange, RealmDifference, RealmPart, RealmPartDiff};
use crate::model::{Cause, Differing, Gap, GapKind, Look, Object, Report};
use crate::rules::access::{REALM_RULES, RealmFacts, RealmFinding, STALE_RULES, StaleFacts};
use crate::rules::acl::read_realm;
use crate::rules::judge;

/// How many of a sort are named.
const NAMED: usize = 10;

const NOT_COMPARED: &str = "of realms, users, groups, roles, memberships, clients and kinds of credentials were compared: not \
                            hashes and secrets, attributes, settings, flows, identity providers and links to them";

pub(super) async fn judge_realm(
    settings: &Decisions<'_>,
    one: &RealmParity,
    report: &mut Report,
    each: &mut (dyn FnMut(&Differing<'_>) + Send),
) {
    let on = |part: Option<RealmPart>| {
        let part = part.map_or_else(String::new, |part| format!(" ({})", part.word()));
        Object::endpoint(format!("realm{part}: {}", *one.name))
    };
    let [source, target] = match sides(settings, one).await {
        Ok(sides) => sides,
        Err(cause) => {
            let on = on(None);
            judge(REALM_RULES, &on, &Look::<RealmFacts>::Failed(cause.clone()), &settings.levels, report);
            return judge(STALE_RULES, &on, &Look::<StaleFacts>::Failed(cause), &settings.levels, report);
        }
    };
    let matcher = |except: &RealmExcept| except.of.as_ref().and_then(|of| glob(of).ok());
    let matchers: Vec<_> = one.except.iter().map(|except| (except, matcher(except))).collect();
    let gap = |kind: GapKind, on: Object, reason: String| Gap { on, kind, reason };
    report.not_compared.push(gap(GapKind::NotCompared, on(None), NOT_COMPARED.to_owned()));
    let mut taken: Vec<u64> = one.except.iter().map(|except| u64::from(except.is_of_all())).collect();
    for mut diff in realms(&source, &target) {
        let on = on(Some(diff.part));
        let of_all = one.except.iter().find(|except| except.part == diff.part && except.is_of_all());
        if let Some(except) = of_all {
            let reason = format!("{} are left out: {}", diff.part.word(), *except.reason);
            report.not_compared.push(gap(GapKind::Declared, on, reason));
            continue;
        }
        let mut left_out = vec![0_u64; one.except.len()];
        diff.differences.retain(|difference| {
            let each = matchers.iter().map(|(except, of)| takes(except, of.as_ref(), difference));
            let taking: Vec<usize> =
                each.enumerate().filter(|(_, is_meant)| *is_meant).map(|(number, _)| number).collect();
            for number in &taking {
                if let Some(count) = left_out.get_mut(*number) {
                    *count += 1;
                }
            }
            taking.is_empty()
        });
        for difference in &diff.differences {
            each(&Differing::Realm(differing(settings.keys, one, difference)));
        }
        for ((except, taken), all) in one.except.iter().zip(&mut taken).zip(left_out) {
            *taken += all;
            if all > 0 {
                let reason = format!("{all} of the differences are left out: {}", *except.reason);
                report.not_compared.push(gap(GapKind::Declared, on.clone(), reason));
            }
        }
        if diff.without_id > 0 {
            let what = count(diff.without_id, diff.part.word().trim_end_matches('s'));
            let reason = format!("ids of {what}: an export holds none, so their names alone were compared");
            report.not_compared.push(gap(GapKind::NotCompared, on.clone(), reason));
        }
        let facts = facts(settings, one, &on, diff);
        judge(REALM_RULES, &on, &Look::Got(facts), &settings.levels, report);
    }
    let exceptions = one.except.iter().zip(taken).map(|(except, count)| {
        (except.reason.to_string(), count, settings.manifest.place_of(&except.reason))
    });
    let facts = StaleFacts { on: on(None).name, exceptions: exceptions.collect() };
    judge(STALE_RULES, &on(None), &Look::Got(facts), &settings.levels, report);
}

/// Both realms; the first cause why one of them can't be had.
async fn sides(settings: &Decisions<'_>, one: &RealmParity) -> Result<[Realm; 2], Cause> {
    let source = side(settings, &one.source).await.map_err(|cause| about("source", cause))?;
    let target = side(settings, &one.target).await.map_err(|cause| about("target", cause))?;
    Ok([source, target])
}

async fn side(settings: &Decisions<'_>, side: &RealmSide) -> Result<Realm, Cause> {
    match (&side.path, &side.on) {
        (Some(path), _) => read(settings, path, side.name.as_deref()),
        (None, Some(on)) => match settings.live_realms.get(on.as_str()) {
            Some(realm) => realm.read().await,
            None => Err(Cause::new(format!("there is no realm `{}`", **on))),
        },
        (None, None) => Err(Cause::new("it is nothing")),
    }
}

/// An exported realm, all of which could be read.
pub(super) fn read(settings: &Decisions<'_>, path: &At<String>, name: Option<&str>) -> Result<Realm, Cause> {
    let realm = got(read_realm(&settings.manifest.path_of(path), name, settings.tree))?;
    match realm.problems.first() {
        None => Ok(realm),
        Some(problem) => {
            let (path, start) = (&problem.place.path, problem.place.span.start);
            // A message may name a person.
            let what =
                if settings.keys == Keys::Plain { problem.message.as_str() } else { "this can't be read" };
            let message = format!("{path}:{}:{}: {what}", start.line, start.column);
            Err(Cause::new(message).hint("export the realm again, whole: what is not read is not compared"))
        }
    }
}

fn takes(except: &RealmExcept, of: Option<&GlobMatcher>, difference: &RealmDifference) -> bool {
    let mut names = std::iter::once(&difference.name).chain(&difference.ids).chain(&difference.of);
    except.part == difference.part
        && except.what.is_none_or(|what| what == difference.change)
        && of.is_none_or(|of| names.any(|name| !name.is_empty() && of.is_match(name)))
}

fn facts(settings: &Decisions<'_>, one: &RealmParity, on: &Object, diff: RealmPartDiff) -> RealmFacts {
    let mut sorts: BTreeMap<(RealmChange, &str, &str), Vec<&RealmDifference>> = BTreeMap::new();
    for difference in &diff.differences {
        let sort = (difference.change, difference.noun, difference.said.as_str());
        sorts.entry(sort).or_default().push(difference);
    }
    let findings = sorts.into_iter().map(|((_, noun, said), all)| {
        let mut named: Vec<String> = all.iter().take(NAMED).map(|one| named(settings.keys, one)).collect();
        if all.len() > NAMED {
            named.push("…".to_owned());
        }
        RealmFinding {
            about: format!("{noun}s {said}"),
            message: format!("{} {said}: {}", count(all.len(), noun), named.join(", ")),
            // What a server told is of no file.
            place: all
                .first()
                .and_then(|first| first.place.clone())
                .filter(|place| place.span.start.line > 0),
        }
    });
    RealmFacts {
        on: on.name.clone(),
        part: diff.part,
        looked: diff.looked,
        findings: findings.collect(),
        unknown: diff.unknown,
        declared: settings.manifest.place_of(&one.name),
    }
}

fn differing(keys: Keys, declared: &RealmParity, one: &RealmDifference) -> DifferingRealm {
    let [id, _] = &one.ids;
    DifferingRealm {
        realm: declared.name.to_string(),
        part: one.part,
        way: one.change,
        kind: one.noun,
        name: show(keys, one, &one.name),
        id: if id.is_empty() { String::new() } else { show(keys, one, id) },
        said: one.said.clone(),
    }
}

/// A name of what differs, as names may be printed: those of users are people's.
fn show(keys: Keys, one: &RealmDifference, name: &str) -> String {
    if one.noun == "user" { whole(keys, name) } else { name.to_owned() }
}

/// One that differs, with its ids.
fn named(keys: Keys, one: &RealmDifference) -> String {
    let show = |name: &str| show(keys, one, name);
    let name = show(&one.name);
    let other =
        one.of.as_ref().filter(|_| one.part != RealmPart::Memberships && one.change == RealmChange::Changed);
    let name = other.map_or_else(|| name.clone(), |other| format!("{name} -> {}", show(other)));
    match &one.ids {
        [id, _] if id.is_empty() => name,
        [id, other] if other.is_empty() => format!("{name} ({})", show(id)),
        [id, other] => format!("{name} ({} -> {})", show(id), show(other)),
    }
}
