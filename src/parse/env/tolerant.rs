//! Env files: `KEY=value` lines, quotes over several lines, `export`, comments that document a key.
//!
//! This reading takes what at least one of the common readers takes, so that it calls a line unparsable only when all
//! of them refuse it.
use crate::model::line_number as number;
use crate::model::{Assignment, EnvFile, Hidden, InlineAllow, KeyState, Span, Unparsable};
use crate::parse::allow::allow;

/// The problem of a line whose quote is open at the end of the file.
pub(super) const NEVER_CLOSED: &str = "its quote is never closed";

/// Reads a whole env file. Linear in the text; values are kept only as [`Hidden`].
pub fn env_file(text: &str) -> EnvFile {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // A lone carriage return ends a line to some readers, and no key should hide behind one.
    let lone_returns = text.matches('\r').count() > text.matches("\r\n").count();
    let normal = lone_returns.then(|| text.replace("\r\n", "\n").replace('\r', "\n"));
    let rest = normal.as_deref().unwrap_or(text);
    let mut reader = Reader { rest, line: 1, file: EnvFile::default(), paragraph: 0, in_key_block: false };
    while !reader.rest.is_empty() {
        reader.line();
    }
    reader.file
}

/// What stands after `=`, and how many bytes of the text it takes, line end excluded.
struct Value {
    text: String,
    bytes: usize,
    comment: Option<Hidden>,
}

struct Reader<'a> {
    rest: &'a str,
    line: u32,
    file: EnvFile,
    /// The first comment of this paragraph.
    paragraph: usize,
    /// Inside a PEM block that no quote holds together: its lines are half a secret, and no keys.
    in_key_block: bool,
}

impl Reader<'_> {
    fn line(&mut self) {
        let line = first_line(self.rest);
        let content = line.trim_start();
        let indent = number(line.chars().count() - content.chars().count());
        if content.trim_end().is_empty() {
            self.paragraph = self.file.comments.len();
            self.skip(line.len());
        } else if self.in_key_block && is_of_key_block(content) {
            self.in_key_block = !content.contains("-----END");
            self.unparsable(content, indent, "it goes on with a value that has no quotes");
            self.skip(line.len());
        } else if let Some(comment) = content.strip_prefix('#') {
            self.comment(content, comment, indent);
            self.skip(line.len());
        } else {
            self.speak_allows();
            let begins = content.contains("-----BEGIN ") && !content.contains("-----END");
            let taken = self.assignment(line, content, indent);
            // A quoted block was taken whole.
            self.in_key_block = begins && taken <= line.len();
            self.skip(taken);
        }
    }

    /// Goes on behind the next line end at or after `bytes`.
    fn skip(&mut self, bytes: usize) {
        let taken = self.rest.get(..bytes).unwrap_or(self.rest);
        self.line += number(taken.matches('\n').count());
        let behind = self.rest.get(bytes..).unwrap_or("");
        match behind.split_once('\n') {
            Some((_, next)) => {
                self.rest = next;
                self.line += 1;
            }
            None => self.rest = "",
        }
    }

    fn comment(&mut self, content: &str, comment: &str, indent: u32) {
        if let Some((rules, reason)) = allow(comment) {
            let span = Span::on_line(self.line, indent + 1, number(content.trim_end().chars().count()));
            self.file.allows.push(InlineAllow { span, rules, reason, line: None });
            return;
        }
        let text = comment.trim_start_matches('#');
        let spoken = text.trim_start();
        let named = without_export(spoken);
        let documented = named.split_once('=').filter(|(key, _)| is_documented_key(key));
        let Some((key, value)) = documented else {
            self.file.comments.push(Hidden::new(text.trim()));
            return;
        };
        let before = number(content.chars().count() - named.chars().count());
        let (text, comment) = unquoted(value);
        let value = Value { text, bytes: 0, comment };
        let prefix = content.get(..content.len() - named.len()).unwrap_or("");
        self.push(KeyState::Documented, key, prefix, indent + before + 1, Some(value));
    }

    /// Allows speak for the line that now begins.
    fn speak_allows(&mut self) {
        for allow in self.file.allows.iter_mut().rev().take_while(|allow| allow.line.is_none()) {
            allow.line = Some(self.line);
        }
    }

    /// Takes an assignment and returns how many bytes of the text belong to it.
    fn assignment(&mut self, line: &str, content: &str, indent: u32) -> usize {
        let named = without_export(content);
        let prefix = content.get(..content.len() - named.len()).unwrap_or("");
        let column = indent + number(prefix.chars().count()) + 1;
        let Some((key, _)) = named.split_once('=') else {
            let bare = named.split(['#', '\r']).next().unwrap_or("").trim_end();
            if is_bare_key(bare) {
                self.push(KeyState::Live, bare, prefix, column, None);
            } else {
                self.unparsable(content, indent, "it has no `=` and is no key by itself");
            }
            return line.len();
        };
        let name = key.trim_end();
        if !is_key(name) {
            let problem = if name.is_empty() {
                "there is no key before `=`"
            } else {
                "what stands before `=` is no key: only letters, digits, `_`, `.` and `-` are"
            };
            self.unparsable(content, indent, problem);
            return line.len();
        }
        let before = line.len() - named.len() + key.len() + 1;
        let behind = self.rest.get(before..).unwrap_or("");
        let Some(value) = value(behind) else {
            self.unparsable(content, indent, NEVER_CLOSED);
            return line.len();
        };
        let bytes = before + value.bytes;
        self.push(KeyState::Live, name, prefix, column, Some(value));
        bytes
    }

    fn push(&mut self, state: KeyState, key: &str, prefix: &str, column: u32, value: Option<Value>) {
        let excerpt = match &value {
            Some(value) if value.text.is_empty() => format!("{prefix}{key}="),
            Some(_) => format!("{prefix}{key}=…"),
            None => format!("{prefix}{key}"),
        };
        let span = Span::on_line(self.line, column, number(key.chars().count()));
        let indent = " ".repeat((column as usize).saturating_sub(1 + prefix.chars().count()));
        self.file.assignments.push(Assignment {
            key: key.to_owned(),
            state,
            behind: value.as_ref().and_then(|value| value.comment.clone()),
            above: self.paragraph..self.file.comments.len(),
            value: value.map(|value| Hidden::new(value.text)),
            span,
            excerpt: indent + &excerpt,
        });
    }

    fn unparsable(&mut self, content: &str, indent: u32, problem: &'static str) {
        let span = Span::on_line(self.line, indent + 1, number(content.trim_end().chars().count()));
        self.file.unparsable.push(Unparsable { span, problem });
    }
}

fn first_line(text: &str) -> &str {
    text.split('\n').next().unwrap_or("")
}

fn without_export(content: &str) -> &str {
    match content.strip_prefix("export") {
        Some(rest) if rest.starts_with([' ', '\t']) => {
            let name = rest.trim_start_matches([' ', '\t']);
            // `export = 1` sets a key of that name.
            if name.starts_with('=') { content } else { name }
        }
        _ => content,
    }
}

/// Without `=` only an upper-case name is taken for a key: anything else may be a piece of a value.
fn is_bare_key(name: &str) -> bool {
    name.len() <= 64 && is_documented_key(name)
}

/// A line of base64, or the end of a PEM block.
fn is_of_key_block(content: &str) -> bool {
    let piece = content.trim_end().trim_end_matches('=');
    content.contains("-----END") || piece.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/'))
}

fn is_key(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

/// In a comment only an upper-case name right before `=` documents a key: `# set debug=1 to ...` is prose.
fn is_documented_key(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// The value at the start of `behind`, which begins after `=`; `None` when its quote is never closed.
fn value(behind: &str) -> Option<Value> {
    let line = first_line(behind);
    let start = line.len() - line.trim_start_matches([' ', '\t']).len();
    let text = behind.get(start..).unwrap_or("");
    let Some(quote @ ('"' | '\'' | '`')) = text.chars().next() else {
        return Some(plain_value(line));
    };
    let inner = text.get(1..).unwrap_or("");
    let Some(length) = closing(inner, quote) else {
        // Only one reader knows the back quote; to the others it is a character.
        return (quote == '`').then(|| plain_value(line));
    };
    let quoted = inner.get(..length).unwrap_or("");
    let after = first_line(inner.get(length + 1..).unwrap_or(""));
    let plain = after.trim_start();
    if plain.is_empty() || plain.starts_with('#') {
        let text = if quote == '"' { unescaped(quoted) } else { quoted.to_owned() };
        let comment = plain.strip_prefix('#').map(|comment| Hidden::new(comment.trim()));
        return Some(Value { text, bytes: start + length + 2, comment });
    }
    // `"a"b` on one line is a concatenation to a shell; over several lines it is a quote that was closed by another
    // value's opening one.
    let one_line = !quoted.contains('\n');
    one_line.then(|| plain_value(line))
}

/// A value without quotes, to the end of its line.
fn plain_value(line: &str) -> Value {
    let (text, comment) = unquoted(line);
    Value { text, bytes: line.len(), comment }
}

/// The offset of the closing quote. A backslash hides a quote, unless then none is left on the line.
fn closing(inner: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (offset, c) in inner.char_indices() {
        if c == quote && !escaped {
            return Some(offset);
        }
        escaped = c == '\\' && !escaped;
    }
    if quote == '\'' { first_line(inner).find(quote) } else { None }
}

fn unescaped(quoted: &str) -> String {
    let mut text = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some(escaped @ ('"' | '\\' | '$' | '`')) => text.push(escaped),
            Some(other) => text.extend(['\\', other]),
            None => text.push('\\'),
        }
    }
    text
}

/// An unquoted value, up to a comment that follows white space, and that comment; both trimmed.
fn unquoted(line: &str) -> (String, Option<Hidden>) {
    let mut end = line.len();
    let mut blank = true;
    for (offset, c) in line.char_indices() {
        if c == '#' && blank {
            end = offset;
            break;
        }
        blank = c == ' ' || c == '\t';
    }
    let comment = line.get(end + 1..).map(|comment| Hidden::new(comment.trim()));
    (line.get(..end).unwrap_or(line).trim().to_owned(), comment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(text: &str) -> Vec<(String, Option<String>)> {
        let value = |a: &Assignment| a.value.as_ref().map(|v| v.reveal().to_owned());
        env_file(text).live().map(|a| (a.key.clone(), value(a))).collect()
    }

    fn one(text: &str) -> Option<String> {
        let all = live(text);
        assert_eq!(all.len(), 1, "{all:?}");
        all.into_iter().next().unwrap().1
    }

    #[test]
    fn values() {
        let cases = [
            ("A=1", "1"),
            ("A = 1 ", "1"),
            ("export A=1", "1"),
            ("\u{feff}A=1\r\n", "1"),
            ("A=   # note", ""),
            ("A=val#note", "val#note"),
            ("A=val # note", "val"),
            ("A='x # y' # note", "x # y"),
            (r#"A="x\"y\n" # note"#, "x\"y\n"),
            (r"A='C:\'", r"C:\"),
            ("A='it\\'s'", "it\\'s"),
            ("A=\"one\ntwo\"\n", "one\ntwo"),
            ("A=\"x\"y", "\"x\"y"),
            ("A=`x`", "x"),
            ("A=`x", "`x"),
            ("1A=1", "1"),
            ("a.b-c=1", "1"),
        ];
        for (text, expected) in cases {
            assert_eq!(one(text).as_deref(), Some(expected), "{text:?}");
        }
        assert_eq!(one("A"), None);
        assert_eq!(one("export A"), None);
    }

    #[test]
    fn a_multi_line_value_hides_its_lines() {
        let file = env_file("A=\"x\nB=2\n\"\nC=3\n");
        let keys: Vec<_> = file.assignments.iter().map(|a| (a.key.as_str(), a.span.start.line)).collect();
        assert_eq!(keys, [("A", 1), ("C", 4)]);
    }

    #[test]
    fn an_unclosed_quote_loses_only_its_line() {
        for text in ["A=\"oops\nB=2\n", "A=\"oops\nB=\"2\"\n", "A='oops\nB='2'\n"] {
            let file = env_file(text);
            assert_eq!(file.unparsable.len(), 1, "{text:?}");
            assert_eq!(file.unparsable[0].span.start.line, 1, "{text:?}");
            assert_eq!(live(text).len(), 1, "{text:?}");
        }
    }

    #[test]
    fn an_unquoted_key_block_holds_no_keys() {
        let text = "PK=-----BEGIN PRIVATE KEY-----\nMIIEvQCANARY\nAAAA==\n-----END PRIVATE KEY-----\nB=1\n";
        let file = env_file(text);
        assert_eq!(file.live().map(|a| a.key.as_str()).collect::<Vec<_>>(), ["PK", "B"]);
        assert_eq!(file.unparsable.len(), 3);
        let quoted = text.replace("PK=", "PK=\"").replace("KEY-----\nB", "KEY-----\"\nB");
        assert_eq!(env_file(&quoted).unparsable, []);
        assert_eq!(env_file("PK=-----BEGIN X-----\nB=1\nAbc\n").live().count(), 2);
    }

    #[test]
    fn a_lone_return_ends_a_line() {
        assert_eq!(live("A=1\rA=2\r\nB=3").len(), 3);
    }

    #[test]
    fn what_no_reader_takes() {
        for text in ["=1", "A B=1", "what is this", "A: 1", "piece", "<<<<<<< HEAD", "A\u{e9}=1"] {
            assert_eq!(env_file(text).unparsable.len(), 1, "{text:?}");
        }
    }

    #[test]
    fn documented_keys_and_prose() {
        let file = env_file("# A=1\n#B=\n## C=x\n# set debug=1\n# Use D=1 here\n  # export E=1\n");
        let keys: Vec<_> = file
            .assignments
            .iter()
            .map(|a| (a.key.as_str(), a.span.start.column, a.excerpt.as_str()))
            .collect();
        let expected = [("A", 3, "# A=…"), ("B", 2, "#B="), ("C", 4, "## C=…"), ("E", 12, "  # export E=…")];
        assert_eq!(keys, expected);
        assert!(file.assignments.iter().all(|a| a.state == KeyState::Documented));
    }

    #[test]
    fn comments_above_and_behind() {
        let text = "# head\n\n# one\nA=1\n# two\nB=\"x\" # own\n# C=3 # c\n\t\nD=4 #\nE=5#no\n";
        let file = env_file(text);
        let said = |range: &std::ops::Range<usize>| -> Vec<&str> {
            file.comments[range.clone()].iter().map(Hidden::reveal).collect()
        };
        let all: Vec<_> = file
            .assignments
            .iter()
            .map(|a| (a.key.as_str(), said(&a.above), a.behind.as_ref().map(Hidden::reveal)))
            .collect();
        let expected = [
            ("A", vec!["one"], None),
            ("B", vec!["one", "two"], Some("own")),
            ("C", vec!["one", "two"], Some("c")),
            ("D", vec![], Some("")),
            ("E", vec![], None),
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn an_allow_speaks_for_the_next_line() {
        let file = env_file("# trueup: allow env/duplicate-key because both\n\n# note\nA=1\nA=2\n");
        assert_eq!(file.allows[0].line, Some(4));
        assert_eq!(env_file("# trueup: allow env/x because y").allows[0].line, None);
    }
}
