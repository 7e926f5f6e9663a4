//! The application's own command, given rows of the target as lines of JSON, and asked for as many of its own.
use std::fs::File;
use std::io::{BufReader, BufWriter, Seek, Write};

use super::endpoint::Address;
use super::postgres::{PostgresWriter, Sink};
use super::process::{Said, ask_in, pipe};
use super::scratch::{Program, failed};
use super::staging::stage_lines;
use crate::model::Cause;

/// What a command answered, kept in a file without a name, which is gone when this is.
pub struct Answer {
    lines: BufReader<File>,
    /// How many rows it was given.
    pub given: u64,
}

fn aside(error: &std::io::Error) -> Cause {
    Cause::new(format!("rows cannot be kept aside: {error}"))
        .hint("is there room in the folder for temporary files?")
}

/// Gives a command the rows of a query, and waits for its end.
///
/// # Errors
/// When the query cannot be asked, or the command ends with another code than 0, or not in time. Its last words are told without
/// the secrets that it was given.
pub async fn call(
    writer: &mut PostgresWriter,
    sql: &str,
    program: &Program,
    target: Option<&Address>,
) -> Result<Answer, Cause> {
    let mut input = tempfile::tempfile().map_err(|error| aside(&error))?;
    let output = tempfile::tempfile().map_err(|error| aside(&error))?;
    let given = {
        let mut out = BufWriter::new(&mut input);
        let given = writer.lines(sql, &mut out).await?;
        out.flush().map_err(|error| aside(&error))?;
        given
    };
    input.rewind().map_err(|error| aside(&error))?;
    let mut answer = output.try_clone().map_err(|error| aside(&error))?;
    run(program, target, Some([input, output])).await?;
    answer.rewind().map_err(|error| aside(&error))?;
    Ok(Answer { lines: BufReader::new(answer), given })
}

impl Answer {
    /// Sends what was answered into a stage, and answers how many lines it was.
    ///
    /// # Errors
    /// At the first line that is no row of these columns.
    pub async fn send(mut self, columns: &[String], sink: &mut Sink<'_>) -> Result<u64, Cause> {
        stage_lines(&mut self.lines, columns, sink).await
    }
}

/// Runs a program on a target, and waits for its end.
///
/// # Errors
/// When it could not be run, took too long, or ended with another code than 0.
pub async fn provision(program: &Program, target: &Address) -> Result<(), Cause> {
    run(program, Some(target), None).await.map(|_| ())
}

async fn run(program: &Program, target: Option<&Address>, files: Option<[File; 2]>) -> Result<Said, Cause> {
    let (url, own) = match target {
        Some(Address::Postgres(url)) => {
            (Some(url.spelled(program.scheme.as_deref().unwrap_or("postgresql"))), url.variables())
        }
        Some(Address::Sqlite(_)) | None => (None, Vec::new()),
    };
    let (around, masks) = program.surroundings(url, own);
    let (command, patience) = (program.run.clone(), program.patience);
    let asked = tokio::task::spawn_blocking(move || match files {
        Some(files) => pipe(&around, &command, files, patience),
        None => ask_in(&around, &command, patience),
    });
    let mut said = asked.await.map_err(|_| Cause::new("the program could not be waited for"))??;
    said.stdout = masks.mask(&said.stdout);
    said.stderr = masks.mask(&said.stderr);
    if said.code == 0 { Ok(said) } else { Err(failed(program, &[], &said)) }
}
