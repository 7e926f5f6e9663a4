//! A file: references through JSON, duplicates, and texts that Postgres will refuse.
use crate::server::{found, holds, survey};

const FILE: &str = "
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, note TEXT);
INSERT INTO users VALUES (1, 'a@x', NULL), (2, 'a@x', 'fine'), (3, NULL, 'nul' || char(0) || 'inside');
CREATE TABLE docs (id INTEGER PRIMARY KEY, owner TEXT, doc TEXT);
INSERT INTO docs VALUES (1, '1', '{\"tags\": [{\"id\": 1}, {\"id\": 7}, \"no object\"], \"by\": 2}'),
    (2, '9', '{\"tags\": {\"id\": 3}}'), (3, NULL, '{}'), (4, '2', NULL);
CREATE TABLE lists (id INTEGER PRIMARY KEY, ids JSON);
INSERT INTO lists VALUES (1, '[1, 2, 8]'), (2, '3');
";

#[tokio::test]
async fn what_is_planted_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    trueup::stores::sqlite::create(&path.display().to_string(), FILE).await.unwrap();
    let before = std::fs::read(&path).unwrap();
    let manifest = "[endpoints.app]\nurl = \"${APP_DATABASE_URL}\"\n\
         [[survey.table]]\ntable = \"users\"\nkey = [\"email\"]\nrows = 3\nrange = [\"id\", \"email\"]\n\
         [[survey.reference]]\ntable = \"docs\"\ncolumns = [\"owner\"]\nto = \"users\"\n\
         [[survey.reference]]\ntable = \"docs\"\ncolumns = [\"doc\"]\npath = \"$.tags[*].id\"\nto = \"users\"\n\
         [[survey.reference]]\ntable = \"docs\"\ncolumns = [\"doc\"]\npath = \"$.by\"\nto = \"users\"\n\
         [[survey.reference]]\ntable = \"lists\"\ncolumns = [\"ids\"]\nto = \"users\"\n\
         [[survey.expect]]\nname = \"users\"\nsql = \"select count(*) from users\"\nexpect = { min = 4 }\n\
         [[survey.expect]]\nname = \"writes\"\nsql = \"delete from users returning 1\"\nexpect = 1\n\
         [[survey.expect]]\nname = \"nobody else\"\nfact = \"connections\"\nexpect = 0\n";
    let url = path.display().to_string();
    let (said, exit) = found(manifest, &url);
    let lines: Vec<&str> = said.lines().map(|line| line.split_once("] ").unwrap().1).collect();
    assert_eq!(
        lines,
        [
            "`users.note`: 1 text(s) hold a NUL",
            "`docs.doc at $.tags[*].id`: 1 of 2 reference(s) lead to 1 value(s) that `users.id` does not hold",
            "`docs.owner`: 1 of 3 reference(s) lead to 1 value(s) that `users.id` does not hold",
            "`lists.ids`: 1 of 4 reference(s) lead to 1 value(s) that `users.id` does not hold",
            "users: expected at least 4, found 3",
            "`users` (email): 1 row(s) have a key that another row has already",
            "`users` (email): 1 row(s) lack a part of the key",
            "it cannot be read: near \"delete\": syntax error",
        ],
        "{said}"
    );
    assert_eq!(exit, 1);
    let (page, _) = survey(folder.path(), &[&url, "--estimate"], &[]);
    holds(&page, &["users 3 counted 4.0 KiB", "users.note TEXT 1 (33.3 %)", "free disk"]);
    assert_eq!(std::fs::read(&path).unwrap(), before, "a survey writes nothing");
}
