//! `guard`: may this environment start the application?
use crate::manifest::{Guard, Source};
use crate::model::{Cause, Look, Object, Report};
use crate::rules::guard::GuardFacts;
use crate::rules::run::RunFacts;
use crate::rules::{self, Levels, judge};

/// The environment to judge.
pub enum Environment {
    /// A file, by its printed path, and its text.
    File(String, Look<String>),
    /// The process's own variables.
    Process(Vec<(String, String)>),
}

/// Runs. An inactive contract skips every check, with the reason.
pub fn guard(contract: &Guard, source: &Source, environment: Environment, levels: &Levels) -> Report {
    let mut report = Report::new("guard");
    let (on, facts) = match environment {
        Environment::File(path, text) => {
            let on = Object::file(&path);
            let facts = match text.map(|text| GuardFacts::of_file(on.clone(), &text, contract, source)) {
                Look::Got(facts) if facts.is_empty() => {
                    let hint = "an empty environment boots nothing; is it the right file?";
                    Look::Failed(Cause::new("the file sets no key").hint(hint))
                }
                other => other,
            };
            (on, facts)
        }
        Environment::Process(variables) => {
            let facts = GuardFacts::of_process(variables, contract, source);
            (facts.on.clone(), Look::Got(facts))
        }
    };
    let facts = match facts {
        Look::Got(facts) => facts.active(),
        other => other,
    };
    judge(rules::guard::RULES, &on, &facts, levels, &mut report);
    if !matches!(facts, Look::NotAsked(_)) {
        let run = Object::run("guard");
        let facts = RunFacts::new(&report, |_| true, "declare keys under `[guard] required`");
        judge(rules::run::RULES, &run, &Look::Got(facts), levels, &mut report);
    }
    report.sort();
    report
}
