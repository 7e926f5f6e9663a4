//! `trueup rules` and `trueup explain`
use std::fmt::Write as _;

use super::manifest::nearest;
use super::output::print;
use super::stop::Stop;
use crate::model::{Exit, RuleId};
use crate::rules;

/// The arguments of `trueup explain`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A rule, such as env/duplicate-key
    rule: String,
}

pub(super) fn list() -> Result<Exit, Stop> {
    let mut text = String::new();
    let width = rules::docs().iter().map(|doc| doc.id.as_str().len()).max().unwrap_or(0);
    for doc in rules::docs() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:width$}  {:7}  {}", doc.id.as_str(), doc.severity.to_string(), doc.summary);
    }
    print(text.as_bytes(), Exit::Held)
}

pub(super) fn run(args: &Args) -> Result<Exit, Stop> {
    let Some(doc) = rules::doc(&RuleId::written(&args.rule)) else {
        return Err(Stop::usage(format!("there is no rule `{}`", args.rule), nearest(&args.rule)));
    };
    let text = format!(
        "# {}\n\n{}: {} (since {})\n\n{}\n",
        doc.id,
        doc.severity,
        doc.summary,
        doc.since,
        doc.body.trim()
    );
    print(text.as_bytes(), Exit::Held)
}
