//! Statements, and what is made of them.
use super::*;

fn said(sql: &str) -> Vec<String> {
    actions(sql).iter().map(|(action, lenient)| format!("{lenient} {action:?}")).collect()
}

#[test]
fn reads_what_changes_a_schema() {
    let found = said(
        "CREATE UNIQUE INDEX IF NOT EXISTS ix ON users (LOWER(email)) WHERE email IS NOT NULL; \
         alter table \"T\" add column a varchar(10) not null default 'x', drop column if exists b; UPDATE t SET a = :a",
    );
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found[0].starts_with("true CreateIndex(Index { name: Exact(\"ix\")"), "{found:?}");
    assert!(found[1].contains("numbers: [10]") && found[1].contains("default: Given"), "{found:?}");
    assert!(found[3].contains("Rows { write: Update"), "{found:?}");
}

#[test]
fn what_it_does_not_know_is_opaque() {
    for sql in
        ["DO $$ begin end $$", "frobnicate", "CREATE", "ALTER TABLE t FROB x", "CREATE INDEX 'x", "call f()"]
    {
        assert!(said(sql).iter().any(|action| action.contains("Opaque")), "{sql}: {:?}", said(sql));
    }
}
