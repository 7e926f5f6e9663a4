//! Where a database stands in its chain.
use super::LiveFacts;
use super::facts::listed;
use crate::model::Looked;
use crate::rules::Sink;

pub(super) fn not_stamped(facts: &LiveFacts, out: &mut Sink<'_>) {
    let Some(chain) = out.look(facts.on.clone(), &facts.chain) else { return };
    let mut check = out.check(facts.on.clone(), Looked::at(1, "database"));
    let tables = facts.tables();
    if !facts.stamps().is_empty() || tables == 0 {
        return;
    }
    let what = match &facts.live.version {
        None => "no version table".to_owned(),
        Some(version) => format!("an empty `{}`", version.name),
    };
    let plural = if tables == 1 { "" } else { "s" };
    check
        .find("version table", format!("the database has {tables} table{plural} and {what}: Alembic would run the chain from its start"))
        .at(facts.declared.clone())
        .help(chain.advised());
}

pub(super) fn unknown_revision(facts: &LiveFacts, out: &mut Sink<'_>) {
    let Some(chain) = out.look(facts.on.clone(), &facts.chain) else { return };
    let mut check = out.check(facts.on.clone(), Looked::at(facts.stamps().len(), "stamp"));
    for id in &chain.unknown {
        check
            .find(id, format!("the database is stamped `{id}`, and no file has that id"))
            .at(facts.declared.clone())
            .help("Alembic refuses to go on: find the branch or the deployment that it came from; never edit the stamp by hand before that");
    }
}

pub(super) fn overlapping_stamps(facts: &LiveFacts, out: &mut Sink<'_>) {
    let Some(chain) = out.look(facts.on.clone(), &facts.chain) else { return };
    let mut check = out.check(facts.on.clone(), Looked::at(facts.stamps().len(), "stamp"));
    for (below, above) in &chain.implied {
        check
            .find(below, format!("the database is stamped `{below}` beside `{above}`, which stands above it"))
            .at(facts.declared.clone())
            .help("Alembic refuses to go on: find out who wrote the stamp, then delete the row of the one below");
    }
}

pub(super) fn behind_head(facts: &LiveFacts, out: &mut Sink<'_>) {
    let Some(chain) = out.look(facts.on.clone(), &facts.chain) else { return };
    if !chain.unknown.is_empty() {
        out.unknown(facts.on.clone(), unknown_stamp());
        return;
    }
    if facts.stamps().is_empty() && facts.tables() > 0 {
        out.skip(facts.on.clone(), "the database is not stamped");
        return;
    }
    let wanted: Vec<_> = chain.revisions.iter().filter(|revision| revision.is_wanted).collect();
    let mut check = out.check(facts.on.clone(), Looked::at(wanted.len(), "revision"));
    let pending: Vec<_> = wanted.into_iter().filter(|revision| !revision.is_applied).collect();
    let Some(first) = pending.first() else { return };
    let ids: Vec<String> = pending.iter().map(|revision| revision.id.clone()).collect();
    let message = match ids.as_slice() {
        [only] => format!("`{only}` did not run yet"),
        ids => format!("{} revisions did not run yet: {}", ids.len(), listed(ids)),
    };
    check
        .find("head", message)
        .at(facts.declared.clone())
        .related(Some(first.place.clone()), "the first of them")
        .help(if first.is_there {
            format!(
                "what `{}` makes is there already, so that it may fail: was the database stamped back? {}",
                first.id,
                chain.advised()
            )
        } else {
            "upgrade as a step of its own, once its preconditions hold".to_owned()
        });
}

/// Why nothing can be said of what ran.
pub(super) fn unknown_stamp() -> crate::model::Cause {
    crate::model::Cause::new("the database is stamped with a revision that no file has")
        .hint("see `alembic/unknown-revision`")
}

pub(super) fn id_wider_than_column(facts: &LiveFacts, out: &mut Sink<'_>) {
    let Some(chain) = out.look(facts.on.clone(), &facts.chain) else { return };
    let Some((version, width)) =
        facts.live.version.as_ref().and_then(|version| Some((version, version.width?)))
    else {
        out.skip(facts.on.clone(), "no version table holds ids to a width");
        return;
    };
    let mut check = out.check(facts.on.clone(), Looked::at(chain.revisions.len(), "id"));
    let is_wider = |id: &str| id.chars().count() > width;
    for revision in chain.revisions.iter().filter(|revision| !revision.is_applied && is_wider(&revision.id)) {
        let count = revision.id.chars().count();
        check
            .find(&revision.id, format!("`{}` has {count} characters, and `{}` here takes {width}", revision.id, version.name))
            .at(revision.place.clone())
            .related(facts.declared.clone(), "declared to be run here")
            .help("widen `version_num` before you upgrade, or shorten the id: the upgrade fails after its work is done");
    }
}
