//! What a compose project says, merged as its reader merges it, with the place of everything a rule may point at.
//!
//! Values that may be secrets are [`Hidden`]; every excerpt is masked when it is made.
use std::collections::BTreeSet;

use super::{Cause, Hidden, InlineAllow, Place};

/// A project: one or several files, with what they include and extend. Services are in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compose {
    /// Every file that was asked for, in the order of reading, each once; optional ones only when they are there.
    pub files: Vec<String>,
    /// Of those, the compose files that say nothing at all.
    pub empty: Vec<String>,
    /// Its services; profiles are kept, not filtered.
    pub services: Vec<Service>,
    /// Top-level `secrets`.
    pub secrets: Vec<FileSource>,
    /// Top-level `configs`.
    pub configs: Vec<FileSource>,
    /// Every reference to a variable in any file that was read, used by a service or not.
    pub references: Vec<Reference>,
    /// Inline allows of every compose file, with its path.
    pub allows: Vec<(String, InlineAllow)>,
    /// What is wrong. Unless the project [`Compose::is_whole`], what stands above may lack something.
    pub problems: Vec<Problem>,
}

impl Compose {
    /// Whether everything that the project says is here. When not, what is absent may only be unread.
    pub fn is_whole(&self) -> bool {
        self.problems.iter().all(|problem| problem.kind == ProblemKind::Required)
    }

    /// A service by its name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }

    /// Every variable that is taken from where compose runs: referred to, passed through to a container or a build, or
    /// the source of a secret or config.
    pub fn taken(&self) -> BTreeSet<&str> {
        let referred = self.references.iter().map(|reference| reference.name.as_str());
        let variables = self.services.iter().flat_map(|service| {
            let args = service.build.iter().flat_map(|build| &build.args);
            service.environment.iter().chain(args)
        });
        let passed = variables.filter(|variable| variable.value.is_none());
        let sources = self.secrets.iter().chain(&self.configs);
        referred
            .chain(passed.map(|variable| variable.key.as_str()))
            .chain(sources.filter_map(|source| source.environment.as_deref()))
            .collect()
    }
}

/// Something wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// What sort of thing.
    pub kind: ProblemKind,
    /// Where.
    pub place: Place,
    /// What is wrong, without any value.
    pub cause: Cause,
}

impl Problem {
    /// Whether the real reader refuses the project for it whatever the environment is.
    pub fn refuses(&self) -> bool {
        !matches!(self.kind, ProblemKind::Required | ProblemKind::Blank)
    }
}

/// The sorts of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// The text is no YAML.
    Syntax,
    /// A key stands twice in one mapping.
    DuplicateKey,
    /// A value is of a sort that can't stand there.
    Shape,
    /// A file that could not be looked at.
    Unread,
    /// A service or a file that is named and isn't there.
    Missing,
    /// An `extends` or `include` that comes back to itself.
    Cycle,
    /// Larger or deeper than is read: nobody can say what the rest holds.
    Limit,
    /// A `${` that is no reference.
    Template,
    /// The env file of an `include`, where the reader gives it up.
    EnvFile,
    /// `${NAME:?}` or `${NAME?}` without a value in the given environment.
    Required,
    /// Something can't be read, and is left out, because a variable without a value left a blank in it:
    /// `127.0.0.1:${PORT}`.
    Blank,
}

/// One service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Its key.
    pub place: Place,
    /// Its profiles; none means always.
    pub profiles: Vec<Said>,
    /// Its image.
    pub image: Option<Said>,
    /// How it is built.
    pub build: Option<Build>,
    /// `command` as written: the words of a list joined with spaces.
    pub command: Option<Told>,
    /// `entrypoint` as written, like `command`.
    pub entrypoint: Option<Told>,
    /// `environment`, in the order of the keys.
    pub environment: Vec<Variable>,
    /// Where `environment` stands, if it does.
    pub environment_place: Option<Place>,
    /// `env_file`, in the order of reading: a later one wins.
    pub env_files: Vec<EnvFileSource>,
    /// Published and exposed `ports`.
    pub ports: Vec<Port>,
    /// `volumes`: mounts of every type.
    pub volumes: Vec<Mount>,
    /// Networks it joins, in the order of their names.
    pub networks: Vec<Said>,
    /// `network_mode`.
    pub network_mode: Option<Said>,
    /// `extra_hosts`.
    pub extra_hosts: Vec<ExtraHost>,
    /// `secrets` it is given.
    pub secrets: Vec<Grant>,
    /// `configs` it is given.
    pub configs: Vec<Grant>,
}

impl Service {
    /// A variable of `environment` by its key.
    pub fn variable(&self, key: &str) -> Option<&Variable> {
        self.environment.iter().find(|variable| variable.key == key)
    }
}

/// A text that holds no secret by its nature: a name, a path, an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The text after interpolation.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// A text that may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The text before interpolation.
    pub written: Hidden,
    /// The text after interpolation.
    pub text: Hidden,
    /// Where its key stands.
    pub place: Place,
}

/// `build`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The folder as printed, or a URL; `.` of the file's folder by default.
    pub context: String,
    /// The Dockerfile, as written: it is relative to the context.
    pub dockerfile: Option<Said>,
    /// Whether the Dockerfile stands in the compose file itself.
    pub is_inline: bool,
    /// The stage that is built; the last one without it.
    pub target: Option<Said>,
    /// Build arguments, in the order of their keys.
    pub args: Vec<Variable>,
    /// The key `build`.
    pub place: Place,
}

/// One variable of `environment` or `build.args`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its key.
    pub key: String,
    /// Its value; `None` is passed through from where compose runs.
    pub value: Option<Value>,
    /// Where its key stands: the place that won, when several files set it.
    pub place: Place,
}

impl Variable {
    /// Whether its value comes from outside the compose files: passed through, or by a reference. A constant is
    /// compose's own affair.
    pub fn is_open(&self) -> bool {
        self.value.as_ref().is_none_or(|value| value.written.reveal().contains('$'))
    }
}

/// A value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// As in the file, after YAML's quotes and before interpolation.
    pub written: Hidden,
    /// What the container is given: after interpolation, and as the reader prints numbers (`1.10` is given as `1.1`).
    pub text: Hidden,
    /// Whether `text` is what the reader makes of it; not so when a required variable has no value.
    pub is_known: bool,
}

/// One entry of `env_file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvFileSource {
    /// The path as printed.
    pub path: String,
    /// Whether its absence is an error.
    pub required: bool,
    /// `format`, when given: `raw` is read without interpolation.
    pub format: Option<String>,
    /// Where its path stands.
    pub place: Place,
}

/// One port. A range is one entry each, unless a range of host ports leads to one container port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// The address of the host that it is bound to; `None` is every one.
    pub host_ip: Option<String>,
    /// The host's port or range; `None` is one that the engine chooses.
    pub published: Option<String>,
    /// The container's port.
    pub target: String,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
    /// Where it stands.
    pub place: Place,
}

/// One mount of `volumes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// `bind`, `volume`, `tmpfs` ...
    pub kind: String,
    /// A path as printed for `bind`, a name for `volume`; `None` is anonymous.
    pub source: Option<String>,
    /// The path in the container.
    pub target: String,
    /// Whether the container can only read it.
    pub read_only: bool,
    /// Where it stands.
    pub place: Place,
}

/// One entry of `extra_hosts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraHost {
    /// The name.
    pub host: String,
    /// The address, or `host-gateway`.
    pub address: String,
    /// Where it stands.
    pub place: Place,
}

/// A secret or config that a service is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its name at the top level.
    pub source: String,
    /// Where it is mounted, when that is said.
    pub target: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// A top-level secret or config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSource {
    /// Its name.
    pub name: String,
    /// The path as printed of the file that it is read from.
    pub file: Option<String>,
    /// The variable that it is read from.
    pub environment: Option<String>,
    /// Where its name stands.
    pub place: Place,
}

/// How a reference meets an unset variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    /// `$V` or `${V}`: empty when unset.
    Plain,
    /// `${V:-d}`: `d` when unset or empty.
    DefaultIfEmpty,
    /// `${V-d}`: `d` when unset.
    DefaultIfUnset,
    /// `${V:?m}`: refused when unset or empty.
    RequiredNotEmpty,
    /// `${V?m}`: refused when unset.
    RequiredSet,
    /// `${V:+r}`: `r` when set and not empty.
    InsteadIfNotEmpty,
    /// `${V+r}`: `r` when set.
    InsteadIfSet,
}

/// A reference to a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The variable.
    pub name: String,
    /// How it is asked for.
    pub operator: Operator,
    /// What stands behind the operator, as written: a default, a replacement, a message. May hold references itself,
    /// which are listed apart.
    pub word: Option<Hidden>,
    /// Whether it stands inside the word of another reference.
    pub nested: bool,
    /// From its `$` to the end of its name.
    pub place: Place,
    /// Where it stands in the tree, a key or an index each: `services`, `agent`, `environment`, `X`. For an entry
    /// `X=...` of a list the last is `X`.
    pub path: Vec<String>,
}
