//! What the schema rules judge.
use crate::diff::schema::{Difference, Kind, Options, compare, uncompared};
use crate::manifest::{self, At, IgnoreEntry, Source};
use crate::model::schema::{Live, Schema, System};
use crate::model::{Cause, Gap, GapKind, Looked, Object, Place};
use crate::rules::Sink;
use crate::rules::globs::Globs;

/// The two sides as they were read.
#[derive(Debug, Clone, Default)]
pub struct Sides {
    /// The names of the two, expected and live.
    pub names: [String; 2],
    /// What is expected.
    pub expected: Schema,
    /// What names the expectation's own database, when it is one; empty otherwise.
    pub identity: String,
    /// What is there.
    pub live: Schema,
    /// The state of the live database.
    pub state: Live,
    /// Whether the expectation was built by a role of ours, so that owners and grants say nothing.
    pub is_built: bool,
    /// How far the two have come on the chain of migrations.
    pub progress: Progress,
}

/// How far two sides have come on the chain of migrations.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// The revisions that the expectation is of, where somebody or something says so.
    pub of: Option<Vec<String>>,
    /// What is left to run on the live database, in order, or why that cannot be told; none without a chain.
    pub left: Option<Result<Vec<String>, Cause>>,
    /// The table in which Alembic keeps what is applied, where a chain is declared: it is no part of anyone's design.
    pub table: Option<String>,
}

impl Progress {
    /// Why a difference may be a pending migration, if it may be one.
    fn may_be_pending(&self, live: &[String]) -> Option<String> {
        let at = live.join(", ");
        match (&self.of, &self.left) {
            _ if live.is_empty() => None,
            (Some(of), _) if of == live => None,
            (Some(of), _) => {
                Some(format!("the expectation is of {}, the live database at {at}", of.join(", ")))
            }
            (None, Some(Ok(left))) if !left.is_empty() => Some(format!(
                "the live database is at {at}, {} pending, and the expectation does not say which revision it is of",
                counted(left)
            )),
            (None, Some(Err(cause))) => Some(format!(
                "the live database is at {at}, and the expectation does not say which revision it is of: {}",
                cause.message
            )),
            (None, _) => None,
        }
    }
}

/// `1 revision is`, `2 revisions are`.
fn counted(left: &[String]) -> String {
    if left.len() == 1 { "1 revision is".to_owned() } else { format!("{} revisions are", left.len()) }
}

/// What is declared about the comparison.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// What counts.
    pub options: Options,
    /// Globs of the Postgres schemas that are compared; all without any.
    pub schemas: Vec<At<String>>,
    /// What may differ.
    pub ignore: Vec<IgnoreEntry>,
    /// Where each of those stands.
    pub places: Vec<Option<Place>>,
    /// The manifest line that asked, when there is one.
    pub declared: Option<Place>,
}

impl Terms {
    /// What a manifest declares.
    pub fn of(declared: &manifest::Schema, source: &Source) -> Self {
        Self {
            options: Options {
                names: declared.names,
                types: declared.types.iter().map(|(from, to)| (from.clone(), to.all().to_vec())).collect(),
            },
            schemas: declared.schemas.clone(),
            places: declared.ignore.iter().map(|entry| source.place_of(&entry.object)).collect(),
            ignore: declared.ignore.clone(),
            declared: source.place_of(&declared.live),
        }
    }
}

/// Two schemas, compared.
pub struct SchemaFacts {
    pub(super) sides: Sides,
    pub(super) differences: Vec<Difference>,
    /// What may differ, and whether it does.
    pub(super) ignores: Vec<Ignored>,
    declared: Option<Place>,
    /// Why a difference may be a migration that is still to run.
    may_be_pending: Option<String>,
    /// What was not compared, or may differ.
    pub gaps: Vec<Gap>,
}

/// Something that may differ.
pub(super) struct Ignored {
    /// The glob.
    pub(super) object: String,
    /// Whether anything differs that it names.
    pub(super) is_used: bool,
    pub(super) place: Option<Place>,
}

/// The schema in which trueup keeps its ledger; it is no part of anyone's design.
const OWN: &str = "trueup";

impl SchemaFacts {
    /// Compares, and sets apart what is declared to differ.
    pub fn new(mut sides: Sides, terms: &Terms) -> Self {
        let on = Object::endpoint(format!("{} against {}", sides.names[1], sides.names[0]));
        let gap = |kind: GapKind, reason: String| Gap { on: on.clone(), kind, reason };
        let mut gaps = Vec::new();
        let wanted = Globs::new(&terms.schemas);
        let mut left = narrow(&mut sides.expected, &wanted);
        left.extend(narrow(&mut sides.live, &wanted));
        left.sort();
        left.dedup();
        gaps.extend(
            left.into_iter().map(|name| gap(GapKind::Declared, format!("schema `{name}` is not compared"))),
        );
        let unread = uncompared(&sides.expected, &sides.live).into_iter();
        gaps.extend(
            unread.map(|what| gap(GapKind::NotCompared, format!("{what}: not compared in this version"))),
        );
        let unasked = sides.state.unasked.iter();
        gaps.extend(unasked.map(|what| {
            gap(GapKind::NotCompared, format!("sequence {what}: where it stands is not judged"))
        }));
        if let Some(table) = &sides.progress.table {
            for side in [&mut sides.expected, &mut sides.live] {
                side.tables.retain(|one| one.name != *table);
            }
            gaps.push(gap(GapKind::Declared, format!("table `{table}` is Alembic's own")));
        }
        if let Some(Ok(left)) = &sides.progress.left
            && !left.is_empty()
        {
            let (at, left_ids) = (sides.live.revisions.join(", "), left.join(", "));
            let reason =
                format!("{} pending on the live database, which is at {at}: {left_ids}", counted(left));
            gaps.push(gap(GapKind::NotCompared, reason));
        }
        if let Some(Err(cause)) = &sides.progress.left {
            let reason = format!("what is pending on the live database cannot be told: {}", cause.message);
            gaps.push(gap(GapKind::NotCompared, reason));
        }
        let may_be_pending = sides.progress.may_be_pending(&sides.live.revisions);
        let mut differences = compare(&sides.expected, &sides.live, &terms.options);
        let mut ignores = Vec::new();
        for (at, entry) in terms.ignore.iter().enumerate() {
            let before = differences.len();
            let glob = Globs::new([&entry.object]);
            differences.retain(|one| glob.of(&one.on).or(glob.of(&one.about)).is_none());
            let count = before - differences.len();
            let reason = format!("`{}` may differ ({count} do): {}", *entry.object, *entry.reason);
            gaps.push(gap(GapKind::Declared, reason));
            let place = terms.places.get(at).cloned().flatten();
            ignores.push(Ignored { object: entry.object.to_string(), is_used: count > 0, place });
        }
        if let Some(why) = &may_be_pending {
            let told =
                differences.iter().map(|one| format!("{}: it may be a pending migration", one.message));
            gaps.extend(told.map(|reason| gap(GapKind::NotCompared, reason)));
            if differences.is_empty() {
                gaps.push(gap(GapKind::NotCompared, why.clone()));
            }
        }
        Self { sides, differences, ignores, declared: terms.declared.clone(), may_be_pending, gaps }
    }

    pub(super) fn on(&self) -> Object {
        Object::endpoint(format!("{} against {}", self.sides.names[1], self.sides.names[0]))
    }

    /// The number of things of one sort on the side that has more of them.
    pub(super) fn most(&self, count: impl Fn(&Schema) -> usize) -> usize {
        count(&self.sides.expected).max(count(&self.sides.live))
    }

    pub(super) fn is_between_systems(&self) -> bool {
        self.sides.expected.system != self.sides.live.system
    }

    pub(super) fn is_postgres(&self) -> bool {
        self.sides.live.system == System::Postgres
    }

    pub(super) fn declared(&self) -> Option<Place> {
        self.declared.clone()
    }

    /// One check over both schemas, with a finding for each difference of that kind.
    pub(super) fn tell(&self, kind: Kind, looked: Option<Looked>, help: &str, out: &mut Sink<'_>) {
        let mut found = self.differences.iter().filter(|one| one.kind == kind).peekable();
        if let Some(why) = self.may_be_pending.as_ref().filter(|_| found.peek().is_some()) {
            let cause = Cause::new(format!("what differs may be pending migrations: {why}"));
            out.unknown(
                self.on(),
                cause.hint(
                    "upgrade first, or hold it to `chain`, or to a snapshot that was saved at that revision",
                ),
            );
            return;
        }
        let mut check = out.check(self.on(), looked);
        for one in found {
            check.find(&one.about, &one.message).at(self.declared()).diff(one.diff.clone()).help(help);
        }
    }
}

/// Leaves in a schema what is wanted of it, and answers the namespaces that were left out.
fn narrow(schema: &mut Schema, wanted: &Globs<'_>) -> Vec<String> {
    let keeps = |namespace: &str| {
        namespace != OWN && (namespace.is_empty() || wanted.is_empty() || wanted.of(namespace).is_some())
    };
    let left = schema.namespaces.iter().map(|one| one.name.clone()).filter(|name| !keeps(name)).collect();
    schema.namespaces.retain(|one| keeps(&one.name));
    schema.tables.retain(|one| keeps(&one.namespace));
    schema.types.retain(|one| keeps(&one.namespace));
    schema.sequences.retain(|one| keeps(&one.namespace));
    schema.functions.retain(|one| keeps(&one.namespace));
    schema.others.retain(|one| keeps(&one.namespace));
    left
}
