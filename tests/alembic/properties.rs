//! Reading never fails on content.
use proptest::prelude::*;
use trueup::model::chain::Declares;
use trueup::parse::alembic::settings;
use trueup::parse::python::{canonical, revision_file};

const PIECES: &[&str] = &[
    "revision = ",
    "down_revision = ",
    "'a'",
    "\"b\"",
    "None",
    "(",
    ")",
    "[",
    "]",
    ",",
    "\n",
    "\n    ",
    "def upgrade():",
    "op.",
    "create_table(",
    "sa.Column(",
    "if ",
    "not ",
    "for x in ",
    ":",
    "return",
    "with op.batch_alter_table('t') as b:",
    "b.",
    "f'{x}'",
    "execute(",
    "'ALTER TABLE t ADD c int'",
    "raise",
    "try:",
    "except:",
    "lambda: ",
    "+ ",
    "% ",
    "x",
    " = ",
    "#",
    "'''",
    "\\",
    "{",
    "}",
];

fn text() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(prop::sample::select(PIECES), 0..60);
    prop_oneof![any::<String>(), pieces.prop_map(|pieces| pieces.concat())]
}

proptest! {
    #[test]
    fn any_text_is_read(text in text()) {
        revision_file("versions/x.py", &text);
        canonical(&text);
    }

    #[test]
    fn any_configuration_is_read(ini in text(), toml in text()) {
        let _ = settings(Some(&ini), Some(&toml), "alembic");
        let _ = settings(Some(&format!("[alembic]\nscript_location = {ini}")), None, "alembic");
    }
}

/// The stack is not for the text to fill.
#[test]
fn deep_texts_are_refused() {
    let deep = [
        "(".repeat(100_000),
        format!("x = {}a", "a + ".repeat(100_000)),
        format!("x = {}a", "not ".repeat(100_000)),
        format!("x = a{}", ".b()".repeat(100_000)),
        format!("x = {}a", "lambda: ".repeat(100_000)),
        format!("x = {}", "a(1, 2)(".repeat(100_000)),
        (0..5_000).map(|depth| format!("{}if x:\n", " ".repeat(depth))).collect(),
        format!("x = {}a", "a if b else ".repeat(100_000)),
        format!("x = {}", "f'{".repeat(10_000)),
        format!("x = {}a", "a ** ".repeat(100_000)),
        format!("x = a{}", "[0]".repeat(100_000)),
    ];
    for text in deep {
        let file = revision_file("x.py", &text);
        assert!(!matches!(file.declares, Declares::Revision(_)), "{}", &text[..20]);
    }
    let ini = format!("[alembic]\nscript_location = {}", "%(script_location)s".repeat(1000));
    assert!(settings(Some(&ini), None, "alembic").is_err());
}

/// As deep as is read, in the stack of a test's thread.
#[test]
fn what_is_not_refused_fits_the_stack() {
    for text in [
        format!(
            "revision = 'a'\ndown_revision = None\ndef upgrade():\n  x = {}1{}\n",
            "f(".repeat(150),
            ")".repeat(150)
        ),
        format!("revision = 'a'\ndown_revision = None\ndef upgrade():\n  x = {}'a'\n", "'a' + ".repeat(450)),
        format!(
            "revision = 'a'\ndown_revision = None\ndef upgrade():\n  op.execute(x{})\n",
            ".f(1)".repeat(150)
        ),
        format!(
            "revision = 'a'\ndown_revision = None\ndef upgrade():\n  if {}a:\n    pass\n",
            "not ".repeat(450)
        ),
    ] {
        let file = revision_file("x.py", &text);
        assert!(matches!(file.declares, Declares::Revision(_)), "{:?}", file.declares);
    }
}
