//! `[[copy.backfill]]`: one-shot SQL that `trueup copy run backfill` runs behind gates.
use schemars::JsonSchema;
use serde::Deserialize;

use super::check::{mistake, once};
use super::{At, Manifest, Mistake, StepRows, condition};

/// A one-shot SQL file, run once in one transaction.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CopyBackfill {
    /// Its name, such as `0012 slugs of spaces`.
    pub name: At<String>,
    /// The file: plain SQL, whose own `BEGIN` and `COMMIT` are left out.
    pub file: At<String>,
    /// The endpoint that it runs on; the target of `[verify]` without it.
    pub on: Option<At<String>>,
    /// The endpoint that must have run the same text before, such as a copy of production. Without one it runs nowhere first.
    pub mirror: Option<At<String>>,
    /// What must hold when its statements have run, before it is committed.
    #[serde(default)]
    pub check: Vec<BackfillCheck>,
    /// Names of `[[verify.invariant]]` of that endpoint, which are asked before it is committed.
    #[serde(default)]
    pub audit: Vec<At<String>>,
}

/// A number that a backfill must leave behind.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackfillCheck {
    /// What is counted, such as `spaces without a slug`.
    pub name: At<String>,
    /// One query that answers one number.
    pub sql: At<String>,
    /// What it must answer: a number, limits, or a query whose answer before the backfill it must be.
    pub expect: At<StepRows>,
}

pub(super) fn mistakes(manifest: &Manifest, found: &mut Vec<Mistake>) {
    once(manifest.copy.backfill.iter().map(|one| &one.name), "backfill", found);
    for one in &manifest.copy.backfill {
        for name in one.on.iter().chain(&one.mirror).filter(|name| !manifest.is_database(name)) {
            let help = Some("name a database of `[endpoints]`");
            found.push(mistake(name, format!("there is no database `{}`", **name), help));
        }
        let on = one.on.as_ref().map_or(manifest.verify.target.as_str(), |on| on.as_str());
        if let Some(mirror) = one.mirror.as_ref().filter(|mirror| mirror.as_str() == on) {
            let help = Some("name another database: what is run there first is what may go wrong");
            found.push(mistake(mirror, format!("`{}` is no mirror of itself", **mirror), help));
        }
        for check in &one.check {
            let query = match &*check.expect {
                StepRows::Query(sql) => {
                    condition::problem(sql).map(|why| (check.expect.standing_for(()), why))
                }
                _ => None,
            };
            let own = condition::problem(&check.sql).map(|why| (check.sql.standing_for(()), why));
            for (at, why) in own.into_iter().chain(query) {
                let help = Some("write one query, without `;` and comments");
                found.push(mistake(&at, format!("this is no query: {why}"), help));
            }
        }
        for name in &one.audit {
            let asked = |invariant: &&super::Invariant| invariant.name == *name;
            match manifest.verify.invariant.iter().find(asked) {
                None => {
                    let help = Some("name a `[[verify.invariant]]`");
                    found.push(mistake(name, format!("there is no invariant `{}`", **name), help));
                }
                Some(invariant) if invariant.schemas.is_some() => {
                    let help = Some("name one that is a single query");
                    found.push(mistake(name, format!("`{}` is asked of several schemas", **name), help));
                }
                Some(_) => {}
            }
        }
    }
}
