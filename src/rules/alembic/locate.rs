//! Where the folders of a configuration are, without asking Python.
use std::cmp::Ordering;

use crate::model::Cause;
use crate::model::chain::Location;
use crate::model::path::under;
use crate::rules::Tree;

/// Looks for folders.
pub(super) struct Locator<'t> {
    /// The configuration's folder.
    pub(super) config: &'t str,
    /// The folder that Alembic is started in, when that is declared.
    pub(super) run_in: Option<&'t str>,
    /// The files there are.
    pub(super) tree: &'t dyn Tree,
}

/// What came of looking for a folder.
pub(super) enum Located {
    /// The folder as printed.
    Found(String),
    /// Why there is none.
    Lost(Cause),
}

impl Locator<'_> {
    /// The folder of a location.
    pub(super) fn folder(&self, location: &Location, search_path: &[Location]) -> Located {
        let hint = "`run_in` in `[[alembic]]` says where Alembic is started, `script_location` where the scripts are";
        let found = match location {
            Location::Here(below) => Some(under(self.config, below)),
            Location::Path(path) if path.starts_with('/') => Some(path.clone()),
            Location::Path(path) => match self.run_in {
                Some(folder) => Some(under(folder, path)),
                None => self
                    .above()
                    .into_iter()
                    .map(|folder| under(&folder, path))
                    .find(|folder| self.is_there(folder)),
            },
            Location::Package(package, path) => self.in_package(package, path, search_path),
        };
        match (found, location) {
            (Some(folder), _) if self.is_there(&folder) => Located::Found(folder),
            (Some(folder), _) => {
                Located::Lost(Cause::new(format!("the folder {folder} is not here")).hint(hint))
            }
            (None, Location::Package(package, path)) => {
                let cause = Cause::new(format!(
                    "`{package}:{path}` lies in a Python package that is not in this repository, or not once"
                ));
                Located::Lost(cause.hint(hint))
            }
            (None, Location::Here(path) | Location::Path(path)) => {
                let cause = Cause::new(format!(
                    "there is no folder `{path}` beside {} or above it",
                    self.config_name()
                ));
                Located::Lost(cause.hint(hint))
            }
        }
    }

    fn config_name(&self) -> &str {
        if self.config.is_empty() { "the configuration" } else { self.config }
    }

    /// The configuration's folder and those above it, nearest first.
    fn above(&self) -> Vec<String> {
        let mut folders = vec![self.config.to_owned()];
        let mut folder = self.config;
        while let Some((above, _)) = folder.rsplit_once('/') {
            folders.push(above.to_owned());
            folder = above;
        }
        if !self.config.is_empty() && !self.config.starts_with('/') {
            folders.push(String::new());
        }
        folders
    }

    /// The file of a module, by its dotted name.
    pub(super) fn module(&self, name: &str, search_path: &[Location]) -> Option<String> {
        let folders = self.searched(search_path);
        folders.into_iter().find_map(|folder| self.module_in(&folder, name))
    }

    /// The file of a module that is looked for in one folder; without a name the folder is the package.
    pub(super) fn module_in(&self, folder: &str, name: &str) -> Option<String> {
        let inside = under(folder, &name.replace('.', "/"));
        let own = format!("{inside}.py");
        let package = under(&inside, "__init__.py");
        [own, package].into_iter().find(|path| self.tree.has(path))
    }

    /// The file of a module that a file imports, with a dot in front of its name for each folder up.
    pub(super) fn imported(&self, from: &str, module: &str, search_path: &[Location]) -> Option<String> {
        let name = module.trim_start_matches('.');
        let up = module.len() - name.len();
        if up == 0 {
            return self.module(name, search_path);
        }
        let mut folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        for _ in 1..up {
            folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
        }
        self.module_in(folder, name)
    }

    /// Where Python would look for modules.
    fn searched(&self, search_path: &[Location]) -> Vec<String> {
        let searched = search_path.iter().filter_map(|location| match location {
            Location::Here(below) => Some(under(self.config, below)),
            Location::Path(path) if path.starts_with('/') => Some(path.clone()),
            Location::Path(path) => Some(under(self.run_in.unwrap_or(self.config), path)),
            Location::Package(..) => None,
        });
        let above = self.above().into_iter().flat_map(|folder| [under(&folder, "src"), folder]);
        searched.chain(above).collect()
    }

    fn in_package(&self, package: &str, path: &str, search_path: &[Location]) -> Option<String> {
        let inside = under(&package.replace('.', "/"), path);
        let folders = self.searched(search_path).into_iter();
        if let Some(found) =
            folders.map(|folder| under(&folder, &inside)).find(|folder| self.is_there(folder))
        {
            return Some(found);
        }
        // Anywhere else only when there is no doubt which.
        let (files, _) = self.tree.files("");
        let mut folders: Vec<String> = files
            .iter()
            .filter_map(|file| {
                file.match_indices(&format!("/{inside}/"))
                    .next()
                    .map(|(at, _)| file.split_at(at).0.to_owned())
            })
            .map(|folder| under(&folder, &inside))
            .collect();
        folders.sort();
        folders.dedup();
        match folders.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        }
    }

    fn is_there(&self, folder: &str) -> bool {
        !self.files(folder).is_empty()
    }

    fn files(&self, folder: &str) -> Vec<String> {
        let folder = if folder == "." { "" } else { folder };
        let (mut files, _) = self.tree.files(folder);
        if !folder.is_empty() {
            let inside = format!("{folder}/");
            files.retain(|file| file.starts_with(&inside));
        }
        files
    }

    /// The files of a version location that Alembic would take for revisions, in its order: those of a folder before those
    /// of the folders in it.
    pub(super) fn python_files(&self, folder: &str) -> Vec<String> {
        let is_revision = |path: &String| {
            let name = path.rsplit('/').next().unwrap_or(path);
            let is_left_out = name.starts_with("__init__") || name.starts_with(".#");
            name.strip_suffix(".py").is_some_and(|stem| !stem.is_empty())
                && !is_left_out
                && !path.contains("/__pycache__/")
        };
        let mut files: Vec<String> = self.files(folder).into_iter().filter(is_revision).collect();
        files.sort_by(|a, b| in_order(a, b));
        files
    }
}

impl Locator<'_> {
    /// The compiled files of a version location that have no source: where those count, nobody knows what they are.
    pub(super) fn compiled_files(&self, folder: &str) -> Vec<String> {
        let files = self.files(folder);
        let source = |path: &str| {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            let folder = folder.strip_suffix("__pycache__").unwrap_or(folder).trim_end_matches('/');
            format!("{folder}/{}.py", name.split('.').next().unwrap_or(name))
        };
        let is_compiled = |path: &&String| {
            matches!(path.rsplit_once('.'), Some((_, "pyc" | "pyo"))) && !path.contains("/__init__")
        };
        files.iter().filter(is_compiled).filter(|path| !files.contains(&source(path))).cloned().collect()
    }
}

fn in_order(one: &str, other: &str) -> Ordering {
    let (folder, name) = one.rsplit_once('/').unwrap_or(("", one));
    let (other_folder, other_name) = other.rsplit_once('/').unwrap_or(("", other));
    folder.split('/').cmp(other_folder.split('/')).then_with(|| name.cmp(other_name))
}
