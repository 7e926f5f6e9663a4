//! Reports to render: samples a person can read, and any report at all.
pub(crate) mod any;

use std::collections::BTreeMap;

use trueup::model::survey::{
    Answer, Cluster, Expectation, Replay, Rows, Survey, SurveyedColumn, SurveyedTable, VectorFacts, Wanted,
};
use trueup::model::{
    Allowed, Cause, Check, Finding, Gap, GapKind, Look, Looked, Object, ObjectKind, Place, Position, Related,
    Report, RuleId, RunInfo, Severity, Span, Verdict,
};

/// What an attacker would put into a key, a path or a row.
pub(crate) const HOSTILE: &str = "a|b`c`\n::error::injected\r\n\u{1b}[31mred ]]> <script>alert(1)</script> \u{202e}größe 表 100%, @team **bold** [x](http://x)";

fn rule(subject: &str, function: &str) -> RuleId {
    RuleId::of(subject, function)
}

fn check(rule: RuleId, on: Object, verdict: Verdict, findings: Vec<Finding>) -> Check {
    let mut check = Check { rule, on, verdict, expected: None, actual: None, findings };
    check.settle();
    check
}

fn finding(severity: Severity, about: &str, message: &str, primary: Option<Place>) -> Finding {
    Finding {
        severity,
        about: about.to_owned(),
        message: message.to_owned(),
        primary,
        related: Vec::new(),
        help: None,
        fix: None,
        diff: Vec::new(),
        allowed: None,
    }
}

fn looked(count: usize, unit: &str) -> Looked {
    Looked::at(count, unit).unwrap()
}

/// Every verdict, every sort of finding, and hostile text wherever text can be.
pub(crate) fn rich() -> Report {
    let mut report = Report::new("lint");
    report.checks.extend(env_checks());
    report.checks.extend(verify_checks());
    report.checks.extend(hostile_checks());
    report.not_compared = vec![
        Gap {
            on: Object::table("sessions"),
            kind: GapKind::Declared,
            reason:
                "ephemeral, rebuilt at the first login after the cutover, so nobody needs a single row of it"
                    .into(),
        },
        Gap {
            on: Object::endpoint("source"),
            kind: GapKind::NotAsked,
            reason: "only table books was asked for".into(),
        },
        Gap {
            on: Object { kind: ObjectKind::Column, name: "books.cover|`\u{1b}[2J".into() },
            kind: GapKind::NotCompared,
            reason: "type `geometry` is not compared".into(),
        },
    ];
    report.surveys = vec![surveyed()];
    report.run = RunInfo {
        started_at: "2026-11-03T09:14:05Z".into(),
        duration_ms: 1234,
        version: "0.1.0".into(),
        facts: BTreeMap::from([("seed".into(), "42".into()), ("host | name".into(), "<b>x</b>".into())]),
    };
    report.sort();
    report
}

/// What was read, what was not, and hostile names.
fn surveyed() -> Survey {
    let rows = |count| Look::Got(Rows { count, is_exact: count < 1_000_000 });
    let column = SurveyedColumn {
        name: "embedding".into(),
        declared: "halfvec".into(),
        nulls: 4,
        vector: Some(VectorFacts {
            embedded: Look::Got(62_107),
            dimensions: Look::Got(Some((1024, 2000))),
            indexes: vec!["ix (hnsw)".into()],
        }),
        ..SurveyedColumn::default()
    };
    let table = |name: &str, rows| SurveyedTable {
        name: name.into(),
        rows,
        bytes: Look::Got(90_000 << 10),
        ..SurveyedTable::default()
    };
    Survey {
        endpoint: "source".into(),
        version: "17.2".into(),
        database: HOSTILE.into(),
        cluster: Look::Got(Cluster {
            id: "7".into(),
            started_at: "2026-11-03T08:00:00Z".into(),
            is_standby: true,
            replay: Some(Replay { lag_bytes: Some(4096), last: None, is_paused: false }),
        }),
        bytes: Look::Got(5 << 30),
        session: Look::Failed(Cause::new("permission denied")),
        tables: vec![
            SurveyedTable { columns: vec![column], ..table("memory", rows(62_111)) },
            table("big", rows(5_000_000)),
            table("hidden", Look::Failed(Cause::new("row-level security would hide rows from the role"))),
        ],
        expectations: vec![Expectation {
            name: "identities".into(),
            wanted: Some(Wanted::Exactly("32".into())),
            answers: Look::Got(vec![Answer { rows: 1, value: Some("31".into()), ..Answer::default() }]),
            ..Expectation::default()
        }],
        ..Survey::default()
    }
}

fn env_checks() -> Vec<Check> {
    let template = || Object::file("infra/.env.example");
    let place = |line, column, width| Place::new("infra/.env.example", Span::on_line(line, column, width));
    let mut duplicate = finding(
        Severity::Error,
        "DATABASE_URL",
        "`DATABASE_URL` is set twice",
        Some(place(14, 1, 12).showing("DATABASE_URL=****")),
    );
    duplicate.related.push(Related {
        place: place(3, 8, 12).showing("export DATABASE_URL=****"),
        label: "first set here".into(),
    });
    duplicate.related.push(Related {
        place: Place::new("trueup.toml", Span::on_line(9, 1, 5)),
        label: "declared here".into(),
    });
    duplicate.help = Some("keep one of the two".into());
    let mut inline = finding(
        Severity::Error,
        "CHUNK",
        "`CHUNK` is in no template",
        Some(place(20, 1, 5).showing("CHUNK=****")),
    );
    inline.allowed = Some(Allowed { reason: "local only".into(), place: place(19, 1, 30), inline: true });
    let mut external =
        finding(Severity::Warning, "OLD", "`OLD` is not read by anyone", Some(place(21, 1, 3)));
    external.allowed = Some(Allowed {
        reason: "removed in the next release | see the plan".into(),
        place: Place::new("trueup.toml", Span::on_line(31, 1, 8)),
        inline: false,
    });
    let literal = finding(
        Severity::Warning,
        "API_KEY",
        "`API_KEY` looks like a literal secret",
        Some(place(7, 2, 7).showing("\tAPI_KEY=****")),
    );
    let pass = || Verdict::Pass { looked: looked(31, "key") };
    let absent = Cause::new("could not read `agent/.env.example`: no such file")
        .hint("create it, or drop the service from the manifest");
    vec![
        check(rule("env", "duplicate_key"), template(), pass(), vec![duplicate]),
        check(rule("env", "undeclared_key"), template(), pass(), vec![inline, external]),
        check(rule("env", "literal_secret"), template(), pass(), vec![literal]),
        check(
            rule("env", "unparsable_line"),
            template(),
            Verdict::Pass { looked: looked(40, "line") },
            Vec::new(),
        ),
        check(
            rule("env", "duplicate_key"),
            Object::file("agent/.env.example"),
            Verdict::Unknown { cause: absent.clone() },
            Vec::new(),
        ),
        check(
            rule("env", "literal_secret"),
            Object::file("agent/.env.example"),
            Verdict::Unknown { cause: absent },
            Vec::new(),
        ),
        check(
            rule("env", "deployed_key"),
            Object { kind: ObjectKind::Environment, name: "production".into() },
            Verdict::Skip { reason: "no deployed file is declared".into() },
            Vec::new(),
        ),
    ]
}

fn verify_checks() -> Vec<Check> {
    let mut rows = check(
        rule("verify", "row_content"),
        Object::table("books"),
        Verdict::Pass { looked: looked(120_000, "row") },
        vec![finding(
            Severity::Error,
            "title",
            "3 rows differ in `title`",
            Some(Place::new("trueup.toml", Span::on_line(12, 1, 9)).showing("[[table]]")),
        )],
    );
    rows.expected = Some("120000 equal rows".into());
    rows.actual = Some("119997 equal rows".into());
    // No finding says why: what was expected and found must stand in for it.
    let mut bare = check(
        rule("verify", "row_count"),
        Object::table("authors"),
        Verdict::Pass { looked: looked(1, "table") },
        Vec::new(),
    );
    bare.verdict = Verdict::Fail { looked: looked(1, "table") };
    bare.expected = Some("41 rows".into());
    bare.actual = Some("40 rows".into());
    vec![
        rows,
        bare,
        check(
            rule("verify", "row_count"),
            Object::table("books"),
            Verdict::Pass { looked: looked(1, "table") },
            Vec::new(),
        ),
        check(
            rule("verify", "target_only"),
            Object::endpoint("target"),
            Verdict::Pass { looked: looked(9, "table") },
            vec![finding(Severity::Warning, "tmp", "table `tmp` is on no list", None)],
        ),
    ]
}

fn hostile_checks() -> Vec<Check> {
    let long = format!("`{}` is far too long", "x".repeat(300));
    let excerpt = format!("\u{1b}[31m{}KEY=****", "y".repeat(200));
    let mut hostile = finding(
        Severity::Error,
        HOSTILE,
        HOSTILE,
        Some(Place::new("::stop-commands::x\n[a](b),c:d.env", Span::on_line(2, 206, 3)).showing(excerpt)),
    );
    hostile.help = Some(HOSTILE.into());
    hostile
        .related
        .push(Related { place: Place::new(HOSTILE, Span::on_line(1, 1, 1)), label: HOSTILE.into() });
    let odd_span = Span { start: Position { line: 0, column: 0 }, end: Position { line: 0, column: 0 } };
    vec![
        check(
            rule("env", "duplicate_key"),
            Object::file(HOSTILE),
            Verdict::Pass { looked: looked(1, "key") },
            vec![hostile],
        ),
        check(
            rule("env", "undeclared_key"),
            Object::file("./with space/größe.env"),
            Verdict::Pass { looked: looked(2, "key") },
            vec![
                finding(Severity::Warning, "x", &long, Some(Place::new("./with space/größe.env", odd_span))),
                finding(Severity::Warning, "y", "the whole file", None),
            ],
        ),
        check(
            rule("schema", "column_type"),
            Object { kind: ObjectKind::Column, name: format!("books.{HOSTILE}") },
            Verdict::Unknown { cause: Cause::new(HOSTILE).hint(HOSTILE) },
            Vec::new(),
        ),
        check(
            rule("schema", "drift"),
            Object::table(HOSTILE),
            Verdict::Skip { reason: HOSTILE.into() },
            Vec::new(),
        ),
    ]
}

/// Everything holds, and nothing was left out.
pub(crate) fn held() -> Report {
    let mut report = Report::new("verify");
    for table in ["authors", "books", "loans"] {
        for (function, count, unit) in [("row_count", 1, "table"), ("row_content", 1200, "row")] {
            let verdict = Verdict::Pass { looked: looked(count, unit) };
            report.checks.push(check(rule("verify", function), Object::table(table), verdict, Vec::new()));
        }
    }
    report.sort();
    report
}

/// Everything was skipped.
pub(crate) fn skipped() -> Report {
    let mut report = Report::new("lint");
    for function in ["head_behind", "two_heads"] {
        let verdict = Verdict::Skip { reason: "no endpoint was named".into() };
        report.checks.push(check(rule("alembic", function), Object::endpoint("source"), verdict, Vec::new()));
    }
    report
}

/// Everything was asked for and nothing could be seen.
pub(crate) fn unknown() -> Report {
    let mut report = Report::new("survey");
    let cause = Cause::new("connection refused").hint("start it");
    let verdict = Verdict::Unknown { cause };
    report.checks.push(check(rule("survey", "size"), Object::endpoint("source"), verdict, Vec::new()));
    report
}
