//! The revisions of a chain: the files that its folders hold, and the graph over them.
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::locate::Locator;
use super::reading::Reading;
use super::whereabouts::{Folders, folder};
use crate::chain::Graph;
use crate::model::chain::{ChainSettings, Declares, Revision, RevisionFile};
use crate::model::naming::Convention;
use crate::model::path::under;
use crate::model::{Cause, Look};
use crate::parse::python::sets_schema;

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
    /// The first of those by its id.
    ids: FxHashMap<String, usize>,
    /// The graph over those.
    pub graph: Graph,
}

impl Files {
    /// Reads what folders hold, with the names that a convention gives; the texts are put into `texts`, by path, where they are
    /// wanted.
    pub(super) fn read(
        folders: Folders,
        said: &ChainSettings,
        convention: Option<&Convention>,
        (locator, texts): (&Locator<'_>, Option<&mut BTreeMap<String, String>>),
    ) -> Look<Self> {
        let Folders { script, versions, is_declared } = folders;
        let (mut all, mut passed_over, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        for folder in &versions {
            for path in locator.python_files(folder) {
                let below = path.strip_prefix(folder.as_str()).unwrap_or(&path).trim_start_matches('/');
                if !said.recursive && below.contains('/') {
                    passed_over.push(path);
                } else if seen.insert(path.clone()) {
                    all.push(path);
                }
            }
        }
        // One version location may lie in another.
        passed_over.retain(|path| seen.insert(path.clone()));
        let env = locator.tree.text(&under(&script, "env.py"));
        let is_public = !env.got().is_some_and(|text| sets_schema(text));
        let mut reading = Reading { tree: locator.tree, convention, is_public, is_kept: texts.is_some() };
        let mut read = reading.all(&all);
        if is_public && read.iter().any(|(file, _)| file.sets_schema) {
            reading.is_public = false;
            read = reading.all(&all);
        }
        if let Some(texts) = texts {
            let kept =
                |(file, text): &mut (RevisionFile, Option<String>)| Some((file.path.clone(), text.take()?));
            texts.extend(read.iter_mut().filter_map(kept));
        }
        let mut all: Vec<RevisionFile> = read.into_iter().map(|(file, _)| file).collect();
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
        reading.is_kept = false;
        let passed_over: Vec<RevisionFile> =
            reading.all(&passed_over).into_iter().map(|(file, _)| file).collect();
        if !passed_over.is_empty()
            && !is_declared
            && let Some(code) = said_by_code(locator, &versions)
        {
            return Look::Failed(elsewhere(&code, &passed_over));
        }
        if all.is_empty() {
            return Look::Failed(nothing(&versions, &passed_over));
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
        let mut ids = FxHashMap::with_capacity_and_hasher(revisions.len(), FxBuildHasher);
        for (index, revision) in revisions.iter().enumerate() {
            ids.entry(revision.id.text.clone()).or_insert(index);
        }
        Self { script, all, passed_over, known, ids, graph }
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

    /// The first revision of an id, and its file.
    pub(super) fn of_id(&self, id: &str) -> Option<(&RevisionFile, &Revision)> {
        self.revision(*self.ids.get(id)?)
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
        order.iter().filter_map(|node| self.at_node(*node)).collect()
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

    /// Why a name may be a label that nobody knows.
    pub(super) fn untold_labels(&self) -> Option<Cause> {
        self.revisions().find_map(|(file, revision)| {
            let untold = revision.untold_labels.as_ref()?;
            Some(Cause::new(format!("{} may have any label: {}", file.path, untold.text)))
        })
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

/// Why a chain has no revision, and what to do about it.
fn nothing(versions: &[String], below: &[RevisionFile]) -> Cause {
    let own = versions.join(", ");
    let folders: BTreeSet<&str> = below.iter().map(|file| folder(&file.path)).collect();
    let Some(first) = folders.first() else {
        let hint = "is it the right folder? `run_in` in `[[alembic]]` says where Alembic is started";
        return Cause::new(format!("{own} has no revision")).hint(hint);
    };
    let all: Vec<&str> = folders.iter().copied().collect();
    let message = format!(
        "{own} has no revision, and below it {} have: declare an `[[alembic]]` for each chain of them, with its `version_locations`",
        all.join(" and ")
    );
    let hint = format!(
        "only code says which it takes; for one of them: `version_locations = [\"{first}\"]`, beside its `name` and `ini`"
    );
    Cause::new(message).hint(hint)
}

/// As many files are asked whether they say where revisions are.
const MOST_CODE: usize = 500;

/// The file of code beside a configuration that sets where the revisions are.
fn said_by_code(locator: &Locator<'_>, versions: &[String]) -> Option<String> {
    let (files, _) = locator.tree.files(folder(locator.config));
    let is_code = |path: &&String| {
        path.rsplit_once('.').is_some_and(|(_, ending)| ending == "py")
            && !versions.iter().any(|own| path.starts_with(&format!("{own}/")))
    };
    let says =
        |path: &&String| locator.tree.text(path).got().is_some_and(|text| text.contains("version_locations"));
    files.iter().filter(is_code).take(MOST_CODE).find(says).cloned()
}

/// Why only code knows where the revisions are.
fn elsewhere(code: &str, below: &[RevisionFile]) -> Cause {
    let folders: BTreeSet<&str> = below.iter().map(|file| folder(&file.path)).collect();
    let first = folders.first().copied().unwrap_or_default();
    let message = format!(
        "{code} sets `version_locations` in code, and there are revisions in {} folder(s) below: declare them in `[[alembic]]`",
        folders.len()
    );
    Cause::new(message)
        .hint(format!("`version_locations = [\"{first}\", ...]`, one `[[alembic]]` for each chain"))
}
