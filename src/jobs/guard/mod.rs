//! `guard`: may this environment start the application?
mod image;

use crate::model::{Look, Object, Report};
use crate::rules::guard::{Contract, Environment, GuardFacts, merge};
use crate::rules::run::RunFacts;
use crate::rules::{self, Levels, Tree, judge};

/// Runs. An inactive contract skips every check, with the reason; where it is active the application's image is asked too,
/// if the contract says how.
pub fn guard(contract: &Contract, environment: &Environment, levels: &Levels, tree: &dyn Tree) -> Report {
    let mut report = Report::new("guard");
    let on = match &environment.file {
        Some((path, _)) => Object::file(path),
        None => GuardFacts::process_object(),
    };
    let mut printed = None;
    let facts = GuardFacts::look(contract, environment, tree).map(|facts| {
        report.not_compared = facts.gaps();
        let Some(command) = &contract.guard.command else { return facts };
        let masks = facts.masks();
        let asked = image::ask(command, environment.file.as_ref().map(|(path, _)| path.as_str()), &masks);
        printed = merge(&asked.printed, &masks);
        facts.answered(asked.answer)
    });
    judge(rules::guard::RULES, &on, &facts, levels, &mut report);
    report.checks.extend(printed.into_iter().flatten());
    if !matches!(facts, Look::NotAsked(_)) {
        let run = Object::run("guard");
        let facts = RunFacts::new(&report, |_| true, "declare keys under `[guard] required`");
        judge(rules::run::RULES, &run, &Look::Got(facts), levels, &mut report);
    }
    report.sort();
    report
}
