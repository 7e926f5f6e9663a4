//! Rust text taken apart just far enough: code, comments, string literals, paths and inline modules. No parser: a file
//! that does not compile is the compiler's to report.
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// A Rust file. `bare` is its text with comments and literals blanked, char for char, so that offsets into it give lines.
pub(crate) struct Code {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) bare: String,
    /// Comments with the line they begin at.
    pub(crate) comments: Vec<(usize, String)>,
    /// String literals without their quotes, with the line they begin at.
    pub(crate) strings: Vec<(usize, String)>,
    /// Inline modules, outer first: name and range in `bare`.
    pub(crate) modules: Vec<(String, Range<usize>)>,
}

/// A path as written, `use` groups spelled out: `use a::{b, c::d}` is `a::b` and `a::c::d`.
pub(crate) struct Written {
    pub(crate) offset: usize,
    pub(crate) segments: Vec<String>,
}

impl Code {
    pub(crate) fn read(path: &str, text: &str) -> Self {
        let (mut comments, mut strings) = (Vec::new(), Vec::new());
        let mut code = String::with_capacity(text.len());
        let (mut rest, mut line) = (text, 1);
        while let Some(first) = rest.chars().next() {
            let before = code.chars().next_back();
            let (length, kind) = token(rest, before);
            let (taken, after) = rest.split_at(length);
            match kind {
                Kind::Code => code.push(first),
                Kind::Comment => comments.push((line, taken.to_owned())),
                Kind::Text => strings.push((line, taken.trim_matches(|c| "brc#\"".contains(c)).to_owned())),
                Kind::Char => {}
            }
            if kind != Kind::Code {
                code.extend(taken.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            }
            line += taken.matches('\n').count();
            rest = after;
        }
        let modules = inline_modules(&code);
        Self { path: path.into(), text: text.into(), bare: code, comments, strings, modules }
    }

    /// The line of an offset into `bare`.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.bare[..offset].matches('\n').count() + 1
    }

    /// The names of the inline modules around an offset.
    pub(crate) fn inside(&self, offset: usize) -> impl Iterator<Item = &str> {
        self.modules.iter().filter(move |(_, range)| range.contains(&offset)).map(|(name, _)| name.as_str())
    }

    /// Whether a line belongs to a module of tests.
    pub(crate) fn tests(&self, line: usize) -> bool {
        let within =
            |range: &Range<usize>| (self.line(range.start)..=self.line(range.end - 1)).contains(&line);
        self.path.ends_with("/tests.rs")
            || self.modules.iter().any(|(name, range)| name == "tests" && within(range))
    }

    /// Every path of two segments and more, and every `use`.
    pub(crate) fn paths(&self) -> Vec<Written> {
        static USE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\buse\s+([^;]+);").unwrap());
        static PATH: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"\b[A-Za-z_]\w*(?:\s*::\s*\w+)+").unwrap());
        let mut all = Vec::new();
        let mut rest = self.bare.clone();
        for found in USE.captures_iter(&self.bare) {
            let (whole, tree) = (found.get(0).unwrap(), found.get(1).unwrap());
            let mut paths = Vec::new();
            spell_out(&[], tree.as_str(), &mut paths);
            all.extend(paths.into_iter().map(|segments| Written { offset: whole.start(), segments }));
            rest.replace_range(whole.range(), &" ".repeat(whole.len()));
        }
        let inline = PATH.find_iter(&rest).map(|found| Written {
            offset: found.start(),
            segments: found.as_str().split("::").map(|segment| segment.trim().to_owned()).collect(),
        });
        all.extend(inline);
        all.sort_by_key(|path| path.offset);
        all
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Text,
    Char,
}

/// The length in bytes and the kind of what stands at the start of `rest`.
fn token(rest: &str, before: Option<char>) -> (usize, Kind) {
    static RAW: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"^[bc]?r(\#*)""#).unwrap());
    static QUOTED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"^[bc]?"(?s:\\.|[^"\\])*""#).unwrap());
    static CHAR: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^b?'(?:\\(?:u\{[^}]*\}|x..|.)|[^'\\])'").unwrap());
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), Kind::Comment);
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), Kind::Comment);
    }
    if !in_word && let Some(open) = RAW.captures(rest) {
        let start = open[0].len();
        let close = format!("\"{}", &open[1]);
        let end = rest[start..].find(&close).map_or(rest.len(), |at| start + at + close.len());
        return (end, Kind::Text);
    }
    if (!in_word || rest.starts_with('"'))
        && let Some(found) = QUOTED.find(rest)
    {
        return (found.len(), Kind::Text);
    }
    if (!in_word || rest.starts_with('\''))
        && let Some(found) = CHAR.find(rest)
    {
        return (found.len(), Kind::Char);
    }
    (rest.chars().next().map_or(0, char::len_utf8), Kind::Code)
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

fn spell_out(prefix: &[String], tree: &str, out: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    if let Some(open) = tree.find('{') {
        let mut path = prefix.to_vec();
        path.extend(segments(&tree[..open]));
        let inner = tree[open + 1..].trim_end().trim_end_matches('}');
        let inner = if tree.ends_with('}') { &tree[open + 1..tree.len() - 1] } else { inner };
        for part in commas(inner) {
            spell_out(&path, part, out);
        }
    } else if !tree.is_empty() {
        let written = tree.split(" as ").next().unwrap_or(tree);
        let mut path = prefix.to_vec();
        path.extend(segments(written));
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        out.push(path);
    }
}

fn segments(text: &str) -> impl Iterator<Item = String> {
    text.split("::").map(|segment| segment.trim().to_owned()).filter(|segment| !segment.is_empty())
}

/// The parts of a group, at its own level.
fn commas(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn inline_modules(code: &str) -> Vec<(String, Range<usize>)> {
    static MODULE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bmod\s+(\w+)\s*\{").unwrap());
    let modules = MODULE.captures_iter(code).map(|found| {
        let open = found.get(0).unwrap().end();
        let mut depth = 1;
        let end = code[open..].find(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            depth == 0
        });
        (found[1].to_owned(), open..end.map_or(code.len(), |end| open + end + 1))
    });
    modules.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        Code::read("x.rs", text).paths().into_iter().map(|path| path.segments.join("::")).collect()
    }

    #[test]
    fn groups_are_spelled_out_over_lines() {
        let text = "pub use a::{\n    b,\n    c::{self, d as e},\n};\nfn f(x: g::h) {}\nuse k::*;";
        assert_eq!(paths(text), ["a::b", "a::c", "a::c::d", "g::h", "k::*"]);
    }

    #[test]
    fn comments_and_literals_are_no_code() {
        let text = r##"/* a::b /* c */ d::e */ // f::g
let x = ("h::\"i", r#"j::"k"#, b"l::m", '"', '\'', '\u{7f}'); fn n<'a>(o: &'a p::q) {}"##;
        assert_eq!(paths(text), ["p::q"]);
        let code = Code::read("x.rs", text);
        let strings: Vec<&str> = code.strings.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(strings, ["h::\\\"i", "j::\"k", "l::m"]);
        assert_eq!(code.comments.len(), 2);
        assert_eq!(code.text.lines().count(), code.bare.lines().count());
    }

    #[test]
    fn a_module_ends_at_its_brace() {
        let code = Code::read("x.rs", "fn a() {}\nmod tests {\n    fn b() { '{'; }\n}\nfn c() {}\n");
        assert_eq!([1, 3, 5].map(|line| code.tests(line)), [false, true, false]);
    }
}
