//! The container engine's `--env-file`: docker/cli 29.9.3, `pkg/kvfile`.
use super::statements::{Statements, Unified};
use crate::model::{EnvValue, Meaning, Reach, Statement};

/// `bufio.MaxScanTokenSize`: a line that fills the scanner's buffer is too long.
const LONGEST_BYTES: usize = 64 * 1024;

pub(super) fn read(text: &str) -> Vec<Statement> {
    let mut out = Statements::default();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !statement(line, start, &mut out) {
            break;
        }
        start += line.len();
    }
    out.finish(text, &Unified::untouched(text))
}

/// Whether the reader goes on.
fn statement(line: &str, start: usize, out: &mut Statements) -> bool {
    let whole = line.strip_suffix('\n').unwrap_or(line);
    let line = whole.strip_suffix('\r').unwrap_or(whole);
    let bare = if start == 0 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
    let content = bare.trim_start();
    let at = start + line.len() - content.len();
    let everything = at..start + line.len();
    if whole.len() >= LONGEST_BYTES {
        out.refuse(everything, Reach::File, "the line is longer than 65,535 bytes");
        return false;
    }
    if content.is_empty() || content.starts_with('#') {
        return true;
    }
    let (key, value) = match content.split_once('=') {
        Some((key, value)) => (key, Some(value)),
        None => (content, None),
    };
    if key.is_empty() || key.contains([' ', '\t']) {
        let why =
            if key.is_empty() { "there is no key before `=`" } else { "there is white space in the key" };
        out.refuse(everything, Reach::File, why);
        return false;
    }
    let range = at..at + key.len();
    let key = key.to_owned();
    out.push(
        range,
        match value {
            Some(value) => Meaning::Sets { key, value: EnvValue::text(value) },
            None => Meaning::Inherits { key },
        },
    );
    true
}
