//! What the Alembic rules judge.
use std::collections::{BTreeMap, BTreeSet};

use super::around::Around;
use super::imported::{Imported, imported};
use super::locate::{Located, Locator};
use super::lock::{Flaw, LockFacts};
use super::named::{Named, replay};
use super::naming;
use super::reading::revision_files;
use super::sides::Sides;
use crate::chain::Graph;
use crate::chain::naming::settle;
use crate::manifest::{Alembic, Source};
use crate::model::chain::EnvScript;
use crate::model::chain::{
    ChainSettings, ConfigProblem, Declares, Location, Revision, RevisionFile, Written,
};
use crate::model::naming::Convention;
use crate::model::operation::{Body, Operation};
use crate::model::path::under;
use crate::model::{Cause, Gap, InlineAllow, Look, Object, Place, Reason, Role, Span};
use crate::parse::alembic::{is_configured, sections, settings};
use crate::parse::ini::excerpt;
use crate::parse::python::{env_script, sets_schema};
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
    pub(super) named: Named,
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

/// What a configuration says, or the mistake on which Alembic stops.
pub struct Settings {
    /// The one or the other.
    pub outcome: Result<ChainSettings, ConfigProblem>,
    /// The ini file's text, when there is one.
    pub ini: Option<String>,
    /// The ini file's path as printed, or the TOML file's when there is none.
    pub path: String,
    /// The TOML file's path as printed.
    pub toml_path: String,
}

/// The files of a chain.
pub struct Files {
    /// The script folder as printed.
    pub script: String,
    /// The Python files of the version locations, in the order in which Alembic loads them.
    pub all: Vec<RevisionFile>,
    /// Python files that lie below a version location, where Alembic does not look.
    pub passed_over: Vec<RevisionFile>,
    /// The indexes in `all` of those that are revisions.
    known: Vec<usize>,
    /// The graph over those.
    pub graph: Graph,
}

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
        self.chains.iter().flat_map(|chain| {
            let is_locked = |id: &str| self.is_locked(chain, id);
            chain.unjudged_names().chain(chain.unlocked_imports(is_locked))
        })
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

/// The section of an ini file when none is named.
const SECTION: &str = "alembic";

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl ChainFacts {
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
        let mut files = at.files(&settings, tree, is_declared.then_some(&mut texts));
        let naming = at.convention(&settings, &files, tree);
        let imported = if is_declared { at.imported(&settings, &files, tree) } else { Imported::new() };
        if let Look::Got(files) = &mut files {
            files.settle(naming.got());
        }
        let named = files.got().map(|files| replay(files, &settings)).unwrap_or_default();
        let sides = Sides::read(&at, &files, tree);
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
        Self { declared, config, place, settings, files, naming, imported, named, sides, env, around, texts }
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

impl Settings {
    /// An ini file is read together with the `pyproject.toml` of the folder that Alembic is started in.
    fn read(config: &str, run_in: Option<&str>, section: &str, tree: &dyn Tree) -> Look<Self> {
        let is_toml = config.rsplit('/').next() == Some("pyproject.toml");
        let toml_path = if is_toml {
            config.to_owned()
        } else {
            under(run_in.unwrap_or(folder(config)), "pyproject.toml")
        };
        let toml = if is_toml || tree.has(&toml_path) {
            match tree.text(&toml_path) {
                Look::Got(text) => Some(text),
                Look::Failed(cause) if is_toml => return Look::Failed(cause),
                _ => None,
            }
        } else {
            None
        };
        let ini = if is_toml { Look::Got(None) } else { tree.text(config).map(Some) };
        ini.map(|ini| Self {
            outcome: settings(ini.as_deref(), toml.as_deref(), section),
            ini,
            path: config.to_owned(),
            toml_path,
        })
    }

    /// A place in the configuration.
    pub fn place(&self, span: Span, in_toml: bool) -> Place {
        if in_toml {
            return Place::new(&self.toml_path, span);
        }
        let place = Place::new(&self.path, span);
        match &self.ini {
            Some(text) => place.showing(excerpt(text, span)),
            None => place,
        }
    }
}

/// Where a chain is said to be.
pub(super) struct Whereabouts<'w> {
    pub(super) config: &'w str,
    pub(super) section: &'w str,
    pub(super) run_in: Option<&'w str>,
    /// The script folder, where it is declared.
    pub(super) script: Option<String>,
    /// The folders of the revisions, where they are declared.
    pub(super) versions: Vec<String>,
}

impl Whereabouts<'_> {
    /// The configuration as a tree has it.
    pub(super) fn settings(&self, tree: &dyn Tree) -> Look<Settings> {
        Settings::read(self.config, self.run_in, self.section, tree)
    }

    /// By which convention its constraints are named.
    fn convention(
        &self,
        settings: &Look<Settings>,
        files: &Look<Files>,
        tree: &dyn Tree,
    ) -> Look<Convention> {
        let (Look::Got(files), Look::Got(Settings { outcome: Ok(said), .. })) = (files, settings) else {
            return Look::Failed(Cause::new("the script folder could not be found"));
        };
        let locator = Locator { config: folder(self.config), run_in: self.run_in, tree };
        naming::convention(&files.script, &said.search_path, &locator)
    }

    /// What its revisions import from the repository.
    fn imported(&self, settings: &Look<Settings>, files: &Look<Files>, tree: &dyn Tree) -> Imported {
        let (Look::Got(files), Look::Got(Settings { outcome: Ok(said), .. })) = (files, settings) else {
            return Imported::new();
        };
        let locator = Locator { config: folder(self.config), run_in: self.run_in, tree };
        imported(files, &said.search_path, &locator)
    }

    /// What its folders hold in a tree; the texts of its revisions are put into `texts`, by path, where they are wanted.
    pub(super) fn files(
        &self,
        settings: &Look<Settings>,
        tree: &dyn Tree,
        texts: Option<&mut BTreeMap<String, String>>,
    ) -> Look<Files> {
        let said = match settings {
            Look::Got(Settings { outcome: Ok(said), .. }) => said,
            Look::Got(Settings { outcome: Err(problem), .. }) => return Look::Failed(problem.cause.clone()),
            Look::Failed(cause) => return Look::Failed(cause.clone()),
            Look::NotAsked(reason) => return Look::NotAsked(reason.clone()),
        };
        let locator = Locator { config: folder(self.config), run_in: self.run_in, tree };
        match Folders::find(said, self, &locator) {
            Ok(folders) => Files::read(folders, said, &locator, texts),
            Err(cause) => Look::Failed(cause),
        }
    }
}

/// The folders of a chain.
struct Folders {
    script: String,
    versions: Vec<String>,
}

impl Folders {
    fn find(said: &ChainSettings, at: &Whereabouts<'_>, locator: &Locator<'_>) -> Result<Self, Cause> {
        let script = at.script.clone().map_or_else(|| script_folder(said, locator), Ok)?;
        if !at.versions.is_empty() {
            return Ok(Self { script, versions: at.versions.clone() });
        }
        let mut versions = Vec::new();
        for location in &said.version_locations {
            match locator.folder(location, &said.search_path) {
                Located::Found(folder) => versions.push(folder),
                // Alembic passes over a version location that is not there, and so may we: it has no revision.
                Located::Lost(cause) if said.version_locations.len() == 1 => return Err(cause),
                Located::Lost(_) => {}
            }
        }
        if said.version_locations.is_empty() {
            versions.push(under(&script, "versions"));
        }
        Ok(Self { script, versions })
    }
}

impl Files {
    fn read(
        folders: Folders,
        said: &ChainSettings,
        locator: &Locator<'_>,
        texts: Option<&mut BTreeMap<String, String>>,
    ) -> Look<Self> {
        let Folders { script, versions } = folders;
        let (mut all, mut passed_over, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        for folder in &versions {
            for path in locator.python_files(folder) {
                let below = path.strip_prefix(folder.as_str()).unwrap_or(&path).trim_start_matches('/');
                let list = if said.recursive || !below.contains('/') { &mut all } else { &mut passed_over };
                if seen.insert(path.clone()) {
                    list.push(path);
                }
            }
        }
        let mut all = revision_files(&all, locator.tree, texts);
        let env = locator.tree.text(&under(&script, "env.py"));
        if !all.iter().any(|file| file.sets_schema) && !env.got().is_some_and(|text| sets_schema(text)) {
            all.iter_mut().for_each(in_public);
        }
        if said.sourceless {
            let compiled = versions.iter().flat_map(|folder| locator.compiled_files(folder));
            let cause = || Cause::new("it is compiled, and has no source").hint("keep the source beside it");
            all.extend(compiled.map(|path| RevisionFile {
                path,
                declares: Declares::Unread(cause()),
                allows: Vec::new(),
                sets_schema: false,
            }));
        }
        let is_like_one =
            |path: &String| locator.tree.text(path).got().is_some_and(|text| text.contains("down_revision"));
        passed_over.retain(is_like_one);
        let passed_over = revision_files(&passed_over, locator.tree, None);
        if all.is_empty() {
            let cause = Cause::new(format!("{} has no revision", versions.join(", ")));
            let hint = if passed_over.is_empty() {
                "is it the right folder? `run_in` in `[[alembic]]` says where Alembic is started"
            } else {
                "there are some in folders below it: when only code says so, declare `version_locations` in `[[alembic]]`"
            };
            return Look::Failed(cause.hint(hint));
        }
        Look::Got(Self::new(script, all, passed_over))
    }

    fn new(script: String, all: Vec<RevisionFile>, passed_over: Vec<RevisionFile>) -> Self {
        let known: Vec<usize> = all
            .iter()
            .enumerate()
            .filter(|(_, file)| file.revision().is_some())
            .map(|(index, _)| index)
            .collect();
        let revisions: Vec<&Revision> = all.iter().filter_map(RevisionFile::revision).collect();
        let graph = Graph::new(&revisions);
        Self { script, all, passed_over, known, graph }
    }

    /// Gives constraints and indexes the names that Alembic gives them.
    fn settle(&mut self, convention: Option<&Convention>) {
        for file in &mut self.all {
            if let Declares::Revision(revision) = &mut file.declares {
                let bodies = revision.upgrade.iter_mut().chain(&mut revision.downgrade);
                bodies.for_each(|body| settle(body, convention));
            }
        }
    }

    /// A revision of the graph, and its file.
    pub fn revision(&self, index: usize) -> Option<(&RevisionFile, &Revision)> {
        let file = self.all.get(*self.known.get(index)?)?;
        Some((file, file.revision()?))
    }

    /// The revision of a node of the graph, and its file.
    pub fn at_node(&self, node: usize) -> Option<(&RevisionFile, &Revision)> {
        self.revision(self.graph.nodes.get(node)?.revision)
    }

    /// Every revision with its file, in the order in which Alembic loads them.
    pub fn revisions(&self) -> impl Iterator<Item = (&RevisionFile, &Revision)> {
        self.all.iter().filter_map(|file| Some((file, file.revision()?)))
    }

    /// The revisions in the order in which they run, else in that of the files.
    pub(super) fn in_order(&self) -> Vec<(&RevisionFile, &Revision)> {
        let order = self.graph.order();
        if order.is_empty() {
            return self.revisions().collect();
        }
        order.into_iter().filter_map(|node| self.at_node(node)).collect()
    }

    /// The ids of the revisions that are left to run on a database which has `applied`, in their order.
    ///
    /// # Errors
    /// When the chain cannot tell, because it lacks something or knows no such revision.
    pub fn left_after(&self, applied: &[String]) -> Result<Vec<String>, Cause> {
        if let Some(cause) = self.unknown() {
            return Err(cause);
        }
        let hint = "`trueup lint alembic` says more";
        if !self.graph.is_whole() {
            return Err(Cause::new("the chain is not whole").hint(hint));
        }
        let id_of = |node: usize| self.at_node(node).map(|(_, revision)| revision.id.text.clone());
        let ids: BTreeMap<String, usize> =
            (0..self.graph.nodes.len()).filter_map(|node| Some((id_of(node)?, node))).collect();
        let node = |id: &String| {
            let unknown = || Cause::new(format!("the chain has no revision {id}")).hint(hint);
            ids.get(id).copied().ok_or_else(unknown)
        };
        let applied = applied.iter().map(node).collect::<Result<Vec<usize>, Cause>>()?;
        Ok(self.graph.left_after(&applied).into_iter().filter_map(id_of).collect())
    }

    /// Why the graph may lack something: a file of which nobody knows what revision it is.
    pub fn unknown(&self) -> Option<Cause> {
        self.all.iter().find_map(|file| {
            let why = match &file.declares {
                Declares::NotStatic(what) | Declares::Unparsable(what) => what.text.clone(),
                Declares::Unread(cause) => cause.message.clone(),
                Declares::Revision(_) | Declares::Incomplete(_) => return None,
            };
            let cause = Cause::new(format!("{} may be any revision: {why}", file.path));
            Some(cause.hint("the chain can be judged once that file can be read"))
        })
    }
}

/// `public.users` and `users` are one table.
fn in_public(file: &mut RevisionFile) {
    if let Declares::Revision(revision) = &mut file.declares {
        let bodies = revision.upgrade.iter_mut().chain(&mut revision.downgrade);
        for table in bodies.flat_map(|body| &mut body.operations).flat_map(Operation::tables_mut) {
            table.schema.take_if(|schema| schema == "public");
        }
    }
}

/// The folder that the configuration names.
fn script_folder(said: &ChainSettings, locator: &Locator<'_>) -> Result<String, Cause> {
    // Flask-Migrate keeps its configuration in the script folder itself, and says so in code.
    let own = Location::Here(String::new());
    let is_own = locator.tree.has(&under(locator.config, "env.py"));
    let Some(location) = said.script_location.as_ref().or(is_own.then_some(&own)) else {
        let cause = Cause::new("the configuration names no `script_location`");
        return Err(cause.hint("when only code says it, declare `script_location` in `[[alembic]]`"));
    };
    match locator.folder(location, &said.search_path) {
        Located::Found(folder) => Ok(folder),
        Located::Lost(cause) => Err(cause),
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
