//! Text from data, made safe to show.
//!
//! It owns which characters are shown escaped instead of as they are. It refuses anything that depends on a format:
//! what is special in Markdown or in a workflow command is that format's affair.
use std::borrow::Cow;
use std::ops::Range;

/// `text` with every character that acts instead of showing (controls, line ends, text direction, invisible ones)
/// written as an escape.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        push_shown(&mut shown, character);
    }
    Cow::Owned(shown)
}

/// One source line made plain, and the bytes in it that stand for the columns `from..to` (1-based, in characters);
/// `to` of `None` means the end of the line. `None` when the line has no such column. Each character that acts becomes
/// one that stands for it, so that columns stay what they are; tabs stay tabs.
pub(super) fn excerpt(line: &str, from: u32, to: Option<u32>) -> Option<(String, Range<usize>)> {
    let mut shown = String::with_capacity(line.len());
    let (mut start, mut end) = (None, None);
    // One column more than there are characters: a span may stand at the end of the line.
    for (character, column) in line.chars().map(Some).chain([None]).zip(1_u32..) {
        if column == from.max(1) {
            start = Some(shown.len());
        }
        if Some(column) == to {
            end = Some(shown.len());
        }
        shown.extend(character.map(stand_in));
    }
    let start = start?;
    let end = end.unwrap_or(shown.len()).max(start);
    Some((shown, start..end))
}

fn stand_in(character: char) -> char {
    match character {
        '\t' => '\t',
        '\u{0}'..='\u{1f}' => {
            char::from_u32(0x2400 + u32::from(character)).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        _ if acts(character) => char::REPLACEMENT_CHARACTER,
        _ => character,
    }
}

/// `text` as the beginning of a line: a log of GitHub Actions takes a line that begins with `::` for a command.
pub(super) fn line_start(text: &str) -> Cow<'_, str> {
    match plain(text) {
        shown if shown.trim_start().starts_with("::") => Cow::Owned(shown.replacen(':', "\\u{3a}", 1)),
        shown => shown,
    }
}

fn push_shown(shown: &mut String, character: char) {
    match character {
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        _ if acts(character) => shown.extend(character.escape_unicode()),
        _ => shown.push(character),
    }
}

/// Controls (C0, DEL, C1), the line and paragraph separators, the marks that turn text around or show nothing, and
/// the two code points that XML can't hold.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{fffe}'
                | '\u{ffff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_keeps_its_column() {
        let (shown, range) = excerpt("\u{1b}é\t\nKEY=", 5, Some(8)).unwrap();
        assert_eq!(shown, "␛é\t␊KEY=");
        assert_eq!(&shown[range], "KEY");
    }

    #[test]
    fn a_span_outside_the_line_is_not_quoted() {
        assert_eq!(excerpt("ab", 3, Some(3)), Some(("ab".to_owned(), 2..2)));
        assert_eq!(excerpt("ab", 4, Some(12)), None);
        assert_eq!(excerpt("ab", 2, Some(1)).unwrap().1, 1..1);
    }

    #[test]
    fn what_turns_text_around_is_shown() {
        assert_eq!(plain("a\u{202e}b\u{200d}\r\n"), "a\\u{202e}b\\u{200d}\\r\\n");
        assert!(matches!(plain("größe 表"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_line_never_begins_as_a_workflow_command() {
        assert_eq!(line_start("::stop-commands::x"), "\\u{3a}:stop-commands::x");
        assert_eq!(line_start("a::b"), "a::b");
    }
}
