//! Two chains of one repository, with branches, a merge and dependencies, and an `env.py` that does not block.
use std::path::{Path, PathBuf};
use std::process::Command;

use super::museum::without_words;

/// Both chains in a folder of their own.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    programs: PathBuf,
    /// The URL of their one database as an application has it.
    url: String,
}

const ENV: &str = r#"import asyncio, os
from alembic import context
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import create_async_engine

target_metadata = MetaData()


def run(connection):
    context.configure(
        connection=connection, target_metadata=target_metadata, compare_type=True, compare_server_default=True, OPTIONS
    )
    with context.begin_transaction():
        context.run_migrations()


async def main():
    engine = create_async_engine(os.environ["DATABASE_URL"])
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


asyncio.run(main())
"#;

/// What a revision says of where it stands.
pub(crate) struct Stands {
    /// Its chain.
    pub(crate) chain: &'static str,
    pub(crate) id: &'static str,
    /// `down_revision`, as Python has it.
    pub(crate) parents: &'static str,
    /// Further assignments.
    pub(crate) more: &'static str,
}

impl Project {
    /// The chains `one` and `two`, whose version tables are named after them; `options` are further arguments of
    /// `context.configure` in `two`.
    pub(crate) fn new(url: &str, scratch: Option<&str>, options: &str) -> Self {
        let readers = std::env::var_os("TRUEUP_TEST_READERS");
        let readers = readers.expect("TRUEUP_TEST_READERS is not set: run `bash tests/run`");
        let programs = Path::new(&readers).join("alembic/bin");
        let project = Self { folder: tempfile::tempdir().unwrap(), programs, url: url.to_owned() };
        let mut manifest = "[endpoints.app]\nurl = \"${APP_URL}\"\n".to_owned();
        let mut keys = String::new();
        if let Some(scratch) = scratch {
            manifest += "[endpoints.scratch]\nurl = \"${SCRATCH_URL}\"\naccess = \"scratch\"\n";
            keys += "scratch = \"scratch\"\n";
            project.write(".env", &format!("SCRATCH_URL={scratch}\n"));
        }
        let scheme = url.split(':').next().unwrap();
        let alembic = project.programs.join("alembic");
        for chain in ["one", "two"] {
            let options = if chain == "two" { options } else { "" };
            let options = format!("version_table=\"{chain}_version\", {options}");
            project.write(
                &format!("{chain}/alembic.ini"),
                "[alembic]\nscript_location = %(here)s\nfile_template = %%(rev)s\n",
            );
            project.write(&format!("{chain}/env.py"), &ENV.replace("OPTIONS", &options));
            let declared = format!(
                "\n[[alembic]]\nname = \"{chain}\"\nini = \"{chain}/alembic.ini\"\nendpoint = \"app\"\nversion_table = \"{chain}_version\"\n{keys}command = {{ run = [\"{}\"], run_in = \"{chain}\", scheme = \"{scheme}\" }}\n",
                alembic.display()
            );
            manifest.push_str(&declared);
        }
        project.write("trueup.toml", &manifest);
        let one = |id, parents, more| Stands { chain: "one", id, parents, more };
        let two = |id, parents, more| Stands { chain: "two", id, parents, more };
        for stands in [
            one("a1", "None", ""),
            one("b1", "'a1'", "branch_labels = ('left',)"),
            one("b2", "'b1'", ""),
            one("c1", "'a1'", "branch_labels = ('right',)"),
            one("c2", "'c1'", "depends_on = 'b1'"),
            two("x1", "None", ""),
            two("x2", "'x1'", ""),
            two("y1", "None", "branch_labels = ('other',)"),
            two("y2", "'y1'", "depends_on = ('x2',)"),
        ] {
            project.makes_table(&stands);
        }
        project.revision(&one("m1", "('b2', 'c2')", ""), "pass", "pass");
        let column = "sa.Column('note', sa.Text(), nullable=True)";
        project.revision(
            &one("d1", "'m1'", ""),
            &format!("op.add_column('t_a1', {column})"),
            "op.drop_column('t_a1', 'note')",
        );
        project
    }

    /// A revision that makes a table named after it.
    pub(crate) fn makes_table(&self, stands: &Stands) {
        let make =
            format!("op.create_table('t_{}', sa.Column('id', sa.Integer(), primary_key=True))", stands.id);
        self.revision(stands, &make, &format!("op.drop_table('t_{}')", stands.id));
    }

    pub(crate) fn revision(&self, stands: &Stands, up: &str, down: &str) {
        let Stands { chain, id, parents, more } = stands;
        let text = format!(
            "\"\"\"{id}, written by hand\"\"\"\nimport sqlalchemy as sa\nfrom alembic import op\n\nrevision = '{id}'\ndown_revision = {parents}\n{more}\n\n\ndef upgrade():\n    {up}\n\n\ndef downgrade():\n    {down}\n"
        );
        self.write(&format!("{chain}/versions/{id}.py"), &text);
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Runs Alembic on a chain.
    pub(crate) fn alembic(&self, chain: &str, words: &[&str]) {
        let mut run = Command::new(self.programs.join("alembic"));
        run.args(words).current_dir(self.path().join(chain)).env("DATABASE_URL", &self.url);
        let output = run.output().unwrap();
        assert!(output.status.success(), "{chain} {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Runs statements on the database, as SQLAlchemy does.
    pub(crate) fn execute(&self, statements: &[&str]) {
        let script = "import asyncio, sys, sqlalchemy as sa\nfrom sqlalchemy.ext.asyncio import create_async_engine\nasync def main():\n    engine = create_async_engine(sys.argv[1])\n    async with engine.begin() as connection:\n        for statement in sys.argv[2:]:\n            await connection.execute(sa.text(statement))\n    await engine.dispose()\nasyncio.run(main())";
        let mut run = Command::new(self.programs.join("python"));
        let output = run.args(["-c", script, &self.url]).args(statements).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// What is found, and the exit code.
    pub(crate) fn found(&self, words: &[&str]) -> (Vec<String>, Option<i32>) {
        let (text, code) = self.said(&[&["--format", "concise"], words].concat());
        (text.lines().map(without_words).collect(), code)
    }

    pub(crate) fn said(&self, words: &[&str]) -> (String, Option<i32>) {
        let mut run = Command::new(env!("CARGO_BIN_EXE_trueup"));
        run.args(["lint", "alembic"]).args(words).current_dir(self.path()).env("APP_URL", &self.url);
        let output = run.output().unwrap();
        (
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr),
            output.status.code(),
        )
    }

    pub(crate) fn git(&self, words: &[&str]) {
        let mut run = Command::new("git");
        run.args(["-c", "user.name=test", "-c", "user.email=test@example.com"]).args(words);
        let output = run.current_dir(self.path()).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
