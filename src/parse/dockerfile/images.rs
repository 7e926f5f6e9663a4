//! The images that a Dockerfile takes something from.
use std::collections::{BTreeMap, BTreeSet};

use crate::model::{BaseImage, Dockerfile, Instruction};
use crate::parse::compose::fill;

/// The images of the stages that lead to `target` (the last stage without it), and of what they copy and mount;
/// `syntax` first. Stages and `scratch` are none. `given` are the build arguments.
pub fn images(
    file: &Dockerfile,
    target: Option<&str>,
    given: &dyn Fn(&str) -> Option<String>,
) -> Vec<BaseImage> {
    let stages = stages(file, given);
    let mut found: Vec<BaseImage> = file
        .syntax
        .iter()
        .map(|(image, span)| BaseImage { image: Some(image.clone()), span: *span })
        .collect();
    for index in needed(&stages, target) {
        let Some(stage) = stages.get(index) else { continue };
        for (from, span) in &stage.takes {
            let is_scratch = from.as_deref() == Some("scratch");
            if !is_scratch && stage_of(&stages, index, from.as_deref()).is_none() {
                found.push(BaseImage { image: from.clone(), span: *span });
            }
        }
    }
    found.sort_by_key(|base| base.span);
    found
}

struct Stage {
    name: Option<String>,
    /// What it is based on, then what it copies and mounts from; `None` is not known.
    takes: Vec<(Option<String>, crate::model::Span)>,
}

fn stages(file: &Dockerfile, given: &dyn Fn(&str) -> Option<String>) -> Vec<Stage> {
    let mut arguments: BTreeMap<String, String> = BTreeMap::new();
    let mut stages: Vec<Stage> = Vec::new();
    for instruction in &file.instructions {
        let text = instruction.text.reveal();
        let lookup = |name: &str| arguments.get(name).cloned();
        match (instruction.word.as_str(), stages.last_mut()) {
            ("ARG", None) => arguments.extend(argument(text, &lookup, given)),
            ("FROM", _) => stages.push(from(instruction, &lookup)),
            ("COPY" | "ADD", Some(stage)) => {
                let taken = flag(text, "--from=").map(|from| (known(from, &|_| None), instruction.span));
                stage.takes.extend(taken);
            }
            ("RUN", Some(stage)) => {
                let mounts = text.split_whitespace().filter_map(|word| word.strip_prefix("--mount="));
                let from =
                    mounts.flat_map(|mount| mount.split(',')).filter_map(|part| part.strip_prefix("from="));
                stage.takes.extend(from.map(|from| (known(from, &|_| None), instruction.span)));
            }
            _ => {}
        }
    }
    stages
}

/// The arguments of one `ARG`, with the values that were given for the build or stand there.
fn argument(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    given: &dyn Fn(&str) -> Option<String>,
) -> Vec<(String, String)> {
    let one = |word: &str| {
        let (name, default) = word.split_once('=').map_or((word, None), |(name, text)| (name, Some(text)));
        let default = default.map(|text| fill(text.trim_matches(['"', '\'']), lookup).text);
        Some((name.to_owned(), given(name).or(default)?))
    };
    text.split_whitespace().filter_map(one).collect()
}

fn from(instruction: &Instruction, lookup: &dyn Fn(&str) -> Option<String>) -> Stage {
    let mut words = instruction.text.reveal().split_whitespace().filter(|word| !word.starts_with("--"));
    let image = words.next().and_then(|image| known(image, lookup));
    let name = words.next().filter(|word| word.eq_ignore_ascii_case("as")).and_then(|_| words.next());
    Stage { name: name.map(str::to_ascii_lowercase), takes: vec![(image, instruction.span)] }
}

fn flag<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.split_whitespace().take_while(|word| word.starts_with("--")).find_map(|word| word.strip_prefix(name))
}

/// A text with its variables filled in, when all of them are known.
fn known(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let filled = fill(text.trim_matches(['"', '\'']), lookup);
    let is_whole = filled.invalid.is_empty() && filled.required.is_empty() && !filled.has_blank;
    is_whole.then_some(filled.text)
}

/// The earlier stage that a name or number means.
fn stage_of(stages: &[Stage], before: usize, from: Option<&str>) -> Option<usize> {
    let from = from?.to_ascii_lowercase();
    let earlier = stages.get(..before).unwrap_or_default();
    let named = earlier.iter().rposition(|stage| stage.name.as_deref() == Some(&from));
    named.or_else(|| from.parse().ok().filter(|number| *number < before))
}

/// The stages that the target needs, itself included. A target that is nowhere needs all.
fn needed(stages: &[Stage], target: Option<&str>) -> BTreeSet<usize> {
    let last = stages.len().checked_sub(1);
    let end = match target {
        Some(target) => stage_of(stages, stages.len(), Some(target)),
        None => last,
    };
    let Some(end) = end else { return (0..stages.len()).collect() };
    let mut wanted = BTreeSet::from([end]);
    for index in (0..=end).rev() {
        if wanted.contains(&index) {
            let takes = stages.get(index).into_iter().flat_map(|stage| &stage.takes);
            wanted.extend(takes.filter_map(|(from, _)| stage_of(stages, index, from.as_deref())));
        }
    }
    wanted
}
