//! An OpenFGA server that is written: a new store, its model, and tuples. What is there already is read first, and never deleted.
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::entry::{Entry, Session, web_url};
use super::openfga::OpenFga;
use crate::digest::short::short;
use crate::model::Cause;
use crate::model::access::{AccessModel, DirectForm, DirectType, ParameterType, Rewrite, Tuple};

/// A server on which stores may be made.
#[derive(Debug, Clone)]
pub struct OpenFgaServer {
    name: String,
    url: String,
    entry: Entry,
}

/// So many tuples a server takes at once, unless it was told otherwise; where it takes fewer, fewer are sent.
const BATCH: usize = 100;

#[derive(Deserialize)]
struct Made {
    id: String,
}

#[derive(Deserialize)]
struct Written {
    authorization_model_id: String,
}

#[derive(Deserialize)]
struct Models {
    authorization_models: Vec<Value>,
}

impl OpenFgaServer {
    /// A server by its URL.
    ///
    /// # Errors
    /// When a part of it cannot be what it stands for.
    pub fn new(name: &str, url: &str, entry: Entry) -> Result<Self, Cause> {
        let url = web_url(name, "url", url)?;
        entry.check(name)?;
        Ok(Self { name: name.to_owned(), url, entry })
    }

    /// What names it for a later run.
    pub fn id(&self) -> String {
        format!("server:{}", short(&self.url))
    }

    /// One of its stores, to be read under one of its models.
    ///
    /// # Errors
    /// When an id is none.
    pub fn store(&self, id: &str, model: Option<&str>) -> Result<OpenFga, Cause> {
        OpenFga::new(&self.name, &self.url, (id, model.map(str::to_owned)), self.entry.clone())
    }

    async fn asked<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut Session<'_>) -> Result<T, Cause> + Send + 'static,
    ) -> Result<T, Cause> {
        const WRONG: &str = "is its `url` right, and is what is sent what this server takes?";
        let own = self.clone();
        let asked = tokio::task::spawn_blocking(move || {
            let mut session = Session::new(&own.name, &own.url, &own.entry, WRONG)?;
            ask(&mut session)
        });
        asked.await.unwrap_or_else(|_| Err(Cause::new("the asking ended before its end")))
    }

    fn strange(&self) -> Cause {
        Cause::new(format!("{}: this is no answer of OpenFGA", self.name))
    }

    /// Makes a store, and answers its id.
    ///
    /// # Errors
    /// When the server does not make it.
    pub async fn make(&self, name: &str) -> Result<String, Cause> {
        let body = json!({ "name": name }).to_string();
        let answer = self.asked(move |session| session.ask("a new store", "/stores", Some(&body))).await?;
        serde_json::from_str::<Made>(&answer).map(|made| made.id).map_err(|_| self.strange())
    }

    /// Whether a store has a model already.
    ///
    /// # Errors
    /// When the server does not tell, or has no such store.
    pub async fn has_model(&self, store: &str) -> Result<bool, Cause> {
        let path = format!("/stores/{store}/authorization-models?page_size=1");
        let answer = self.asked(move |session| session.ask("its models", &path, None)).await?;
        let models = serde_json::from_str::<Models>(&answer).map_err(|_| self.strange())?;
        Ok(!models.authorization_models.is_empty())
    }

    /// Writes a model, and answers its id.
    ///
    /// # Errors
    /// When the server does not take it.
    pub async fn write_model(&self, store: &str, model: &AccessModel) -> Result<String, Cause> {
        let (path, body) = (format!("/stores/{store}/authorization-models"), model_json(model).to_string());
        let answer =
            self.asked(move |session| session.ask("the authorization model", &path, Some(&body))).await?;
        serde_json::from_str::<Written>(&answer)
            .map(|written| written.authorization_model_id)
            .map_err(|_| self.strange())
    }

    /// Writes tuples that are not there yet, in batches that the server takes. `told` is told how many are written.
    ///
    /// # Errors
    /// When the server does not take one of them: what came before it is there.
    pub async fn write(
        &self,
        (store, model): (&str, &str),
        tuples: &[Tuple],
        told: &mut (dyn FnMut(usize) + Send),
    ) -> Result<(), Cause> {
        let (mut size, mut done) = (BATCH, 0);
        while done < tuples.len() {
            let batch = tuples.iter().skip(done).take(size);
            let keys: Vec<Value> = batch.map(tuple_json).collect();
            let count = keys.len();
            let body =
                json!({ "authorization_model_id": model, "writes": { "tuple_keys": keys } }).to_string();
            let path = format!("/stores/{store}/write");
            match self.asked(move |session| session.ask("tuples", &path, Some(&body))).await {
                Ok(_) => done += count,
                Err(cause) if size > 1 && cause.message.contains("exceeded_entity_limit") => {
                    size /= 2;
                    continue;
                }
                Err(cause) => return Err(cause),
            }
            told(done);
        }
        Ok(())
    }
}

/// A digest of all that is written: the model, and every tuple with its condition, in their order.
pub fn digest<'t>(model: &AccessModel, tuples: impl Iterator<Item = &'t Tuple>) -> String {
    let lines: Vec<String> = std::iter::once(model_json(model))
        .chain(tuples.map(tuple_json))
        .map(|line| line.to_string())
        .collect();
    short(&lines.join("\n"))
}

fn tuple_json(tuple: &Tuple) -> Value {
    let mut key = Map::new();
    key.insert("user".to_owned(), json!(tuple.subject.to_string()));
    key.insert("relation".to_owned(), json!(tuple.relation));
    key.insert("object".to_owned(), json!(tuple.object.to_string()));
    if let Some(condition) = &tuple.condition {
        key.insert("condition".to_owned(), json!({ "name": condition.name, "context": condition.context }));
    }
    Value::Object(key)
}

/// A model as the server takes it in, and tells it.
pub fn model_json(model: &AccessModel) -> Value {
    let mut types: Vec<(&str, Value)> = Vec::new();
    for one in &model.types {
        let (mut relations, mut metadata) = (Map::new(), Map::new());
        for relation in &one.relations {
            relations.insert(relation.name.clone(), rewrite_json(&relation.rewrite));
            let direct: Vec<Value> = relation.direct.iter().map(direct_json).collect();
            metadata.insert(relation.name.clone(), json!({ "directly_related_user_types": direct }));
        }
        let whole =
            json!({ "type": one.name, "relations": relations, "metadata": { "relations": metadata } });
        types.push((&one.name, whole));
    }
    types.sort_by_key(|(name, _)| *name);
    let types: Vec<Value> = types.into_iter().map(|(_, whole)| whole).collect();
    let mut conditions = Map::new();
    for one in &model.conditions {
        let parameters: Map<String, Value> =
            one.parameters.iter().map(|(name, kind)| (name.clone(), parameter_json(kind))).collect();
        let body = json!({ "name": one.name, "expression": one.expression.trim(), "parameters": parameters });
        conditions.insert(one.name.clone(), body);
    }
    json!({ "schema_version": "1.1", "type_definitions": types, "conditions": conditions })
}

fn direct_json(direct: &DirectType) -> Value {
    let mut one = Map::new();
    one.insert("type".to_owned(), json!(direct.name));
    match &direct.form {
        DirectForm::Object => {}
        DirectForm::Wildcard => drop(one.insert("wildcard".to_owned(), json!({}))),
        DirectForm::Userset(relation) => drop(one.insert("relation".to_owned(), json!(relation))),
    }
    if let Some(condition) = &direct.condition {
        one.insert("condition".to_owned(), json!(condition));
    }
    Value::Object(one)
}

fn rewrite_json(rewrite: &Rewrite) -> Value {
    let many = |all: &[Rewrite]| json!({ "child": all.iter().map(rewrite_json).collect::<Vec<_>>() });
    match rewrite {
        Rewrite::Direct => json!({ "this": {} }),
        Rewrite::Computed(relation) => json!({ "computedUserset": { "relation": relation } }),
        Rewrite::From { relation, tupleset } => json!({ "tupleToUserset": {
            "tupleset": { "relation": tupleset }, "computedUserset": { "relation": relation } } }),
        Rewrite::Union(all) => json!({ "union": many(all) }),
        Rewrite::Intersection(all) => json!({ "intersection": many(all) }),
        Rewrite::Exclusion(base, less) => {
            json!({ "difference": { "base": rewrite_json(base), "subtract": rewrite_json(less) } })
        }
    }
}

fn parameter_json(kind: &ParameterType) -> Value {
    let name = |name: &str| json!({ "type_name": format!("TYPE_NAME_{name}") });
    let with = |word: &str, inner: &ParameterType| json!({ "type_name": format!("TYPE_NAME_{word}"), "generic_types": [parameter_json(inner)] });
    match kind {
        ParameterType::Any => name("ANY"),
        ParameterType::Bool => name("BOOL"),
        ParameterType::String => name("STRING"),
        ParameterType::Int => name("INT"),
        ParameterType::Uint => name("UINT"),
        ParameterType::Double => name("DOUBLE"),
        ParameterType::Duration => name("DURATION"),
        ParameterType::Timestamp => name("TIMESTAMP"),
        ParameterType::IpAddress => name("IPADDRESS"),
        ParameterType::List(inner) => with("LIST", inner),
        ParameterType::Map(inner) => with("MAP", inner),
    }
}
