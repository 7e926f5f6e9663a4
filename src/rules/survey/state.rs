//! What stands in the way of a move, whatever is declared.
use super::{ClusterFacts, SurveyFacts};
use crate::model::schema::System;
use crate::model::survey::SurveyedTable;
use crate::model::{Cause, Look, Looked, Object};
use crate::rules::Sink;

/// Whether the endpoint is a file; if so, says that it has no such thing.
fn is_file(facts: &SurveyFacts, out: &mut Sink<'_>) -> bool {
    let is_file = facts.survey.system == System::Sqlite;
    if is_file {
        out.skip(facts.on(), "SQLite has no such thing");
    }
    is_file
}

fn by_table(
    facts: &SurveyFacts,
    looked: Option<Looked>,
    of: impl Fn(&SurveyedTable) -> Vec<(String, String)>,
    help: &str,
    out: &mut Sink<'_>,
) {
    if is_file(facts, out) {
        return;
    }
    let mut check = out.check(facts.on(), looked);
    for table in facts.tables() {
        for (about, message) in of(table) {
            check.find(about, message).at(table.declared.clone()).help(help);
        }
    }
}

fn counted(count: u64, unit: &str) -> Option<Looked> {
    Looked::at(usize::try_from(count).unwrap_or(usize::MAX), unit)
}

pub(super) fn invalid_index(facts: &SurveyFacts, out: &mut Sink<'_>) {
    let of = |table: &SurveyedTable| {
        let message = |name: &String| {
            (
                name.clone(),
                format!("index `{name}` of `{}` is invalid: the build that made it failed", table.name),
            )
        };
        table.invalid_indexes.iter().map(message).collect()
    };
    // "indexs" is no word
    let looked = counted(facts.survey.indexes, "index definition");
    by_table(facts, looked, of, "drop it and build it again before anything relies on it", out);
}

pub(super) fn not_valid_constraint(facts: &SurveyFacts, out: &mut Sink<'_>) {
    let of = |table: &SurveyedTable| {
        let message = |name: &String| {
            (
                name.clone(),
                format!("constraint `{name}` of `{}` is NOT VALID: older rows may break it", table.name),
            )
        };
        table.not_valid.iter().map(message).collect()
    };
    let looked = counted(facts.survey.constraints, "constraint");
    by_table(
        facts,
        looked,
        of,
        "mend the rows that break it, then VALIDATE CONSTRAINT: a copy meets it as valid",
        out,
    );
}

pub(super) fn unlogged_table(facts: &SurveyFacts, out: &mut Sink<'_>) {
    let of = |table: &SurveyedTable| {
        let message =
            format!("`{}` is unlogged: a crash empties it, and no replica has its rows", table.name);
        table.unlogged.then(|| (table.name.clone(), message)).into_iter().collect()
    };
    let looked = Looked::at(facts.survey.tables.len(), "table");
    by_table(facts, looked, of, "make it a logged one, or leave it out of the move with the reason", out);
}

pub(super) fn large_object(facts: &SurveyFacts, out: &mut Sink<'_>) {
    let Look::Got(count) = facts.survey.large_objects else { return };
    let mut check = out.check(facts.on(), Some(Looked::at_one("database")));
    if count > 0 {
        check
            .find("large objects", format!("there are {count} large object(s), which no table holds"))
            .help("a copy of tables leaves them behind: move them by themselves, or turn them into bytea");
    }
}

pub(super) fn collation_version(facts: &SurveyFacts, out: &mut Sink<'_>) {
    if let Look::NotAsked(reason) = &facts.survey.collations {
        out.skip(facts.on(), reason.clone());
        return;
    }
    let Some(collations) = out.look(facts.on(), &facts.survey.collations) else { return };
    let mut check = out.check(facts.on(), Looked::at(collations.len(), "collation"));
    for one in collations.iter().filter(|one| one.recorded != one.actual) {
        let message = format!(
            "{} was made under collation version {}, and the system now has {}: indexes on text may be out of order",
            one.name, one.recorded, one.actual
        );
        check.find(&one.name, message).help("reindex what depends on it, then ALTER ... REFRESH VERSION");
    }
}

pub(super) fn long_transaction(facts: &SurveyFacts, out: &mut Sink<'_>) {
    let Look::Got(activity) = &facts.survey.activity else { return };
    if activity.connections > 0 && facts.survey.session.got().is_some_and(|session| !session.sees_others) {
        let cause = Cause::new("the role may not see what other sessions do");
        out.unknown(facts.on(), cause.hint("survey with a role that has `pg_read_all_stats`"));
        return;
    }
    let connections = usize::try_from(activity.connections).unwrap_or(usize::MAX);
    let mut check = out.check(facts.on(), Looked::at(connections.saturating_add(1), "connection"));
    for one in &activity.long_transactions {
        let message = format!("a transaction of `{}` is open since {} ({})", one.role, one.since, one.state);
        check
            .find(format!("{} {}", one.role, one.since), message)
            .help("what it writes may still come: let it end before rows are counted for good");
    }
}

pub(super) fn prepared_transaction(facts: &SurveyFacts, out: &mut Sink<'_>) {
    let Look::Got(activity) = &facts.survey.activity else { return };
    if facts.survey.cluster.got().is_some_and(|cluster| cluster.is_standby) {
        out.skip(facts.on(), "a standby does not tell what is prepared on its origin: survey that too");
        return;
    }
    let mut check = out.check(facts.on(), Some(Looked::at_one("database")));
    for one in &activity.prepared {
        let message = format!("transaction `{}` is prepared since {}", one.name, one.since);
        check
            .find(&one.name, message)
            .help("its writes are in no snapshot until it is ended: COMMIT PREPARED or ROLLBACK PREPARED");
    }
}

pub(super) fn paused_standby(facts: &SurveyFacts, out: &mut Sink<'_>) {
    let Look::Got(cluster) = &facts.survey.cluster else { return };
    let Some(replay) = &cluster.replay else {
        out.skip(facts.on(), "it is no standby");
        return;
    };
    let mut check = out.check(facts.on(), Some(Looked::at_one("standby")));
    if replay.is_paused {
        let since = replay.last.as_ref().map_or_else(String::new, |at| format!(" since {at}"));
        check
            .find("replay", format!("it replays nothing: what it shows is what its origin held{since}"))
            .help("let it replay again (`pg_wal_replay_resume`), or survey the origin");
    }
}

/// Two databases of one cluster fall together, share their load and cannot be rolled back apart.
pub(super) fn same_cluster(facts: &ClusterFacts, out: &mut Sink<'_>) {
    let names: Vec<&str> = facts.clusters.iter().map(|(name, _)| name.as_str()).collect();
    let on = Object::endpoint(names.join(", "));
    let mut known = Vec::new();
    for (name, look) in &facts.clusters {
        match look {
            Look::Got(cluster) => known.push((name, cluster)),
            Look::Failed(cause) => out.unknown(on.clone(), cause.clone()),
            Look::NotAsked(reason) => out.unknown(on.clone(), Cause::new(format!("`{name}`: {}", reason.0))),
        }
    }
    let (mut same, mut copies) = (Vec::new(), Vec::new());
    for (at, (name, one)) in known.iter().enumerate() {
        for (other_name, other) in known.iter().skip(at + 1).filter(|(_, other)| one.id == other.id) {
            let pair = format!("`{name}` and `{other_name}`");
            if one.started_at == other.started_at {
                same.push((pair, "are databases of one cluster"));
            } else if one.is_standby || other.is_standby {
                same.push((pair, "are a server and its standby"));
            } else {
                copies.push(pair);
            }
        }
    }
    for pair in copies {
        let cause =
            Cause::new(format!("{pair} have one system identifier and were started at different times"));
        out.unknown(
            on.clone(),
            cause.hint("one is a physical copy of the other, or was one: only a person can tell"),
        );
    }
    let mut check = out.check(on, Looked::at(known.len(), "cluster"));
    for (pair, what) in same {
        check
            .find(&pair, format!("{pair} {what}, and are declared to be apart"))
            .at(facts.declared.clone())
            .help("name the other endpoint, or take it out of `distinct_clusters`");
    }
}
