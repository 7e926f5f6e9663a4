//! `trueup baseline`
use super::lint::judge;
use super::manifest::{ManifestArgs, baseline};
use super::output::{Clock, print};
use super::stop::Stop;
use crate::manifest::{BASELINE, Baseline, Day, Entry, MANIFEST, date};
use crate::model::path::under;
use crate::model::{Cause, Check, Exit, Report, Verdict};
use crate::rules::allow::{fingerprint, relative};
use crate::stores::checkout::Checkout;
use crate::stores::files;

/// The flags of `trueup baseline`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    manifest: ManifestArgs,
    /// Why the findings that are new to the baseline may stand
    #[arg(long)]
    reason: String,
    /// The last day on which they may, YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    expires: Option<String>,
}

pub(super) fn run(args: Args) -> Result<Exit, Stop> {
    let Args { manifest, reason, expires } = args;
    if reason.trim().is_empty() {
        return Err(Stop::usage("--reason is empty", "say why, for whoever reads it next"));
    }
    let clock = Clock::start();
    match expires.as_deref().map(date) {
        Some(None) => return Err(Stop::usage("--expires is no date", "write it as 2027-01-31")),
        Some(day) if day < date(&clock.today()) => {
            return Err(Stop::usage("--expires is past", "name a day that is still to come"));
        }
        _ => {}
    }
    let Some(loaded) = manifest.load()? else {
        return Err(Stop::usage(format!("there is no {MANIFEST} here"), "write one with `trueup init`"));
    };
    let old = baseline(&loaded.source, &Checkout::default())?;
    let base = loaded.source.base().to_owned();
    let path = under(&base, BASELINE);
    let report = judge(loaded, Vec::new(), true, clock.today())?;
    let kept = old.as_ref().map_or(&[][..], |(baseline, _)| &baseline.finding);
    let entries = entries(&report, &base, &path, kept, &reason, expires.as_deref());
    if report.tally().unknown > 0 {
        let cause = Cause::new(format!("lint could not look at everything, so {path} is left as it is"));
        return Err(Stop::CouldNotLook(cause.hint("`trueup lint` says what it could not look at")));
    }
    let count = entries.len();
    let text = Baseline { finding: entries }.write();
    files::replace(&path, text.as_bytes())
        .map_err(|error| Stop::CouldNotLook(Cause::new(format!("{path} cannot be written: {error}"))))?;
    print(format!("{path} lets {count} finding(s) stand\n").as_bytes(), Exit::Held)
}

/// Every finding that still stands: those of the old baseline keep their reason, the others get the new one.
fn entries(
    report: &Report,
    base: &str,
    path: &str,
    kept: &[Entry],
    reason: &str,
    expires: Option<&str>,
) -> Vec<Entry> {
    // What this run did not judge, because the rule is off, it says nothing about.
    let is_judged = |entry: &&Entry| {
        let skipped = |check: &&Check| !matches!(check.verdict, Verdict::Skip { .. });
        report.checks.iter().filter(skipped).any(|check| check.rule.as_str() == entry.rule.as_str())
    };
    let (mut kept, unjudged): (Vec<&Entry>, Vec<&Entry>) = kept.iter().partition(is_judged);
    let mut entries: Vec<Entry> = unjudged.into_iter().cloned().collect();
    let judged = report.checks.iter().filter(|check| check.rule.subject() != "allow");
    for (check, finding) in
        judged.flat_map(|check| check.findings.iter().map(move |finding| (check, finding)))
    {
        let entry = Entry {
            rule: check.rule.to_string().into(),
            on: relative(base, &check.on.name).to_owned(),
            about: finding.about.clone(),
            digest: fingerprint(base, finding),
            reason: reason.to_owned().into(),
            expires: expires.map(|day| Day::from(day).into()),
        };
        match &finding.allowed {
            None => entries.push(entry),
            Some(allowed) if allowed.place.path == path => {
                let same = |old: &&Entry| {
                    (&old.rule, &old.on, &old.about, &old.digest)
                        == (&entry.rule, &entry.on, &entry.about, &entry.digest)
                };
                let old = kept.iter().position(same).map(|index| kept.swap_remove(index).clone());
                entries.push(old.unwrap_or(entry));
            }
            // Somebody allowed it elsewhere.
            Some(_) => {}
        }
    }
    entries
}
