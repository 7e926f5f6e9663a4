//! What a person may write: parsing never panics, spans lie inside the text, and the plain cases are read as others do.
use proptest::prelude::*;
use trueup::manifest::{self, Baseline, Source};
use trueup::parse::env::env_file;
use trueup::parse::expand::expand;

/// Lines made of what matters to an env file.
fn env_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("A".to_owned()),
        Just("=".to_owned()),
        Just("\"".to_owned()),
        Just("'".to_owned()),
        Just("`".to_owned()),
        Just("\\".to_owned()),
        Just("#".to_owned()),
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just(" ".to_owned()),
        Just("\t".to_owned()),
        Just("export ".to_owned()),
        Just("# trueup: allow env/x because y\n".to_owned()),
        Just("\u{feff}".to_owned()),
        Just("ä".to_owned()),
        "[a-zA-Z0-9_.:$-]{1,4}",
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn env_spans_lie_inside_the_text(text in env_text()) {
        let file = env_file(&text);
        let lines: Vec<&str> = text.split('\n').collect();
        let spans = file.assignments.iter().map(|a| a.span).chain(file.unparsable.iter().map(|u| u.span));
        for span in spans {
            let line = lines.get(span.start.line as usize - 1).expect("the line is there");
            let width = u32::try_from(line.chars().count()).unwrap();
            prop_assert!(span.start.column >= 1 && span.start.column <= width, "{span:?} of {text:?}");
            prop_assert!(span.end.column <= width + 1 && span.end.line == span.start.line, "{span:?} of {text:?}");
        }
        for assignment in &file.assignments {
            let line = lines[assignment.span.start.line as usize - 1].trim_start_matches('\u{feff}');
            let at: String = line.chars().skip(assignment.span.start.column as usize - 1).collect();
            prop_assert!(at.starts_with(&assignment.key), "{:?} is not at its span in {text:?}", assignment.key);
        }
    }

    #[test]
    fn every_line_is_taken_or_said(text in "[A-Z]{1,3}(=[a-z0-9]{0,4})?(\n[A-Z]{1,3}(=[a-z0-9]{0,4})?){0,8}") {
        let file = env_file(&text);
        prop_assert_eq!(file.live().count() + file.unparsable.len(), text.lines().count());
    }

    /// Where the text is plain, another reader says the same.
    #[test]
    fn plain_files_are_read_as_dotenvy_reads_them(
        pairs in proptest::collection::vec(("[A-Z][A-Z0-9_]{0,5}", "[a-zA-Z0-9/:.,_-]{0,8}", 0..3u8), 0..10)
    ) {
        let text: String = pairs
            .iter()
            .map(|(key, value, quote)| match quote {
                0 => format!("{key}={value}\n"),
                1 => format!("export {key}=\"{value}\"\n"),
                _ => format!("{key}='{value}'\n"),
            })
            .collect();
        let ours: Vec<(String, String)> = env_file(&text)
            .live()
            .map(|a| (a.key.clone(), a.value.as_ref().map(|v| v.reveal().to_owned()).unwrap_or_default()))
            .collect();
        let theirs: Vec<(String, String)> =
            dotenvy::from_read_iter(text.as_bytes()).collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn a_manifest_is_read_or_has_mistakes_with_places(text in r#"(\[{1,2}[a-z.]{1,8}\]{1,2}\n|[a-z]{1,8} = ("[a-z*\[]{0,4}"|[0-9-]{1,3}|\[\]|\{\}|true)\n|.{0,6}\n){0,8}"#) {
        let source = Source { path: "trueup.toml".into(), text: text.clone() };
        let mistakes = [manifest::read(&text).err(), Baseline::read(&text).err()];
        for mistake in mistakes.into_iter().flatten().flatten() {
            let place = source.place(mistake.range.clone());
            prop_assert!(mistake.range.end <= text.len().max(1), "{mistake:?}");
            prop_assert!(place.span.start.line >= 1 && place.span.start.column >= 1);
            prop_assert!(!mistake.message.is_empty() && !mistake.message.contains('\n'));
        }
    }

    #[test]
    fn expanding_never_panics(text in "[$A-Z{}:?a-z]{0,20}") {
        let _ = expand(&text, &|_| Some("x".into()));
    }
}

/// A secret that stands in a file must not come out through any message or excerpt.
#[test]
fn no_value_comes_out() {
    let canary = "hunter2-canary";
    let lines = [
        format!("A={canary}"),
        format!("A=\"{canary}"),
        format!("{canary} x=1"),
        format!("{canary} {canary}"),
        format!("# B={canary}"),
        format!("export C='{canary}' {canary}"),
    ];
    let file = env_file(&lines.join("\n"));
    let said = format!("{file:?}");
    assert!(!said.contains(canary), "{said}");
}
