//! Two schemas, compared: what is expected, and what is there.
//!
//! Both are normalised first, so that spelling alone is no difference; what is reported are facts, not statements that
//! would mend them.
mod checks;
mod counting;
mod names;
mod normal;
mod objects;
mod parts;
mod tables;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use similar::TextDiff;

use crate::model::schema::{Schema, System, TypeDef};

/// What counts as a difference, beyond what always does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Whether the names of constraints and indexes count.
    pub names: bool,
    /// Types that are the same, expected to live, in any spelling.
    pub types: BTreeMap<String, Vec<String>>,
}

impl Default for Options {
    fn default() -> Self {
        Self { names: true, types: BTreeMap::new() }
    }
}

/// In which way two schemas differ. Each is judged by the rule of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the name of a rule, whose Markdown says it")]
pub enum Kind {
    Comment,
    ConstraintDiffers,
    Default,
    EnumDiffers,
    ExtensionMissing,
    ExtensionVersion,
    ExtraColumn,
    ExtraConstraint,
    ExtraExtension,
    ExtraIndex,
    ExtraTable,
    FunctionDiffers,
    Grant,
    IndexDiffers,
    InvalidIndex,
    MissingColumn,
    MissingConstraint,
    MissingIndex,
    MissingTable,
    NamespaceDiffers,
    NotValidConstraint,
    Nullability,
    ObjectDiffers,
    Owner,
    PolicyDiffers,
    SequenceDiffers,
    TableDiffers,
    TriggerDiffers,
    TypeDiffers,
    TypeMismatch,
    ViewDiffers,
}

/// One fact on which two schemas differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// In which way.
    pub kind: Kind,
    /// The object, `users`, and the part of it, `users.email`, `users: ix_email`; the same where it is the object itself.
    pub on: String,
    /// See `on`.
    pub about: String,
    /// What is wrong.
    pub message: String,
    /// The two canonical texts, of which one side may lack its own: a unified diff, line by line.
    pub diff: Vec<String>,
}

/// Everything on which `live` differs from `expected`, in a fixed order. A schema does not differ from itself.
pub fn compare(expected: &Schema, live: &Schema, options: &Options) -> Vec<Difference> {
    let mut found = Found {
        options,
        is_between_systems: expected.system != live.system,
        majors: [expected, live].map(|side| major(&side.version)),
        types: checks::conditions_of_types(expected, live),
        owned: counting::owned(expected).chain(counting::owned(live)).collect(),
        all: Vec::new(),
    };
    objects::compare(expected, live, &mut found);
    tables::compare(expected, live, &mut found);
    found.all.sort_by(|a, b| (&a.on, &a.about, a.kind).cmp(&(&b.on, &b.about, b.kind)));
    found.all
}

/// What is in either schema and is not compared, in words.
pub fn uncompared(expected: &Schema, live: &Schema) -> Vec<String> {
    let mut all: Vec<String> = expected.unread.iter().chain(&live.unread).cloned().collect();
    if expected.locale != live.locale && !expected.locale.is_empty() && !live.locale.is_empty() {
        all.push(format!(
            "encoding and collation of the databases themselves, {} live and {} expected",
            live.locale, expected.locale
        ));
    }
    if expected.system != live.system {
        let (sqlite, postgres) =
            if live.system == System::Sqlite { (live, expected) } else { (expected, live) };
        all.extend(parts::own_to_postgres(postgres, sqlite));
        all.extend(parts::untold_checks(expected, live));
        all.extend(counting::untold(expected, live));
        all.push(format!(
            "triggers, views, enums, sequences, functions, comments, owners, grants, storage: SQLite {} tells them otherwise, or not",
            sqlite.version
        ));
    }
    all.sort();
    all.dedup();
    all
}

/// A server's major version; of one that does not tell it, a later one than any.
fn major(version: &str) -> u32 {
    version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(u32::MAX)
}

/// A list of privileges without the one that the other side's server does not know: `ALL` means it where it is known.
fn unmaintained(privileges: &str, found: &Found<'_>) -> String {
    if !found.is_between(MAINTAINS) {
        return privileges.to_owned();
    }
    let more = ", MAINTAIN WITH GRANT OPTION";
    privileges.replace(more, "").replace(", MAINTAIN", "")
}

/// What was found so far, and how to look.
struct Found<'o> {
    options: &'o Options,
    is_between_systems: bool,
    /// The major versions of both.
    majors: [u32; 2],
    /// Enums and domains by their names.
    types: BTreeMap<String, TypeDef>,
    /// The columns that sequences belong to.
    owned: BTreeSet<String>,
    all: Vec<Difference>,
}

/// Before it every sequence is logged.
const LEAVES_UNLOGGED: u32 = 15;
/// Before it a view of one table is written with the table's name before each column.
const WRITES_SHORT: u32 = 16;
/// It has a privilege that none before it knows.
const MAINTAINS: u32 = 17;

impl Found<'_> {
    /// Whether one of the two is of that version or later, and the other is not.
    fn is_between(&self, first: u32) -> bool {
        let [expected, live] = self.majors.map(|major| major >= first);
        expected != live
    }

    /// A fact about a part of an object, without two texts to show.
    fn say(&mut self, kind: Kind, on: &str, about: &str, message: String) {
        self.differ(kind, on, about, message, ["", ""]);
    }

    /// A fact with the texts that differ, expected and live; one is empty where that side has nothing.
    fn differ(&mut self, kind: Kind, on: &str, about: &str, message: String, texts: [&str; 2]) {
        let [expected, live] = texts;
        let diff = if expected == live { Vec::new() } else { unified(expected, live) };
        self.all.push(Difference { kind, on: on.to_owned(), about: about.to_owned(), message, diff });
    }
}

/// Longer diffs are cut: a report is no place to read a function of a thousand lines.
const LINES: usize = 60;

fn unified(expected: &str, live: &str) -> Vec<String> {
    let text = TextDiff::from_lines(expected, live)
        .unified_diff()
        .context_radius(2)
        .missing_newline_hint(false)
        .header("expected", "live")
        .to_string();
    let mut lines: Vec<String> = text.lines().take(LINES).map(str::to_owned).collect();
    let more = text.lines().count().saturating_sub(LINES);
    if more > 0 {
        lines.push(format!("... {more} more lines"));
    }
    lines
}
