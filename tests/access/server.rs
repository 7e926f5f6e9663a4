//! A client of the server, and what it is sent.
use serde_json::{Map, Value, json};
use trueup::model::access::{AccessModel, Context, DirectForm, DirectType, ParameterType, Rewrite, Tuple};

/// A store on the server, with a model.
pub(crate) struct Store {
    agent: ureq::Agent,
    token: String,
    url: String,
    /// Its id.
    pub(crate) id: String,
    model: String,
}

/// What the server says no to: its status and its words.
pub(crate) type Answered = Result<Value, String>;

impl Store {
    pub(crate) fn open(name: &str, model: &AccessModel) -> Result<Self, String> {
        let server = std::env::var("TRUEUP_TEST_OPENFGA")
            .expect("TRUEUP_TEST_OPENFGA is not set: run `bash tests/run`, which starts what tests need");
        Self::on(server, "none", name, model)
    }

    /// A store on a server that asks for a token.
    pub(crate) fn on(url: String, token: &str, name: &str, model: &AccessModel) -> Result<Self, String> {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut store = Self { agent, token: token.to_owned(), url, id: String::new(), model: String::new() };
        let made = store.post("/stores", &json!({ "name": format!("store {name}") }))?;
        made["id"].as_str().unwrap().clone_into(&mut store.id);
        store.url = format!("{}/stores/{}", store.url, store.id);
        let answer = store.post("/authorization-models", &model_json(model))?;
        store.model = answer["authorization_model_id"].as_str().unwrap().to_owned();
        Ok(store)
    }

    fn post(&self, path: &str, body: &Value) -> Answered {
        let sent = self.agent.post(format!("{}{path}", self.url));
        let sent = sent.header("authorization", format!("Bearer {}", self.token)).send_json(body);
        let mut response = sent.unwrap_or_else(|error| panic!("{path}: {error}"));
        let status = response.status();
        let answer: Value = response.body_mut().with_config().limit(64 << 20).read_json().unwrap();
        if status.is_success() { Ok(answer) } else { Err(format!("{status}: {}", answer["message"])) }
    }

    pub(crate) fn write(&self, tuples: &[Tuple]) {
        for chunk in tuples.chunks(500) {
            let keys: Vec<Value> = chunk.iter().map(tuple_json).collect();
            let body = json!({ "authorization_model_id": self.model, "writes": { "tuple_keys": keys } });
            self.post("/write", &body).unwrap_or_else(|error| panic!("{error}"));
        }
    }

    pub(crate) fn delete(&self, tuple: &Tuple) {
        let mut key = tuple_json(tuple);
        key.as_object_mut().unwrap().remove("condition");
        let body = json!({ "authorization_model_id": self.model, "deletes": { "tuple_keys": [key] } });
        self.post("/write", &body).unwrap_or_else(|error| panic!("{error}"));
    }

    /// Many checks at once, each answered or refused.
    pub(crate) fn checks(&self, asked: &[[String; 3]], context: &Context) -> Vec<Result<bool, String>> {
        let mut answers = Vec::new();
        for chunk in asked.chunks(100) {
            let checks: Vec<Value> = chunk
                .iter()
                .enumerate()
                .map(|(index, [user, relation, object])| {
                    let key = json!({ "user": user, "relation": relation, "object": object });
                    json!({ "tuple_key": key, "correlation_id": format!("c{index}"), "context": context })
                })
                .collect();
            let body = json!({ "authorization_model_id": self.model, "checks": checks,
                "consistency": "HIGHER_CONSISTENCY" });
            let answer = match self.post("/batch-check", &body) {
                Ok(answer) => answer,
                Err(error) => {
                    answers.extend(chunk.iter().map(|_| Err(error.clone())));
                    continue;
                }
            };
            for index in 0..chunk.len() {
                let one = &answer["result"][format!("c{index}")];
                answers.push(match one.get("error") {
                    Some(error) => Err(error.to_string()),
                    None => Ok(one["allowed"].as_bool().unwrap_or(false)),
                });
            }
        }
        answers
    }

    pub(crate) fn objects(
        &self,
        [user, relation, kind]: [&str; 3],
        context: &Context,
    ) -> Result<Vec<String>, String> {
        let body = json!({ "authorization_model_id": self.model, "user": user, "relation": relation,
            "type": kind, "context": context, "consistency": "HIGHER_CONSISTENCY" });
        let answer = self.post("/list-objects", &body)?;
        let objects = answer["objects"].as_array().cloned().unwrap_or_default();
        Ok(objects.iter().map(|one| one.as_str().unwrap().to_owned()).collect())
    }

    pub(crate) fn users(
        &self,
        object: &str,
        relation: &str,
        kind: &str,
        context: &Context,
    ) -> Result<Vec<String>, String> {
        let (of, id) = object.split_once(':').unwrap();
        let body = json!({ "authorization_model_id": self.model, "object": { "type": of, "id": id },
            "relation": relation, "user_filters": [{ "type": kind }], "context": context,
            "consistency": "HIGHER_CONSISTENCY" });
        let answer = self.post("/list-users", &body)?;
        let users = answer["users"].as_array().cloned().unwrap_or_default();
        Ok(users
            .iter()
            .map(|user| match user.get("object") {
                Some(object) => {
                    format!("{}:{}", object["type"].as_str().unwrap(), object["id"].as_str().unwrap())
                }
                None => format!("{}:*", user["wildcard"]["type"].as_str().unwrap()),
            })
            .collect())
    }
}

pub(crate) fn tuple_json(tuple: &Tuple) -> Value {
    let mut key = json!({ "user": tuple.subject.to_string(), "relation": tuple.relation,
        "object": tuple.object.to_string() });
    if let Some(condition) = &tuple.condition {
        key["condition"] = json!({ "name": condition.name, "context": condition.context });
    }
    key
}

pub(crate) fn model_json(model: &AccessModel) -> Value {
    let types: Vec<Value> = model
        .types
        .iter()
        .map(|one| {
            let mut relations = Map::new();
            let mut metadata = Map::new();
            for relation in &one.relations {
                relations.insert(relation.name.clone(), rewrite_json(&relation.rewrite));
                let direct: Vec<Value> = relation.direct.iter().map(direct_json).collect();
                metadata.insert(relation.name.clone(), json!({ "directly_related_user_types": direct }));
            }
            json!({ "type": one.name, "relations": relations, "metadata": { "relations": metadata } })
        })
        .collect();
    let conditions: Map<String, Value> = model
        .conditions
        .iter()
        .map(|one| {
            let parameters: Map<String, Value> =
                one.parameters.iter().map(|(name, kind)| (name.clone(), parameter_json(kind))).collect();
            let body = json!({ "name": one.name, "expression": one.expression, "parameters": parameters });
            (one.name.clone(), body)
        })
        .collect();
    json!({ "schema_version": "1.1", "type_definitions": types, "conditions": conditions })
}

fn direct_json(direct: &DirectType) -> Value {
    let mut one = json!({ "type": direct.name });
    match &direct.form {
        DirectForm::Object => {}
        DirectForm::Wildcard => one["wildcard"] = json!({}),
        DirectForm::Userset(relation) => one["relation"] = json!(relation),
    }
    if let Some(condition) = &direct.condition {
        one["condition"] = json!(condition);
    }
    one
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
