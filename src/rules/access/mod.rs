//! Store files: whether a model and its tuples decide what their tests expect.
mod facts;
mod parity;
mod realm;

pub use facts::{AccessFiles, StoreFacts, StoreTestFacts};
pub use parity::{EVERY_RULES, EveryFacts, PARITY_RULES, ParityFacts, STALE_RULES, StaleFacts};
pub use realm::{REALM_RULES, RealmFacts, RealmFinding};

use std::collections::BTreeSet;

use super::{Rule, Sink, rules};
use crate::access::{Answer, Answerer, Asked, refusal, validate};
use crate::model::access::{
    AccessModel, AccessProblem, Assertion, ObjectId, Question, Subject, Tuple, TupleFile,
};
use crate::model::{Cause, Look, Looked, Object, Place};

/// The rules over store files.
pub const RULES: &[Rule<StoreFacts>] = rules!["access": assertion, broken_file];

fn broken_file(facts: &StoreFacts, out: &mut Sink<'_>) {
    let mut check = out.check(facts.object(), Looked::at(1 + facts.tests.len(), "part"));
    let model = facts.model.got();
    let mut problems: Vec<AccessProblem> = facts.problems.clone();
    problems.extend(model.into_iter().flat_map(|model| model.problems.iter().cloned()));
    problems.extend(model.into_iter().flat_map(validate));
    let tests = facts.tests.iter().flat_map(|test| &test.files);
    let files: Vec<&TupleFile> = facts.shared.iter().chain(tests).filter_map(Look::got).collect();
    problems.extend(files.iter().flat_map(|file| file.problems.iter().cloned()));
    for problem in problems {
        let found = check.find(&problem.message, &problem.message).at(problem.place);
        found.help("mend it: what is not read is not tested");
    }
    let Some(model) = model else { return };
    for file in files {
        for tuple in &file.tuples {
            let Some(refusal) = refusal(model, tuple) else { continue };
            let place = Place::new(&file.path, tuple.span);
            let message = format!("the model does not accept `{tuple}`: {refusal}");
            check
                .find(tuple.to_string(), message)
                .at(place)
                .help("a server refuses to write it: mend the tuple or the model");
        }
    }
}

fn assertion(facts: &StoreFacts, out: &mut Sink<'_>) {
    let Some(model) = out.look(facts.object(), &facts.model) else { return };
    if let Some(problem) = model.problems.iter().chain(&validate(model)).chain(&facts.problems).next() {
        let cause = Cause::new(format!("{} is broken: {}", problem.place.path, problem.message));
        out.unknown(facts.object(), cause);
        return;
    }
    for test in &facts.tests {
        let mut read = |files: &[Look<TupleFile>]| -> Vec<TupleFile> {
            files.iter().filter_map(|file| out.look(facts.object(), file)).cloned().collect()
        };
        let (shared, own) = (read(&facts.shared), read(&test.files));
        if shared.len() + own.len() == facts.shared.len() + test.files.len() {
            judge(facts, test, model, (&shared, &own), out);
        }
    }
}

/// Tries the assertions of one test.
fn judge(
    facts: &StoreFacts,
    test: &StoreTestFacts,
    model: &AccessModel,
    (shared, own): (&[TupleFile], &[TupleFile]),
    out: &mut Sink<'_>,
) {
    let left = left(shared, own);
    let mut wrong = Vec::new();
    let mut unknown = Vec::new();
    let mut told = None;
    for assertion in &test.assertions {
        // Assertions of one context stand together, and what was computed for one serves the next.
        let shared = match (&left, &assertion.question) {
            (Some(left), Question::Check { .. }) => left.as_slice(),
            _ => shared,
        };
        let answerer = match &mut told {
            Some((context, of, answerer)) if *context == &assertion.context && *of == shared.as_ptr() => {
                answerer
            }
            _ => {
                let asked = Asked::Under(assertion.context.clone());
                let answerer = Answerer::new(model, shared.iter().chain(own), asked);
                &mut told.insert((&assertion.context, shared.as_ptr(), answerer)).2
            }
        };
        match held(assertion, answerer) {
            Held::Yes => {}
            Held::No(message) => wrong.push((assertion, message)),
            Held::Unknown(cause) => unknown.push((assertion, cause)),
        }
    }
    for (assertion, cause) in &unknown {
        let line = assertion.place.span.start.line;
        out.unknown(facts.object(), Cause::new(format!("line {line}, test `{}`: {cause}", test.name)));
    }
    let mut check = out.check(facts.object(), Looked::at(test.assertions.len() - unknown.len(), "assertion"));
    for (assertion, message) in wrong {
        let about = format!("{}: {message}", test.name);
        let found = check.find(about, format!("test `{}`: {message}", test.name)).at(assertion.place.clone());
        found.help("`trueup access why` shows the way that grants; mend the model, the tuples or the test");
    }
}

/// The shared tuples in whose place none of the test's own stands; nothing where all are left. A server that is asked a single
/// question takes the request's tuple for the stored one of the same subject, relation and object; for a list it takes both.
fn left(shared: &[TupleFile], own: &[TupleFile]) -> Option<Vec<TupleFile>> {
    let key = |tuple: &Tuple| format!("{} {} {}", tuple.subject, tuple.relation, tuple.object);
    let own: BTreeSet<String> = own.iter().flat_map(|file| &file.tuples).map(key).collect();
    let is_replaced = |tuple: &Tuple| !own.is_empty() && own.contains(&key(tuple));
    if !shared.iter().flat_map(|file| &file.tuples).any(is_replaced) {
        return None;
    }
    let mut left = shared.to_vec();
    for file in &mut left {
        file.tuples.retain(|tuple| !is_replaced(tuple));
    }
    Some(left)
}

enum Held {
    Yes,
    No(String),
    Unknown(String),
}

fn held(assertion: &Assertion, answerer: &mut Answerer<'_>) -> Held {
    match tried(&assertion.question, answerer) {
        Ok(held) => held,
        Err(message) => Held::No(message),
    }
}

fn tried(question: &Question, answerer: &mut Answerer<'_>) -> Result<Held, String> {
    match question {
        Question::Check { subject, relation, object, expected } => {
            let answer = answerer.check(&subject_of(subject)?, relation, &object_of(object)?)?;
            let asked = format!("{subject} {relation} {object}");
            Ok(match (answer, expected) {
                (Answer::Yes, true) | (Answer::No, false) => Held::Yes,
                (Answer::Yes, false) => Held::No(format!("{asked} is yes, expected no")),
                (Answer::No, true) => Held::No(format!("{asked} is no, expected yes")),
                (Answer::Unknown(cause), _) => Held::Unknown(format!("{asked}: {cause}")),
                (Answer::When(when), _) => Held::Unknown(format!("{asked}: only when {when}")),
            })
        }
        Question::ListObjects { subject, relation, kind, expected } => {
            let found = answerer.objects(&subject_of(subject)?, relation, kind)?;
            Ok(lists(&format!("objects of {subject} {relation} {kind}"), found, expected))
        }
        Question::ListUsers { object, relation, filters, expected } => {
            let mut found = Vec::new();
            for (kind, userset) in filters {
                let object = object_of(object)?;
                let all = answerer.subjects((kind, userset.as_deref()), relation, &object)?;
                // The format lists who has it, and cannot say who is taken away from `type:*`.
                found.extend(all.into_iter().filter(|(_, answer)| *answer != Answer::No));
            }
            Ok(lists(&format!("users of {relation} {object}"), found, expected))
        }
    }
}

fn subject_of(text: &str) -> Result<Subject, String> {
    Subject::read(text).ok_or_else(|| format!("`{text}` is no subject"))
}

fn object_of(text: &str) -> Result<ObjectId, String> {
    ObjectId::read(text).ok_or_else(|| format!("`{text}` is no object"))
}

/// Two lists, whatever their order.
fn lists(asked: &str, found: Vec<(String, Answer)>, expected: &[String]) -> Held {
    if let Some((name, answer)) = found.iter().find(|(_, answer)| *answer != Answer::Yes) {
        let cause = if let Answer::Unknown(cause) = answer { cause } else { "it hangs on a condition" };
        return Held::Unknown(format!("{asked}: {name}: {cause}"));
    }
    let found: Vec<String> = found.into_iter().map(|(name, _)| name).collect();
    let lacking: Vec<&str> = expected.iter().filter(|one| !found.contains(one)).map(String::as_str).collect();
    let extra: Vec<&str> = found.iter().filter(|one| !expected.contains(one)).map(String::as_str).collect();
    let part = |word: &str, all: &[&str]| {
        if all.is_empty() { None } else { Some(format!("{word} {}", all.join(", "))) }
    };
    let parts: Vec<String> =
        [part("lack", &lacking), part("also hold", &extra)].into_iter().flatten().collect();
    if parts.is_empty() { Held::Yes } else { Held::No(format!("{asked} {}", parts.join(" and "))) }
}

impl StoreFacts {
    fn object(&self) -> Object {
        Object::file(&self.path)
    }
}
