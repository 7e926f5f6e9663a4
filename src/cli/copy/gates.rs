//! What the gates of a copy go by: files that flags and the manifest name, lint, and who may be written.
use std::time::Duration;

use clap::ValueEnum;

use super::Ends;
use crate::cli::lint;
use crate::cli::manifest::{Loaded, ManifestArgs};
use crate::cli::output::Clock;
use crate::cli::program::{program, version_table};
use crate::cli::report::saved;
use crate::cli::stop::Stop;
use crate::cli::verify::declared;
use crate::jobs::copy::{Expected, Filed, Gating};
use crate::jobs::lint::Subject;
use crate::manifest::{self, At, Evidence, Source};
use crate::model::{Cause, Look, Reason};
use crate::rules::alembic::AlembicFacts;
use crate::stores::checkout::Checkout;
use crate::stores::endpoint::Endpoint;
use crate::stores::files;
use crate::stores::rows::Stopwatch;

/// As large an approval may be.
const LARGEST_APPROVAL: u64 = 1 << 20;

/// The flags of steps about their gates.
#[derive(Debug, Clone, Default, clap::Args)]
pub(in crate::cli) struct GateArgs {
    /// The report of the plan that was reviewed (`trueup copy plan --output plan.json`), instead of the manifest's
    #[arg(long, value_name = "FILE")]
    reviewed: Option<String>,
    /// The approval that a target marked as production needs; `trueup copy confirm` signs one
    #[arg(long, value_name = "FILE")]
    approval: Option<String>,
}

/// Reads what gates go by, and runs lint where that is one. Opens no database.
pub(super) fn gating(ends: &Ends, args: &GateArgs, clock: &Clock) -> Result<Gating, Stop> {
    // Who does not know plans for the worse, and writes nothing.
    let is_production = *ends.is_production.as_ref().unwrap_or(&true);
    gating_of(&ends.loaded, (is_production, ends.is_rehearsal), args, clock)
}

/// The same of a database that is production, or one to rehearse on.
pub(super) fn gating_of(
    loaded: &Loaded,
    (is_production, is_rehearsal): (bool, bool),
    args: &GateArgs,
    clock: &Clock,
) -> Result<Gating, Stop> {
    let Loaded { manifest, source, .. } = loaded;
    let gates = manifest.copy.gates.clone();
    let reviewed = match &args.reviewed {
        Some(file) => Some(Evidence { report: file.clone().into(), within: None }),
        None => gates.reviewed.clone(),
    };
    let free = gates.space.as_ref().and_then(|space| space.command.as_ref());
    let approval = args.approval.as_ref().map(|file| (file.clone(), files::written(file, LARGEST_APPROVAL)));
    Ok(Gating {
        approvers: manifest.copy.approver.clone(),
        survey: filed("survey", gates.survey.as_ref(), source),
        reviewed: filed("reviewed", reviewed.as_ref(), source),
        rehearsal: filed("rehearsal", gates.rehearsal.as_ref(), source),
        lint: linted(loaded, clock)?,
        head: head(loaded, gates.head.as_ref()),
        free: free.map(|command| program(command, source.base(), source)).transpose()?,
        approval,
        is_production,
        is_rehearsal,
        dump: gates.backup.as_ref().map(|backup| source.path_of(&backup.dump)),
        read: Some((clock.seconds(), Stopwatch::start())),
        declared: gates,
    })
}

fn undeclared(name: &str) -> Reason {
    Reason(format!("not declared: `{name}`"))
}

fn filed(name: &str, declared: Option<&Evidence>, source: &Source) -> Look<Filed> {
    let Some(declared) = declared else { return Look::NotAsked(undeclared(name)) };
    let file = source.path_of(&declared.report);
    let within = declared.within();
    let read = saved(&file);
    Look::from(read.map(|saved| Filed { file, report: saved.report, is_denied: saved.deny_warnings, within }))
}

fn linted(loaded: &Loaded, clock: &Clock) -> Result<Look<Filed>, Stop> {
    let Loaded { manifest, source, levels } = loaded;
    let Some(words) = &manifest.copy.gates.lint else { return Ok(Look::NotAsked(undeclared("lint"))) };
    let subject = |word: &At<String>| {
        Subject::from_str(word, false).map_err(|_| {
            Stop::usage(
                format!("`{}` is no subject of lint", **word),
                "`lint = []` judges everything that is declared",
            )
        })
    };
    let subjects = words.iter().map(subject).collect::<Result<Vec<_>, _>>()?;
    let names: Vec<&str> = subjects.iter().map(|subject| subject.name()).collect();
    let file = ["lint"].into_iter().chain(names).collect::<Vec<_>>().join(" ");
    let loaded = Loaded { manifest: manifest.clone(), source: source.clone(), levels: levels.clone() };
    let mut report = lint::judge(loaded, subjects, false, clock.today())?;
    clock.stamp(&mut report);
    Ok(Look::Got(Filed { file, report, is_denied: false, within: Duration::MAX }))
}

/// Where the files of a chain end.
fn head(loaded: &Loaded, name: Option<&At<String>>) -> Look<Expected> {
    let Loaded { manifest, source, .. } = loaded;
    let Some(name) = name else { return Look::NotAsked(undeclared("head")) };
    let chains: Vec<_> = manifest.alembic.iter().filter(|chain| chain.name == *name).cloned().collect();
    let facts = AlembicFacts::new(&chains, source, false, &Checkout::default());
    let Some(chain) = facts.chains.first() else {
        return Look::Failed(Cause::new(format!("there is no chain `{}`", **name)));
    };
    let files = match &chain.files {
        Look::Got(files) => files,
        Look::NotAsked(reason) => return Look::Failed(Cause::new(reason.0.clone())),
        Look::Failed(cause) => return Look::Failed(cause.clone()),
    };
    if let Some(cause) = files.unknown() {
        return Look::Failed(cause);
    }
    let heads = files.graph.effective_heads();
    let heads: Vec<String> = heads
        .into_iter()
        .filter_map(|node| files.at_node(node))
        .map(|(_, head)| head.id.text.clone())
        .collect();
    let hint = format!("`trueup lint alembic` tells what is wrong with `{}`", **name);
    if !files.graph.is_whole() || heads.is_empty() {
        return Look::Failed(Cause::new(format!("the chain `{}` has no head", **name)).hint(hint));
    }
    if let Some(own) = chain.declared.head.as_ref().filter(|own| heads != [own.as_str()]) {
        let message = format!(
            "the head of `{}` is declared as {}, and its files end at {}",
            **name,
            **own,
            heads.join(", ")
        );
        return Look::Failed(Cause::new(message).hint(hint));
    }
    Look::Got(Expected { chain: name.to_string(), heads, table: version_table(&chain.declared) })
}

/// Whether an endpoint is marked as production.
pub(super) fn is_marked(endpoint: &manifest::Endpoint) -> bool {
    let word = endpoint.environment.as_ref();
    word.is_some_and(|word| word.trim().eq_ignore_ascii_case("production"))
}

/// Whether a database is one that a manifest marks as production, by whatever name it was given here: the manifest that was read, or
/// the one of this folder that was passed over.
pub(super) fn is_production(
    target: &Endpoint,
    loaded: &Loaded,
    args: &ManifestArgs,
    own: Option<&str>,
) -> Result<bool, Stop> {
    let read =
        (loaded.source.path.is_empty()).then(|| args.load_from(&Checkout::default())).transpose()?.flatten();
    let Loaded { manifest, source, .. } = read.as_ref().unwrap_or(loaded);
    for (name, endpoint) in &manifest.endpoints {
        if !endpoint.is_database() || !is_marked(endpoint) {
            continue;
        }
        if own == Some(name) {
            return Ok(true);
        }
        match declared(manifest, source.base(), name) {
            Ok(other) if other.address.is_same(&target.address) => return Ok(true),
            Ok(_) => {}
            Err(Stop::CouldNotLook(cause) | Stop::Usage(cause)) => {
                let message = format!(
                    "whether `{}` is `{name}`, which is production, cannot be told: {}",
                    target.name, cause.message
                );
                return Err(Stop::CouldNotLook(Cause { message, hint: cause.hint }));
            }
            Err(stop) => return Err(stop),
        }
    }
    Ok(false)
}
