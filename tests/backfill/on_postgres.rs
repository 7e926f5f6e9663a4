//! Where psql itself ends statements: its log names every query that it sends.
use std::process::Command;

use trueup::parse::sql::script;

use super::cases::PIECES;

fn url() -> String {
    std::env::var("TRUEUP_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "TRUEUP_TEST_POSTGRES is not set: run `bash tests/run`, which starts the servers that tests need"
        )
    })
}

/// The queries that psql sends for a file, without what it puts before them.
fn sent(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let (file, log) = (folder.path().join("a.sql"), folder.path().join("a.log"));
    std::fs::write(&file, text).unwrap();
    let run = Command::new("psql")
        .args(["-X", "-q", "-L"])
        .arg(&log)
        .arg("-f")
        .arg(&file)
        .arg(url())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(!said.contains("could not connect") && log.exists(), "{said}");
    let log = std::fs::read_to_string(log).unwrap();
    let mut queries = Vec::new();
    let mut rest = log.as_str();
    while let Some((_, behind)) = rest.split_once(" QUERY *********") {
        let (_, behind) = behind.split_once('\n').unwrap();
        // Version 16 put the marks into comments.
        let end = ["\n**************************\n", "\n/************************/\n"];
        let end = end.iter().filter_map(|end| behind.find(end)).min().unwrap();
        queries.push(squeezed(uncommented(&behind[..end])));
        rest = &behind[end..];
    }
    // `\copy` sends a `COPY` of its own making.
    queries.retain(|query| !query.is_empty() && query != ";" && query != "COPY t FROM STDIN");
    queries
}

/// A text behind the comments that it begins with, which versions keep or drop.
fn uncommented(text: &str) -> &str {
    let text = text.trim();
    if let Some(comment) = text.strip_prefix("--") {
        return comment.split_once('\n').map_or("", |(_, rest)| uncommented(rest));
    }
    if text.starts_with("/*") {
        let (mut depth, mut at) = (0, 0);
        while at < text.len() {
            let behind = &text.as_bytes()[at..];
            if behind.starts_with(b"/*") {
                (depth, at) = (depth + 1, at + 2);
            } else if behind.starts_with(b"*/") {
                (depth, at) = (depth - 1, at + 2);
                if depth == 0 {
                    return uncommented(&text[at..]);
                }
            } else {
                at += 1;
            }
        }
        return "";
    }
    text
}

/// The statements that we see, without the commands of psql inside them.
fn seen(text: &str) -> Vec<String> {
    let script = script(text);
    let ranges = script.statements.iter().map(|statement| statement.range.clone());
    let texts = ranges.map(|range| text[range].to_owned()).filter(|text| !text.starts_with('\\'));
    texts.collect()
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What differs.
fn different(text: &str) -> Option<String> {
    let text = format!("create temp table t (a text);\n{text}\n");
    // What `\gexec` makes is sent too, and is in no file.
    let mut sent = sent(&text);
    let generated = text.matches("\\gexec").count();
    let seen: Vec<_> =
        seen(&text).iter().map(|query| squeezed(&query.replace("\\echo between", ""))).collect();
    for _ in 0..generated {
        let at = sent.iter().position(|query| query == "select 'select 1;'").unwrap();
        sent[at].push_str(" (run)");
        if sent.get(at + 1).is_some_and(|next| next == "select 1;") {
            sent.remove(at + 1);
        }
    }
    let sent: Vec<_> = sent.iter().map(|query| query.trim_end_matches(" (run)").to_owned()).collect();
    (seen != sent).then(|| format!("{text}\nseen: {seen:#?}\nsent: {sent:#?}"))
}

#[test]
fn every_piece_is_cut_where_psql_cuts_it() {
    assert!(PIECES.len() >= 40);
    let wrong: Vec<String> = PIECES.iter().filter_map(|piece| different(piece)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn pieces_in_any_order_are_cut_where_psql_cuts_them() {
    let mut state: u64 = 41;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..60 {
        let pieces: Vec<&str> = (0..12).map(|_| PIECES[next(PIECES.len())]).collect();
        assert_eq!(different(&pieces.join("\n")), None);
    }
}
