//! Finding and reading `trueup.toml` and its baseline.
use super::stop::{Stop, note};
use crate::manifest::{AllowEntry, At, BASELINE, Baseline, Level, MANIFEST, Manifest, Mistake, Source, read};
use crate::model::path::under;
use crate::model::{Cause, Look, RuleId};
use crate::rules::{self, Levels, Tree};
use crate::stores::checkout::Checkout;
use crate::stores::files;

/// The flag that names a manifest.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ManifestArgs {
    /// The manifest; without it ./trueup.toml, when there is one
    #[arg(long, value_name = "FILE")]
    pub(super) manifest: Option<String>,
}

/// A manifest that was read; the default one declares nothing and is of no file.
#[derive(Clone, Default)]
pub(super) struct Loaded {
    pub(super) manifest: Manifest,
    pub(super) source: Source,
    pub(super) levels: Levels,
}

impl ManifestArgs {
    /// The manifest that is named, else the one in this folder, else none.
    pub(super) fn load(&self) -> Result<Option<Loaded>, Stop> {
        let tree = Checkout::default();
        if !self.is_in(&tree) {
            say_above();
        }
        self.load_from(&tree)
    }

    /// The same as a tree has it, without a word.
    pub(super) fn load_from(&self, tree: &dyn Tree) -> Result<Option<Loaded>, Stop> {
        if self.is_in(tree) { load(&self.path(), tree).map(Some) } else { Ok(None) }
    }

    /// Where the manifest is, or would be.
    pub(super) fn path(&self) -> String {
        self.manifest.as_ref().map_or_else(|| MANIFEST.to_owned(), |path| under("", path))
    }

    /// Whether there is a manifest to read: one that is named, or one in this folder.
    pub(super) fn is_in(&self, tree: &dyn Tree) -> bool {
        self.manifest.is_some() || tree.has(MANIFEST)
    }

    /// Whether a manifest stands in this folder that nobody named.
    pub(super) fn is_passed_over(&self, tree: &dyn Tree) -> bool {
        self.manifest.is_none() && tree.has(MANIFEST)
    }
}

/// Says that a manifest above this folder is not read.
pub(super) fn say_above() {
    if let Some(above) = above() {
        note(&format!("{above} is not read: run there, or name it with --manifest"));
    }
}

/// A manifest in a folder above this one, up to the root of the repository.
fn above() -> Option<String> {
    let mut folder = String::new();
    while !files::exists(&format!("{folder}.git")) && folder.len() < 3 * 32 {
        folder.push_str("../");
        let path = format!("{folder}{MANIFEST}");
        if files::exists(&path) {
            return Some(path);
        }
    }
    None
}

fn load(path: &str, tree: &dyn Tree) -> Result<Loaded, Stop> {
    let source = text(path, tree)?;
    let manifest = match read(&source.text) {
        Ok(manifest) => manifest,
        Err(mistakes) => return Err(Stop::Mistakes(source, mistakes)),
    };
    let unknown = rule_mistakes(&manifest);
    if !unknown.is_empty() {
        return Err(Stop::Mistakes(source, unknown));
    }
    let level =
        |(rule, level): (&crate::manifest::At<String>, &Level)| (RuleId::written(rule.as_str()), *level);
    let levels = manifest.rules.iter().map(level).collect();
    Ok(Loaded { manifest, source, levels })
}

/// The baseline beside the manifest, when there is one.
pub(super) fn baseline(manifest: &Source, tree: &dyn Tree) -> Result<Option<(Baseline, Source)>, Stop> {
    let path = under(manifest.base(), BASELINE);
    if !tree.has(&path) {
        return Ok(None);
    }
    let source = text(&path, tree)?;
    match Baseline::read(&source.text) {
        Ok(baseline) => Ok(Some((baseline, source))),
        Err(mistakes) => Err(Stop::Mistakes(source, mistakes)),
    }
}

fn text(path: &str, tree: &dyn Tree) -> Result<Source, Stop> {
    match tree.text(path) {
        Look::Got(text) => Ok(Source { path: path.to_owned(), text }),
        Look::NotAsked(reason) => Err(Stop::CouldNotLook(Cause::new(reason.0))),
        Look::Failed(cause) => {
            let message = format!("{path} cannot be read: {}", cause.message);
            Err(Stop::Usage(Cause { message, hint: cause.hint }))
        }
    }
}

/// The manifest's own room cannot know which rules there are.
fn rule_mistakes(manifest: &Manifest) -> Vec<Mistake> {
    let levels = manifest.rules.keys().map(|rule| (rule, false));
    let allows = manifest.allow.iter().map(|allow| (&allow.rule, true));
    let mut mistakes: Vec<Mistake> =
        levels.chain(allows).filter_map(|(rule, is_allow)| mistake(rule, is_allow)).collect();
    // What may stand of lost rows is named: the table, and of which side.
    let is_broad = |allow: &&AllowEntry| {
        RuleId::written(allow.rule.as_str()).as_str() == "verify/unmapped-rows"
            && (allow.on.is_none() || allow.about.is_none())
    };
    mistakes.extend(manifest.allow.iter().filter(is_broad).map(|allow| Mistake {
        range: allow.rule.range().unwrap_or_default(),
        message: format!("an `[[allow]]` of `{}` says of which rows", *allow.rule),
        help: Some(
            "say `on`, the table, and `about = \"source rows\"` or `about = \"target rows\"`".to_owned(),
        ),
    }));
    mistakes.sort_by_key(|mistake| mistake.range.start);
    mistakes
}

fn mistake(rule: &At<String>, is_allow: bool) -> Option<Mistake> {
    let id = RuleId::written(rule.as_str());
    let (message, help) = match rules::doc(&id) {
        None => (format!("there is no rule `{id}`"), nearest(rule)),
        Some(doc) if doc.always => {
            let help = "it keeps a run that proves nothing from passing".to_owned();
            (format!("`{id}` always counts"), help)
        }
        // Of rows that no condition takes no mapping can say that they rightly stay behind.
        Some(_) if is_allow && id.as_str() == "verify/unmapped-rows" => return None,
        Some(_) if is_allow && ["guard", "survey", "verify"].contains(&id.subject()) => {
            let help =
                "declare the difference in the mapping or the contract, or set a severity under `[rules]`";
            (
                format!("`[[allow]]` speaks for lint and for `verify/unmapped-rows`, not for `{id}`"),
                help.to_owned(),
            )
        }
        Some(_) => return None,
    };
    Some(Mistake { range: rule.range().unwrap_or_default(), message, help: Some(help) })
}

/// What to say to somebody who misspelt a rule.
pub(super) fn nearest(written: &str) -> String {
    let all: Vec<String> = rules::all().iter().map(ToString::to_string).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    match similar::get_close_matches(written, &all, 1, 0.6).first() {
        Some(close) => format!("did you mean `{close}`?"),
        None => "`trueup rules` lists them".to_owned(),
    }
}
