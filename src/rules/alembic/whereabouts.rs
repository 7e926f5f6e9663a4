//! Where a chain is: its configuration, its script folder and the folders of its revisions.
use std::collections::BTreeMap;

use super::imported::{Imported, imported};
use super::locate::{Located, Locator};
use super::naming;
use super::revisions::Files;
use crate::model::chain::{ChainSettings, ConfigProblem, Location};
use crate::model::naming::Convention;
use crate::model::path::under;
use crate::model::{Cause, Look, Place, Span};
use crate::parse::alembic::settings;
use crate::parse::ini::excerpt;
use crate::rules::Tree;

/// The section of an ini file when none is named.
pub(super) const SECTION: &str = "alembic";

/// The folder of a path.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

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

impl Settings {
    /// An ini file is read together with the `pyproject.toml` of the folder that Alembic is started in.
    pub(super) fn read(config: &str, run_in: Option<&str>, section: &str, tree: &dyn Tree) -> Look<Self> {
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

    /// Its folders in a tree.
    pub(super) fn folders(&self, settings: &Look<Settings>, tree: &dyn Tree) -> Look<Folders> {
        let said = match settings {
            Look::Got(Settings { outcome: Ok(said), .. }) => said,
            Look::Got(Settings { outcome: Err(problem), .. }) => return Look::Failed(problem.cause.clone()),
            Look::Failed(cause) => return Look::Failed(cause.clone()),
            Look::NotAsked(reason) => return Look::NotAsked(reason.clone()),
        };
        Look::from(Folders::find(said, self, &self.locator(tree)))
    }

    fn locator<'t>(&'t self, tree: &'t dyn Tree) -> Locator<'t> {
        Locator { config: folder(self.config), run_in: self.run_in, tree }
    }

    /// By which convention its constraints are named.
    pub(super) fn convention(
        &self,
        settings: &Look<Settings>,
        folders: &Look<Folders>,
        tree: &dyn Tree,
    ) -> Look<Convention> {
        let (Look::Got(folders), Look::Got(Settings { outcome: Ok(said), .. })) = (folders, settings) else {
            return Look::Failed(Cause::new("the script folder could not be found"));
        };
        naming::convention(&folders.script, &said.search_path, &self.locator(tree))
    }

    /// What its revisions import from the repository.
    pub(super) fn imported(
        &self,
        settings: &Look<Settings>,
        files: &Look<Files>,
        tree: &dyn Tree,
    ) -> Imported {
        let (Look::Got(files), Look::Got(Settings { outcome: Ok(said), .. })) = (files, settings) else {
            return Imported::new();
        };
        imported(files, &said.search_path, &self.locator(tree))
    }

    /// What its folders hold in a tree, with the names that a convention gives; the texts of its revisions are put into `texts`,
    /// by path, where they are wanted.
    pub(super) fn files(
        &self,
        settings: &Look<Settings>,
        folders: Look<Folders>,
        convention: Option<&Convention>,
        (tree, texts): (&dyn Tree, Option<&mut BTreeMap<String, String>>),
    ) -> Look<Files> {
        let said = settings.got().and_then(|settings| settings.outcome.as_ref().ok());
        match (folders, said) {
            (Look::Got(folders), Some(said)) => {
                Files::read(folders, said, convention, (&self.locator(tree), texts))
            }
            (Look::Got(_), None) => Look::Failed(Cause::new("its configuration could not be read")),
            (Look::Failed(cause), _) => Look::Failed(cause),
            (Look::NotAsked(reason), _) => Look::NotAsked(reason),
        }
    }
}

/// The folders of a chain.
pub(super) struct Folders {
    pub(super) script: String,
    pub(super) versions: Vec<String>,
    /// Whether the manifest names those.
    pub(super) is_declared: bool,
}

impl Folders {
    fn find(said: &ChainSettings, at: &Whereabouts<'_>, locator: &Locator<'_>) -> Result<Self, Cause> {
        let script = at.script.clone().map_or_else(|| script_folder(said, locator), Ok)?;
        if !at.versions.is_empty() {
            return Ok(Self { script, versions: at.versions.clone(), is_declared: true });
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
        Ok(Self { script, versions, is_declared: false })
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
