//! What Docker Compose's library makes of a project, we make of it: `tests/services start` builds the reader.
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use trueup::model::compose::Compose;

use crate::case::{Case, all};
use crate::random::{SEED, random};
use crate::told::{differences, ours, theirs};

/// The reader's answers, one a case.
fn ask(requests: &[Value]) -> Vec<Value> {
    let reader =
        std::env::var("TRUEUP_TEST_COMPOSE_READER").expect("the reader that `tests/services start` builds");
    let mut child =
        Command::new(reader).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the reader starts");
    let mut input = child.stdin.take().unwrap();
    input.write_all(json!(requests).to_string().as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the reader failed");
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answers.len(), requests.len());
    answers
}

/// Why the two disagree, if they do.
fn disagreement(case: &Case, project: &Compose, answer: &Value) -> Option<String> {
    let problems: Vec<_> = project
        .problems
        .iter()
        .map(|p| format!("{:?} {:?}: {}", p.kind, p.place.span, p.cause.message))
        .collect();
    if let Some(error) = answer.get("error") {
        // the schema's `uniqueItems` is not judged
        let is_equal = error.as_str().is_some_and(|error| error.contains(" are equal"));
        if is_equal && problems.is_empty() {
            return None;
        }
        let is_unseen = case.unseen.is_some();
        return match (problems.is_empty(), is_unseen) {
            (true, false) => Some(format!("refused by the reader alone: {error}")),
            (false, true) => Some("said to be unseen, but it is seen".to_owned()),
            _ => None,
        };
    }
    if !problems.is_empty() {
        return Some(format!("refused by us alone: {problems:#?}"));
    }
    if case.unseen.is_some() {
        return Some("said to be refused by the reader, but it is not".to_owned());
    }
    let said = differences(&ours(project), &theirs(answer, project, case));
    (!said.is_empty()).then(|| said.join("\n"))
}

fn compare(cases: &[Case]) {
    let answers = ask(&cases.iter().map(|case| case.request(true)).collect::<Vec<_>>());
    let mut said = Vec::new();
    let mut refused = 0;
    for (case, answer) in cases.iter().zip(&answers) {
        refused += usize::from(answer.get("error").is_some());
        if let Some(why) = disagreement(case, &case.read(), answer) {
            said.push(format!("{}{why}\n", case.shown()));
        }
    }
    println!("{} cases, {refused} of them refused by the reader", cases.len());
    let shown: Vec<_> = said.iter().take(12).map(String::as_str).collect();
    assert!(said.is_empty(), "{} of {} differ\n{}", said.len(), cases.len(), shown.join("\n"));
}

#[test]
fn cases() {
    let cases = all();
    assert!(cases.len() >= 60, "{}", cases.len());
    compare(&cases);
}

/// What a text file of cases can't hold.
#[test]
fn byte_order_mark_and_carriage_returns() {
    let text = "services:\r\n  a:\r\n    image: x\r\n    environment:\r\n      A: |\r\n        one\r\n        two\r\n      B: \"c\r\n        d\"\r\n";
    compare(&[
        Case::one(&format!("\u{feff}{text}")),
        Case::one(text),
        Case::one(&text.replace("\r\n", "\r")),
    ]);
}

#[test]
fn random_projects() {
    println!("seed {SEED}");
    compare(&(0..600).map(random).collect::<Vec<_>>());
}

/// Without filling in, the reader shows the values as they are written.
#[test]
fn written_values() {
    let cases: Vec<Case> = all().into_iter().chain((0..200).map(random)).collect();
    let answers = ask(&cases.iter().map(|case| case.request(false)).collect::<Vec<_>>());
    let mut compared = 0;
    for (case, answer) in cases.iter().zip(&answers) {
        let project = case.read();
        if answer.get("error").is_some() || !project.problems.is_empty() {
            continue;
        }
        let theirs = theirs(answer, &project, case);
        for service in &project.services {
            for variable in &service.environment {
                let Some(value) = &variable.value else { continue };
                let Some(text) = theirs[&service.name]["environment"][&variable.key].as_str() else {
                    continue;
                };
                if value.written.reveal().contains('$') {
                    compared += 1;
                    assert_eq!(value.written.reveal(), text, "{} of {}", variable.key, case.shown());
                }
            }
        }
    }
    assert!(compared > 50, "only {compared} values were compared");
}
