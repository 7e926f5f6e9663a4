//! A model and its tuples, fetched and computed.
use std::collections::{BTreeMap, HashSet};

use crate::access::{Asked, Formulas, Names, Side, Stream, unsatisfiable, validate};
use crate::manifest::{Acl, At, NameList, Source};
use crate::model::access::{AccessModel, AccessProblem, Tuple, TupleFile};
use crate::model::path::under;
use crate::model::realm::Realm;
use crate::model::{Cause, Look, Object, Place, Reason};
use crate::parse::access::{column, is_realm_part, realm};
use crate::rules::Tree;
use crate::rules::access::AccessFiles;

/// What the ACL rules judge: one model with its tuples.
pub struct AclFacts {
    /// The model's path.
    pub path: String,
    /// The model.
    pub model: Look<AccessModel>,
    /// The files of tuples, each with its path.
    pub files: Vec<(String, Look<TupleFile>)>,
    /// A model that must say the same, with its path.
    pub same: Option<(String, Look<AccessModel>)>,
    /// The realm that the tuples' users and groups come from, with its path, where one is declared.
    pub realm: Option<(String, Look<Realm>)>,
    /// The ids that there are of a type, with where they come from.
    pub lists: BTreeMap<String, (String, Look<HashSet<String>>)>,
    /// What is declared.
    pub declared: Acl,
    /// The manifest, for places.
    pub source: Source,
    /// What the matrix shows; nothing where the model is broken.
    pub computed: Option<Computed>,
}

/// What live systems told of one declaration.
#[derive(Clone)]
pub struct LiveAcl {
    /// The store's model and tuples, where one is declared.
    pub store: Look<(AccessModel, TupleFile)>,
    /// The ids of a type, where a query is declared.
    pub lists: BTreeMap<String, Look<Vec<String>>>,
}

/// What only the whole matrix shows.
#[derive(Default)]
pub struct Computed {
    /// Relations to objects that rest on their own absence.
    pub tangled: Vec<String>,
    /// Relations to objects that are reached by more steps than a server takes, with how many.
    pub deep: Vec<(String, u32)>,
    /// Usersets that nobody is in.
    pub empty: Vec<(String, String)>,
}

/// A server gives up behind this many steps, unless it is told otherwise.
pub(super) const DEEPEST: u32 = 25;

impl AclFacts {
    /// Reads a model and its tuples, and computes them. Without `live` no live system was asked.
    pub fn new(declared: &Acl, source: &Source, tree: &dyn Tree, live: Option<&LiveAcl>) -> Self {
        let files = AccessFiles { tree, base: "" };
        let (path, model, tuples) = match (&declared.model, &declared.on) {
            (Some(model), _) => {
                let path = source.path_of(model);
                let look = files.model(&path);
                let read = |file: &At<String>| {
                    let path = source.path_of(file);
                    let look = files.tuples(&path);
                    (path, look)
                };
                (path, look, declared.tuples.iter().map(read).collect())
            }
            (None, on) => {
                let name = on.as_ref().map_or("", |on| on.as_str());
                let store = live.map_or_else(|| not_asked("the store"), |live| live.store.clone());
                let tuples = store.clone().map(|(_, tuples)| tuples);
                (name.to_owned(), store.map(|(model, _)| model), vec![(name.to_owned(), tuples)])
            }
        };
        let lists = declared.exists.iter().map(|(kind, list)| {
            let named = format!("the ids of `{}`", **kind);
            let known = live.and_then(|live| live.lists.get(kind.as_str()));
            let look = match (known, &list.sql) {
                (Some(look), Some(_)) => look.clone(),
                (None, Some(_)) => not_asked(&named),
                (_, None) => listed(list, source, tree),
            };
            (kind.to_string(), (named, look.map(HashSet::from_iter)))
        });
        let lists = lists.collect();
        let same = declared.same_model.as_ref().map(|file| {
            let path = source.path_of(file);
            let look = files.model(&path);
            (path, look)
        });
        let realm = declared.realm.as_ref().map(|realm| {
            let path = source.path_of(&realm.path);
            let look = read_realm(&path, realm.name.as_deref(), tree);
            (path, look)
        });
        let mut facts = Self {
            path,
            model,
            files: tuples,
            same,
            realm,
            lists,
            declared: declared.clone(),
            source: source.clone(),
            computed: None,
        };
        facts.computed = facts.compute();
        facts
    }

    fn compute(&self) -> Option<Computed> {
        let model = self.model.got().filter(|model| problems(model).is_empty())?;
        if self.files.iter().any(|(_, file)| file.got().is_none()) {
            return None;
        }
        let (mut names, mut formulas) = (Names::default(), Formulas::default());
        let files = self.files.iter().filter_map(|(_, file)| file.got());
        let side = Side::new(model, files, Asked::Always, (&mut names, &mut formulas));
        let mut stream = Stream::new(&side, &names);
        let mut computed = Computed::default();
        let mut somebody = HashSet::new();
        stream.each(&mut formulas, |(_, relation), column| {
            for (object, bounds) in column {
                if !bounds.high.is_empty() {
                    somebody.insert((*object, relation));
                }
                if bounds.depth > DEEPEST {
                    let told = format!("{} of {}", names.spelt(relation), names.written(*object));
                    computed.deep.push((told, bounds.depth));
                }
            }
        });
        for (_, relation, object) in stream.tangled() {
            computed.tangled.push(format!("{} of {}", names.spelt(relation), names.written(object)));
        }
        let usersets = self.tuples().filter_map(|(_, tuple)| {
            let relation = tuple.subject.relation.as_ref()?;
            Some((&tuple.subject.object, relation))
        });
        for (object, relation) in usersets {
            let entity = names.known_entity(&object.kind, &object.id);
            let key = entity.zip(names.known_word(relation));
            if key.is_none_or(|key| !somebody.contains(&key)) {
                computed.empty.push((object.to_string(), relation.clone()));
            }
        }
        computed.tangled.sort();
        computed.deep.sort();
        computed.empty.sort();
        computed.empty.dedup();
        Some(computed)
    }

    /// Every tuple that could be read, with its file.
    pub fn tuples(&self) -> impl Iterator<Item = (&str, &Tuple)> {
        let read = self.files.iter().filter_map(|(path, file)| Some((path.as_str(), file.got()?)));
        read.flat_map(|(path, file)| file.tuples.iter().map(move |tuple| (path, tuple)))
    }

    /// The model as an object of checks.
    pub fn object(&self) -> Object {
        self.on(&self.path)
    }

    /// The model, or a file of tuples, as an object of checks.
    pub(super) fn on(&self, path: &str) -> Object {
        if self.declared.model.is_some() { Object::file(path) } else { Object::endpoint(path) }
    }
}

fn not_asked<T>(what: &str) -> Look<T> {
    Look::NotAsked(Reason(format!("{what}: live systems are asked with `--live`")))
}

/// The ids of a list in a file; of nobody it would call everything a stranger.
fn listed(list: &NameList, source: &Source, tree: &dyn Tree) -> Look<Vec<String>> {
    let names = if let Some(file) = &list.file {
        let path = source.path_of(file);
        tree.exported(&path).map(|text| column(&text))
    } else if let Some(path) = &list.realm {
        let realm = read_realm(&source.path_of(path), list.realm_name.as_deref(), tree);
        realm.map(|realm| realm.users.into_iter().map(|user| user.id).collect())
    } else {
        Look::Got(list.pairs.keys().cloned().collect())
    };
    match names {
        Look::Got(names) if names.is_empty() => Look::Failed(
            Cause::new("the list of ids is empty, which proves nothing").hint("is it the right one?"),
        ),
        names => names,
    }
}

/// Reads a realm's export: a file, or the folder of one.
pub fn read_realm(path: &str, name: Option<&str>, tree: &dyn Tree) -> Look<Realm> {
    let paths = if is_json(path) { vec![path.to_owned()] } else { parts(path, name, tree) };
    if paths.is_empty() {
        let cause = Cause::new(format!("{path} holds no realm's export"));
        return Look::Failed(
            cause
                .hint("name a file, or a folder with NAME-realm.json; declare `name` where git ignores them"),
        );
    }
    let mut files = Vec::new();
    for path in paths {
        match tree.exported(&path) {
            Look::Got(text) => files.push((path, text)),
            Look::NotAsked(reason) => return Look::NotAsked(reason),
            Look::Failed(cause) => {
                let message = format!("{path} cannot be read: {}", cause.message);
                return Look::Failed(Cause { message, hint: cause.hint });
            }
        }
    }
    Look::Got(realm(&files, name))
}

/// Whether a path is that of one file of JSON, and no folder's.
pub(super) fn is_json(path: &str) -> bool {
    std::path::Path::new(path).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"))
}

/// The files of an export in a folder. With its name they are found even where git ignores them.
fn parts(folder: &str, name: Option<&str>, tree: &dyn Tree) -> Vec<String> {
    let folder = folder.trim_end_matches('/');
    let mut paths: Vec<String> =
        tree.files(folder).0.into_iter().filter(|path| is_realm_part(path)).collect();
    if let Some(name) = name {
        paths
            .retain(|path| path.rsplit('/').next().is_some_and(|file| file.starts_with(&format!("{name}-"))));
        let mut add = |file: String| {
            let path = under(folder, &file);
            let is_there = tree.has(&path);
            if is_there && !paths.contains(&path) {
                paths.push(path);
            }
            is_there
        };
        add(format!("{name}-realm.json"));
        for kind in ["users", "federated-users"] {
            let mut number = 0_u32;
            while add(format!("{name}-{kind}-{number}.json")) {
                number += 1;
            }
        }
    }
    paths.sort();
    paths
}

/// Everything that keeps a model from being computed.
pub(super) fn problems(model: &AccessModel) -> Vec<AccessProblem> {
    model.problems.iter().cloned().chain(validate(model)).collect()
}

/// Relations that nobody can have, with the place of each.
pub(super) fn nobody(model: &AccessModel) -> Vec<(String, Place)> {
    let all = unsatisfiable(model).into_iter();
    all.map(|(object, relation)| (format!("{}#{}", object.name, relation.name), relation.place.clone()))
        .collect()
}

/// A model as lines that don't hang on order or places: what two models must have in common.
pub(super) fn canonical(model: &AccessModel) -> Vec<String> {
    let mut lines = Vec::new();
    for object in &model.types {
        lines.push(format!("type {}", object.name));
        for relation in &object.relations {
            let mut direct: Vec<String> = relation.direct.iter().map(ToString::to_string).collect();
            // A form twice is a form once.
            direct.sort();
            direct.dedup();
            let name = format!("{}#{}", object.name, relation.name);
            lines.push(format!("{name}: {:?} [{}]", relation.rewrite, direct.join(", ")));
        }
    }
    for condition in &model.conditions {
        let mut parameters: Vec<String> =
            condition.parameters.iter().map(|(name, kind)| format!("{name}: {kind:?}")).collect();
        parameters.sort();
        let words: Vec<&str> = condition.expression.split_whitespace().collect();
        lines.push(format!("condition {}({}) {}", condition.name, parameters.join(", "), words.join(" ")));
    }
    lines.sort();
    lines
}
