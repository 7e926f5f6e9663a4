//! References through arrays in objects in arrays: both systems say the same of the same documents.
use crate::server::{Database, found};

/// What `$.days[*].posts[*].by.id` leads to: 1, 9, "2", 9 and 7, of which 1 and 2 are users.
const DOCUMENTS: [&str; 6] = [
    r#"{"days": [{"posts": [{"by": {"id": 1}}, {"by": {"id": 9}}]}, {"posts": []}, {"posts": [{"by": {"id": "2"}}]}]}"#,
    r#"{"days": [{"posts": [{"by": {"id": null}}, {"by": null}, {"x": 1}, 5]}, {"none": []}, null]}"#,
    r#"{"days": [{"posts": [{"by": {"id": 9}}, {"by": {"id": 7}}]}]}"#,
    r#"{"days": []}"#,
    r#"{"other": [{"posts": [{"by": {"id": 8}}]}]}"#,
    "null",
];

fn script(kind: &str) -> String {
    let rows: Vec<String> =
        DOCUMENTS.iter().enumerate().map(|(id, document)| format!("({id}, '{document}')")).collect();
    format!(
        "CREATE TABLE users (id INTEGER PRIMARY KEY); INSERT INTO users VALUES (1), (2);\n\
         CREATE TABLE docs (id INTEGER PRIMARY KEY, doc {kind}); INSERT INTO docs VALUES {}, (99, NULL);",
        rows.join(", ")
    )
}

const MANIFEST: &str = "[endpoints.app]\nurl = \"${APP_DATABASE_URL}\"\n\
    [[survey.reference]]\ntable = \"docs\"\ncolumns = [\"doc\"]\npath = \"$.days[*].posts[*].by.id\"\nto = \"users\"\n";
const SAYS: &str = "`docs.doc at $.days[*].posts[*].by.id`: 3 of 5 reference(s) lead to 2 value(s) that `users.id` does not hold";

fn holds(url: &str) {
    let (said, exit) = found(MANIFEST, url);
    let lines: Vec<&str> = said.lines().map(|line| line.split_once("] ").unwrap().1).collect();
    assert_eq!((lines, exit), (vec![SAYS], 1), "{said}");
}

#[tokio::test]
async fn in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db").display().to_string();
    trueup::stores::sqlite::create(&path, &script("TEXT")).await.unwrap();
    holds(&path);
}

mod on_postgres {
    use super::*;

    #[tokio::test]
    async fn in_json_and_in_jsonb() {
        for kind in ["json", "jsonb"] {
            let database = Database::on("TRUEUP_TEST_POSTGRES").await;
            database.load(&script(kind)).await;
            holds(&database.url());
            database.remove().await;
        }
    }
}
