//! A claim that a finding may stand, and the matching of claims with findings.
use globset::GlobMatcher;

use crate::digest::short::short;
use crate::manifest::{At, Baseline, Day, Manifest, Source, date, glob};
use crate::model::{Allowed, Check, Finding, InlineAllow, Place, Report, RuleId};

/// Somebody's word that some findings may stand.
pub struct Claim {
    /// The rules it names.
    pub rules: Vec<RuleId>,
    /// The reason it gives; without one it allows nothing.
    pub reason: String,
    /// Where it is made.
    pub place: Place,
    /// The day it expired on, if that is past; then it allows nothing.
    pub expired: Option<String>,
    /// What it matches.
    pub kind: ClaimKind,
    /// Whether it allowed anything.
    pub used: bool,
}

/// The ways to claim.
pub enum ClaimKind {
    /// A comment above a line of the same file.
    Inline {
        /// The line it speaks for.
        line: Option<u32>,
    },
    /// `[[allow]]` in the manifest.
    Declared {
        /// Which objects; `None` for all.
        on: Option<GlobMatcher>,
        /// About what; `None` for anything.
        about: Option<GlobMatcher>,
    },
    /// An entry of the baseline: one finding, exactly.
    Baseline {
        /// The object, relative to the manifest.
        on: String,
        /// What it is about.
        about: String,
        /// [`fingerprint`] of the finding.
        digest: String,
    },
}

impl Claim {
    /// The claim of a comment in the file at `path`.
    pub fn inline(path: &str, allow: &InlineAllow) -> Self {
        Self {
            rules: allow.rules.clone(),
            reason: allow.reason.clone(),
            place: Place::new(path, allow.span),
            expired: None,
            kind: ClaimKind::Inline { line: allow.line },
            used: false,
        }
    }

    /// The claims of a manifest's `[[allow]]`; `today` is `YYYY-MM-DD`.
    pub fn declared(manifest: &Manifest, source: &Source, today: &str) -> Vec<Self> {
        let claim = |entry: &crate::manifest::AllowEntry| Self {
            rules: vec![RuleId::written(entry.rule.as_str())],
            reason: entry.reason.trim().to_owned(),
            place: source.place(entry.rule.range().unwrap_or_default()),
            expired: expired(entry.expires.as_ref(), today),
            kind: ClaimKind::Declared {
                on: entry.on.as_ref().and_then(|on| glob(on).ok()),
                about: entry.about.as_ref().and_then(|about| glob(about).ok()),
            },
            used: false,
        };
        manifest.allow.iter().map(claim).collect()
    }

    /// The claims of a baseline; `today` is `YYYY-MM-DD`.
    pub fn baseline(baseline: &Baseline, source: &Source, today: &str) -> Vec<Self> {
        let claim = |entry: &crate::manifest::Entry| Self {
            rules: vec![RuleId::written(entry.rule.as_str())],
            reason: entry.reason.trim().to_owned(),
            place: source.place(entry.rule.range().unwrap_or_default()),
            expired: expired(entry.expires.as_ref(), today),
            kind: ClaimKind::Baseline {
                on: entry.on.clone(),
                about: entry.about.clone(),
                digest: entry.digest.clone(),
            },
            used: false,
        };
        baseline.finding.iter().map(claim).collect()
    }

    fn speaks_for(&self, base: &str, check: &Check, finding: &Finding) -> bool {
        if self.reason.is_empty() || self.expired.is_some() || !self.rules.contains(&check.rule) {
            return false;
        }
        let object = relative(base, &check.on.name);
        match &self.kind {
            ClaimKind::Inline { line } => finding.primary.as_ref().is_some_and(|primary| {
                primary.path == self.place.path && Some(primary.span.start.line) == *line
            }),
            ClaimKind::Declared { on, about } => {
                let place = finding.primary.as_ref().map(|primary| relative(base, &primary.path));
                let is_on =
                    |on: &GlobMatcher| on.is_match(object) || place.is_some_and(|path| on.is_match(path));
                on.as_ref().is_none_or(is_on)
                    && about.as_ref().is_none_or(|about| about.is_match(&finding.about))
            }
            // An entry stands for one finding: a second one of the same kind is new.
            ClaimKind::Baseline { on, about, digest } => {
                !self.used && on == object && *about == finding.about && *digest == fingerprint(base, finding)
            }
        }
    }
}

/// Lets findings stand for which there is a claim, and marks the claims that were used. `base` is the manifest's folder
/// as printed. Costs findings x claims.
pub fn apply(report: &mut Report, base: &str, claims: &mut [Claim]) {
    for check in &mut report.checks {
        let mut findings = std::mem::take(&mut check.findings);
        for finding in &mut findings {
            let Some(claim) = claims.iter_mut().find(|claim| claim.speaks_for(base, check, finding)) else {
                continue;
            };
            claim.used = true;
            let inline = matches!(claim.kind, ClaimKind::Inline { .. });
            finding.allowed =
                Some(Allowed { reason: claim.reason.clone(), place: claim.place.clone(), inline });
        }
        check.findings = findings;
        check.settle();
    }
}

/// A short digest of what a finding says, with paths relative to the manifest: the first 12 hex digits of SHA-256.
pub fn fingerprint(base: &str, finding: &Finding) -> String {
    if base.is_empty() {
        short(&finding.message)
    } else {
        short(&finding.message.replace(&format!("{base}/"), ""))
    }
}

/// `path` relative to `base` when it is inside, else as it is.
pub fn relative<'p>(base: &str, path: &'p str) -> &'p str {
    let inside = path.strip_prefix(base).and_then(|rest| rest.strip_prefix('/'));
    inside.filter(|_| !base.is_empty()).unwrap_or(path)
}

/// The day, when it is past.
fn expired(day: Option<&At<Day>>, today: &str) -> Option<String> {
    let day = day?;
    let is_past = match (date(day), date(today)) {
        (Some(day), Some(today)) => day < today,
        _ => true,
    };
    is_past.then(|| String::from(&***day))
}
