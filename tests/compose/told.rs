//! A project in the words of `tests/readers/compose`, to be compared with what it says.
use serde_json::{Map, Value, json};
use trueup::model::compose::{Compose, Grant, Said, Service, Variable};

use crate::case::Case;

fn sorted(mut items: Vec<String>) -> Value {
    items.sort();
    json!(items)
}

fn variables(variables: &[Variable]) -> Value {
    let value = |variable: &Variable| variable.value.as_ref().map(|value| value.text.reveal().to_owned());
    let pairs = variables.iter().map(|variable| (variable.key.clone(), json!(value(variable))));
    Value::Object(pairs.collect::<Map<_, _>>())
}

fn texts(said: &[Said]) -> Value {
    sorted(said.iter().map(|said| said.text.clone()).collect())
}

fn grants(grants: &[Grant], default: &str) -> Value {
    let one = |grant: &Grant| {
        let implied = format!("{default}{}", grant.source);
        let target = grant.target.clone().filter(|target| *target != implied).unwrap_or_default();
        format!("{} {target}", grant.source)
    };
    sorted(grants.iter().map(one).collect())
}

fn service(service: &Service) -> Value {
    let said = |said: &Option<Said>| said.as_ref().map_or_else(String::new, |said| said.text.clone());
    let unsaid = |text: &Option<String>| text.clone().unwrap_or_default();
    let env_files: Vec<Value> = service
        .env_files
        .iter()
        .map(|file| json!({"path": file.path, "required": file.required, "format": unsaid(&file.format)}))
        .collect();
    let build = service.build.as_ref().map(|build| {
        let context = if build.context == "." { "" } else { &build.context };
        let args = variables(&build.args);
        json!({"context": context, "dockerfile": said(&build.dockerfile), "args": args})
    });
    let ports = service.ports.iter().map(|port| {
        format!("{}|{}|{}|{}", unsaid(&port.host_ip), unsaid(&port.published), port.target, port.protocol)
    });
    let volumes = service.volumes.iter().map(|mount| {
        {
            // The reader tells the folder itself as nothing.
            let source = Some(unsaid(&mount.source)).filter(|source| source != ".").unwrap_or_default();
            format!("{}|{source}|{}|{}", mount.kind, mount.target, mount.read_only)
        }
    });
    let hosts = service.extra_hosts.iter().map(|extra| format!("{} {}", extra.host, extra.address));
    json!({
        "environment": variables(&service.environment),
        "env_files": env_files,
        "image": said(&service.image),
        "build": build,
        "ports": sorted(ports.collect()),
        "volumes": sorted(volumes.collect()),
        "profiles": texts(&service.profiles),
        "networks": texts(&service.networks),
        "network_mode": said(&service.network_mode),
        "extra_hosts": sorted(hosts.collect()),
        "secrets": grants(&service.secrets, "/run/secrets/"),
        "configs": grants(&service.configs, "never/"),
    })
}

/// What we say.
pub(crate) fn ours(project: &Compose) -> Value {
    let services = project.services.iter().map(|one| (one.name.clone(), service(one)));
    Value::Object(services.collect())
}

/// What the reader says, with its nulls for empty lists and in a fixed order. What is passed through it fills in where
/// it stands in a list, and leaves open where it stands in a mapping: here it is open.
pub(crate) fn theirs(answer: &Value, project: &Compose, case: &Case) -> Value {
    let mut services = listed(answer);
    for service in &project.services {
        for variable in service.environment.iter().filter(|variable| variable.value.is_none()) {
            let Some(value) = services.pointer_mut(&format!("/{}/environment", service.name)) else {
                continue;
            };
            let Some(value) = value.get_mut(&variable.key) else { continue };
            if case.env.get(&variable.key).map(String::as_str) == value.as_str() {
                *value = Value::Null;
            }
        }
    }
    services
}

/// Where the two differ: service and field, and both values.
pub(crate) fn differences(ours: &Value, theirs: &Value) -> Vec<String> {
    let empty = Map::new();
    let (a, b) = (ours.as_object().unwrap_or(&empty), theirs.as_object().unwrap_or(&empty));
    let mut said = Vec::new();
    for name in a.keys().chain(b.keys().filter(|name| !a.contains_key(*name))) {
        let (Some(one), Some(other)) = (a.get(name), b.get(name)) else {
            said.push(format!("only one has the service {name}"));
            continue;
        };
        for (field, value) in one.as_object().unwrap() {
            if *value != other[field] {
                said.push(format!("{name}.{field}\n  ours:   {value}\n  theirs: {}", other[field]));
            }
        }
    }
    said
}

fn listed(answer: &Value) -> Value {
    let mut services = answer.get("services").cloned().unwrap_or_else(|| json!({}));
    for service in services.as_object_mut().unwrap().values_mut() {
        let Some(fields) = service.as_object_mut() else { continue };
        for (name, value) in fields.iter_mut() {
            match name.as_str() {
                "environment" if value.is_null() => *value = json!({}),
                "build" if value.is_object() && value["args"].is_null() => value["args"] = json!({}),
                "env_files" if value.is_null() => *value = json!([]),
                "build" | "image" | "network_mode" | "environment" | "env_files" => {}
                _ => {
                    let items = value.as_array().cloned().unwrap_or_default();
                    *value = sorted(items.iter().map(|item| item.as_str().unwrap().to_owned()).collect());
                }
            }
        }
    }
    services
}
