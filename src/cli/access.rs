//! `trueup access`
use std::fmt::Write as _;

use super::output::{Clock, OutputArgs, emit, print};
use super::stop::Stop;
use crate::access::{Answer, Answerer, Asked, Step, validate};
use crate::jobs::access::test;
use crate::model::access::{AccessModel, Context, ObjectId, Subject, TupleFile};
use crate::model::{Cause, Exit, Look};
use crate::rules::access::AccessFiles;
use crate::stores::checkout::Checkout;

/// The questions of `trueup access`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Whether a subject has a relation to an object
    Check(Question),
    /// The way by which a subject has a relation to an object
    Why(Question),
    /// Who has a relation to an object
    Who(Who),
    /// To which objects of a type a subject has a relation
    What(What),
    /// Try the assertions of store files
    Test(Test),
}

/// A model, tuples, and the context of the request.
#[derive(Debug, clap::Args)]
pub(super) struct Given {
    /// The model: the DSL, JSON, or an fga.mod
    #[arg(long, value_name = "FILE")]
    model: String,
    /// A file of tuples: JSON, YAML or CSV; may be given again
    #[arg(long, value_name = "FILE", required = true)]
    tuples: Vec<String>,
    /// What the request says, as JSON, for tuples with conditions; without it the answer says when
    #[arg(long, value_name = "JSON")]
    context: Option<String>,
}

/// `SUBJECT RELATION OBJECT`
#[derive(Debug, clap::Args)]
pub(super) struct Question {
    #[command(flatten)]
    given: Given,
    /// Such as user:anne, user:* or group:eng#member
    subject: String,
    /// Such as viewer
    relation: String,
    /// Such as doc:1
    object: String,
}

/// `RELATION OBJECT`
#[derive(Debug, clap::Args)]
pub(super) struct Who {
    #[command(flatten)]
    given: Given,
    /// Such as viewer
    relation: String,
    /// Such as doc:1
    object: String,
    /// The subjects' type, or type#relation
    #[arg(long = "type", value_name = "TYPE", default_value = "user")]
    kind: String,
}

/// `SUBJECT RELATION TYPE`
#[derive(Debug, clap::Args)]
pub(super) struct What {
    #[command(flatten)]
    given: Given,
    /// Such as user:anne
    subject: String,
    /// Such as viewer
    relation: String,
    /// The objects' type, such as doc
    #[arg(value_name = "TYPE")]
    kind: String,
}

/// `FILE...`
#[derive(Debug, clap::Args)]
pub(super) struct Test {
    /// A store file, such as store.fga.yaml; may be given again
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(command: Command) -> Result<Exit, Stop> {
    match command {
        Command::Check(question) => {
            let Question { given, subject, relation, object } = question;
            let told = given
                .ask(|answerer| answerer.check(&subject_of(&subject)?, &relation, &object_of(&object)?))?;
            say(&told)
        }
        Command::Why(question) => why(question),
        Command::Who(Who { given, relation, object, kind }) => {
            let (kind, userset) = kind.split_once('#').map_or((&*kind, None), |(kind, of)| (kind, Some(of)));
            let found =
                given.ask(|answerer| answerer.subjects((kind, userset), &relation, &object_of(&object)?))?;
            list(&found)
        }
        Command::What(What { given, subject, relation, kind }) => {
            let found = given.ask(|answerer| answerer.objects(&subject_of(&subject)?, &relation, &kind))?;
            list(&found)
        }
        Command::Test(Test { files, output }) => {
            let clock = Clock::start();
            let mut report = test(&files, &Checkout::default());
            clock.stamp(&mut report);
            emit(&report, &output)
        }
    }
}

fn why(Question { given, subject, relation, object }: Question) -> Result<Exit, Stop> {
    let (answer, lines) = given.ask(|answerer| {
        let (answer, steps) = answerer.why(&subject_of(&subject)?, &relation, &object_of(&object)?)?;
        let lines: Vec<String> = steps.iter().map(|step| line(step, answerer)).collect();
        Ok((answer, lines))
    })?;
    let (word, exit) = spelt(&answer);
    print(format!("{word}\n{}", lines.concat()).as_bytes(), exit)
}

/// A step, with the file and line of its tuple.
fn line(step: &Step, answerer: &Answerer<'_>) -> String {
    let indent = "  ".repeat(step.depth + 1);
    let tuple = step.tuple.and_then(|number| answerer.side().tuple(number));
    let place = tuple.map_or(String::new(), |(path, tuple)| {
        let start = tuple.span.start;
        format!("  ({path}:{}:{})", start.line, start.column)
    });
    format!("{indent}{}{place}\n", step.text)
}

fn subject_of(text: &str) -> Result<Subject, String> {
    Subject::read(text)
        .ok_or_else(|| format!("`{text}` is no subject: write type:id, type:* or type:id#relation"))
}

fn object_of(text: &str) -> Result<ObjectId, String> {
    ObjectId::read(text).ok_or_else(|| format!("`{text}` is no object: write type:id"))
}

/// An answer as it is printed, and the exit code that says the same.
fn spelt(answer: &Answer) -> (String, Exit) {
    match answer {
        Answer::Yes => ("yes".to_owned(), Exit::Held),
        Answer::No => ("no".to_owned(), Exit::Failed),
        Answer::When(when) => (format!("when {when}; --context decides"), Exit::CouldNotLook),
        Answer::Unknown(cause) => (format!("unknown: {cause}"), Exit::CouldNotLook),
    }
}

fn say(answer: &Answer) -> Result<Exit, Stop> {
    let (word, exit) = spelt(answer);
    print(format!("{word}\n").as_bytes(), exit)
}

/// Names, one a line; one that is not sure says why, and then the list is not whole.
fn list(found: &[(String, Answer)]) -> Result<Exit, Stop> {
    let mut exit = Exit::Held;
    let mut text = String::new();
    for (name, answer) in found {
        text.push_str(name);
        if *answer != Answer::Yes {
            let (word, unsure) = spelt(answer);
            // Who is taken away from all others is as sure as they are.
            if *answer != Answer::No {
                exit = unsure;
            }
            let _ = write!(text, "  {word}");
        }
        text.push('\n');
    }
    print(text.as_bytes(), exit)
}

impl Given {
    /// Reads what is given, and asks. What could not be read, and tuples that the model refuses, are said first.
    fn ask<T>(&self, ask: impl FnOnce(&mut Answerer<'_>) -> Result<T, String>) -> Result<T, Stop> {
        let Self { model, tuples, context } = self;
        let asked = match context {
            None => Asked::Always,
            Some(text) => Asked::Under(serde_json::from_str::<Context>(text).map_err(|_| {
                Stop::usage(
                    "--context is no object of JSON",
                    "write it as '{\"now\": \"2024-01-01T00:00:00Z\"}'",
                )
            })?),
        };
        let tree = Checkout::default();
        let files = AccessFiles { tree: &tree, base: "" };
        let model: AccessModel = got(files.model(model))?;
        let read: Vec<TupleFile> =
            tuples.iter().map(|file| got(files.tuples(file))).collect::<Result<_, _>>()?;
        let wrong = validate(&model);
        let problems = model.problems.iter().chain(&wrong).chain(read.iter().flat_map(|file| &file.problems));
        if let Some(problem) = problems.into_iter().next() {
            let (path, start) = (&problem.place.path, problem.place.span.start);
            let message = format!("{path}:{}:{}: {}", start.line, start.column, problem.message);
            return Err(Stop::CouldNotLook(
                Cause::new(message).hint("`trueup lint acl` says all that is wrong"),
            ));
        }
        let mut answerer = Answerer::new(&model, &read, asked);
        for (path, tuple, refusal) in answerer.side().refused() {
            let line = tuple.span.start.line;
            super::stop::note(&format!("{path}:{line}: `{tuple}` grants nothing: {refusal}"));
        }
        ask(&mut answerer).map_err(|message| Stop::usage(message, "ask for what the model defines"))
    }
}

fn got<T>(look: Look<T>) -> Result<T, Stop> {
    match look {
        Look::Got(found) => Ok(found),
        Look::NotAsked(reason) => Err(Stop::CouldNotLook(Cause::new(reason.0))),
        Look::Failed(cause) => Err(Stop::CouldNotLook(cause)),
    }
}
