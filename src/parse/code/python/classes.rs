//! The settings classes of a service, across its files: what each one looks up, once all of them are known.
use std::collections::{BTreeMap, BTreeSet};

use super::settings::{Class, Config, Field};
use crate::model::{ComputedRead, EnvRead};

/// As many classes above one are looked at.
const ANCESTORS: usize = 64;

/// The classes of all files.
#[derive(Default)]
pub(crate) struct Classes {
    files: Vec<File>,
}

struct File {
    index: usize,
    /// Its path as a module's: `app.core.config`.
    module: String,
    classes: Vec<Class>,
    used: BTreeSet<String>,
}

/// A class by its file and its place there.
type Id = (usize, usize);

/// Which library reads a class.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// pydantic 1
    One,
    /// pydantic-settings
    Two,
    /// A base class that is not among the code, and by its name has settings.
    Elsewhere,
}

impl Classes {
    pub(super) fn add(&mut self, index: usize, path: &str, classes: Vec<Class>, used: BTreeSet<String>) {
        let module = path.trim_end_matches(".py").trim_end_matches("/__init__").replace('/', ".");
        self.files.push(File { index, module, classes, used });
    }

    /// What the classes read, each with its file.
    pub(crate) fn reads(&self) -> Vec<(usize, Result<EnvRead, ComputedRead>)> {
        let hierarchy = Hierarchy::new(&self.files);
        let mut found = Vec::new();
        for (file, own) in self.files.iter().enumerate() {
            for place in 0..own.classes.len() {
                hierarchy.read((file, place), &mut found);
            }
        }
        found
    }
}

struct Hierarchy<'c> {
    files: &'c [File],
    by_name: BTreeMap<&'c str, Vec<Id>>,
    /// Classes that another one of the settings derives from.
    parents: BTreeSet<Id>,
    used: BTreeSet<&'c str>,
}

impl<'c> Hierarchy<'c> {
    fn new(files: &'c [File]) -> Self {
        let mut by_name: BTreeMap<&str, Vec<Id>> = BTreeMap::new();
        for (file, own) in files.iter().enumerate() {
            for (place, class) in own.classes.iter().enumerate() {
                by_name.entry(&class.name).or_default().push((file, place));
            }
        }
        let used = files.iter().flat_map(|file| &file.used).map(String::as_str).collect();
        let mut hierarchy = Self { files, by_name, parents: BTreeSet::new(), used };
        let all: Vec<Id> = hierarchy.by_name.values().flatten().copied().collect();
        let mut parents = BTreeSet::new();
        for id in all {
            let above = hierarchy.above(id, false);
            if hierarchy.kind(&above).is_some() {
                parents.extend(above.into_iter().skip(1));
            }
        }
        hierarchy.parents = parents;
        hierarchy
    }

    fn class(&self, (file, place): Id) -> Option<&'c Class> {
        self.files.get(file)?.classes.get(place)
    }

    /// The class that a base or a type names, seen from a file.
    fn find(&self, path: &str, from: usize) -> Option<Id> {
        let (module, name) = path.rsplit_once('.').unwrap_or(("", path));
        let all = self.by_name.get(name)?;
        if !path.contains('.') {
            return all.iter().copied().find(|(file, _)| *file == from);
        }
        let module = module.trim_start_matches('.');
        let is_there = |(file, _): &&Id| {
            let own = self.files.get(*file).map_or("", |file| file.module.as_str());
            own == module
                || own.strip_suffix(module).is_some_and(|before| before.ends_with('.') && !module.is_empty())
        };
        let only = if let [only] = all.as_slice() { Some(*only) } else { None };
        // A package may hand on what one of its modules defines.
        all.iter().find(is_there).copied().or(only.filter(|_| root(path).is_none()))
    }

    /// A class and those above it; the nearest and leftmost first, or the rightmost.
    fn above(&self, id: Id, rightmost: bool) -> Vec<Id> {
        let (mut found, mut next) = (Vec::new(), vec![id]);
        while let Some(id) = next.pop() {
            if found.contains(&id) || found.len() == ANCESTORS {
                continue;
            }
            found.push(id);
            let bases = self.class(id).map_or(&[][..], |class| class.bases.as_slice());
            let mut bases: Vec<Id> =
                bases.iter().filter_map(|base| self.find(base, id.0)).take(ANCESTORS).collect();
            if !rightmost {
                bases.reverse();
            }
            next.extend(bases);
        }
        found
    }

    fn kind(&self, above: &[Id]) -> Option<Kind> {
        let bases = || {
            let classes = above.iter().filter_map(|id| Some((id.0, self.class(*id)?)));
            classes.flat_map(|(file, class)| class.bases.iter().map(move |base| (file, base)))
        };
        let elsewhere = |(file, base): (usize, &String)| {
            let is_settings = base.contains('.') && base.ends_with("Settings") && root(base).is_none();
            (is_settings && self.find(base, file).is_none()).then_some(Kind::Elsewhere)
        };
        bases().find_map(|(_, base)| root(base)).or_else(|| bases().find_map(elsewhere))
    }

    fn read(&self, id: Id, found: &mut Vec<(usize, Result<EnvRead, ComputedRead>)>) {
        let above = self.above(id, false);
        let (Some(kind), Some(class)) = (self.kind(&above), self.class(id)) else { return };
        let file = |id: Id| self.files.get(id.0).map_or(0, |file| file.index);
        // A base that nobody makes one of reads nothing by itself.
        if self.parents.contains(&id) && !self.used.contains(class.name.as_str()) {
            return;
        }
        if kind == Kind::Elsewhere {
            let why = "its base class is not among the code";
            found.push((file(id), Err(ComputedRead { at: class.at.clone(), why })));
            return;
        }
        let config = self.config(id, kind);
        if let Some(at) = config.computed {
            let why = "how its settings are named is computed";
            found.push((file(id), Err(ComputedRead { at, why })));
            return;
        }
        let mut seen = BTreeSet::new();
        for own in above {
            if kind == Kind::One && !self.is_model(own) {
                continue;
            }
            let fields = self.class(own).map_or(&[][..], |class| class.fields.as_slice());
            for field in fields.iter().filter(|field| kind == Kind::One || !field.is_bare) {
                if seen.insert(field.name.as_str()) {
                    found.push((file(own), self.field(own.0, field, kind, &config)));
                }
            }
        }
    }

    /// The settings of a class with those above it filled in.
    fn config(&self, id: Id, kind: Kind) -> Config {
        let mut whole = Config::default();
        // The nearest comes last and wins; of several bases pydantic 1 takes the left one, pydantic-settings the right one.
        for id in self.above(id, kind == Kind::Two).into_iter().rev() {
            let Some(own) = self.class(id).map(|class| &class.config) else { continue };
            let Config { prefix, delimiter, case_sensitive, by_name, by_alias, prefix_target, computed, env } =
                own.clone();
            whole.prefix = prefix.or(whole.prefix);
            whole.delimiter = delimiter.or(whole.delimiter);
            whole.case_sensitive = case_sensitive.or(whole.case_sensitive);
            whole.by_name = by_name.or(whole.by_name);
            whole.by_alias = by_alias.or(whole.by_alias);
            whole.prefix_target = prefix_target.or(whole.prefix_target);
            whole.computed = computed.or(whole.computed);
            whole.env.extend(env);
        }
        whole
    }

    fn field(
        &self,
        file: usize,
        field: &Field,
        kind: Kind,
        config: &Config,
    ) -> Result<EnvRead, ComputedRead> {
        if field.is_computed {
            return Err(ComputedRead { at: field.at.clone(), why: "its alias is computed" });
        }
        let prefix = config.prefix.as_deref().unwrap_or("");
        let names = if kind == Kind::One {
            let configured =
                || config.env.iter().rev().find(|(name, _)| *name == field.name).map(|(_, env)| env.clone());
            configured()
                .or_else(|| field.env.clone())
                .unwrap_or_else(|| vec![format!("{prefix}{}", field.name)])
        } else {
            let target = config.prefix_target.as_deref().unwrap_or("variable");
            let before = |of: &str| if target == of || target == "all" { prefix } else { "" };
            let aliases = field.aliases.as_ref().filter(|_| config.by_alias != Some(false));
            let by_name = (aliases.is_none() || config.by_name == Some(true))
                .then(|| format!("{}{}", before("variable"), field.name));
            let aliases = aliases.into_iter().flatten().map(|alias| format!("{}{alias}", before("alias")));
            aliases.chain(by_name).collect()
        };
        let models: Vec<Id> = field.types.iter().filter_map(|path| self.find(path, file)).collect();
        let delimiter = config.delimiter.clone().filter(|delimiter| !delimiter.is_empty());
        let is_settings = models.iter().any(|id| self.kind(&self.above(*id, false)).is_some());
        let is_part = models.iter().any(|id| self.is_model(*id));
        Ok(EnvRead {
            at: field.at.clone(),
            names,
            has_default: field.has_default,
            ignores_case: config.case_sensitive != Some(true),
            is_implied: is_settings || (is_part && delimiter.is_none() && field.has_default),
            delimiter,
        })
    }

    /// Whether a class has fields of its own, as a model does and an enumeration does not.
    fn is_model(&self, id: Id) -> bool {
        let above = self.above(id, false);
        let mut bases = above.iter().filter_map(|id| self.class(*id)).flat_map(|class| &class.bases);
        let last = |base: &String| base.rsplit('.').next().unwrap_or(base).to_owned();
        let is_known = bases
            .clone()
            .any(|base| matches!(last(base).as_str(), "BaseModel" | "BaseSettings" | "RootModel"));
        let is_plain =
            bases.all(|base| !matches!(last(base).as_str(), "str" | "int") && !base.ends_with("Enum"));
        is_known
            || (is_plain
                && self.class(id).is_some_and(|class| class.fields.iter().any(|field| !field.is_bare)))
    }
}

/// The library whose settings class a path names.
fn root(path: &str) -> Option<Kind> {
    match path {
        "pydantic_settings.BaseSettings" | "pydantic_settings.main.BaseSettings" => Some(Kind::Two),
        "pydantic.BaseSettings" | "pydantic.v1.BaseSettings" | "pydantic.env_settings.BaseSettings" => {
            Some(Kind::One)
        }
        _ => None,
    }
}
