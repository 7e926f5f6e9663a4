//! Reading never fails, whatever the text is.
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use trueup::parse::settings::settings;
use trueup::parse::sql::script;

use super::cases::{LOOSE, PIECES};

fn texts() -> impl Strategy<Value = String> {
    let pieces: Vec<&'static str> = PIECES.iter().chain(LOOSE).copied().collect();
    let signs = vec![
        "'", "\"", "$", "$$", "\\", ";", "(", ")", "[", "--", "/*", "*/", ":", "{{", "}}", "\n", "=", "#",
        "ü",
    ];
    let piece = prop_oneof![
        4 => select(pieces).prop_map(str::to_owned),
        2 => select(signs).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.join(" "))
}

/// Every range lies in the text, and in order.
fn holds(text: &str) {
    let script = script(text);
    let mut before = 0;
    for statement in &script.statements {
        assert!(statement.range.start >= before, "{text:?}");
        before = statement.range.start;
        for range in statement.writes.iter().map(|write| &write.range).chain([&statement.range]) {
            assert!(text.get(range.clone()).is_some_and(|text| !text.is_empty()), "{range:?} {text:?}");
        }
    }
    let problems = script.problems.iter().chain(&script.unseen).map(|problem| &problem.range);
    for range in problems.chain(&script.literals).chain(script.unset.iter().map(|unset| &unset.range)) {
        assert!(text.get(range.clone()).is_some(), "{range:?} {text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn sql_of_any_sort_is_read(text in texts()) {
        holds(&text);
    }

    #[test]
    fn cut_anywhere_it_is_still_read(piece in select(PIECES), at in 0usize..200) {
        let end = (0..=at.min(piece.len())).rev().find(|end| piece.is_char_boundary(*end)).unwrap();
        holds(&piece[..end]);
    }

    #[test]
    fn any_text_is_searched_for_ids(text in texts(), name in select(vec!["a.py", "a.ts", ".env", "a.yml", "a.toml", "a.json", "Dockerfile", "a.md"])) {
        let settings = settings(name, &text);
        let lines = u32::try_from(text.lines().count()).unwrap() + 1;
        prop_assert!(settings.list.iter().all(|setting| setting.span.start.line <= lines));
    }
}

/// What is long, deep or never closed takes no more than its share.
#[test]
fn time_is_linear_and_depth_is_bounded() {
    let cases = [
        "(".repeat(100_000),
        format!("update t set a = {} where b is null;", "(".repeat(20_000)),
        format!("update t set a = 1 where {} a = 1;", "a = 1 or ".repeat(50_000)),
        format!("update t set a = {}1;", "1+".repeat(100_000)),
        format!("select {}1;", "not ".repeat(50_000)),
        format!("insert into t values {}(1);", "(1, 'x'), ".repeat(100_000)),
        "/*".repeat(100_000),
        "{{".repeat(100_000),
        "${".repeat(100_000),
        "$a".repeat(100_000),
        "\\if x\n".repeat(50_000),
        format!("do $$ begin {} $$;", "if a then ".repeat(20_000)),
        format!("do $$ {} $$;", "begin ".repeat(50_000)),
        format!("do $$ {} $$;", "case ".repeat(5_000)),
        "update t set a = 1;\n".repeat(10_000),
        ":x ".repeat(100_000),
        "'".repeat(100_001),
        "a='x' ".repeat(50_000),
        "[".repeat(100_000),
    ];
    for text in &cases {
        let start = Instant::now();
        holds(text);
        for name in ["a.py", "a.ts", "a.sh"] {
            settings(name, text);
        }
        let took = start.elapsed();
        assert!(took < Duration::from_secs(20), "{took:?}: {}", text.chars().take(40).collect::<String>());
    }
}
