//! A model as the API has it: JSON, alone or inside `authorization_model`.
use super::dsl::plain;
use super::node::Source;
use crate::model::access::{
    AccessModel, Condition, DirectForm, DirectType, ObjectType, ParameterType, Relation, Rewrite,
};
use crate::parse::config::json;
use crate::parse::yaml::Node;

/// Deeper rewrites are not read: the reading is recursive.
const DEEPEST: usize = 40;

/// Whether a text is an object of JSON, and no DSL.
pub fn looks_like_json(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('{')
}

pub(super) fn model(path: &str, text: &str) -> AccessModel {
    let (documents, wrong) = json::documents(text);
    let mut source = Source::new(path, text, wrong);
    let mut model = AccessModel::default();
    let Some(root) = documents.first() else { return model };
    let inner = root.get("authorization_model").unwrap_or(root);
    let version = inner.get("schema_version").and_then(Node::printed).unwrap_or_default();
    version.clone_into(&mut model.schema);
    if !["1.1", "1.2"].contains(&version) {
        source.say(inner.spot, "`schema_version` must be \"1.1\" or \"1.2\"");
    }
    if inner.get("type_definitions").is_none() {
        source.say(inner.spot, "`type_definitions` is missing: this is no authorization model");
    }
    for node in source.items(inner, "type_definitions") {
        let Some(name) = source.text(node, "type") else { continue };
        if model.object_type(name).is_some() {
            source.say(node.spot, format!("type `{name}` is defined twice"));
            continue;
        }
        let relations = relations(&mut source, node);
        model.types.push(ObjectType { name: name.to_owned(), relations, place: source.place(node.spot) });
    }
    let conditions = inner.get("conditions").and_then(Node::map);
    for (name, entry) in conditions.into_iter().flat_map(|map| &map.entries) {
        let found = condition(&mut source, name, &entry.value);
        model.conditions.extend(found);
    }
    model.problems = source.problems;
    model
}

fn relations(source: &mut Source<'_>, node: &Node) -> Vec<Relation> {
    let metadata = node.get("metadata").and_then(|metadata| metadata.get("relations"));
    let Some(map) = node.get("relations").and_then(Node::map) else { return Vec::new() };
    let mut all: Vec<(_, Relation)> = Vec::new();
    for (name, entry) in &map.entries {
        let allowed = metadata.and_then(|metadata| metadata.get(name));
        let direct = allowed.map_or_else(Vec::new, |allowed| direct(source, allowed));
        let rewrite = match rewrite(&entry.value, 0) {
            Ok(rewrite) => rewrite,
            Err(message) => {
                source.say(entry.value.spot, format!("relation `{name}`: {message}"));
                continue;
            }
        };
        let place = source.place(entry.key);
        all.push((entry.key.span, Relation { name: name.clone(), rewrite, direct, place }));
    }
    all.sort_by_key(|(span, _)| *span);
    all.into_iter().map(|(_, relation)| relation).collect()
}

fn direct(source: &mut Source<'_>, allowed: &Node) -> Vec<DirectType> {
    let mut all = Vec::new();
    for node in source.items(allowed, "directly_related_user_types") {
        let Some(name) = source.text(node, "type") else { continue };
        let named = |key: &str| node.get(key).and_then(Node::printed).filter(|text| !text.is_empty());
        let form = match named("relation") {
            Some(relation) => DirectForm::Userset(relation.to_owned()),
            None if node.get("wildcard").is_some_and(|wildcard| !wildcard.is_null()) => DirectForm::Wildcard,
            None => DirectForm::Object,
        };
        let condition = named("condition").map(str::to_owned);
        all.push(DirectType { name: name.to_owned(), form, condition, place: source.place(node.spot) });
    }
    all
}

fn rewrite(node: &Node, depth: usize) -> Result<Rewrite, String> {
    if depth > DEEPEST {
        return Err("it is nested too deeply to be read".to_owned());
    }
    let relation = |node: Option<&Node>| {
        let name = node.and_then(|node| node.get("relation")).and_then(Node::printed);
        name.filter(|name| !name.is_empty()).map(str::to_owned).ok_or("it names no relation")
    };
    let children = |node: &Node| -> Result<Vec<Rewrite>, String> {
        let all = node.get("child").and_then(Node::list).unwrap_or_default();
        if all.is_empty() {
            return Err("an operator has no operands".to_owned());
        }
        all.iter().map(|child| rewrite(child, depth + 1)).collect()
    };
    let of = |keys: [&str; 2]| keys.iter().find_map(|key| node.get(key));
    if of(["this", "this"]).is_some() {
        return Ok(Rewrite::Direct);
    }
    if let Some(computed) = of(["computedUserset", "computed_userset"]) {
        return Ok(Rewrite::Computed(relation(Some(computed))?));
    }
    if let Some(from) = of(["tupleToUserset", "tuple_to_userset"]) {
        let computed = from.get("computedUserset").or_else(|| from.get("computed_userset"));
        return Ok(Rewrite::From {
            relation: relation(computed)?,
            tupleset: relation(from.get("tupleset"))?,
        });
    }
    if let Some(union) = of(["union", "union"]) {
        return Ok(Rewrite::Union(children(union)?));
    }
    if let Some(intersection) = of(["intersection", "intersection"]) {
        return Ok(Rewrite::Intersection(children(intersection)?));
    }
    if let Some(difference) = of(["difference", "difference"]) {
        let side = |key: &str| difference.get(key).ok_or(format!("a difference lacks its `{key}`"));
        let base = rewrite(side("base")?, depth + 1)?;
        return Ok(Rewrite::Exclusion(Box::new(base), Box::new(rewrite(side("subtract")?, depth + 1)?)));
    }
    Err("it is no rewrite that OpenFGA has".to_owned())
}

fn condition(source: &mut Source<'_>, name: &str, node: &Node) -> Option<Condition> {
    let expression = source.text(node, "expression")?.trim().to_owned();
    let mut parameters = Vec::new();
    let map = node.get("parameters").and_then(Node::map);
    for (parameter, entry) in map.into_iter().flat_map(|map| &map.entries) {
        match parameter_type(&entry.value, 0) {
            Some(kind) => parameters.push((parameter.clone(), kind)),
            None => source.say(entry.key, format!("parameter `{parameter}` has a type that is unknown")),
        }
    }
    Some(Condition { name: name.to_owned(), parameters, expression, place: source.place(node.spot) })
}

fn parameter_type(node: &Node, depth: usize) -> Option<ParameterType> {
    let name = node.get("type_name").and_then(Node::printed)?;
    let word = name.strip_prefix("TYPE_NAME_")?.to_ascii_lowercase();
    if word != "list" && word != "map" {
        return plain(&word);
    }
    let inner = node.get("generic_types").and_then(Node::list)?.first()?;
    let inner = Box::new(parameter_type(inner, depth + 1).filter(|_| depth < DEEPEST)?);
    Some(if word == "list" { ParameterType::List(inner) } else { ParameterType::Map(inner) })
}
