//! Any report that the sink could have made, and then some.
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use trueup::model::{
    Allowed, Cause, Check, Finding, Fix, Gap, GapKind, Object, ObjectKind, Place, Position, Related, Report,
    RuleId, RunInfo, Severity, Span, Verdict,
};

use super::{HOSTILE, looked};

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z|`<&:,%/ .]{0,12}",
        1 => vec(any::<char>(), 0..8).prop_map(|characters| characters.into_iter().collect::<String>()),
        1 => Just(HOSTILE.to_owned()),
    ]
}

prop_compose! {
    fn any_place()(path in any_text(), numbers in any::<[u16; 4]>(), excerpt in option::of(any_text())) -> Place {
        // Small numbers too, so that many a span lies inside its excerpt.
        let [line, column, end_line, end_column] = numbers.map(|number| u32::from(if number % 4 == 0 { number } else { number % 9 }));
        let span = Span { start: Position { line, column }, end: Position { line: end_line, column: end_column } };
        Place { path, span, excerpt }
    }
}

prop_compose! {
    fn any_finding()(
        severity in prop_oneof![Just(Severity::Error), Just(Severity::Warning)],
        (about, message) in (any_text(), any_text()),
        primary in option::of(any_place()),
        related in vec((any_place(), any_text()), 0..3),
        help in option::of(any_text()),
        fix in option::of((any_text(), any_text(), any_text())),
        diff in vec(any_text(), 0..3),
        allowed in option::of((any_text(), any_place(), any::<bool>())),
    ) -> Finding {
        let related = related.into_iter().map(|(place, label)| Related { place, label }).collect();
        let allowed = allowed.map(|(reason, place, inline)| Allowed { reason, place, inline });
        let fix = fix.map(|(path, key, used_by)| Fix { path, key, used_by });
        Finding { severity, about, message, primary, related, help, fix, diff, allowed }
    }
}

fn any_object() -> impl Strategy<Value = Object> {
    let kinds = [
        ObjectKind::File,
        ObjectKind::Environment,
        ObjectKind::Endpoint,
        ObjectKind::Table,
        ObjectKind::Column,
    ];
    (proptest::sample::select(kinds.to_vec()), any_text()).prop_map(|(kind, name)| Object { kind, name })
}

prop_compose! {
    fn any_check()(
        (rule, on) in (any_text(), any_object()),
        which in 0..4,
        (count, unit) in (1_usize.., "[a-z]{1,6}"),
        (words, hint) in (any_text(), option::of(any_text())),
        (expected, actual) in (option::of(any_text()), option::of(any_text())),
        findings in vec(any_finding(), 0..3),
    ) -> Check {
        let looked = looked(count, &unit);
        let verdict = match which {
            0 => Verdict::Pass { looked },
            1 => Verdict::Fail { looked },
            2 => Verdict::Skip { reason: words.into() },
            _ => Verdict::Unknown { cause: Cause { message: words, hint } },
        };
        let mut check = Check { rule: RuleId::written(rule), on, verdict, expected, actual, findings };
        check.settle();
        check
    }
}

prop_compose! {
    /// Any report at all.
    pub(crate) fn any_report()(
        command in any_text(),
        checks in vec(any_check(), 0..6),
        gaps in vec((any_object(), 0..3_usize, any_text()), 0..3),
        (started_at, duration_ms, version) in (any_text(), any::<u64>(), any_text()),
        facts in proptest::collection::btree_map(any_text(), any_text(), 0..3),
    ) -> Report {
        let mut report = Report::new(&command);
        report.checks = checks;
        report.not_compared = gaps.into_iter().map(|(on, kind, reason)| {
            let kind = [GapKind::Declared, GapKind::NotAsked, GapKind::NotCompared][kind];
            Gap { on, kind, reason }
        }).collect();
        report.run = RunInfo { started_at, duration_ms, version, facts };
        report.sort();
        report
    }
}
