//! SQLite against itself and against what Postgres would tell.
use trueup::model::schema::Schema;
use trueup::stores::rows::Catalog;
use trueup::stores::sqlite::{ScratchFile, Sqlite};

use crate::case::told;

async fn schema(script: &str) -> Schema {
    let file = ScratchFile::create(script).await.unwrap_or_else(|cause| panic!("{cause:?}\n{script}"));
    Sqlite::open(file.file()).await.unwrap().schema().await.unwrap()
}

const BASE: &str = "create table r (id integer primary key);\n\
    create table t (id integer primary key, a varchar(20) not null default 'x', b int check (b > 0), r int references r (id) on delete cascade, unique (a, b));\n\
    create index t_b on t (b desc) where b > 1;\ncreate view v as select a from t;\n\
    create trigger g after insert on t begin select 1; end;\n";

/// A file that `SQLite` itself has never seen so may hold anything as a definition.
#[tokio::test]
async fn odd_statements_are_read() {
    let script = "create table \"a on b\" (\"x (\" int, [y]] text, z); create index \"i on j\" on \"a on b\" (\"x (\", lower(z));\n\
        create table t(a, b, primary key (b, a)) without rowid; create virtual table f using fts5(a);\n\
        create table g (a int, b int generated always as (a + 1) stored, c generated always as (a) virtual);\n\
        create table k (a references t, foreign key (a) references \"a on b\");".replace("[y]]", "[y]");
    let first = schema(&script).await;
    assert_eq!(first, schema(&script).await);
    assert_eq!(told(&first, &first), Vec::<String>::new());
    let index = &first.table("a on b").unwrap().indexes[0];
    assert_eq!(index.definition, "btree (\"x (\", lower(z))");
}

#[tokio::test]
async fn a_planted_difference_has_its_one_finding() {
    let first = schema(BASE).await;
    let cases = [
        ("", "", ""),
        ("default 'x'", "default 'y'", "default t.a"),
        ("varchar(20)", "varchar(30)", "type-mismatch t.a"),
        ("varchar(20) not null", "varchar(20)", "nullability t.a"),
        ("b > 0", "b > 7", "table-differs t"),
        (
            " on delete cascade",
            "",
            "constraint-differs t: FOREIGN KEY (r) REFERENCES r(id) ON DELETE CASCADE",
        ),
        (", unique (a, b)", "", "missing-constraint t: UNIQUE (a, b)"),
        ("(b desc)", "(b)", "index-differs t: t_b"),
        (" where b > 1", "", "index-differs t: t_b"),
        ("create view v as select a from t;", "", "missing-table v"),
        ("select a from t", "select b as a from t", "view-differs v"),
        (", r int references", ", c int, r int references", "extra-column t.c"),
        ("after insert", "before insert", "trigger-differs t: g"),
        ("create index t_b on t (b desc) where b > 1;", "", "missing-index t: t_b"),
        ("create table r", "create table extra (a); create table r", "extra-table extra"),
        // Spelling is no difference.
        ("create index t_b on t (b desc)", "CREATE INDEX \"t_b\"  ON \"t\" ( b  DESC )", ""),
        ("create table t (id", "CREATE  TABLE \"t\"\n(id", ""),
    ];
    for (from, to, finding) in cases {
        assert!(BASE.contains(from), "{from}");
        let expected: Vec<&str> = if finding.is_empty() { Vec::new() } else { vec![finding] };
        assert_eq!(told(&first, &schema(&BASE.replace(from, to)).await), expected, "{from} -> {to}");
    }
}
