//! Whatever the text, reading it ends, and its places lie inside it.
use proptest::prelude::*;
use trueup::model::{CodeReads, CodeSpan, Span};

use super::case::{cases, read};

const PATHS: [&str; 6] = ["a.py", "a.ts", "a.jsx", "a.svelte", "a.rs", "a.go"];

/// Pieces that matter to one reader or another.
const PIECES: &[&str] = &[
    "os",
    "environ",
    ".",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "\"",
    "'",
    "`",
    "${",
    "$",
    "\\",
    "/",
    "*",
    "//",
    "/*",
    "*/",
    "#",
    "\n",
    "\r\n",
    " ",
    "\t",
    "=",
    "==",
    ":",
    "::",
    ";",
    ",",
    "?",
    "?.",
    "!",
    "|",
    "||",
    "+",
    "<",
    ">",
    "=>",
    "...",
    "ä",
    "\u{feff}",
    "\u{2028}",
    "A",
    "KEY",
    "x",
    "import os\n",
    "os.environ[\"A\"]",
    "os.getenv(",
    "for k in [\"A\"]:\n ",
    "class S(BaseSettings):\n ",
    "from pydantic_settings import BaseSettings\n",
    "model_config = ",
    "def f(k):\n ",
    "lambda: ",
    "f\"{",
    "process.env",
    "process",
    "import.meta.env",
    "const ",
    "const { A } = ",
    "as any",
    "require(\"process\")",
    "z.object({",
    ".parse(process.env)",
    "createEnv({ server: {",
    "Deno.env.get(",
    "<script>",
    "</script>",
    "fn f() {",
    "use std::env;",
    "std::env::var(",
    "#[arg(env)]",
    "#[cfg(test)]",
    "r#\"",
    "'a",
    "const K: &str = \"A\";",
    "func f(k string) {",
    "import \"os\"\n",
    "os.Getenv(k)",
    "EnvVars: []string{",
    "# trueup: allow env/x because y\n",
    "// trueup: allow env/x because y\n",
    "return",
    "if",
    "in",
    "env",
    "\u{0}",
];

/// The lines of the cases with some of their characters changed, left out or doubled.
fn mutated() -> impl Strategy<Value = (String, String)> {
    let all = [
        include_str!("cases/python.txt"),
        include_str!("cases/settings.txt"),
        include_str!("cases/javascript.txt"),
        include_str!("cases/rust.txt"),
        include_str!("cases/go.txt"),
    ];
    let files: Vec<(String, String)> =
        all.iter().flat_map(|text| cases(text)).flat_map(|case| case.files).collect();
    let file = proptest::sample::select(files);
    (
        file,
        proptest::collection::vec(
            (any::<prop::sample::Index>(), 0..4u8, proptest::sample::select(PIECES)),
            0..6,
        ),
    )
        .prop_map(|((path, text), changes)| {
            let mut chars: Vec<String> = text.chars().map(String::from).collect();
            for (at, how, piece) in changes {
                if chars.is_empty() {
                    break;
                }
                let at = at.index(chars.len());
                match how {
                    0 => drop(chars.remove(at)),
                    1 => chars.insert(at, piece.to_owned()),
                    2 => chars.truncate(at.max(1)),
                    _ => chars[at] = piece.to_owned(),
                }
            }
            (path, chars.concat())
        })
}

fn soup() -> impl Strategy<Value = (String, String)> {
    let pieces =
        proptest::collection::vec(proptest::sample::select(PIECES), 0..60).prop_map(|pieces| pieces.concat());
    (proptest::sample::select(&PATHS[..]).prop_map(str::to_owned), pieces)
}

fn inside(text: &str, span: Span) -> bool {
    let lines: Vec<&str> = text.split('\n').collect();
    let width =
        |line: u32| lines.get(line as usize - 1).map(|line| u32::try_from(line.chars().count()).unwrap());
    let (start, end) = (span.start, span.end);
    width(start.line).is_some_and(|width| start.column >= 1 && start.column <= width + 1)
        && width(end.line).is_some_and(|width| end.column >= 1 && end.column <= width + 2)
        && start <= end
}

fn spots(reads: &CodeReads) -> Vec<&CodeSpan> {
    reads.reads.iter().map(|read| &read.at).chain(reads.computed.iter().map(|read| &read.at)).collect()
}

fn holds(path: &str, text: &str) -> Result<(), TestCaseError> {
    let files = [(path.to_owned(), text.to_owned())];
    let all = read(&files);
    prop_assert_eq!(&all, &read(&files), "twice the same");
    for reads in &all {
        for spot in spots(reads) {
            prop_assert!(inside(text, spot.span), "{:?} in {path} {text:?}", spot);
            prop_assert!(spot.excerpt.as_ref().is_none_or(|line| !line.contains('\n')), "{:?}", spot);
        }
        for span in reads
            .allows
            .iter()
            .map(|allow| allow.span)
            .chain(reads.unclear.as_ref().map(|unclear| unclear.span))
        {
            prop_assert!(inside(text, span), "{span:?} in {path} {text:?}");
        }
        for read in &reads.reads {
            prop_assert!(
                !read.names.is_empty() && read.names.iter().all(|name| !name.is_empty()),
                "{read:?}"
            );
            prop_assert!(read.takes(&read.names[0]) && read.takes(&read.key()), "{read:?}");
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_soup_is_read((path, text) in soup()) {
        holds(&path, &text)?;
    }

    #[test]
    fn any_changed_file_is_read((path, text) in mutated()) {
        holds(&path, &text)?;
    }
}

/// What nests deep, or is long without an end, is read in time that a person would wait, and on a small stack.
#[test]
fn depth_and_length_do_no_harm() {
    let many = |piece: &str| piece.repeat(50_000);
    let texts = [
        many("["),
        many("("),
        many("{"),
        many("(]"),
        many("-"),
        many("a."),
        many("f("),
        many("`${"),
        many("'"),
        many("\"\\"),
        many("/["),
        many("/"),
        many("/*"),
        many("<"),
        many("process.env["),
        many("process.env.A;"),
        many("os.environ[\"A\"] "),
        many("const {A}=process.env;"),
        many("a = a\n"),
        format!("import os\n{}", many("x = os.environ.get('A') or os.getenv(x)\n")),
        format!("import os\nx = {}\n", many("os.environ.get('A') + ")),
        many("class A(A):\n x: int\n"),
        many("if a: "),
        many("fn f(a: "),
        many("use a::{"),
        many("# trueup: allow env/x because y\n"),
        many("/* trueup: allow env/x because y */"),
    ];
    for text in &texts {
        for path in PATHS {
            let began = std::time::Instant::now();
            let _ = read(&[(path.to_owned(), text.clone())]);
            let took = began.elapsed();
            assert!(took.as_secs() < 30, "{path}: {took:?} for {:?}...", text.get(..30));
        }
    }
}

/// A text that stands in a file beside a key does not come out.
#[test]
fn no_text_comes_out() {
    let canary = "hunter2-canary";
    let files = [
        (
            "a.py",
            format!(
                "import os\na = f('{canary}', os.getenv('KEY', '{canary}'))\nb = os.environ[f'{canary}{{x}}']\n"
            ),
        ),
        ("a.ts", format!("f('{canary}', process.env.KEY || '{canary}', `{canary}${{process.env.B}}`)\n")),
        (
            "a.rs",
            format!("fn f() {{ g(\"{canary}\", std::env::var(\"KEY\").unwrap_or(\"{canary}\".into())) }}\n"),
        ),
        (
            "a.go",
            format!("import \"os\"\nfunc f() {{ g(\"{canary}\", os.Getenv(\"KEY\"), \"{canary}\") }}\n"),
        ),
    ];
    for (path, text) in files {
        for reads in read(&[(path.to_owned(), text)]) {
            assert!(reads.reads.iter().any(|read| read.names == ["KEY"]));
            for spot in spots(&reads) {
                assert!(!format!("{spot:?}").contains(canary), "{spot:?}");
            }
        }
    }
}

/// Just what is not too deep to be read does not overflow the stack of a test either.
#[test]
fn what_is_read_fits_on_a_stack() {
    let nests = [
        ("[", "", "]"),
        ("f(", "1", ")"),
        ("-", "a", ""),
        ("not ", "a", ""),
        ("a.", "a", ""),
        ("a[", "0", "]"),
        ("lambda: ", "a", ""),
        ("{1: ", "a", "}"),
        ("a if b else ", "a", ""),
        ("a + ", "a", ""),
        ("a ** ", "a", ""),
        ("f'{", "a", "}'"),
        ("[a for a in ", "a", "]"),
        ("os.getenv(", "a", ")"),
        ("os.environ.get(a, ", "a", ")"),
        ("os.environ[", "a", "]"),
    ];
    for (open, inner, close) in nests {
        let mut deepest = 0;
        for depth in (20..=420).step_by(20) {
            let text = format!("import os\nx = {}{inner}{}\n", open.repeat(depth), close.repeat(depth));
            if read(&[("a.py".to_owned(), text)])[0].unclear.is_none() {
                deepest = depth;
            }
        }
        assert!(deepest >= 60, "{open}: {deepest}");
    }
    let blocks: String = (0..120).map(|depth| format!("{}if a:\n", " ".repeat(depth))).collect();
    let functions: String = (0..50).map(|depth| format!("{}def f(a):\n", " ".repeat(depth))).collect();
    for text in [format!("{blocks}{}a\n", " ".repeat(120)), format!("{functions}{}a\n", " ".repeat(50))] {
        assert_eq!(read(&[("a.py".to_owned(), text)])[0].unclear, None);
    }
}
