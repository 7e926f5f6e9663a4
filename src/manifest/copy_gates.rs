//! `[copy.gates]` and `[[copy.approver]]`: what must hold before a step of a copy writes, beside what always must.
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{At, Command, Manifest, Mistake, Quantity};

/// How old evidence may be where nobody says so.
const FRESH: Duration = Duration::from_hours(24);

/// What must hold before a step writes. What is not declared is not asked, and `trueup copy plan` says so.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Gates {
    /// A survey of the source that held: what `trueup survey source --output survey.json` wrote.
    pub survey: Option<Evidence>,
    /// The plan that somebody reviewed: what `trueup copy plan --output plan.json` wrote.
    pub reviewed: Option<Evidence>,
    /// A run of the same plan into another database that held: what `trueup copy run rows --rehearse NAME --output rehearsal.json`
    /// wrote.
    pub rehearsal: Option<Evidence>,
    /// A dump that can be restored.
    pub backup: Option<Backup>,
    /// The name of an `[[alembic]]` chain whose head the target must be at.
    pub head: Option<At<String>>,
    /// Subjects of `trueup lint` that must hold; an empty list is everything that is declared in files.
    pub lint: Option<Vec<At<String>>>,
    /// For so long, such as `10s`, nothing may have been written to the source's server when the copy begins.
    pub quiet: Option<At<String>>,
    /// Room for what is copied.
    pub space: Option<Space>,
}

/// A report that an earlier run wrote.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The file, in JSON.
    pub report: At<String>,
    /// How old it may be, such as `2h`; a day without it.
    pub within: Option<At<String>>,
}

/// A dump in the custom form of `pg_dump`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// The file that `pg_dump --format=custom` wrote.
    pub dump: At<String>,
    /// Which side it is of; the target without it.
    pub of: Option<super::Side>,
    /// How old it may be, such as `2h`; a day without it.
    pub within: Option<At<String>>,
    /// How large it is at least, such as `10MB`; without it, a hundredth of what its tables take on disk.
    pub least: Option<At<String>>,
    /// The program that reads it; `pg_restore` without it.
    pub pg_restore: Option<At<String>>,
}

/// Room on the target's disk: twice what the source's tables take there, for indexes and the log.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Space {
    /// What is free, such as `200GB`, for somebody looked. Of a SQLite file the system tells it.
    pub free: Option<At<String>>,
    /// A program that prints how many bytes are free where the target keeps its tables, and nothing else.
    pub command: Option<Command>,
}

/// Somebody whose approval a copy into production needs.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approver {
    /// Their name.
    pub name: At<String>,
    /// Their public ed25519 key: what `openssl pkey -in key.pem -pubout` writes, or the line in its middle.
    pub key: At<String>,
}

impl Evidence {
    /// How old it may be.
    pub fn within(&self) -> Duration {
        time(self.within.as_ref())
    }
}

impl Backup {
    /// How old it may be.
    pub fn within(&self) -> Duration {
        time(self.within.as_ref())
    }
}

fn time(text: Option<&At<String>>) -> Duration {
    text.and_then(|text| Quantity::parse(text)?.duration()).unwrap_or(FRESH)
}

fn say_at(range: Option<std::ops::Range<usize>>, message: String, help: &str, found: &mut Vec<Mistake>) {
    found.push(Mistake { range: range.unwrap_or_default(), message, help: Some(help.to_owned()) });
}

/// What the shapes cannot say.
pub(super) fn mistakes(manifest: &Manifest, found: &mut Vec<Mistake>) {
    let Gates { survey, reviewed, rehearsal, backup, head, quiet, space, lint: _ } = &manifest.copy.gates;
    let mut say = |at: &At<String>, message: String, help: &str| {
        say_at(at.range(), message, help, found);
    };
    let papers = [survey, reviewed, rehearsal].into_iter().flatten();
    let ages = papers.filter_map(|paper| paper.within.as_ref());
    let ages = ages.chain(backup.iter().filter_map(|backup| backup.within.as_ref())).chain(quiet);
    for age in ages {
        let is_time = Quantity::parse(age).and_then(Quantity::duration).is_some_and(|time| !time.is_zero());
        if !is_time {
            say(age, format!("`{}` is no duration", **age), "write it as \"30min\" or \"24h\"");
        }
    }
    let sizes = backup.iter().filter_map(|backup| backup.least.as_ref());
    for size in sizes.chain(space.iter().filter_map(|space| space.free.as_ref())) {
        if Quantity::parse(size).and_then(Quantity::bytes).is_none() {
            say(size, format!("`{}` is no size", **size), "write it as \"512MiB\" or \"3GB\"");
        }
    }
    if let Some(head) = head
        && !manifest.alembic.iter().any(|chain| chain.name == *head)
    {
        say(head, format!("there is no chain `{}`", **head), "declare it in an `[[alembic]]`");
    }
    for (place, approver) in manifest.copy.approver.iter().enumerate() {
        if manifest.copy.approver.iter().take(place).any(|other| other.name == approver.name) {
            let message = format!("the approver `{}` is declared twice", *approver.name);
            say(&approver.name, message, "give each a name of their own");
        }
    }
    if let Some(command) = space.as_ref().and_then(|space| space.command.as_ref()) {
        command.mistakes(found);
    }
}
