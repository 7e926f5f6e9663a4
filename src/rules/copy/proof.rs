//! Whether evidence proves what a gate asks. What could not be looked at is unknown, and refuses too.
use super::evidence::{CLOCKS_APART_S, EvidenceFacts, PlanPaper, span, too_old};
use crate::model::{Cause, Looked};
use crate::rules::{Rule, Sink, rules};

/// The rules over evidence.
pub const EVIDENCE_RULES: &[Rule<EvidenceFacts>] = rules![
    "copy":
    doubtful_backup, no_room, stale_review, stale_survey, unapproved, unclean_lint, unrehearsed, unquiet_source,
    wrong_head
];

fn stale_survey(facts: &EvidenceFacts, out: &mut Sink<'_>) {
    let Some(survey) = out.look(facts.on(), &facts.survey) else { return };
    let Some(source) = &survey.source else {
        let cause = Cause::new(
            "the source does not tell what names its server, so no survey can be known to be of it",
        );
        return out.unknown(
            facts.on(),
            cause.hint("let the role ask `pg_control_system()`, or leave the gate out"),
        );
    };
    let is_of_it = survey.found.iter().any(|found| found.as_ref() == Some(source));
    let flaw = survey.paper.flaw("survey").or_else(|| {
        (!is_of_it).then(|| {
            format!("`{}` is no survey of the database that is copied, as it runs now", survey.paper.file)
        })
    });
    let mut check = out.check(facts.on(), Some(Looked::at_one("report")));
    if let Some(flaw) = flaw {
        check
            .find("survey", flaw)
            .help(format!("look again: `trueup survey SOURCE --output {}`", survey.paper.file));
    }
}

fn stale_review(facts: &EvidenceFacts, out: &mut Sink<'_>) {
    let Some(review) = out.look(facts.on(), &facts.reviewed) else { return };
    let flaw = review.paper.flaw("copy plan").or_else(|| other_plan(facts, review));
    let mut check = out.check(facts.on(), Some(Looked::at_one("report")));
    if let Some(flaw) = flaw {
        check
            .find("plan", flaw)
            .help(format!("make and read it again: `trueup copy plan --output {}`", review.paper.file));
    }
}

fn other_plan(facts: &EvidenceFacts, paper: &PlanPaper) -> Option<String> {
    let file = &paper.paper.file;
    match &paper.plan {
        None => Some(format!("`{file}` holds no plan")),
        Some(plan) if *plan != facts.plan => {
            Some(format!("`{file}` is of plan {plan}, and this is plan {}", facts.plan))
        }
        Some(_) => None,
    }
}

fn unrehearsed(facts: &EvidenceFacts, out: &mut Sink<'_>) {
    let Some(run) = out.look(facts.on(), &facts.rehearsal) else { return };
    let file = &run.paper.file;
    let is_same = run.database.is_same(&facts.database);
    let mut flaw = run.paper.flaw(&facts.command).or_else(|| other_plan(facts, run));
    if flaw.is_none() && !run.unwritten.is_empty() {
        flaw = Some(format!(
            "`{file}` does not say that these were written whole: {}",
            run.unwritten.join(", ")
        ));
    }
    if flaw.is_none() && is_same == Some(true) {
        flaw = Some(format!("`{file}` is of `{}` itself, which is no rehearsal", facts.target));
    }
    if flaw.is_none() && is_same.is_none() {
        let cause = Cause::new(format!(
            "whether `{file}` is of another database than `{}` cannot be told",
            facts.target
        ));
        return out.unknown(facts.on(), cause.hint("rehearse with a role of the same rights"));
    }
    let mut check = out.check(facts.on(), Some(Looked::at_one("report")));
    if let Some(flaw) = flaw {
        let help = format!(
            "rehearse into a database that may be thrown away: `trueup {} --rehearse NAME --output {file}`",
            facts.command
        );
        check.find("rehearsal", flaw).help(help);
    }
}

fn doubtful_backup(facts: &EvidenceFacts, out: &mut Sink<'_>) {
    let Some(dump) = out.look(facts.on(), &facts.backup) else { return };
    let file = &dump.file;
    // What it says of its own date has no zone: clocks on earth are up to 14 hours from UTC.
    let zones_s = 14 * 3_600;
    let dated =
        dump.dated_s.map(|age| if age.unsigned_abs() <= zones_s { 0 } else { age - zones_s.cast_signed() });
    let mut flaws: Vec<String> = Vec::new();
    if let Some(broken) = &dump.broken {
        flaws.push(format!("`{file}` cannot be restored: {broken}"));
    } else {
        if dump.database != dump.wanted {
            flaws.push(format!("`{file}` is a dump of `{}`, not of `{}`", dump.database, dump.wanted));
        }
        if !dump.missing.is_empty() {
            let some: Vec<&str> = dump.missing.iter().take(5).map(String::as_str).collect();
            let more = dump.missing.len().saturating_sub(5);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            flaws.push(format!("`{file}` has no rows of {}{more}", some.join(", ")));
        }
        flaws
            .extend(too_old(file, dump.age_s, dump.within_s).or_else(|| too_old(file, dated, dump.within_s)));
        if dump.bytes < dump.least_bytes {
            flaws.push(format!(
                "`{file}` has {} bytes, and {} are the least that is plausible",
                dump.bytes, dump.least_bytes
            ));
        }
    }
    let mut check = out.check(facts.on(), Some(Looked::at_one("dump")));
    for flaw in flaws {
        check
            .find("backup", flaw)
            .help(format!("dump it again: `pg_dump --format=custom --file={file} DATABASE`"));
    }
}

fn wrong_head(facts: &EvidenceFacts, out: &mut Sink<'_>) {
    let Some(head) = out.look(facts.on(), &facts.head) else { return };
    let mut check = out.check(facts.on(), Some(Looked::at_one("version table")));
    let expected = head.expected.join(", ");
    let found = head.found.as_ref().map(|found| found.join(", ")).filter(|found| !found.is_empty());
    check.facts(expected.clone(), found.clone().unwrap_or_else(|| "no revision".to_owned()));
    if found.as_ref() != Some(&expected) {
        let found = found.unwrap_or_else(|| "no revision".to_owned());
        let message =
            format!("`{}` is at {found} of `{}`, and the head is {expected}", facts.target, head.chain);
        check
            .find("head", message)
            .help("bring it there: `trueup copy run schema`, or `alembic upgrade head`");
    }
}

fn unclean_lint(facts: &EvidenceFacts, out: &mut Sink<'_>) {
    let Some(lint) = out.look(facts.on(), &facts.lint) else { return };
    let mut check = out.check(facts.on(), Some(Looked::at_one("report")));
    if let Some(flaw) = lint.flaw("lint") {
        check.find("lint", flaw).help(format!("mend what `trueup {}` finds", lint.file));
    }
}

fn unquiet_source(facts: &EvidenceFacts, out: &mut Sink<'_>) {
    let Some(quiet) = out.look(facts.on(), &facts.quiet) else { return };
    let Some(is_quiet) = quiet.is_quiet else {
        return out.unknown(facts.on(), Cause::new("the source cannot tell whether it was written"));
    };
    let mut check = out.check(facts.on(), Some(Looked::at_one("source")));
    if !is_quiet {
        let message = format!("the source's server was written within the last {}", span(quiet.for_s));
        check
            .find("quiet", message)
            .help("stop whoever writes there, or keep them out, and run the same command again");
    }
}

fn no_room(facts: &EvidenceFacts, out: &mut Sink<'_>) {
    let Some(room) = out.look(facts.on(), &facts.space) else { return };
    let mut check = out.check(facts.on(), Some(Looked::at_one("disk")));
    if room.free_bytes < room.needed_bytes {
        let message = format!(
            "{} bytes are free, says {}, and twice what is copied is {} bytes",
            room.free_bytes, room.said_by, room.needed_bytes
        );
        check.find("space", message).help("make room on the target's disk, and tell it under `space`");
    }
}

fn unapproved(facts: &EvidenceFacts, out: &mut Sink<'_>) {
    let Some(approved) = out.look(facts.on(), &facts.approval) else { return };
    let target = &facts.target;
    let mut help = "let one of them sign it: `trueup copy confirm --key KEY.pem --output approval.json`, then name that file with `--approval`";
    let flaw: Option<String> = match &approved.file {
        _ if approved.approvers.is_empty() => {
            help = "list who may approve: `[[copy.approver]]` with `name` and `key`";
            Some(format!("`{target}` is production, and the manifest lists nobody who may approve"))
        }
        None => Some(format!("`{target}` is production, and nobody approved plan {}", facts.plan)),
        Some(file) => {
            let names = approved.approvers.join(", ");
            if let Some(broken) = &approved.broken {
                Some(format!("`{file}` is no approval: {broken}"))
            } else if approved.signed_by.is_none() {
                Some(format!("`{file}` was signed by none of {names}, or was changed since"))
            } else if approved.plan != facts.plan {
                Some(format!("`{file}` approves plan {}, and this is plan {}", approved.plan, facts.plan))
            } else if approved.database.is_same(&facts.database) != Some(true) {
                Some(format!("`{file}` approves another database than `{target}`"))
            } else if approved.age_s < -CLOCKS_APART_S {
                Some(format!("`{file}` was signed in the future"))
            } else if approved.left_s <= 0 {
                Some(format!("`{file}` ended {} ago", span(approved.left_s.unsigned_abs())))
            } else {
                None
            }
        }
    };
    let mut check = out.check(facts.on(), Some(Looked::at_one("approval")));
    if let Some(flaw) = flaw {
        check.find("approval", flaw).help(help);
    } else if let Some(by) = &approved.signed_by {
        check.facts("an approval", format!("approved by {by}"));
    }
}
