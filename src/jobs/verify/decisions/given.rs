//! What a comparison needs: both sides, and the names of one in the other.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Decisions;
use super::realms::read;
use super::told::shown;
use crate::access::{Ids, LeftOut, Own, Renames, validate};
use crate::manifest::{self, AccessParity, AccessSide, At, NameList, Others, glob};
use crate::mapping::per_schema;
use crate::model::access::{AccessModel, ObjectId, ObjectType, Relation, Rewrite, TupleFile};
use crate::model::realm::RealmUser;
use crate::model::{Cause, Look, Place, Span};
use crate::parse::access::{column, granted, pairs};
use crate::rules::access::AccessFiles;
use crate::stores::rows::Catalog;
use crate::stores::store::Store;

/// The most rows of a query of grants or names.
const MOST: u32 = 5_000_000;

/// One side: its model and its tuples.
pub(super) struct Given {
    pub(super) model: AccessModel,
    pub(super) tuples: Vec<TupleFile>,
}

pub(super) type Stores = BTreeMap<String, Store>;

pub(super) async fn sides(
    settings: &Decisions<'_>,
    one: &AccessParity,
    stores: &mut Stores,
) -> [Result<Given, Cause>; 2] {
    let is_part = !settings.mapping.entities.is_empty() && one.is_per_schema();
    let source = given(settings, (&one.source, is_part), stores).await;
    let source = source.map_err(|cause| about("source", cause));
    let target = given(settings, (&one.target, is_part), stores).await;
    let mut target = target.map_err(|cause| about("target", cause));
    if let (Ok(source), Ok(target), true) = (&source, &mut target, one.target.grants.is_some()) {
        add_relations(one, &source.model, &mut target.model);
    }
    [source, target]
}

/// What a type, or a relation as `type#relation`, of the source is called in the target.
pub(super) fn called(one: &AccessParity, name: &str) -> String {
    let (kind, relation) = name.split_once('#').map_or((name, None), |(kind, of)| (kind, Some(of)));
    if let Some((_, new)) = one.rename.iter().find(|(old, _)| old.as_str() == name) {
        return new.to_string();
    }
    let new = one.types.iter().find(|(old, _)| old.as_str() == kind);
    let kind = new.map_or(kind, |(_, new)| new.as_str());
    relation.map_or_else(|| kind.to_owned(), |relation| format!("{kind}#{relation}"))
}

/// Grants name no relation that nobody has: those of the source are the target's too, so that one who lost them all has lost them,
/// and one whom nobody had on either side is none.
fn add_relations(one: &AccessParity, source: &AccessModel, target: &mut AccessModel) {
    for kind in &source.types {
        let names = kind.relations.iter().map(|relation| format!("{}#{}", kind.name, relation.name));
        for name in std::iter::once(kind.name.clone()).chain(names) {
            let new = called(one, &name);
            let (kind, relation) =
                new.split_once('#').map_or((new.as_str(), None), |(kind, of)| (kind, Some(of)));
            let known = target.types.iter().position(|own| own.name == kind);
            let known = known.unwrap_or_else(|| {
                let place = Place::new("grants", Span::on_line(0, 0, 0));
                target.types.push(ObjectType { name: kind.to_owned(), relations: Vec::new(), place });
                target.types.len() - 1
            });
            let Some(own) = target.types.get_mut(known) else { continue };
            if let Some(name) = relation.filter(|relation| own.relation(relation).is_none()) {
                let (name, place) = (name.to_owned(), own.place.clone());
                own.relations.push(Relation { name, rewrite: Rewrite::Direct, direct: Vec::new(), place });
            }
        }
    }
}

pub(super) fn about(side: &str, cause: Cause) -> Cause {
    Cause { message: format!("{side}: {}", cause.message), hint: cause.hint }
}

/// An open store; it is opened when it is first asked.
async fn store<'s>(
    settings: &Decisions<'_>,
    name: &str,
    stores: &'s mut Stores,
) -> Result<&'s mut Store, Cause> {
    if !stores.contains_key(name) {
        let endpoint = settings.endpoints.get(name);
        let endpoint = endpoint.ok_or_else(|| Cause::new(format!("there is no endpoint `{name}`")))?;
        let opened = Store::open(endpoint, settings.patience).await?;
        stores.insert(name.to_owned(), opened);
    }
    stores.get_mut(name).ok_or_else(|| Cause::new(format!("there is no endpoint `{name}`")))
}

pub(super) async fn asked(
    settings: &Decisions<'_>,
    (sql, on): (&At<String>, Option<&At<String>>),
    stores: &mut Stores,
) -> Result<Vec<Vec<Option<String>>>, Cause> {
    let name = on.map_or("", |on| on.as_str());
    let store = store(settings, name, stores).await?;
    store.rows_of(sql, MOST).await.map_err(|cause| about(name, cause))
}

/// The rows of a query of grants, of all schemas that it is asked for.
async fn grants(
    settings: &Decisions<'_>,
    side: &AccessSide,
    sql: &At<String>,
    stores: &mut Stores,
) -> Result<Vec<Vec<Option<String>>>, Cause> {
    let Some(schemas) = &side.schemas else { return asked(settings, (sql, side.on.as_ref()), stores).await };
    let name = side.on.as_ref().map_or("", |on| on.as_str());
    let store = store(settings, name, stores).await?;
    let schema = store.schema().await.map_err(|cause| about(name, cause))?;
    let queries = per_schema(Some(schemas), sql, &schema).ok_or_else(|| {
        Cause::new(format!("there is no schema `{}`", **schemas))
            .hint("mend the glob, or see why the schemas are gone")
    })?;
    let asked_for = &settings.mapping.entities;
    let is_asked = |schema: &str| {
        asked_for.is_empty()
            || settings.mapping.entities_of(schema).any(|one| asked_for.iter().any(|asked| asked == one))
    };
    let mut rows = Vec::new();
    for (schema, sql) in queries.into_iter().filter(|(schema, _)| is_asked(schema)) {
        let of_schema = store.rows_of(&sql, MOST).await;
        rows.extend(of_schema.map_err(|cause| about(&format!("{name}, {schema}"), cause))?);
        if rows.len() > MOST as usize {
            return Err(Cause::new(format!("{name}: the grants are more than {MOST} rows")));
        }
    }
    Ok(rows)
}

async fn given(
    settings: &Decisions<'_>,
    (side, is_part): (&AccessSide, bool),
    stores: &mut Stores,
) -> Result<Given, Cause> {
    if let Some(sql) = &side.grants {
        if is_part && side.schemas.is_none() {
            return Err(Cause::new(
                "the run was narrowed to some entities, and its grants are of all of them",
            )
            .hint("declare `schemas` for both sides, or verify all"));
        }
        let name = side.on.as_ref().map_or("", |on| on.as_str());
        let rows = grants(settings, side, sql, stores).await?;
        let (model, tuples) = granted(&format!("grants of {name}"), &rows).map_err(|(row, why)| {
            Cause::new(format!("row {row} of the grants: {why}"))
                .hint("select three texts: 'user:' || id, the relation, 'team:' || id")
        })?;
        return Ok(Given { model, tuples: vec![tuples] });
    }
    let store = side.on.as_ref().and_then(|on| settings.stores.get(on.as_str()));
    let (model, tuples) = match (&side.model, store) {
        (Some(model), _) => {
            let files = AccessFiles { tree: settings.tree, base: "" };
            let model = got(files.model(&settings.manifest.path_of(model)))?;
            let tuples = side.tuples.iter().map(|file| got(files.tuples(&settings.manifest.path_of(file))));
            (model, tuples.collect::<Result<Vec<TupleFile>, _>>()?)
        }
        (None, Some(store)) => {
            let (model, tuples) = store.read().await?;
            (model, vec![tuples])
        }
        (None, None) => return Err(Cause::new("it has no model")),
    };
    let wrong = validate(&model);
    let problems = model.problems.iter().chain(&wrong).chain(tuples.iter().flat_map(|file| &file.problems));
    if let Some(problem) = problems.into_iter().next() {
        let (path, start) = (&problem.place.path, problem.place.span.start);
        let message = format!("{path}:{}:{}: {}", start.line, start.column, problem.message);
        let cause = Cause::new(message);
        return Err(if side.model.is_some() {
            cause.hint("`trueup lint acl` says all that is wrong")
        } else {
            cause
        });
    }
    Ok(Given { model, tuples })
}

pub(super) fn got<T>(look: Look<T>) -> Result<T, Cause> {
    match look {
        Look::Got(found) => Ok(found),
        Look::NotAsked(reason) => Err(Cause::new(reason.0)),
        Look::Failed(cause) => Err(cause),
    }
}

/// Pairs of names.
async fn listed(
    settings: &Decisions<'_>,
    list: &NameList,
    stores: &mut Stores,
) -> Result<HashMap<String, String>, Cause> {
    let all: Vec<(String, String)> = if let Some(file) = &list.file {
        let path = settings.manifest.path_of(file);
        let text = got(settings.tree.exported(&path)).map_err(|cause| about(&path, cause))?;
        pairs(&text).map_err(|line| {
            Cause::new(format!("{path}:{line}: this is no pair of names"))
                .hint("write the source's name, a comma, and the target's")
        })?
    } else if let Some(sql) = &list.sql {
        let rows = asked(settings, (sql, list.on.as_ref()), stores).await?;
        let pair = |row: Vec<Option<String>>| match <[Option<String>; 2]>::try_from(row) {
            Ok([Some(one), Some(other)]) => Some((one, other)),
            _ => None,
        };
        let pairs = rows.into_iter().map(pair).collect::<Option<Vec<_>>>();
        pairs.ok_or_else(|| {
            Cause::new("the query of names does not answer pairs")
                .hint("select two columns, neither of them NULL")
        })?
    } else if let Some(realm) = &list.realm {
        let realm = read(settings, realm, list.realm_name.as_deref())?;
        realm.users.into_iter().map(|user| (user.name, user.id)).collect()
    } else {
        list.pairs.clone().into_iter().collect()
    };
    if all.is_empty() {
        return Err(Cause::new("a list of names is empty, so nothing can be called by it"));
    }
    let mut by_name = HashMap::with_capacity(all.len());
    for (one, other) in all {
        if let Some(before) = by_name.insert(one.clone(), other.clone())
            && before != other
        {
            let one = shown(settings.keys, &one);
            return Err(Cause::new(format!("a list of names has two names for `{one}`")));
        }
    }
    Ok(by_name)
}

/// Names that must be there: some, for a list of nobody would ask for nothing.
pub(super) async fn wanted(
    settings: &Decisions<'_>,
    list: &NameList,
    stores: &mut Stores,
) -> Result<Vec<String>, Cause> {
    let names = if let Some(file) = &list.file {
        let path = settings.manifest.path_of(file);
        column(&got(settings.tree.exported(&path)).map_err(|cause| about(&path, cause))?)
    } else if let Some(sql) = &list.sql {
        let rows = asked(settings, (sql, list.on.as_ref()), stores).await?;
        let names = rows.into_iter().map(|row| row.into_iter().next().flatten()).collect::<Option<Vec<_>>>();
        names.ok_or_else(|| Cause::new("a name of the list is NULL"))?
    } else if let Some(realm) = &list.realm {
        let realm = read(settings, realm, list.realm_name.as_deref())?;
        realm.users.into_iter().filter(RealmUser::is_person).map(|user| user.id).collect()
    } else {
        list.pairs.keys().cloned().collect()
    };
    if names.is_empty() {
        return Err(Cause::new("the list of those who must be there is empty, which proves nothing")
            .hint("is it the right list, and a whole export of the realm?"));
    }
    Ok(names)
}

pub(super) async fn renames(
    settings: &Decisions<'_>,
    one: &AccessParity,
    stores: &mut Stores,
) -> Result<Renames, Cause> {
    let types: BTreeMap<String, String> =
        one.types.iter().map(|(old, new)| (old.to_string(), new.to_string())).collect();
    let relation = |text: &At<String>| {
        let (kind, relation) = text.split_once('#').unwrap_or((text, ""));
        (kind.to_owned(), relation.to_owned())
    };
    let mut renames = Renames {
        relations: one.rename.iter().map(|(old, new)| (relation(old), relation(new))).collect(),
        merges: one.merges.iter().map(|name| (**name).clone()).collect(),
        left_out: one.except.iter().map(left_out).collect(),
        ..Renames::default()
    };
    for ids in &one.ids {
        let mut by_id = listed(settings, &ids.from, stores).await?;
        let new: BTreeSet<String> = by_id.values().cloned().collect();
        for id in new {
            by_id.entry(id.clone()).or_insert(id);
        }
        let keeps_others = ids.others == Others::Keep;
        if renames.ids.insert(ids.kind.to_string(), Ids { by_id, keeps_others }).is_some() {
            return Err(Cause::new(format!("the ids of `{}` are listed twice", *ids.kind)));
        }
    }
    for own in &one.own {
        let object = ObjectId::read(&own.object);
        let object = object.ok_or_else(|| Cause::new(format!("`{}` names no object", *own.object)))?;
        let kind = own
            .kind
            .clone()
            .or_else(|| types.get(&object.kind).cloned())
            .unwrap_or_else(|| object.kind.clone());
        let by_id = listed(settings, &own.from, stores).await?;
        let by_id =
            by_id.into_iter().map(|(subject, id)| (subject, ObjectId { kind: kind.clone(), id })).collect();
        renames.own.insert(object, Own { subjects: own.subjects.clone(), by_id });
    }
    renames.types = types;
    Ok(renames)
}

fn left_out(except: &manifest::AccessExcept) -> LeftOut {
    let matcher = |pattern: &Option<At<String>>| pattern.as_ref().and_then(|pattern| glob(pattern).ok());
    LeftOut {
        is_of_source: except.side == manifest::Side::Source,
        subject: matcher(&except.subject),
        relation: matcher(&except.relation),
        object: matcher(&except.object),
    }
}
