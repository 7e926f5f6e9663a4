//! The report for a person at a terminal: findings first, what was left out next, the summary last.
//!
//! It owns the order and the look. It refuses to read the files it quotes (the excerpts in the report are masked) and
//! to show times, so that the same report gives the same page.
use std::borrow::Cow;
use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Element, Level, Origin, Renderer, Snippet, Title};

use super::text::{excerpt, plain};
use super::{Options, said, summary};
use crate::model::{Cause, Check, Finding, Object, Place, Report, Severity};

pub(super) fn write(report: &Report, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let renderer = if options.colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(usize::from(options.width));
    summary::tables(report, options, out)?;
    for check in &report.checks {
        for finding in said::counting(check) {
            writeln!(out, "{}", finding_text(check, &finding, &renderer))?;
            for line in &finding.diff {
                writeln!(out, "   {}", plain(line).trim_end())?;
            }
            writeln!(out)?;
        }
    }
    for unknown in said::unknowns(report) {
        writeln!(out, "{}\n", unknown_text(&unknown, &renderer))?;
    }
    summary::write(report, options, out)
}

fn finding_text(check: &Check, finding: &Finding, renderer: &Renderer) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(plain(&finding.message).into_owned()).id(plain(check.rule.as_str()));
    let mut elements = match &finding.primary {
        Some(place) => vec![marked(place, AnnotationKind::Primary, None)],
        None => vec![whole(&check.on)],
    };
    let (shown, told): (Vec<_>, Vec<_>) =
        finding.related.iter().partition(|related| related.place.excerpt.is_some());
    for related in shown {
        let label = plain(&related.label).into_owned();
        elements.push(marked(&related.place, AnnotationKind::Context, Some(label)));
    }
    for related in told {
        elements.push(note(Level::NOTE, &format!("{}: {}", said::place(&related.place), related.label)));
    }
    elements.extend(finding.help.as_ref().map(|help| note(Level::HELP, help)));
    rendered(title, elements, renderer)
}

fn unknown_text(unknown: &said::Alike<'_, Cause>, renderer: &Renderer) -> String {
    let title = Level::ERROR
        .with_name("unknown")
        .primary_title(plain(&unknown.because.message))
        .id(plain(&said::rule_count(&unknown.rules)).into_owned());
    let mut elements = vec![whole(unknown.on)];
    elements.extend(unknown.because.hint.as_ref().map(|hint| note(Level::HELP.with_name("hint"), hint)));
    rendered(title, elements, renderer)
}

fn rendered(title: Title<'_>, elements: Vec<Element<'_>>, renderer: &Renderer) -> String {
    let quotes = elements.iter().any(|element| matches!(element, Element::Cause(_)));
    let text = renderer.render(&[title.elements(elements)]);
    // Without line numbers the library leaves no margin, and the arrow would stand where the next title does.
    if quotes { text } else { text.replace('\n', "\n ") }
}

/// A note below a finding. Its text is data, so what the library lets through is made plain first.
fn note<'a>(level: Level<'a>, text: &str) -> Element<'a> {
    level.message(plain(text).into_owned()).into()
}

/// An object as a whole, where there is no line to show.
fn whole<'a>(on: &Object) -> Element<'a> {
    Origin::path(plain(&said::object(on)).into_owned()).into()
}

/// Where a finding is, with its line when the report holds it.
fn marked(place: &Place, kind: AnnotationKind, label: Option<String>) -> Element<'_> {
    let (start, end) = (place.span.start, place.span.end);
    let (line, column) = (start.line.max(1) as usize, start.column.max(1) as usize);
    let to = (end.line <= start.line).then_some(end.column);
    let quoted = place.excerpt.as_ref().and_then(|text| excerpt(text, start.column, to));
    let Some((text, range)) = quoted else {
        return Origin::path(plain(&place.path)).line(line).char_column(column).into();
    };
    let annotation = kind.span(range).label(label.map(Cow::Owned));
    Snippet::source(text).line_start(line).path(plain(&place.path)).annotation(annotation).into()
}
