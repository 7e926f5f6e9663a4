//! Random chains with naming conventions: what the real Alembic makes of their names, and what is said of them here.
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use trueup::chain::names::{Known, Names, Outcome};
use trueup::chain::naming::hashed;
use trueup::model::naming::Name;
use trueup::model::operation::ConstraintKind;
use trueup::model::schema::System;

use super::on_alembic::{read, write};
use super::random::{File, Random};

/// Conventions as somebody writes them; the last has a function, of which nobody can tell what it gives.
const CONVENTIONS: &[&str] = &[
    "",
    "{'ix': 'ix_%(column_0_label)s', 'uq': 'uq_%(table_name)s_%(column_0_name)s', 'ck': 'ck_%(table_name)s_%(constraint_name)s', 'fk': 'fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s', 'pk': 'pk_%(table_name)s'}",
    "{'ix': 'ix_%(table_name)s_%(column_0_N_name)s', 'uq': 'uq_%(table_name)s_%(column_0_N_name)s', 'ck': 'ck_%(table_name)s_%(constraint_name)s', 'fk': 'fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s_100%%', 'pk': 'pk_%(table_name)s_%(column_0_name)s'}",
    "{'ix': '%(column_0N_name)s_idx', 'uq': '%(table_name)s_%(column_0N_name)s_%(column_1_name)s_key', 'fk': '%(table_name)s_%(column_0_key)s_fkey'}",
    "dict(ix='ix_%(column_0_label)s', uq='uq_%(constraint_name)s', pk='%(table_name)s_with_a_name_that_is_longer_than_any_database_likes_pk', uq2='x')",
    "{UniqueConstraint: 'uq__%(table_name)s__%(column_0_label)s', 'ix': 'ix__%(column_0_label)s', 'fk': 'fk__%(column_0_label)s__to__%(referred_table_name)s__and_some_more_words'}",
    "{'tail': lambda constraint, table: 'tail', 'ix': 'ix_%(column_0_label)s', 'uq': 'uq_%(tail)s_%(table_name)s_%(column_0_name)s', 'pk': 'pk_%(table_name)s'}",
];

struct Table {
    name: String,
    /// Whether it has another unique constraint already: SQLite's are told apart by their columns.
    is_unique: bool,
    /// The same of foreign keys.
    refers: bool,
    columns: Vec<String>,
}

struct Case<'r> {
    random: &'r mut Random,
    is_sqlite: bool,
    /// Whether a unique constraint may go without a name.
    has_free_unique: bool,
    convention: usize,
    tables: Vec<Table>,
    serial: usize,
}

impl Case<'_> {
    fn next(&mut self, word: &str) -> String {
        self.serial += 1;
        let long = if self.random.chance(15) { "_with_quite_a_long_name_indeed" } else { "" };
        format!("{word}{}{long}", self.serial)
    }

    fn name(&mut self, word: &str) -> String {
        match self.random.below(4) {
            0 => format!("name='{}'", self.next(word)),
            1 => format!("name=op.f('{}')", self.next(word)),
            _ => String::new(),
        }
    }

    fn referred(&mut self) -> Option<(String, String)> {
        let index = self.random.below(self.tables.len().max(1));
        let table = self.tables.get(index)?;
        Some((table.name.clone(), table.columns[0].clone()))
    }

    /// A new table with everything that a table may bring along.
    fn create(&mut self) -> String {
        let table = self.next("t");
        let mut lines = Vec::new();
        let mut columns = Vec::new();
        let is_composite = self.random.chance(25);
        for number in 0..4 + self.random.below(2) {
            let column = self.next("c");
            let is_key = number == 0 || (is_composite && number == 1);
            let mut extra =
                if is_key && !is_composite { ", primary_key=True".to_owned() } else { String::new() };
            match self.random.below(6) {
                0 if number > 1 => extra += ", index=True",
                1 if number > 1 && self.has_free_unique => extra += ", unique=True",
                2 if number > 1 => extra += ", index=True, unique=True",
                3 if number > 1 => {
                    if let Some((to, key)) = self.referred() {
                        let name = self.name("fk");
                        lines.push(format!(
                            "sa.Column('{column}', sa.Integer(), sa.ForeignKey('{to}.{key}', {name}))"
                        ));
                        columns.push(column);
                        continue;
                    }
                }
                4 if number > 1 => {
                    let name = format!("name='{}'", self.next("ck"));
                    lines.push(format!(
                        "sa.Column('{column}', sa.Integer(), sa.CheckConstraint('{column} > 0', {name}))"
                    ));
                    columns.push(column);
                    continue;
                }
                _ => {}
            }
            lines.push(format!("sa.Column('{column}', sa.Integer(){extra})"));
            columns.push(column);
        }
        if is_composite {
            let name = self.name("pk");
            lines.push(format!("sa.PrimaryKeyConstraint('{}', '{}', {name})", columns[0], columns[1]));
            // What others refer to has a key of its own.
            let name = self.next("uq");
            lines.push(format!("sa.UniqueConstraint('{}', name=op.f('{name}'))", columns[0]));
        }
        if self.random.chance(40) {
            let name = self.name("uq");
            if !name.is_empty() || self.has_free_unique {
                lines.push(format!("sa.UniqueConstraint('{}', '{}', {name})", columns[1], columns[2]));
            }
        }
        if self.random.chance(30) {
            let name = self.name("ix");
            let name = if name.is_empty() { "None".to_owned() } else { name.replace("name=", "") };
            lines.push(format!("sa.Index({name}, '{}', '{}')", columns[2], columns[0]));
        }
        let refers = self.is_sqlite && lines.iter().any(|line| line.contains("ForeignKey"));
        self.tables.push(Table { name: table.clone(), is_unique: false, refers, columns });
        format!("    op.create_table('{table}',\n        {})\n", lines.join(",\n        "))
    }

    /// Something done to a table that is there.
    fn change(&mut self) -> String {
        let index = self.random.below(self.tables.len());
        let (table, columns) = (self.tables[index].name.clone(), self.tables[index].columns.clone());
        let (one, two) = (columns[1].clone(), columns[2].clone());
        let given =
            |name: String| if name.is_empty() { "None".to_owned() } else { name.replace("name=", "") };
        match self.random.below(4) {
            0 => {
                let name = given(self.name("ix"));
                format!("    op.create_index({name}, '{table}', ['{one}', '{two}'])\n")
            }
            1 if !std::mem::replace(&mut self.tables[index].is_unique, true) => {
                let mut name = self.name("uq");
                // In a batch, and for a template that wants one, a name is to be said.
                if name.is_empty() && (!self.has_free_unique || self.convention == 0) {
                    name = format!("name='{}'", self.next("uq"));
                }
                let name = given(name);
                if self.is_sqlite {
                    format!(
                        "    with op.batch_alter_table('{table}') as batch:\n        batch.create_unique_constraint({name}, ['{two}', '{one}'])\n"
                    )
                } else {
                    format!("    op.create_unique_constraint({name}, '{table}', ['{two}', '{one}'])\n")
                }
            }
            2 if !std::mem::replace(&mut self.tables[index].refers, true) => {
                let Some((to, key)) = self.referred() else { return String::new() };
                let name = self.next("fk");
                if self.is_sqlite {
                    format!(
                        "    with op.batch_alter_table('{table}') as batch:\n        batch.create_foreign_key('{name}', '{to}', ['{two}'], ['{key}'])\n"
                    )
                } else {
                    let name = if self.random.chance(50) { format!("'{name}'") } else { "None".to_owned() };
                    format!("    op.create_foreign_key({name}, '{table}', '{to}', ['{two}'], ['{key}'])\n")
                }
            }
            1 | 2 => String::new(),
            _ if self.is_sqlite => {
                let column = self.next("c");
                format!("    op.add_column('{table}', sa.Column('{column}', sa.Integer(), index=True))\n")
            }
            _ => {
                let column = self.next("c");
                let more = match self.referred() {
                    Some((to, key)) if self.random.chance(50) => format!("sa.ForeignKey('{to}.{key}')"),
                    _ if self.has_free_unique => "unique=True".to_owned(),
                    _ => "index=True".to_owned(),
                };
                format!("    op.add_column('{table}', sa.Column('{column}', sa.Integer(), {more}))\n")
            }
        }
    }
}

fn revision(number: usize, body: &str) -> File {
    let parent = if number == 0 { "None".to_owned() } else { format!("'r{}'", number - 1) };
    let text = format!(
        "import sqlalchemy as sa\nfrom alembic import op\n\nrevision = 'r{number}'\ndown_revision = {parent}\n\n\ndef upgrade():\n{body}    pass\n\n\ndef downgrade():\n    pass\n"
    );
    (format!("migrations/versions/r{number}.py"), text)
}

/// `env.py` and the modules that its metadata comes through, in every form.
fn environment(case: usize, convention: &str) -> Vec<File> {
    let imports = "from sqlalchemy import MetaData, UniqueConstraint\nfrom sqlalchemy.orm import DeclarativeBase, declarative_base\n";
    let given = if convention.is_empty() { String::new() } else { format!("naming_convention={convention}") };
    let named = if convention.is_empty() { "None" } else { convention };
    let module = format!("models_{case:04}");
    let (metadata, model) = match case % 6 {
        0 => (format!("{imports}target_metadata = MetaData({given})"), String::new()),
        1 => (
            format!(
                "{imports}NAMES = {named}\nmeta = MetaData(naming_convention=NAMES)\ntarget_metadata = meta"
            ),
            String::new(),
        ),
        2 => (
            format!("from {module} import Base\ntarget_metadata = Base.metadata"),
            format!("{imports}class Base(DeclarativeBase):\n    metadata = MetaData({given})\n"),
        ),
        3 => (
            format!("import {module}\ntarget_metadata = {module}.Base.metadata"),
            format!(
                "{imports}metadata_obj = MetaData({given})\nBase = declarative_base(metadata=metadata_obj)\n"
            ),
        ),
        4 => (
            format!("from {module} import *\ntarget_metadata = Base.metadata"),
            format!(
                "{imports}class Base(DeclarativeBase):\n    pass\n{}",
                if convention.is_empty() {
                    String::new()
                } else {
                    format!(
                        "Base.metadata.naming_convention = {}\n",
                        convention.replace("UniqueConstraint:", "'uq':")
                    )
                }
            ),
        ),
        _ => (
            format!("from {module}.base import Base as Models\ntarget_metadata = Models.metadata"),
            String::new(),
        ),
    };
    let mut files = vec![
        (
            "alembic.ini".to_owned(),
            "[alembic]\nscript_location = %(here)s/migrations\nprepend_sys_path = %(here)s\n".to_owned(),
        ),
        (
            "migrations/env.py".to_owned(),
            format!(
                "import os\nimport sqlalchemy\nfrom alembic import context\n{metadata}\n\nengine = sqlalchemy.create_engine(os.environ['CASE_URL'])\nwith engine.connect() as connection:\n    context.configure(connection=connection, target_metadata=target_metadata)\n    with context.begin_transaction():\n        context.run_migrations()\n"
            ),
        ),
    ];
    if !model.is_empty() {
        files.push((format!("{module}.py"), model));
    } else if case % 6 == 5 {
        files.push((format!("{module}/__init__.py"), String::new()));
        files.push((format!("{module}/base.py"), "from .meta import metadata\nfrom sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    metadata = metadata\n".to_owned()));
        files.push((
            format!("{module}/meta.py"),
            format!("{imports}metadata: MetaData = MetaData({given})\n"),
        ));
    }
    files
}

/// The names as they are told here after all revisions, and what is in the way of one.
fn told(folder: &Path, system: System) -> (Names, Vec<Outcome>) {
    let facts = read(folder);
    assert!(facts.naming.got().is_some(), "{}: {:?}", folder.display(), facts.naming);
    let files = facts.files.got().unwrap();
    let (mut names, mut troubles) = (Names::on(Some(system)), Vec::new());
    for &node in files.graph.order() {
        for operation in &files.at_node(node).unwrap().1.upgrade.as_ref().unwrap().operations {
            let outcome = names.apply(operation, "r");
            troubles.extend(outcome.filter(|it| matches!(it, Outcome::Taken(..) | Outcome::Lost(..))));
        }
    }
    (names, troubles)
}

fn word(known: &Known) -> &'static str {
    match known.kind {
        None => "ix",
        Some(ConstraintKind::PrimaryKey) => "pk",
        Some(ConstraintKind::Unique) => "uq",
        Some(ConstraintKind::ForeignKey) => "fk",
        Some(_) => "ck",
    }
}

fn generate(root: &Path, random: &mut Random, cases: usize, system: System) {
    let is_sqlite = system == System::Sqlite;
    for number in 0..cases {
        let convention = random.below(CONVENTIONS.len());
        let folder = root.join(format!("case-{number:04}"));
        let mut files = environment(number, CONVENTIONS[convention]);
        // `uq_%(constraint_name)s` refuses what has no name.
        let has_free_unique = convention != 4;
        let mut case = Case {
            random: &mut *random,
            is_sqlite,
            has_free_unique,
            convention,
            tables: Vec::new(),
            serial: 0,
        };
        let mut body = case.create() + &case.create();
        files.push(revision(0, &body));
        body.clear();
        for _ in 0..=case.random.below(4) {
            body += &case.change();
        }
        files.push(revision(1, &body));
        write(&folder, &files);
        // What is dropped by the name that is told here must be there by that name.
        let (names, _) = told(&folder, system);
        let mut drops = String::new();
        for known in names.known() {
            let (Some(name), true) = (known.name.text(), random.chance(20)) else { continue };
            // Of a constraint, as a convention would have it; of an index, and in a batch, as it is.
            let kind = match known.kind {
                None => {
                    writeln!(drops, "    op.drop_index(op.f('{name}'), table_name='{}')", known.table.name)
                        .unwrap();
                    continue;
                }
                Some(ConstraintKind::Unique) if known.columns.len() > 1 => "unique",
                Some(ConstraintKind::ForeignKey) => "foreignkey",
                Some(ConstraintKind::Check) => "check",
                Some(_) => continue,
            };
            let table = &known.table.name;
            if is_sqlite {
                writeln!(drops, "    with op.batch_alter_table('{table}') as batch:\n        batch.drop_constraint(op.f('{name}'), type_='{kind}')").unwrap();
            } else {
                writeln!(drops, "    op.drop_constraint(op.f('{name}'), '{table}', type_='{kind}')").unwrap();
            }
        }
        write(&folder, &[revision(2, &drops)]);
    }
}

fn compare(root: &Path, answers: &[Value], system: System) {
    let (mut judged, mut open, mut taken) = (0, 0, 0);
    for (number, answer) in answers.iter().enumerate() {
        let folder = root.join(format!("case-{number:04}"));
        let (names, troubles) = told(&folder, system);
        let shown = || format!("{}\n{answer:#}\n{:#?}", folder.display(), names.known().collect::<Vec<_>>());
        let said = answer["error"].as_str().unwrap_or_default();
        if said.contains("already exists") && names.known().any(|known| known.name == Name::Untold) {
            continue;
        }
        if let Some(trouble) = troubles.first() {
            // SQLite lets two constraints have one name.
            let is_refused = said.contains("already exists");
            assert!(is_refused || system == System::Sqlite, "{trouble:?}: {}", shown());
            assert!(matches!(trouble, Outcome::Taken(..)), "{trouble:?}: {}", shown());
            taken += 1;
            continue;
        }
        assert!(answer["error"].is_null(), "{}", shown());
        let mut left: Vec<&Known> = names.known().collect();
        for (table, found) in answer["tables"].as_object().unwrap() {
            for one in found.as_array().unwrap() {
                let (kind, name) = (one[0].as_str().unwrap(), one[1].as_str());
                let columns: Vec<Option<&str>> =
                    one[2].as_array().unwrap().iter().map(Value::as_str).collect();
                let is_it = |known: &&Known| {
                    let own: Vec<Option<&str>> = known.columns.iter().map(Option::as_deref).collect();
                    let is_named = match &known.name {
                        Name::Made => name.is_none(),
                        Name::Untold => true,
                        other => {
                            let other = other.text().unwrap();
                            let kept =
                                if system == System::Postgres { hashed(other) } else { other.to_owned() };
                            name == Some(kept.as_str())
                        }
                    };
                    word(known) == kind && known.table.name == *table && own == columns && is_named
                };
                let at = left.iter().position(is_it);
                let at = at.unwrap_or_else(|| panic!("{one} of {table} is not told: {}", shown()));
                match left.remove(at).name {
                    Name::Untold => open += 1,
                    _ => judged += 1,
                }
            }
        }
        // Two of one name become one when SQLite builds the table anew.
        left.retain(|known| known.name != Name::Untold);
        assert!(left.is_empty(), "{left:#?} are not there: {}", shown());
    }
    assert!(taken > 2, "{taken}");
    assert!(judged > answers.len() * 6 && open < judged / 6, "{judged} judged, {open} not told");
}

fn ask(root: &Path, url: Option<&str>) -> Vec<Value> {
    let readers = std::env::var_os("TRUEUP_TEST_READERS").expect("run `bash tests/run`, which installs it");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/alembic_names.py");
    let mut run = Command::new(Path::new(&readers).join("alembic/bin/python"));
    let output = run.arg(script).arg(root).args(url).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

mod on_alembic_and_sqlite {
    use super::*;

    #[test]
    fn the_names_are_alembics() {
        let root = tempfile::tempdir().unwrap();
        generate(root.path(), &mut Random(0x6e61_6d65_7331), 150, System::Sqlite);
        compare(root.path(), &ask(root.path(), None), System::Sqlite);
    }
}

mod on_alembic_and_postgres {
    use super::*;
    use trueup::stores::endpoint::{Address, Endpoint};
    use trueup::stores::postgres::Scratch;

    #[tokio::test]
    async fn the_names_are_alembics() {
        let server = std::env::var("TRUEUP_TEST_POSTGRES").expect("run `bash tests/run`, which starts it");
        let Address::Postgres(url) = Endpoint::new("test", &server, false).unwrap().address else {
            unreachable!()
        };
        let scratch = Scratch::create(&url).await.unwrap();
        let (before, _) = server.rsplit_once('/').unwrap();
        let url = format!("{}/{}", before.replace("postgres://", "postgresql+psycopg2://"), scratch.name());
        let root = tempfile::tempdir().unwrap();
        generate(root.path(), &mut Random(0x6e61_6d65_7332), 150, System::Postgres);
        let answers = ask(root.path(), Some(&url));
        scratch.remove().await.unwrap();
        compare(root.path(), &answers, System::Postgres);
    }
}
