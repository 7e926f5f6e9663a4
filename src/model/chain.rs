//! An Alembic chain as its files say it: settings, revision files, and what each declares. Nothing here was run.
use super::operation::Body;
use super::{Cause, Hidden, InlineAllow, Span};

/// A text that stands in a file, with its place there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The text, as Python would have it.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// What `alembic.ini` and `[tool.alembic]` say together, after interpolation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChainSettings {
    /// The folder of `env.py`, when one is said.
    pub script_location: Option<Location>,
    /// The folders of the revisions; none means `versions` in the script folder.
    pub version_locations: Vec<Location>,
    /// What is put before Python's own search path, for locations inside packages.
    pub search_path: Vec<Location>,
    /// Whether folders below the version locations count.
    pub recursive: bool,
    /// Whether compiled files without a source count.
    pub sourceless: bool,
    /// The template of file names, without `.py`.
    pub file_template: String,
    /// The most characters of the slug in a file name.
    pub slug_characters: usize,
    /// The time zone of dates in file names, when one is said.
    pub timezone: Option<String>,
    /// `sqlalchemy.url`, before and after interpolation one and the same secret, and where it stands in the ini file.
    pub url: Option<(Hidden, Span)>,
    /// Every `sqlalchemy.url` of the ini file, this section's first.
    pub addresses: Vec<Address>,
    /// Where the ini file, when it is the one that says it, names the script folder.
    pub script_span: Option<Span>,
}

/// A `sqlalchemy.url` of an ini file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Whose section it stands in; none for the chain's own.
    pub section: Option<String>,
    /// The URL; as it is written where its references cannot be followed.
    pub url: Hidden,
    /// Where it stands.
    pub span: Span,
    /// Whether a single `%` in it makes Python stop wherever it is read.
    pub is_broken: bool,
}

/// A folder as settings name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// Below the folder of the configuration: `%(here)s/...`.
    Here(String),
    /// Absolute, or relative to where Alembic runs.
    Path(String),
    /// Inside a Python package: `package.name:path`.
    Package(String, String),
}

/// A mistake of a configuration on which Alembic stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// Where.
    pub span: Span,
    /// Whether that is in the TOML file and not in the ini file.
    pub in_toml: bool,
    /// What is wrong, and what to do.
    pub cause: Cause,
}

/// A Python file in a version location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionFile {
    /// Its path as printed.
    pub path: String,
    /// What it declares.
    pub declares: Declares,
    /// Inline allows.
    pub allows: Vec<InlineAllow>,
    /// Whether it may have tables without a schema made elsewhere than in `public`.
    pub sets_schema: bool,
}

/// What a Python file in a version location turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declares {
    /// A revision whose id, parents and dependencies are literals.
    Revision(Box<Revision>),
    /// Something that only running it would tell: what, where and why.
    NotStatic(Written),
    /// No revision: it lacks this assignment, and Alembic refuses the whole folder for it.
    Incomplete(&'static str),
    /// No Python: what is wrong with it, and where.
    Unparsable(Written),
    /// It could not be read.
    Unread(Cause),
}

impl RevisionFile {
    /// The revision, when it is one that can be read.
    pub fn revision(&self) -> Option<&Revision> {
        match &self.declares {
            Declares::Revision(revision) => Some(revision),
            _ => None,
        }
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// A revision as its file declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Its id.
    pub id: Written,
    /// `down_revision`, in order; none for a base.
    pub parents: Vec<Written>,
    /// Where `down_revision` is assigned.
    pub parents_span: Span,
    /// `branch_labels`.
    pub labels: Vec<Written>,
    /// Why those cannot be told, where they cannot.
    pub untold_labels: Option<Written>,
    /// `depends_on`: ids or branch labels.
    pub depends_on: Vec<Written>,
    /// The first line of the docstring. It decides nothing: it is often stale.
    pub title: Option<String>,
    /// `upgrade()`.
    pub upgrade: Option<Body>,
    /// `downgrade()`.
    pub downgrade: Option<Body>,
    /// The first comment that autogenerate leaves in a draft.
    pub draft_mark: Option<Span>,
    /// What it imports and may be of its own repository, each behind its module: `app.types.Point`, `.types.Point`.
    pub imports: Vec<String>,
}

/// What an `env.py` does, as far as its text tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own about one text")]
pub struct EnvScript {
    /// Where `target_metadata` is `None`, or where nothing gives it.
    pub without_metadata: Option<Span>,
    /// The comparisons that `context.configure(...)` turns off, by name.
    pub turned_off: Vec<Written>,
    /// The comparisons that none of its calls turns on, and the first call.
    pub not_turned_on: Vec<Written>,
    /// Whether it takes `sqlalchemy.url` out of the configuration without putting another one in before.
    pub reads_url: bool,
    /// Whether it makes an engine that blocks.
    pub makes_plain_engine: bool,
    /// Whether it does something about the driver of its URL: `replace`, a driver's name, an engine that does not block.
    pub minds_driver: bool,
    /// Whether each statement is committed by itself.
    pub autocommits: bool,
    /// The environment variables that it reads, and where.
    pub variables: Vec<Written>,
}
