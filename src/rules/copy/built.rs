//! The schema of a target: whether it may be made, and whether it is there.
use serde::Deserialize;

use super::evidence::Head;
use crate::model::{Cause, Look, Looked, Object};
use crate::rules::{Rule, Sink, rules};

/// The rule over a target before its schema is made.
pub const BEFORE_RULES: &[Rule<BuiltFacts>] = rules!["copy": schema_in_the_way];

/// The rule over it afterwards.
pub const BUILT_RULES: &[Rule<BuiltFacts>] = rules!["copy": unbuilt_schema];

/// A target whose schema is made.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BuiltFacts {
    /// The target.
    pub target: String,
    /// How many tables it has, views included.
    pub tables: usize,
    /// Whether scripts are declared.
    pub runs_scripts: bool,
    /// Whether scripts were run there before, and they were others.
    pub is_of_others: bool,
    /// Where its chain stands.
    pub head: Look<Head>,
    /// What stopped it.
    pub failed: Option<Cause>,
}

fn schema_in_the_way(facts: &BuiltFacts, out: &mut Sink<'_>) {
    let on = Object::endpoint(&facts.target);
    let is_stamped =
        facts.head.got().is_some_and(|head| head.found.as_ref().is_some_and(|found| !found.is_empty()));
    let mut check = out.check(on, Some(Looked::at_one("schema")));
    let target = &facts.target;
    if facts.is_of_others {
        check
            .find("schema", format!("`{target}` was made of other files than those that are declared now"))
            .help("bring it up to date by hand, or begin with an empty database");
    } else if facts.tables > 0 && (facts.runs_scripts || !is_stamped) {
        let tables =
            if facts.tables == 1 { "1 table".to_owned() } else { format!("{} tables", facts.tables) };
        check
            .find("schema", format!("`{target}` has {tables} already, and nothing says that they are of this schema"))
            .help("is it the right target? begin with an empty database; a chain goes on only where its version table names a revision");
    }
}

fn unbuilt_schema(facts: &BuiltFacts, out: &mut Sink<'_>) {
    let on = Object::endpoint(&facts.target);
    let target = &facts.target;
    if let Look::Failed(cause) = &facts.head {
        return out.unknown(on, cause.clone());
    }
    let mut check = out.check(on, Some(Looked::at_one("schema")));
    if let Some(cause) = &facts.failed {
        let help = cause.hint.clone().unwrap_or_else(|| "mend it, and run the same command again".to_owned());
        check.find("schema", format!("the schema of `{target}` was not made: {}", cause.message)).help(help);
    } else if facts.tables == 0 {
        check
            .find("schema", format!("`{target}` has no table after all"))
            .help("does the command look at the database that it was given? it finds its URL in the declared `variable`");
    } else if let Some(head) = facts.head.got()
        && head.found.as_ref() != Some(&head.expected)
    {
        let found = head.found.as_ref().map(|found| found.join(", ")).filter(|found| !found.is_empty());
        let message = format!(
            "`{target}` is at {} of `{}`, and the head is {}",
            found.unwrap_or_else(|| "no revision".to_owned()),
            head.chain,
            head.expected.join(", ")
        );
        check
            .find("schema", message)
            .help("does the command upgrade to the head, and in the database that it was given?");
    }
}
