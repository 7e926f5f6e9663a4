//! `access`: the assertions of store files, tried without a server.
use crate::model::Look;
use crate::model::{Object, Report};
use crate::rules::access::{RULES, StoreFacts};
use crate::rules::run::RunFacts;
use crate::rules::{self, Levels, Tree, judge};

/// Tries the tests of some store files.
pub fn test(paths: &[String], tree: &dyn Tree) -> Report {
    let levels = Levels::new();
    let mut report = Report::new("access test");
    for path in paths {
        judge(RULES, &Object::file(path), &StoreFacts::read(path, tree), &levels, &mut report);
    }
    let hint = "name a store file with `tests`, such as `trueup access test store.fga.yaml`";
    let facts = RunFacts::new(&report, |rule| rule != "broken-file", hint);
    judge(rules::run::RULES, &Object::run("access test"), &Look::Got(facts), &levels, &mut report);
    report.sort();
    report
}
