//! Where reports go: stdout in one format, and files in any.
use std::io::{self, Write};
use std::str::FromStr;
use std::time::Instant;

use clap::ValueEnum;

use super::stop::Stop;
use crate::manifest::Keys;
use crate::model::{Cause, Exit, ObjectKind, Report, RuleId};
use crate::render::{Format, Options, RuleText, render};
use crate::rules;
use crate::stores::{files, sqlite};

/// The flags of every command that makes a report.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct OutputArgs {
    /// The format on stdout
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub(super) format: Format,
    /// Also write the report to a file; the format is the one named, else the ending's (.json .sarif .xml .md .html), else --format's
    #[arg(long, value_name = "[FORMAT=]FILE", help_heading = "Output")]
    pub(super) output: Vec<Target>,
    /// Treat warnings as failures
    #[arg(long, value_enum, value_name = "WHAT", help_heading = "Output")]
    pub(super) deny: Option<Deny>,
    /// When to use colour
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", help_heading = "Output")]
    pub(super) color: Colour,
}

impl OutputArgs {
    /// How keys are printed: as a flag or the manifest says; else as they are, but on no page. They are often personal data, and a page
    /// is handed on further than a terminal's text.
    pub(super) fn keys(&self, asked: Option<Keys>, declared: Option<Keys>) -> Keys {
        let known = if self.has_page() { Keys::Hidden } else { Keys::Plain };
        asked.or(declared).unwrap_or(known)
    }

    /// Refuses a page of a saved report whose keys are printed as they are, unless that is asked for.
    pub(super) fn refuse_plain(&self, report: &Report, asked: Option<PlainKeys>) -> Result<(), Stop> {
        let is_plain = report.run.facts.get(KEYS).is_some_and(|word| word == Keys::Plain.word());
        if !self.has_page() || !is_plain || asked.is_some() {
            return Ok(());
        }
        let hint =
            "make the report again with `--keys hidden`, or say `--keys plain` to have them on the page";
        Err(Stop::usage(
            "the report names rows by their keys, which are often personal data, and a page hides them",
            hint,
        ))
    }

    fn has_page(&self) -> bool {
        let formats = self.output.iter().filter_map(|target| target.format);
        formats.chain([self.format]).any(|format| format == Format::Html)
    }
}

/// The fact of a run that tells how keys are printed in its report.
pub(super) const KEYS: &str = "keys";

/// The one way in which keys can be had of a report that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PlainKeys {
    /// As they are.
    Plain,
}

/// What `--deny` turns into a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Deny {
    /// Warnings.
    Warn,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A file to write a report to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    format: Option<Format>,
    path: String,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = text
            .split_once('=')
            .and_then(|(format, path)| Some((Format::from_str(format, false).ok()?, path)));
        let (format, path) = match named {
            Some((format, path)) => (Some(format), path),
            None if text
                .split_once('=')
                .is_some_and(|(word, _)| word.chars().all(|c| c.is_ascii_alphabetic())) =>
            {
                return Err("what stands before `=` is no format".into());
            }
            None => (by_ending(text), text),
        };
        if path.is_empty() {
            return Err("it names no file".into());
        }
        Ok(Self { format, path: path.to_owned() })
    }
}

fn by_ending(path: &str) -> Option<Format> {
    match path.rsplit_once('.')?.1 {
        "json" => Some(Format::Json),
        "sarif" => Some(Format::Sarif),
        "xml" => Some(Format::Junit),
        "md" => Some(Format::Markdown),
        "html" => Some(Format::Html),
        _ => None,
    }
}

/// Notes when a run began, for [`emit`].
pub(super) struct Clock {
    started_at: jiff::Timestamp,
    since: Instant,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { started_at: jiff::Timestamp::now(), since: Instant::now() }
    }

    /// When it began, RFC 3339 in UTC.
    pub(super) fn started_at(&self) -> String {
        self.started_at.to_string()
    }

    /// The same in seconds.
    pub(super) fn seconds(&self) -> i64 {
        self.started_at.as_second()
    }

    /// Today in UTC, `YYYY-MM-DD`.
    pub(super) fn today(&self) -> String {
        self.started_at.to_string().chars().take(10).collect()
    }

    /// Stamps what varies on a report.
    pub(super) fn stamp(&self, report: &mut Report) {
        report.run.started_at = self.started_at.to_string();
        report.run.duration_ms = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        env!("CARGO_PKG_VERSION").clone_into(&mut report.run.version);
    }
}

/// Writes a report to its files and to stdout, and gives its exit code.
pub(super) fn emit(report: &Report, args: &OutputArgs) -> Result<Exit, Stop> {
    let exit = write_files(report, args)?;
    let colour = match args.color {
        Colour::Auto => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
        Colour::Always => true,
        Colour::Never => false,
    };
    let mut bytes = Vec::new();
    // As wide as the terminal, if it is one; a page that nobody can read across is no help.
    let width = terminal_size::terminal_size_of(io::stdout()).map_or(80, |(width, _)| width.0.min(160));
    draw(report, args.format, &Options { colour, width, ..options(args) }, &mut bytes)?;
    print(&bytes, exit)
}

/// The same on stderr, for when stdout belongs to somebody else.
pub(super) fn emit_aside(report: &Report, args: &OutputArgs) -> Result<Exit, Stop> {
    let exit = write_files(report, args)?;
    let mut bytes = Vec::new();
    draw(report, args.format, &options(args), &mut bytes)?;
    // When stderr is closed there is nobody to tell; the verdict stands.
    let _ = io::stderr().write_all(&bytes);
    Ok(exit)
}

/// Bytes to stdout; a reader that went away ends the program quietly.
pub(super) fn print(bytes: &[u8], exit: Exit) -> Result<Exit, Stop> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(exit),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Stop::Closed(exit)),
        Err(error) => Err(Stop::CouldNotLook(Cause::new(format!("writing to stdout failed: {error}")))),
    }
}

pub(super) fn write_files(report: &Report, args: &OutputArgs) -> Result<Exit, Stop> {
    for target in &args.output {
        refuse_input(report, &target.path)?;
        let mut bytes = Vec::new();
        draw(report, target.format.unwrap_or(args.format), &options(args), &mut bytes)?;
        files::replace(&target.path, &bytes).map_err(|error| {
            let cause = Cause::new(format!("the report cannot be written to {}: {error}", target.path));
            Stop::CouldNotLook(cause.hint("name a file in a folder that exists and may be written"))
        })?;
    }
    Ok(report.exit(args.deny.is_some()))
}

/// A report must not replace what it is about.
fn refuse_input(report: &Report, path: &str) -> Result<(), Stop> {
    let findings = report.checks.iter().flat_map(|check| &check.findings);
    let places = findings.filter_map(|finding| finding.primary.as_ref()).map(|place| place.path.as_str());
    let files = report
        .checks
        .iter()
        .filter(|check| check.on.kind == ObjectKind::File)
        .map(|check| check.on.name.as_str());
    if files.chain(places).any(|input| files::is_same(input, path)) || sqlite::is_database(path) {
        let hint = "name a file of its own for the report";
        return Err(Stop::usage(format!("--output {path} would overwrite what was looked at"), hint));
    }
    Ok(())
}

fn options(args: &OutputArgs) -> Options<'static> {
    Options { deny_warnings: args.deny.is_some(), rule_text: &rule_text, ..Options::default() }
}

fn rule_text(id: &RuleId) -> Option<RuleText> {
    let doc = rules::doc(id)?;
    Some(RuleText { summary: doc.summary.clone(), help_markdown: doc.body.to_owned() })
}

fn draw(report: &Report, format: Format, options: &Options<'_>, out: &mut Vec<u8>) -> Result<(), Stop> {
    render(report, format, options, out)
        .map_err(|error| Stop::CouldNotLook(Cause::new(format!("rendering the report failed: {error}"))))
}
