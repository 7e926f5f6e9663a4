//! Floor 7: a [`Report`] turned into bytes, one file per format.
//!
//! It owns how a report looks, and reading a saved one back ([`read`]). It refuses to judge, to read files, to print
//! and to know the terminal: it writes to the `Write` it is given and passes that one's errors up, a closed pipe too.
//! Two things hold in every format: an unknown or an empty report never reads as a pass, and no text that came from
//! data can act on the reader's terminal, log or page.
mod concise;
mod copy;
mod evidence;
mod github;
pub mod graph;
mod html;
mod human;
mod json;
mod junit;
mod markdown;
mod said;
mod sarif;
mod summary;
mod survey;
mod text;

use std::io::{self, Write};

use self::survey::Section;
use crate::model::{Report, RuleId};

pub use json::{ReadError, Saved, read, report_schema};

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// For a person at a terminal.
    #[default]
    Human,
    /// One line per finding: `path:line:col: severity[rule] message`.
    Concise,
    /// The whole report, to be read back.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// `JUnit` XML, for test reports.
    Junit,
    /// Workflow commands of GitHub Actions.
    Github,
    /// A report that people sign, as text.
    Markdown,
    /// The same as a page to be printed, without anything from elsewhere.
    Html,
}

/// What a rule says about itself, where a format has a place for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleText {
    /// One line.
    pub summary: String,
    /// The whole explanation, in Markdown.
    pub help_markdown: String,
}

/// What the caller knows and the report does not.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Whether `human` may use ANSI colours; all else never does.
    pub colour: bool,
    /// Whether a warning counts as a failure, as in [`Report::exit`].
    pub deny_warnings: bool,
    /// The width of the page in columns, for `human`.
    pub width: u16,
    /// Looks up what a rule says about itself.
    pub rule_text: &'a dyn Fn(&RuleId) -> Option<RuleText>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { colour: false, deny_warnings: false, width: 80, rule_text: &|_| None }
    }
}

/// Writes `report` in `format`.
///
/// # Errors
/// Whatever `out` says: a closed pipe, a full disk.
pub fn render(report: &Report, format: Format, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, options, out),
        Format::Concise => concise::write(report, out),
        Format::Json => json::write(report, options, out),
        Format::Sarif => sarif::write(report, options, out),
        Format::Junit => junit::write(report, options, out),
        Format::Github => github::write(report, options, out),
        Format::Markdown => markdown::write(report, options, out),
        Format::Html => html::write(report, options, out),
    }
}

/// What a run found out beside its checks, as pages of tables.
fn pages(report: &Report) -> impl Iterator<Item = Section> {
    let surveys = report.surveys.iter().flat_map(|one| survey::sections(one, &report.surveys));
    surveys.chain(report.copy.iter().flat_map(copy::sections))
}
