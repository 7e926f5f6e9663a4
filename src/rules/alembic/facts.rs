//! What the Alembic rules judge.
use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::around::Around;
use super::imported::Imported;
use super::lock::{Flaw, LockFacts};
use super::named::Named;
use super::revisions::Files;
use super::sides::Sides;
use super::whereabouts::{SECTION, Settings, Whereabouts, folder};
use crate::manifest::{Alembic, Source};
use crate::model::chain::{EnvScript, Revision, RevisionFile, Written};
use crate::model::naming::Convention;
use crate::model::operation::Body;
use crate::model::path::under;
use crate::model::{Cause, Gap, InlineAllow, Look, Object, Place, Reason, Role};
use crate::parse::alembic::{is_configured, sections};
use crate::parse::python::env_script;
use crate::rules::Tree;

/// Why a rule of taste says nothing: a project has it or has it not.
pub(super) const NOT_ASKED_FOR: &str = "no key of `[[alembic]]` asks for it";

/// Every chain of a project.
pub struct AlembicFacts {
    /// The chains, in the order of the manifest, else of their paths.
    pub chains: Vec<ChainFacts>,
    /// The manifest.
    pub source: Source,
    /// Why some folder could not be searched for chains.
    pub unseen: Vec<Cause>,
    /// What is known to be applied.
    pub lock: Look<LockFacts>,
    /// What is wrong with that.
    pub flaws: Vec<Flaw>,
}

/// One chain.
pub struct ChainFacts {
    /// What is declared about it; nothing is when it was found.
    pub declared: Alembic,
    /// Its configuration's path as printed.
    pub config: String,
    /// The manifest line that named it.
    pub place: Option<Place>,
    /// What its configuration says, and where it says it.
    pub settings: Look<Settings>,
    /// What its folders hold.
    pub files: Look<Files>,
    /// How its constraints and indexes get the names that nobody says.
    pub naming: Look<Convention>,
    /// What its revisions import from the repository, where they may be locked.
    pub(super) imported: Imported,
    /// What comes of the names that its revisions give and drop.
    pub(super) named: OnceLock<Named>,
    /// What the two sides of a merge add to it.
    pub sides: Look<Sides>,
    /// What its `env.py` does.
    pub env: Look<EnvScript>,
    /// What else in the repository has to do with it.
    pub around: Around,
    /// The texts of its revisions, by path, where the manifest declares the chain: they may be locked.
    pub texts: BTreeMap<String, String>,
}

/// What came of reading an `env.py`.
pub(super) type EnvLook = Look<EnvScript>;

impl AlembicFacts {
    /// Reads the chains that are declared; with `search` and without a manifest, those that are found.
    pub fn new(declared: &[Alembic], source: &Source, search: bool, tree: &dyn Tree) -> Self {
        let (lock, flaws) = LockFacts::read(declared, source, tree);
        let mut facts = Self { chains: Vec::new(), source: source.clone(), unseen: Vec::new(), lock, flaws };
        if declared.is_empty() && search && source.path.is_empty() {
            let (files, unseen) = tree.files("");
            facts.unseen = unseen;
            for (config, section) in found(&files, tree) {
                let declared = Alembic { section: Some(section.into()), ..Alembic::default() };
                facts.chains.push(ChainFacts::read(declared, config, source, tree));
            }
            return facts;
        }
        for chain in declared {
            facts.chains.push(ChainFacts::read(chain.clone(), source.path_of(&chain.ini), source, tree));
        }
        facts
    }

    /// The inline allows of every file that could be read, with the file's path.
    pub fn allows(&self) -> impl Iterator<Item = (&str, &InlineAllow)> {
        let files = self.chains.iter().filter_map(|chain| chain.files.got());
        let files = files.flat_map(|files| files.all.iter().chain(&files.passed_over));
        files.flat_map(|file| file.allows.iter().map(|allow| (file.path.as_str(), allow)))
    }
}

impl AlembicFacts {
    /// What the rules could not judge though they looked.
    pub fn gaps(&self) -> impl Iterator<Item = Gap> {
        self.chains.iter().flat_map(|chain| chain.unjudged_names().chain(self.unlocked_imports(chain)))
    }
}

/// The configurations that there are: each section of an `alembic.ini` that names a script folder, and each
/// `pyproject.toml` that does.
fn found(files: &[String], tree: &dyn Tree) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let is_beside = |path: &str| files.iter().any(|file| file == path);
    for path in files {
        if Role::of(path) == Some(Role::Alembic) {
            let Look::Got(text) = tree.text(path) else {
                found.push((path.clone(), SECTION.to_owned()));
                continue;
            };
            let mut named = sections(&text);
            if named.is_empty() {
                named.push(SECTION.to_owned());
            }
            found.extend(named.into_iter().map(|section| (path.clone(), section)));
        } else if path.rsplit('/').next() == Some("pyproject.toml")
            && !is_beside(&under(folder(path), "alembic.ini"))
            && tree.text(path).got().is_some_and(|text| is_configured(text))
        {
            found.push((path.clone(), SECTION.to_owned()));
        }
    }
    found
}

impl ChainFacts {
    /// The section of its configuration.
    pub(super) fn section(&self) -> &str {
        self.declared.section.as_ref().map_or(SECTION, |section| section.as_str())
    }

    fn read(declared: Alembic, config: String, source: &Source, tree: &dyn Tree) -> Self {
        let section = declared.section.as_ref().map_or(SECTION, |section| section.as_str()).to_owned();
        let run_in = declared.run_in.as_ref().map(|folder| source.path_of(folder));
        let settings = Settings::read(&config, run_in.as_deref(), &section, tree);
        let script = declared.script_location.as_ref().map(|script| source.path_of(script));
        let versions = declared.version_locations.iter().map(|folder| source.path_of(folder)).collect();
        let at =
            Whereabouts { config: &config, section: &section, run_in: run_in.as_deref(), script, versions };
        let mut texts = BTreeMap::new();
        let is_declared = declared.ini.range().is_some();
        let folders = at.folders(&settings, tree);
        let naming = at.convention(&settings, &folders, tree);
        let wanted = is_declared.then_some(&mut texts);
        let files = at.files(&settings, folders, naming.got(), (tree, wanted));
        let imported = if is_declared { at.imported(&settings, &files, tree) } else { Imported::new() };
        let sides = Sides::read(&at, &files, naming.got(), tree);
        let env = read_env(&files, tree);
        let around = Around::read(
            &declared,
            &config,
            &env,
            files.got().map(|files| files.script.as_str()),
            source,
            tree,
        );
        let place = source.place_of(&declared.ini);
        Self {
            declared,
            config,
            place,
            settings,
            files,
            naming,
            imported,
            named: OnceLock::new(),
            sides,
            env,
            around,
            texts,
        }
    }

    /// Whether the configuration names a database that is not Postgres.
    pub(super) fn is_elsewhere_than_postgres(&self) -> bool {
        let said = self.settings.got().and_then(|settings| settings.outcome.as_ref().ok());
        let url = said.and_then(|said| said.url.as_ref()).map_or("", |(url, _)| url.reveal());
        ["sqlite", "mysql", "mariadb", "oracle", "mssql", "snowflake", "bigquery", "clickhouse"]
            .iter()
            .any(|name| url.starts_with(name))
    }

    /// The chain as the object of a check.
    pub fn object(&self) -> Object {
        Object::file(&self.config)
    }
}

/// The place of something that stands in a revision file.
pub(super) fn place(file: &RevisionFile, written: &Written) -> Place {
    Place::new(&file.path, written.span)
}

/// The place of a function; where it is missing, that of the id.
pub(super) fn body_place(file: &RevisionFile, revision: &Revision, body: Option<&Body>) -> Place {
    Place::new(&file.path, body.map_or(revision.id.span, |body| body.span))
}

fn read_env(files: &Look<Files>, tree: &dyn Tree) -> EnvLook {
    let Look::Got(files) = files else {
        return Look::Failed(Cause::new("the script folder could not be found"));
    };
    let path = under(&files.script, "env.py");
    if !tree.has(&path) {
        return Look::NotAsked(Reason(format!("there is no {path}")));
    }
    match tree.text(&path) {
        Look::Got(text) => env_script(&text).map_or_else(
            || Look::Failed(Cause::new("it is no Python").hint("Alembic runs it before anything else")),
            Look::Got,
        ),
        Look::NotAsked(reason) => Look::NotAsked(reason),
        Look::Failed(cause) => Look::Failed(cause),
    }
}
