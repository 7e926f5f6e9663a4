//! `[guard]`: the boot contract.
use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{At, Mistake, Quantity};
use crate::model::Dialect;

/// The boot contract.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Guard {
    /// The guard is active when every one of these keys has a value that its glob matches; without it, always.
    pub when: BTreeMap<String, At<String>>,
    /// Who reads the deployed file: its values are what that reader makes of it. Without it `[env] dialect` says so,
    /// where that names one reader; else the file is read as most readers read it.
    pub dialect: Option<Dialect>,
    /// Keys that must have a value.
    pub required: Vec<At<String>>,
    /// Keys that must have a value under a condition.
    pub require: Vec<Require>,
    /// Keys whose value must be one of a few.
    pub value: Vec<AllowedValue>,
    /// Globs of values, besides the built-in ones, that are placeholders. Case does not matter.
    pub placeholders: Vec<At<String>>,
    /// Globs of keys that hold secrets, besides those whose names say so.
    pub secrets: Vec<At<String>>,
    /// Globs of keys whose values are public although their names say otherwise.
    pub public: Vec<At<String>>,
    /// The files in git whose values no secret may have: env templates, and compose files (`.yml`, `.yaml`). Without it,
    /// the templates and compose files of `[env]`; an empty list for a place where none of them is.
    pub committed: Option<Vec<At<String>>>,
    /// The fewest characters that a secret may have; 12 without it.
    pub min_secret_length: Option<u32>,
    /// Asks the application's image whether it would start.
    pub command: Option<ImageCheck>,
}

impl Guard {
    /// Every key that it asks about, with what was written where.
    pub fn keys(&self) -> Vec<(&str, &At<String>)> {
        let whens = std::iter::once(&self.when).chain(self.require.iter().map(|require| &require.when));
        let whens = whens.flatten().map(|(key, pattern)| (key.as_str(), pattern));
        let listed = self.required.iter().chain(self.require.iter().flat_map(|require| &require.keys));
        let listed = listed.chain(self.value.iter().map(|value| &value.key));
        whens.chain(listed.map(|key| (key.as_str(), key))).collect()
    }
}

/// Keys that must have a value under a condition.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Require {
    /// All of these keys have a value that their glob matches.
    pub when: BTreeMap<String, At<String>>,
    /// Then these must have one too.
    pub keys: Vec<At<String>>,
}

/// A key whose value must be one of a few.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowedValue {
    /// The key.
    pub key: At<String>,
    /// A glob of allowed values, or several. A key that is not set has the empty value.
    pub is: Patterns,
}

/// One text, or several; most are globs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Patterns {
    /// One.
    One(String),
    /// Several, of which one must match.
    Several(Vec<String>),
}

impl Patterns {
    /// All of them.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several,
        }
    }
}

/// A command that asks the application's image whether it would start with the environment that is judged.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageCheck {
    /// The program and its arguments; `{env_file}` becomes the path of the file that is judged. It runs where trueup runs.
    pub run: At<Vec<String>>,
    /// The exit codes by which the image says no; 1 without it. Zero is yes, any other code says that nobody was asked.
    #[serde(default)]
    pub refused: Option<At<Vec<u8>>>,
    /// How long to wait for the answer, such as `60s`, which it is without it.
    #[serde(default)]
    pub timeout: Option<At<String>>,
    /// The container engine's program, which is asked whether there is such an image; `docker` without it.
    #[serde(default)]
    pub engine: Option<At<String>>,
    /// The image that `run` asks.
    #[serde(default)]
    pub image: Option<At<String>>,
    /// What it means that there is no such image yet.
    #[serde(default)]
    pub first_deploy: Option<At<FirstDeploy>>,
}

/// What a missing image means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FirstDeploy {
    /// Nothing was deployed before, so there is nobody to ask.
    Accept,
}

impl ImageCheck {
    /// The exit codes by which the image says no.
    pub fn refusals(&self) -> &[u8] {
        self.refused.as_ref().map_or(&[1], |codes| codes.as_slice())
    }

    /// How long to wait for the answer.
    pub fn patience(&self) -> Duration {
        self.timeout.as_ref().and_then(|text| patience(text)).unwrap_or(Duration::from_mins(1))
    }
}

/// A time to wait; never none.
pub(super) fn patience(text: &str) -> Option<Duration> {
    Quantity::parse(text)?.duration().filter(|patience| !patience.is_zero())
}

/// What the shape of a contract cannot say.
pub(super) fn mistakes(guard: &Guard, found: &mut Vec<Mistake>) {
    let mut say = |range: Option<std::ops::Range<usize>>, message: String, help: &str| {
        found.push(Mistake { range: range.unwrap_or_default(), message, help: Some(help.to_owned()) });
    };
    for pin in &guard.value {
        if pin.is.all().is_empty() {
            say(pin.key.range(), "`is` allows no value at all".into(), "name at least one glob");
        }
        for pattern in pin.is.all() {
            if let Err(why) = super::glob(pattern) {
                say(pin.key.range(), format!("`{pattern}` is no glob: {why}"), "mend the glob in `is`");
            }
        }
    }
    let Some(command) = &guard.command else { return };
    if command.run.first().is_none_or(|program| program.trim().is_empty()) {
        say(
            command.run.range(),
            "`run` names no program".into(),
            "write the program and its arguments as a list",
        );
    }
    if let Some(codes) = command.refused.as_ref().filter(|codes| !codes.iter().all(|code| is_refusal(*code)))
    {
        let help = "0 says yes, 125 to 127 are the container engine's, and those above are signals";
        say(codes.range(), "`refused` takes codes from 1 to 124".into(), help);
    }
    if let Some(timeout) = command.timeout.as_ref().filter(|text| patience(text).is_none()) {
        say(timeout.range(), format!("`{}` is no duration", **timeout), "write it as \"60s\" or \"2m\"");
    }
    if command.image.is_none() {
        let ranges = [command.engine.as_ref().map(At::range), command.first_deploy.as_ref().map(At::range)];
        for range in ranges.into_iter().flatten() {
            say(range, "this needs `image`".into(), "name the image that `run` asks");
        }
    }
}

fn is_refusal(code: u8) -> bool {
    (1..=124).contains(&code)
}
