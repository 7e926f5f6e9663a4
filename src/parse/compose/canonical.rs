//! Short forms into long ones, and lists in which a later entry of the same key wins.
//!
//! Rules of compose-go 2.16 `transform/` and `override/uncity.go`.
use std::collections::BTreeMap;

use super::mounts::{cleaned, short_mount};
use super::ports::short_ports;
use super::sources::Sources;
use crate::model::compose::ProblemKind;
use crate::parse::yaml::{Kind, Map, Node, Scalar, Sort, Wrong};

/// Ranges may not swell one list beyond this.
const MOST_PORTS: usize = 100_000;

/// Notes that a node is of a sort that can't stand there; with a blank in it, that the blank is why.
pub(super) fn misshapen(node: &Node, message: impl Into<String>, wrong: &mut Vec<Wrong>) {
    let has_blank = node.scalar().is_some_and(|scalar| scalar.has_blank);
    let kind = if has_blank { ProblemKind::Blank } else { ProblemKind::Shape };
    wrong.push(Wrong { kind, spot: node.spot, message: message.into() });
}

/// Each service of a tree, jobs left out.
fn services(root: &mut Node) -> impl Iterator<Item = &mut Map> {
    let services = match &mut root.kind {
        Kind::Map(map) => map.entries.get_mut("services"),
        _ => None,
    };
    let services = match services.map(|entry| &mut entry.value.kind) {
        Some(Kind::Map(map)) => Some(map),
        _ => None,
    };
    services
        .into_iter()
        .flat_map(|map| map.entries.values_mut())
        .filter_map(|entry| if let Kind::Map(map) = &mut entry.value.kind { Some(map) } else { None })
}

/// Before merging: what merges by key gets keys.
pub(super) fn before_merge(root: &mut Node, sources: &Sources, wrong: &mut Vec<Wrong>) {
    for service in services(root) {
        for (key, entry) in &mut service.entries {
            let value = &mut entry.value;
            match key.as_str() {
                "environment" => keyed(value, sources, wrong),
                "networks" => names_as_keys(value, wrong),
                "extra_hosts" => hosts_as_list(value),
                "env_file" if value.scalar().is_some() => {
                    let item = std::mem::replace(&mut value.kind, Kind::Null);
                    value.kind = Kind::List(vec![Node::new(item, value.spot)]);
                }
                "build" => build(value, sources, wrong),
                _ => {}
            }
        }
    }
}

fn build(value: &mut Node, sources: &Sources, wrong: &mut Vec<Wrong>) {
    if value.scalar().is_some() {
        let context = std::mem::replace(&mut value.kind, Kind::Null);
        let mut map = Map::default();
        map.set("context", value.spot, Node::new(context, value.spot));
        value.kind = Kind::Map(map);
    }
    if let Kind::Map(map) = &mut value.kind
        && let Some(args) = map.entries.get_mut("args")
    {
        keyed(&mut args.value, sources, wrong);
    }
}

/// A list of `KEY=value` and `KEY` becomes a mapping.
fn keyed(value: &mut Node, sources: &Sources, wrong: &mut Vec<Wrong>) {
    let Kind::List(items) = &value.kind else { return };
    let mut map = Map { is_listed: true, ..Map::default() };
    for item in items {
        let Some(scalar) = item.scalar().filter(|scalar| scalar.sort == Sort::Text) else {
            misshapen(item, "an entry of this list is text: `KEY=value` or `KEY`", wrong);
            continue;
        };
        let (key, text) = match scalar.text.split_once('=') {
            Some((key, text)) => (key, Some(text)),
            None => (scalar.text.as_str(), None),
        };
        let spot = sources.head(item.spot, key);
        let node = match text {
            None => Node::null(item.spot),
            Some(text) => {
                let written = scalar.written.split_once('=').map_or("", |(_, written)| written).to_owned();
                Node::new(
                    Kind::Scalar(Scalar { written, text: text.to_owned(), ..scalar.clone() }),
                    item.spot,
                )
            }
        };
        map.set(key, spot, node);
    }
    value.kind = Kind::Map(map);
}

fn names_as_keys(value: &mut Node, wrong: &mut Vec<Wrong>) {
    let Kind::List(items) = &value.kind else { return };
    let mut map = Map::default();
    for item in items {
        match item.string() {
            Some(name) => map.set(name, item.spot, Node::null(item.spot)),
            None => misshapen(item, "the name of a network is text", wrong),
        }
    }
    value.kind = Kind::Map(map);
}

/// `host: address` becomes `host=address`, one entry an address.
fn hosts_as_list(value: &mut Node) {
    let Kind::Map(map) = &value.kind else { return };
    let mut items = Vec::new();
    for (host, entry) in &map.entries {
        let addresses = entry.value.list().unwrap_or(std::slice::from_ref(&entry.value));
        for address in addresses {
            let text = format!("{host}={}", address.printed().unwrap_or(""));
            items.push(Node::text(&text, entry.key));
        }
    }
    value.kind = Kind::List(items);
}

/// After merging: long forms, and one entry a key.
pub(super) fn after_merge(root: &mut Node, wrong: &mut Vec<Wrong>) {
    for service in services(root) {
        for (field, entry) in &mut service.entries {
            let Kind::List(items) = &mut entry.value.kind else { continue };
            let taken = std::mem::take(items);
            *items = match field.as_str() {
                "ports" => unique(long_ports(unique(taken, port_key), wrong), port_key),
                "volumes" => unique(long_mounts(unique(taken, mount_key), wrong), mount_key),
                "env_file" => unique(long_env_files(unique(taken, path_key), wrong), path_key),
                "secrets" | "configs" => {
                    let default = if field == "secrets" { "/run/secrets" } else { "" };
                    let key = |node: &Node| grant_key(node, default);
                    unique(long_grants(unique(taken, key), wrong), key)
                }
                "profiles" => unique(taken, |node| node.printed().map(str::to_owned)),
                _ => taken,
            };
        }
    }
}

/// The last entry of a key, at the place of the first; entries without a key all stay.
fn unique(items: Vec<Node>, key: impl Fn(&Node) -> Option<String>) -> Vec<Node> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut kept: Vec<Node> = Vec::new();
    for item in items {
        let Some(key) = key(&item) else {
            kept.push(item);
            continue;
        };
        if let Some(before) = places.get(&key).and_then(|place| kept.get_mut(*place)) {
            *before = item;
        } else {
            places.insert(key, kept.len());
            kept.push(item);
        }
    }
    kept
}

fn port_key(node: &Node) -> Option<String> {
    if let Some(text) = node.printed() {
        return Some(text.to_owned());
    }
    node.map()?;
    let said = |key: &str| {
        let scalar = node.get(key)?.scalar()?;
        // the reader prints a number here unlike its digits in quotes
        Some(if scalar.sort == Sort::Int { format!("int={}", scalar.text) } else { scalar.text.clone() })
    };
    let target = node.get("target")?.printed()?;
    let host = said("host_ip").unwrap_or_else(|| "0.0.0.0".to_owned());
    let published = said("published").unwrap_or_else(|| "nil".to_owned());
    let protocol = said("protocol").unwrap_or_else(|| "tcp".to_owned());
    Some(format!("{host}:{published}:{target}/{protocol}"))
}

fn long_ports(items: Vec<Node>, wrong: &mut Vec<Wrong>) -> Vec<Node> {
    let mut long = Vec::new();
    for item in items {
        let short = match item.scalar() {
            None if item.map().is_some() => {
                long.push(item);
                continue;
            }
            Some(Scalar { sort: Sort::Text | Sort::Int, text, .. }) => short_ports(text),
            _ => None,
        };
        let Some(ports) = short else {
            misshapen(&item, "this is no port: `[[address:]published:]target[/protocol]`", wrong);
            continue;
        };
        if long.len() + ports.len() > MOST_PORTS {
            let message = "these are more ports than are read".to_owned();
            wrong.push(Wrong { kind: ProblemKind::Limit, spot: item.spot, message });
            return long;
        }
        for port in ports {
            let mut map = Map::default();
            let said = [
                ("host_ip", port.host_ip),
                ("published", port.published),
                ("target", port.target),
                ("protocol", port.protocol),
            ];
            for (key, text) in said.iter().filter(|(_, text)| !text.is_empty()) {
                map.set(key, item.spot, Node::text(text, item.spot));
            }
            long.push(Node::new(Kind::Map(map), item.spot));
        }
    }
    long
}

fn mount_key(node: &Node) -> Option<String> {
    match node.string() {
        Some(text) => short_mount(text).map(|mount| mount.target),
        None => node.get("target")?.printed().map(str::to_owned),
    }
}

fn long_mounts(items: Vec<Node>, wrong: &mut Vec<Wrong>) -> Vec<Node> {
    let mut long = Vec::new();
    for item in items {
        if item.map().is_some() {
            if item.get("target").and_then(Node::printed).is_none() {
                misshapen(&item, "this mount has no target", wrong);
            }
            long.push(item);
            continue;
        }
        let Some(mount) = item.string().and_then(short_mount) else {
            misshapen(&item, "this is no mount: `[source:]target[:options]`", wrong);
            continue;
        };
        let mut map = Map::default();
        let kind = if mount.is_bind { "bind" } else { "volume" };
        map.set("type", item.spot, Node::text(kind, item.spot));
        map.set("target", item.spot, Node::text(&cleaned(&mount.target), item.spot));
        if !mount.source.is_empty() {
            map.set("source", item.spot, Node::text(&mount.source, item.spot));
        }
        if mount.read_only {
            map.set("read_only", item.spot, Node::text("true", item.spot));
        }
        long.push(Node::new(Kind::Map(map), item.spot));
    }
    long
}

fn path_key(node: &Node) -> Option<String> {
    match node.string() {
        Some(path) => Some(path.to_owned()),
        None => node.get("path")?.printed().map(str::to_owned),
    }
}

fn long_env_files(items: Vec<Node>, wrong: &mut Vec<Wrong>) -> Vec<Node> {
    let long = |item: Node| {
        let Some(path) = item.string() else {
            let has_path = item.get("path").is_some_and(|path| path.string().is_some());
            if !has_path {
                misshapen(&item, "an entry of `env_file` is a path, or a mapping with a `path`", wrong);
            }
            return has_path.then_some(item);
        };
        let mut map = Map::default();
        map.set("path", item.spot, Node::text(path, item.spot));
        Some(Node::new(Kind::Map(map), item.spot))
    };
    items.into_iter().filter_map(long).collect()
}

fn grant_key(node: &Node, default: &str) -> Option<String> {
    if let Some(name) = node.string() {
        return Some(format!("{default}/{name}"));
    }
    match node.get("target").and_then(Node::printed) {
        Some(target) => Some(target.to_owned()),
        None => Some(format!("{default}/{}", node.get("source")?.printed()?)),
    }
}

fn long_grants(items: Vec<Node>, wrong: &mut Vec<Wrong>) -> Vec<Node> {
    let long = |item: Node| {
        if item.map().is_some() {
            return Some(item);
        }
        let Some(name) = item.string() else {
            misshapen(&item, "an entry of this list is a name or a mapping", wrong);
            return None;
        };
        let mut map = Map::default();
        map.set("source", item.spot, Node::text(name, item.spot));
        Some(Node::new(Kind::Map(map), item.spot))
    };
    items.into_iter().filter_map(long).collect()
}
