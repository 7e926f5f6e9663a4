//! Two sides compared as wholes, held against the same two sides asked cell by cell.
use std::collections::{BTreeMap, BTreeSet};

use trueup::access::{
    Answer, Answerer, Asked, Compared, Formulas, Ids, Names, Renames, Side, compare, refusal, validate,
};
use trueup::model::access::{AccessModel, ObjectId, Subject, Tuple, TupleFile};
use trueup::model::parity::DifferingPermission;
use trueup::parse::access::model as read_model;

use crate::models::MODELS;
use crate::random::{Random, contexts, model, tuples};

/// What one side says of a cell: no, unknown, yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    No,
    Unknown,
    Yes,
}

/// Subject, relation and object in words.
type Cell = (String, String, String);

/// How the source's users are called in the target, and its documents.
#[derive(Clone, Copy)]
struct Naming {
    is_new: bool,
    /// Two users become one.
    merges: bool,
}

impl Naming {
    fn id(self, kind: &str, id: &str) -> String {
        match (kind, id) {
            ("user", "n1") if self.merges => "new-n0".to_owned(),
            ("user", id) if self.is_new && id != "*" => format!("new-{id}"),
            _ => id.to_owned(),
        }
    }

    fn kind(self, kind: &str) -> String {
        if self.is_new && kind == "doc" { "paper".to_owned() } else { kind.to_owned() }
    }

    fn object(self, object: &ObjectId) -> ObjectId {
        ObjectId { kind: self.kind(&object.kind), id: self.id(&object.kind, &object.id) }
    }

    fn tuple(self, tuple: &Tuple) -> Tuple {
        Tuple {
            subject: Subject { object: self.object(&tuple.subject.object), ..tuple.subject.clone() },
            object: self.object(&tuple.object),
            ..tuple.clone()
        }
    }

    fn model(self, text: &str) -> String {
        if !self.is_new {
            return text.to_owned();
        }
        let lines = text.lines().map(|line| match line.strip_prefix("type doc") {
            Some(rest) => format!("type paper{rest}"),
            None => line.replace("[doc", "[paper").replace(", doc", ", paper"),
        });
        lines.map(|line| line + "\n").collect()
    }

    fn renames(self, source: &TupleFile) -> Renames {
        let mut renames = Renames::default();
        if self.is_new {
            renames.types.insert("doc".into(), "paper".into());
            let users = objects(source).into_iter().filter(|one| one.kind == "user");
            let by_id = users.map(|one| (one.id.clone(), self.id("user", &one.id)));
            renames.ids.insert("user".into(), Ids { by_id: by_id.collect(), keeps_others: false });
            renames.merges.insert("user".into());
        }
        renames
    }
}

fn objects(file: &TupleFile) -> BTreeSet<ObjectId> {
    let all = file.tuples.iter().flat_map(|tuple| [&tuple.subject.object, &tuple.object]);
    all.filter(|object| object.id != "*").cloned().collect()
}

/// Every cell of a side, asked one by one.
fn cells(
    (model, file): (&AccessModel, &TupleFile),
    asked: &Asked,
    (subjects, objects): (&BTreeSet<ObjectId>, &BTreeSet<ObjectId>),
    naming: Naming,
) -> BTreeMap<Cell, Said> {
    let mut answerer = Answerer::new(model, [file], asked.clone());
    let mut all = BTreeMap::new();
    for object in objects {
        let Some(kind) = model.object_type(&object.kind) else { continue };
        for relation in &kind.relations {
            for subject in subjects.iter().filter(|one| model.object_type(&one.kind).is_some()) {
                let asked = Subject { object: subject.clone(), relation: None };
                let said = match answerer.check(&asked, &relation.name, object).unwrap() {
                    Answer::Yes => Said::Yes,
                    Answer::No => Said::No,
                    Answer::Unknown(_) | Answer::When(_) => Said::Unknown,
                };
                let cell = (
                    naming.object(subject).to_string(),
                    relation.name.clone(),
                    naming.object(object).to_string(),
                );
                // Of several that become one, each is enough.
                let before = all.entry(cell).or_insert(said);
                *before = said.max(*before);
            }
        }
    }
    all
}

/// The target as it was copied, but for some tuples that are gone and some that are new.
fn copied(random: &mut Random, naming: Naming, model: &AccessModel, file: &TupleFile) -> TupleFile {
    let mut new = TupleFile::default();
    for tuple in &file.tuples {
        if !random.chance(8) {
            new.tuples.push(naming.tuple(tuple));
        }
    }
    let others = tuples(random, model, 6, 0);
    new.tuples.extend(others.tuples.into_iter().filter(|tuple| refusal(model, tuple).is_none()));
    let mut seen = BTreeSet::new();
    new.tuples
        .retain(|tuple| seen.insert((tuple.subject.clone(), tuple.relation.clone(), tuple.object.clone())));
    new
}

fn held(random: &mut Random, text: &str, naming: Naming) -> usize {
    let source_model = read_model("a.fga", text);
    if !source_model.problems.is_empty() || !validate(&source_model).is_empty() {
        return 0;
    }
    let target_model = read_model("b.fga", &naming.model(text));
    assert!(validate(&target_model).is_empty(), "{:?}", validate(&target_model));
    let before = tuples(random, &source_model, 40, 5);
    let after = copied(random, naming, &target_model, &before);
    let mut found = 0;
    for context in contexts(random, &source_model) {
        let asked = Asked::Under(context);
        let keep = Naming { is_new: false, merges: false };
        let (mut old, mut new) = (objects(&before), objects(&after));
        // Who is named on one side alone is asked of on the other too.
        new.extend(old.iter().map(|one| naming.object(one)));
        if !naming.is_new {
            old.extend(new.iter().cloned());
        }
        let with = |all: &BTreeSet<ObjectId>, model: &AccessModel| {
            let anyone = model.types.iter().map(|kind| ObjectId { kind: kind.name.clone(), id: "*".into() });
            all.iter().cloned().chain(anyone).collect::<BTreeSet<_>>()
        };
        let was = cells((&source_model, &before), &asked, (&with(&old, &source_model), &old), naming);
        let is = cells((&target_model, &after), &asked, (&with(&new, &target_model), &new), keep);
        let mut expected = BTreeSet::new();
        for cell in was.keys().chain(is.keys()) {
            // Who is nowhere in the source has what anyone of the kind has there.
            let anyone = || {
                let kind = cell.0.split_once(':').unwrap().0;
                was.get(&(format!("{kind}:*"), cell.1.clone(), cell.2.clone())).copied().unwrap_or(Said::No)
            };
            let one = was.get(cell).copied().unwrap_or_else(anyone);
            let other = is.get(cell).copied().unwrap_or(Said::No);
            let way = match (one, other) {
                (Said::Unknown, _) | (_, Said::Unknown) => "undecided",
                (Said::Yes, Said::No) => "lost",
                (Said::No, Said::Yes) => "gained",
                _ => continue,
            };
            expected.insert((way, cell.clone()));
        }
        let told = told((&source_model, &before), (&target_model, &after), &asked, naming);
        // What may be the same is not told apart for those who are named nowhere near: anyone speaks for them.
        let missing: Vec<_> = expected.difference(&told).filter(|one| !spoken_for(one, &told)).collect();
        let extra: Vec<_> = told.difference(&expected).collect();
        assert!(missing.is_empty() && extra.is_empty(), "{text}\nmissing {missing:?}\nextra {extra:?}");
        found += told.len();
    }
    found
}

/// Whether anyone of the subject's kind is told of the same: who is named nowhere near is one of them.
fn spoken_for((way, (subject, relation, object)): &(&str, Cell), told: &BTreeSet<(&str, Cell)>) -> bool {
    let kind = subject.split_once(':').unwrap().0;
    told.contains(&(*way, (format!("{kind}:*"), relation.clone(), object.clone())))
}

fn told(
    source: (&AccessModel, &TupleFile),
    target: (&AccessModel, &TupleFile),
    asked: &Asked,
    naming: Naming,
) -> BTreeSet<(&'static str, Cell)> {
    let (mut names, mut formulas) = (Names::default(), Formulas::default());
    let left = Side::new(source.0, [source.1], asked.clone(), (&mut names, &mut formulas));
    let right = Side::new(target.0, [target.1], asked.clone(), (&mut names, &mut formulas));
    let compared = Compared {
        name: "parity",
        source: (source.0, &left),
        target: (target.0, &right),
        renames: &naming.renames(source.1),
        is_spelt: true,
        subjects: &[],
        is_asked: &|_| true,
    };
    let mut told = BTreeSet::new();
    let mut each = |one: DifferingPermission| {
        let cell = (one.subject, one.relation, one.object);
        assert!(told.insert((one.way, cell)), "told twice");
    };
    let parity = compare(&compared, (&mut names, &mut formulas), &mut each).unwrap();
    assert!(parity.unmapped.is_empty(), "{:?}", parity.unmapped);
    for (way, groups) in
        [("lost", &parity.lost), ("gained", &parity.gained), ("undecided", &parity.undecided)]
    {
        let count: u64 = groups.iter().map(|group| group.count).sum();
        let of_way = told.iter().filter(|(found, _)| *found == way).count();
        assert_eq!(usize::try_from(count).unwrap(), of_way, "every {way} permission has its cause");
    }
    told
}

#[test]
fn the_whole_says_what_its_cells_say() {
    let mut random = Random(0x7261_6e64);
    let mut found = 0;
    for round in 0..60 {
        let text = match MODELS.get(round) {
            Some((_, text)) => format!("model\n  schema 1.1\n{text}\n"),
            None => model(&mut random),
        };
        let naming = Naming { is_new: round % 3 > 0, merges: round % 3 > 1 };
        found += held(&mut random, &text, naming);
    }
    // Enough differed that agreement means something.
    assert!(found > 500, "{found}");
}
