//! What touches the world lives in `stores` or `cli`; SQL lives in `stores`, and in `digest`, which writes its half.
use std::sync::LazyLock;

use regex::Regex;

use super::Violation;
use super::code::Code;

/// Paths that reach out of the process, and the rooms that may name them.
const WORLD: &[(&str, &[&str])] = &[
    ("std::fs", &["stores", "cli"]),
    // Addresses are data; what connects is not.
    ("std::net::Tcp", &["stores", "cli"]),
    ("std::net::Udp", &["stores", "cli"]),
    ("std::net::ToSocketAddrs", &["stores", "cli"]),
    ("std::process", &["stores", "cli"]),
    ("std::env", &["stores", "cli"]),
    ("std::io", &["stores", "cli", "render"]),
    ("tokio::fs", &["stores", "cli"]),
    ("tokio::net", &["stores", "cli"]),
    ("tokio::process", &["stores", "cli"]),
    ("sqlx", &["stores", "cli"]),
    ("reqwest", &["stores", "cli"]),
    ("dotenvy", &["stores", "cli"]),
    ("ignore", &["stores", "cli"]),
    ("walkdir", &["stores", "cli"]),
    ("tempfile", &["stores", "cli"]),
];

/// Calls that reach out without naming a module.
const CALLS: &[(&str, &str, &[&str])] = &[
    (r"\be?print(?:ln)?!", "prints", &["cli"]),
    (r"\bstd(?:out|err|in)\s*\(\s*\)", "takes a standard stream", &["cli"]),
    (r"\b(?:SystemTime|Instant|Timestamp|Zoned)::now\b", "reads the clock", &["stores", "cli"]),
    (
        r"\.(?:exists|try_exists|is_file|is_dir|is_symlink|canonicalize|symlink_metadata|read_dir|read_link)\s*\(",
        "asks the file system",
        &["stores", "cli"],
    ),
];

fn room(path: &str) -> &str {
    path.strip_prefix("src/").unwrap_or(path).split('/').next().unwrap_or_default()
}

/// Every line that touches the world from a room that may not.
pub(crate) fn world(code: &Code) -> Vec<Violation> {
    static CALL: LazyLock<Vec<Regex>> =
        LazyLock::new(|| CALLS.iter().map(|(pattern, ..)| Regex::new(pattern).unwrap()).collect());
    let room = room(&code.path);
    if room == "main.rs" {
        return Vec::new();
    }
    let mut found = Vec::new();
    for path in code.paths() {
        let written = path.segments.join("::");
        let reaches = WORLD.iter().find(|(world, _)| {
            written == *world || written.strip_prefix(world).is_some_and(|rest| rest.starts_with("::"))
        });
        let message = match reaches {
            Some((world, rooms)) if !rooms.contains(&room) => {
                format!("`{written}`: only {} may name `{world}`", rooms.join(", "))
            }
            // A whole crate under another name, or all of it, would hide what is taken.
            None if ["std", "tokio", "std::*", "tokio::*"].contains(&written.as_str()) => {
                format!("`{written}`: name what is used")
            }
            _ => continue,
        };
        found.push(Violation::new(&code.path, code.line(path.offset), message));
    }
    for (pattern, (_, does, rooms)) in CALL.iter().zip(CALLS) {
        if !rooms.contains(&room) {
            found.extend(pattern.find_iter(&code.bare).map(|call| {
                let message = format!("`{}` {does}: only {} may", call.as_str(), rooms.join(", "));
                Violation::new(&code.path, code.line(call.start()), message)
            }));
        }
    }
    found
}

/// String literals that are SQL, crudely: its statements in upper case, or a literal that begins with one.
pub(crate) fn sql(code: &Code) -> Vec<Violation> {
    static SQL: LazyLock<Regex> = LazyLock::new(|| {
        let spelled = r"SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE|PRAGMA|ATTACH|COPY|LOCK\s+TABLE";
        let made = r"(?:CREATE|ALTER|DROP)\s+(?:TABLE|INDEX|VIEW|SCHEMA|DATABASE|ROLE|TYPE|EXTENSION)";
        let begun =
            r"(?i:select\s.*\sfrom|insert\s+into|delete\s+from|create\s+table|alter\s+table|drop\s+table)";
        Regex::new(&format!(r"\b(?:{spelled}|{made})\s+[\w*({{]|^\s*{begun}\s")).unwrap()
    });
    if ["stores", "digest"].contains(&room(&code.path)) {
        return Vec::new();
    }
    let sql = code.strings.iter().filter(|(line, text)| SQL.is_match(text) && !code.tests(*line));
    sql.map(|(line, _)| Violation::new(&code.path, *line, "SQL outside stores")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::*;

    #[test]
    fn reaching_out_is_found() {
        for text in [
            "use std::fs;",
            "use std::{collections::BTreeMap, env::var};",
            "fn f() { ::std::process::exit(1) }",
            "use std as s;",
            "use tokio::{join, net::TcpStream};",
            "fn f(p: sqlx::SqlitePool) {}",
            "fn f() { println!() }",
            "fn f() { eprint!() }",
            "fn f(p: &Path) -> bool { p.exists() }",
            "fn f() { jiff::Timestamp::now(); }",
            "use std::io::Write;",
        ] {
            assert_eq!(world(&Code::read("src/rules/env/x.rs", text)).len(), 1, "{text}");
        }
        let printing = Code::read("src/stores/x.rs", "use std::fs;\nfn f() { println!() }");
        assert_eq!(said(world(&printing)), ["src/stores/x.rs:2: `println!` prints: only cli may"]);
        let stream = Code::read("src/render/x.rs", "use std::io::{self, Write};\nfn f() { io::stdout(); }");
        assert_eq!(
            said(world(&stream)),
            ["src/render/x.rs:2: `stdout()` takes a standard stream: only cli may"]
        );
    }

    #[test]
    fn what_only_looks_so_is_not() {
        let text = "// std::fs\nconst A: &str = \"std::fs println!\";\nconst B: &str = env!(\"X\");\nuse crate::rules::env;\n\
                    fn f() { tokio::join!(a, b); self.process(); env::x() }\nuse std::collections::BTreeMap;";
        assert!(world(&Code::read("src/jobs/x.rs", text)).is_empty());
        assert!(world(&Code::read("src/cli/x.rs", "use std::env; fn f() { println!() }")).is_empty());
    }

    #[test]
    fn sql_is_found_outside_stores() {
        let text = "fn f() { g(\"SELECT 1\"); g(r#\"\n  insert into t values (1)\"#); g(\"DROP TABLE t\") }\n\
                    mod tests { const X: &str = \"SELECT 1\"; }";
        let found = said(sql(&Code::read("src/jobs/x.rs", text)));
        assert_eq!(found, [1, 1, 2].map(|line| format!("src/jobs/x.rs:{line}: SQL outside stores")));
        assert!(sql(&Code::read("src/stores/x.rs", text)).is_empty());
        let prose = "g(\"create and fill it\"); g(\"SELECT\"); g(\"select a rule\"); g(\"insert it\")";
        assert!(sql(&Code::read("src/jobs/x.rs", prose)).is_empty());
    }
}
