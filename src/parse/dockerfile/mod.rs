//! Dockerfiles: instructions as `BuildKit` splits them, and the images that they are built from.
//!
//! Facts from the Dockerfile reference: parser directives (`# escape=`, `# syntax=`) stand before everything else; a
//! line ends in the escape character to go on, comment lines and empty lines inside it are skipped; `<<WORD` in `RUN`,
//! `COPY` and `ADD` takes the lines up to `WORD`. Reading never fails: what is no instruction is one that nobody knows.
mod images;

use std::iter::Peekable;

use crate::model::{Dockerfile, Hidden, Instruction, Span, line_number};

pub use images::images;

/// Lines with their numbers.
type Numbered<I> = Peekable<I>;

/// Reads a Dockerfile.
pub fn dockerfile(text: &str) -> Dockerfile {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = (1..).map(line_number).zip(text.lines()).peekable();
    let (syntax, escape) = directives(&mut lines);
    let mut file = Dockerfile { syntax, instructions: Vec::new() };
    while let Some((number, line)) = lines.next() {
        let body = line.trim();
        if body.is_empty() || body.starts_with('#') {
            continue;
        }
        let word = body.split_whitespace().next().unwrap_or("");
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        let span = Span::on_line(number, line_number(indent + 1), line_number(word.chars().count()));
        let mut joined = continued(body, escape, &mut lines);
        let word = word.to_ascii_uppercase();
        joined = joined.get(word.len()..).unwrap_or("").trim().to_owned();
        if matches!(word.as_str(), "RUN" | "COPY" | "ADD") {
            for end in here_documents(&joined) {
                take_document(&end, &mut joined, &mut lines);
            }
        }
        file.instructions.push(Instruction { word, text: Hidden::new(joined), span });
    }
    file
}

/// The directives in front: the syntax image, and the escape character.
fn directives<'t>(
    lines: &mut Numbered<impl Iterator<Item = (u32, &'t str)>>,
) -> (Option<(String, Span)>, char) {
    let (mut syntax, mut escape) = (None, '\\');
    while let Some((number, line)) = lines.peek().copied() {
        let Some(comment) = line.trim_start().strip_prefix('#') else { break };
        let Some((name, value)) = comment.split_once('=') else { break };
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        match name.as_str() {
            "syntax" => {
                let width = line_number(line.chars().count());
                syntax = Some((value.to_owned(), Span::on_line(number, 1, width)));
            }
            "escape" => escape = if value == "`" { '`' } else { '\\' },
            "check" => {}
            _ => break,
        }
        lines.next();
    }
    (syntax, escape)
}

/// A line with those that it goes on in.
fn continued<'t>(
    first: &str,
    escape: char,
    lines: &mut Numbered<impl Iterator<Item = (u32, &'t str)>>,
) -> String {
    let mut joined = String::new();
    let mut line = first;
    loop {
        let Some(open) = line.trim_end().strip_suffix(escape) else {
            joined.push_str(line);
            return joined;
        };
        joined.push_str(open);
        joined.push(' ');
        let is_skipped = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
        while lines.next_if(|(_, line)| is_skipped(line)).is_some() {}
        let Some((_, next)) = lines.next() else { return joined };
        line = next.trim();
    }
}

/// The words that end the here-documents of an instruction.
fn here_documents(text: &str) -> Vec<String> {
    let mut ends = Vec::new();
    for (at, _) in text.match_indices("<<") {
        let rest = text.get(at + 2..).unwrap_or("");
        let rest = rest.strip_prefix('-').unwrap_or(rest);
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        if before.is_some_and(|c| !c.is_whitespace() && !c.is_ascii_digit()) {
            continue;
        }
        let word = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => rest.get(1..).and_then(|rest| rest.split(quote).next()),
            _ => rest.split(|c: char| !c.is_alphanumeric() && c != '_').next(),
        };
        ends.extend(word.filter(|word| !word.is_empty()).map(str::to_owned));
    }
    ends
}

fn take_document<'t>(
    end: &str,
    joined: &mut String,
    lines: &mut Numbered<impl Iterator<Item = (u32, &'t str)>>,
) {
    for (_, line) in lines.by_ref() {
        if line.trim_start_matches('\t') == end {
            return;
        }
        if !line.trim_start().starts_with('#') {
            joined.push('\n');
            joined.push_str(line);
        }
    }
}

#[cfg(test)]
mod tests;
