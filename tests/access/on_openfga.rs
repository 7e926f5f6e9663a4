//! What a real server says of the same models and tuples.
mod live;

use trueup::access::{Answer, Answerer, Asked, unsatisfiable, validate};
use trueup::model::access::{AccessModel, Context, ObjectId, Subject, TupleFile};
use trueup::parse::access::model as read;

use super::models::MODELS;
use super::random::{Random, contexts, model, tuples};
use super::server::Store;

/// How many models are tried, and how many tuples each has.
const GENERATED: usize = 32;
const TUPLES: usize = 2_000;
/// Longer ways than this, and the server may refuse to answer: it stops at 25.
const DEEP: u32 = 20;

/// What was compared.
#[derive(Debug, Default)]
struct Tally {
    models: usize,
    refused: usize,
    tuples: usize,
    checks: usize,
    objects: usize,
    users: usize,
    /// Answers of ours that are unknown, and how many of them the server gave.
    unknown: usize,
    unknown_told: usize,
    /// Refusals of the server where we have an answer: ways that are too long for it, and parameters that are missing
    /// though the answer does not hang on them.
    too_deep: usize,
    missing: usize,
    /// Lists of the server that its own checks contradict.
    contradicted: usize,
}

#[test]
fn the_evaluator_agrees_with_the_server() {
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for (name, text) in MODELS {
        let model = read("model.fga", &format!("model\n  schema 1.1\n{text}"));
        assert!(model.problems.is_empty(), "{name}: {:?}", model.problems);
        assert!(validate(&model).is_empty(), "{name}: {:?}", validate(&model));
        let store = Store::open(name, &model).unwrap_or_else(|error| panic!("{name}: {error}"));
        compare(name, &store, &model, &mut random, &mut tally, &mut wrong);
    }
    let mut generated = 0;
    for seed in 0..GENERATED * 6 {
        if generated == GENERATED {
            break;
        }
        let text = model(&mut random);
        let model = read("model.fga", &text);
        assert!(model.problems.is_empty(), "{text}: {:?}", model.problems);
        let is_ours = validate(&model).is_empty() && unsatisfiable(&model).is_empty();
        match Store::open(&format!("{seed}"), &model) {
            Ok(store) => {
                generated += 1;
                assert!(is_ours, "the server takes a model that we refuse:\n{text}\n{:?}", validate(&model));
                compare(&text, &store, &model, &mut random, &mut tally, &mut wrong);
            }
            Err(_) => tally.refused += 1,
        }
    }
    eprintln!("{tally:?}");
    assert!(wrong.is_empty(), "{} differ, such as\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
    assert!(tally.models >= 40, "{tally:?}");
}

fn compare(
    name: &str,
    store: &Store,
    model: &AccessModel,
    random: &mut Random,
    tally: &mut Tally,
    wrong: &mut Vec<String>,
) {
    let before = wrong.len();
    let rings = [0, 0, 3, 30][random.below(4)];
    let file = tuples(random, model, TUPLES, rings);
    store.write(&file.tuples);
    tally.models += 1;
    tally.tuples += file.tuples.len();
    for context in contexts(random, model) {
        let mut answerer = Answerer::new(model, [&file], Asked::Under(context.clone()));
        assert_eq!((answerer.side().refused().count(), file.problems.len()), (0, 0));
        let one = Compared { name, store, model, file: &file, context: &context };
        one.checks(&mut answerer, random, tally, wrong);
        one.objects(&mut answerer, random, tally, wrong);
        one.users(&mut answerer, random, tally, wrong);
    }
    if std::env::var_os("ACCESS_TELL").is_some() {
        let first = wrong.get(before).map_or("", String::as_str);
        eprintln!("rings {rings} wrong {} {tally:?}\n{first}\n", wrong.len() - before);
    }
}

struct Compared<'c> {
    name: &'c str,
    store: &'c Store,
    model: &'c AccessModel,
    file: &'c TupleFile,
    context: &'c Context,
}

impl Compared<'_> {
    fn relations(&self) -> Vec<(&str, &str)> {
        let all = self.model.types.iter();
        all.flat_map(|kind| kind.relations.iter().map(|one| (kind.name.as_str(), one.name.as_str())))
            .collect()
    }

    fn object(&self, kind: &str, random: &mut Random) -> ObjectId {
        let all: Vec<&ObjectId> =
            self.file.tuples.iter().map(|tuple| &tuple.object).filter(|one| one.kind == kind).collect();
        if all.is_empty() || random.chance(2) {
            ObjectId { kind: kind.to_owned(), id: "nowhere".to_owned() }
        } else {
            all[random.below(all.len())].clone()
        }
    }

    fn subject(&self, random: &mut Random) -> Subject {
        let tuple = &self.file.tuples[random.below(self.file.tuples.len())];
        let mut subject = tuple.subject.clone();
        if subject.relation.is_none() && random.chance(5) {
            subject.object.id = "stranger".to_owned();
        }
        subject
    }

    /// One answer of the server beside ours.
    fn judge(
        &self,
        asked: &str,
        ours: &Answer,
        theirs: &Result<bool, String>,
        depth: u32,
        tally: &mut Tally,
        wrong: &mut Vec<String>,
    ) {
        match (ours, theirs) {
            (Answer::Unknown(_), theirs) => {
                tally.unknown += 1;
                tally.unknown_told += usize::from(theirs.is_ok());
            }
            (Answer::Yes, Ok(true)) | (Answer::No, Ok(false)) => {}
            (Answer::Yes | Answer::No, Err(_)) if depth >= DEEP => tally.too_deep += 1,
            (Answer::Yes | Answer::No, Err(error)) if self.is_missing(error) => tally.missing += 1,
            (ours, theirs) => {
                wrong.push(format!(
                    "{}\n{asked} {:?}: ours {ours:?}, theirs {theirs:?}",
                    self.name, self.context
                ));
            }
        }
    }

    /// The server refuses where any condition on its way lacks a parameter.
    fn is_missing(&self, error: &str) -> bool {
        self.context.is_empty() && error.contains("missing context parameters")
    }

    /// Whether the server's own checks say what ours say of everything in which two lists differ. A subject that a
    /// wildcard lets in may be listed beside it or not.
    fn is_settled(
        &self,
        ours: &[String],
        theirs: &[String],
        answerer: &mut Answerer<'_>,
        ask: impl Fn(&str) -> [String; 3],
    ) -> bool {
        let differ = ours.iter().filter(|one| !theirs.contains(one));
        let differ = differ.chain(theirs.iter().filter(|one| !ours.contains(one)));
        let asked: Vec<[String; 3]> = differ.map(|name| ask(name)).collect();
        let told = self.store.checks(&asked, self.context);
        asked.iter().zip(told).all(|([subject, relation, object], told)| {
            let (subject, object) = (Subject::read(subject).unwrap(), ObjectId::read(object).unwrap());
            match answerer.check(&subject, relation, &object).unwrap() {
                Answer::Yes => told == Ok(true),
                Answer::No => told == Ok(false),
                _ => false,
            }
        })
    }

    fn checks(
        &self,
        answerer: &mut Answerer<'_>,
        random: &mut Random,
        tally: &mut Tally,
        wrong: &mut Vec<String>,
    ) {
        let relations = self.relations();
        let mut asked = Vec::new();
        let mut ours = Vec::new();
        for _ in 0..1_500 {
            let (kind, relation) = relations[random.below(relations.len())];
            let (subject, object) = (self.subject(random), self.object(kind, random));
            ours.push((
                answerer.check(&subject, relation, &object).unwrap(),
                answerer.depth(relation, &object),
            ));
            asked.push([subject.to_string(), relation.to_owned(), object.to_string()]);
        }
        let theirs = self.store.checks(&asked, self.context);
        tally.checks += theirs.len();
        for ((asked, (ours, depth)), theirs) in asked.iter().zip(&ours).zip(&theirs) {
            self.judge(&asked.join(" "), ours, theirs, *depth, tally, wrong);
        }
    }

    fn objects(
        &self,
        answerer: &mut Answerer<'_>,
        random: &mut Random,
        tally: &mut Tally,
        wrong: &mut Vec<String>,
    ) {
        let relations = self.relations();
        for _ in 0..60 {
            let (kind, relation) = relations[random.below(relations.len())];
            let subject = self.subject(random);
            let ours = answerer.objects(&subject, relation, kind).unwrap();
            let is_unknown = ours.iter().any(|(_, answer)| *answer != Answer::Yes);
            let mut ours: Vec<String> = ours.into_iter().map(|(object, _)| object).collect();
            let named = subject.to_string();
            let theirs = self.store.objects([&named, relation, kind], self.context);
            tally.objects += 1;
            match theirs {
                _ if is_unknown => tally.unknown += 1,
                Err(_) if answerer.deepest(relation, kind) >= DEEP => tally.too_deep += 1,
                Err(error) if self.is_missing(&error) => tally.missing += 1,
                Err(error) => {
                    wrong.push(format!("{}\nobjects {named} {relation} {kind}: {error}", self.name));
                }
                Ok(mut theirs) => {
                    theirs.sort();
                    ours.sort();
                    let ask = |object: &str| [named.clone(), relation.to_owned(), object.to_owned()];
                    if ours != theirs && self.is_settled(&ours, &theirs, answerer, ask) {
                        tally.contradicted += 1;
                    } else if ours != theirs {
                        let asked = format!("objects {named} {relation} {kind} {:?}", self.context);
                        wrong.push(format!("{}\n{asked}: ours {ours:?}, theirs {theirs:?}", self.name));
                    }
                }
            }
        }
    }

    fn users(
        &self,
        answerer: &mut Answerer<'_>,
        random: &mut Random,
        tally: &mut Tally,
        wrong: &mut Vec<String>,
    ) {
        let relations = self.relations();
        for _ in 0..60 {
            let (kind, relation) = relations[random.below(relations.len())];
            let object = self.object(kind, random);
            let filter = if random.chance(80) {
                "user"
            } else {
                self.model.types[random.below(self.model.types.len())].name.as_str()
            };
            let mut ours = answerer.subjects((filter, None), relation, &object).unwrap();
            ours.retain(|(_, answer)| *answer != Answer::No);
            let is_unknown = ours.iter().any(|(_, answer)| *answer != Answer::Yes);
            let mut ours: Vec<String> = ours.into_iter().map(|(subject, _)| subject).collect();
            let theirs = self.store.users(&object.to_string(), relation, filter, self.context);
            tally.users += 1;
            match theirs {
                _ if is_unknown => tally.unknown += 1,
                Err(_) if answerer.depth(relation, &object) >= DEEP => tally.too_deep += 1,
                Err(error) if self.is_missing(&error) => tally.missing += 1,
                Err(error) => {
                    wrong.push(format!("{}\nusers {object} {relation} {filter}: {error}", self.name));
                }
                Ok(mut theirs) => {
                    theirs.sort();
                    ours.sort();
                    let ask = |user: &str| [user.to_owned(), relation.to_owned(), object.to_string()];
                    if ours != theirs && self.is_settled(&ours, &theirs, answerer, ask) {
                        tally.contradicted += 1;
                    } else if ours != theirs {
                        let asked = format!("users {object} {relation} {filter} {:?}", self.context);
                        wrong.push(format!("{}\n{asked}: ours {ours:?}, theirs {theirs:?}", self.name));
                    }
                }
            }
        }
    }
}
