//! How a later tree is laid over an earlier one.
//!
//! The table is `override/merge.go` of compose-go 2.16. Attributes that nobody here reads are merged without its
//! complaints.
use crate::parse::yaml::{Entry, Kind, Map, Node};
use std::collections::BTreeSet;

/// What a path is merged by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Mappings by key, lists one behind the other, the later scalar; a later null says nothing.
    Plain,
    /// The later one, null too.
    Replace,
    /// By key, a later null (passed through) too.
    Keyed,
    /// Mappings by key; null is an empty one.
    Mapping,
    /// One list behind the other; null is an empty one.
    Append,
    /// Nobody reads it.
    Unread,
}

fn way(path: &[&str]) -> Way {
    match path {
        ["services" | "jobs", _, field] => match *field {
            "command" | "entrypoint" => Way::Replace,
            "environment" => Way::Keyed,
            "build" | "networks" => Way::Mapping,
            "env_file" | "extra_hosts" => Way::Append,
            "annotations" | "labels" | "sysctls" | "dns" | "dns_opt" | "dns_search" | "tmpfs"
            | "label_file" | "depends_on" | "models" | "logging" => Way::Unread,
            _ => Way::Plain,
        },
        ["services" | "jobs", _, "build", "args"] => Way::Keyed,
        ["services" | "jobs", _, "build", "additional_contexts" | "extra_hosts" | "labels"]
        | ["services" | "jobs", _, "healthcheck", "test"]
        | ["services" | "jobs", _, "ulimits", _]
        | ["services", _, "deploy", "labels"]
        | ["networks" | "volumes" | "secrets" | "configs", _, "labels"]
        | ["networks", _, "ipam", "config"] => Way::Unread,
        _ => Way::Plain,
    }
}

/// Lays `over` on `base`, both at `path`. A value that can't lie there is named in `clashes` by its place.
pub(super) fn merge(base: Node, over: Node, path: &[&str], clashes: &mut Vec<Node>) -> Node {
    let way = way(path);
    match way {
        Way::Replace => over,
        Way::Unread => {
            if over.is_null() {
                base
            } else {
                over
            }
        }
        Way::Keyed | Way::Mapping => both_maps(base, over, way, path, clashes),
        Way::Append => match (base.kind, over.kind) {
            (Kind::List(items), Kind::List(later)) => Node { kind: Kind::List(joined(items, later)), ..over },
            (kind, Kind::Null) => Node { kind, ..base },
            (Kind::Null, kind) => Node { kind, ..over },
            (_, kind) => {
                let node = Node { kind, ..over };
                clashes.push(node.clone());
                node
            }
        },
        Way::Plain => plain(base, over, path, clashes),
    }
}

fn plain(base: Node, over: Node, path: &[&str], clashes: &mut Vec<Node>) -> Node {
    let Node { kind, spot, overrides } = over;
    match (base.kind, kind) {
        (kind, Kind::Null) => Node { kind, ..base },
        (Kind::Map(map), Kind::Map(later)) => {
            let kind = Kind::Map(merge_maps(map, later, path, clashes));
            Node { kind, spot, overrides }
        }
        (Kind::List(items), Kind::List(later)) => {
            Node { kind: Kind::List(joined(items, later)), spot, overrides }
        }
        (before, kind) => {
            let node = Node { kind, spot, overrides };
            if matches!(before, Kind::Map(_) | Kind::List(_)) {
                clashes.push(Node::null(spot));
            }
            node
        }
    }
}

/// A list behind another. What is in the first already is not said again, and so it does not win as the last would:
/// `appendWithoutDuplicates`.
fn joined(mut items: Vec<Node>, later: Vec<Node>) -> Vec<Node> {
    let mut seen: BTreeSet<String> = items.iter().map(said).collect();
    items.extend(later.into_iter().filter(|item| seen.insert(said(item))));
    items
}

/// A node in one text, places left out: the same for the same values.
fn said(node: &Node) -> String {
    match &node.kind {
        Kind::Null => "null".to_owned(),
        Kind::Scalar(scalar) => format!("{:?}{:?}", scalar.sort, scalar.text),
        Kind::List(items) => format!("[{}]", items.iter().map(said).collect::<Vec<_>>().join(",")),
        Kind::Map(map) => {
            let entries = map.entries.iter().map(|(key, entry)| format!("{key:?}:{}", said(&entry.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
    }
}

fn both_maps(base: Node, over: Node, way: Way, path: &[&str], clashes: &mut Vec<Node>) -> Node {
    let Node { kind, spot, overrides } = over;
    match (base.kind, kind) {
        (kind, Kind::Null) => Node { kind, ..base },
        (Kind::Null, kind) => Node { kind, spot, overrides },
        (Kind::Map(mut map), Kind::Map(later)) => {
            let map = if way == Way::Keyed {
                map.entries.extend(later.entries);
                // what was merged is a list to the reader from now on
                map.is_listed = true;
                map
            } else {
                merge_maps(map, later, path, clashes)
            };
            Node { kind: Kind::Map(map), spot, overrides }
        }
        (_, kind) => {
            clashes.push(Node::null(spot));
            Node { kind, spot, overrides }
        }
    }
}

fn merge_maps(mut map: Map, later: Map, path: &[&str], clashes: &mut Vec<Node>) -> Map {
    for (key, entry) in later.entries {
        let Some(before) = map.entries.remove(&key) else {
            map.entries.insert(key, entry);
            continue;
        };
        let place = if entry.value.is_null() { before.key } else { entry.key };
        let mut inner = path.to_vec();
        inner.push(&key);
        let value = merge(before.value, entry.value, &inner, clashes);
        drop(inner);
        map.entries.insert(key, Entry { key: place, value });
    }
    map
}

/// The paths whose earlier value a tree takes away: `!reset` and `!override`.
pub(super) fn marks(node: &Node) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    collect(node, &mut Vec::new(), &mut found);
    found
}

fn collect(node: &Node, path: &mut Vec<String>, found: &mut BTreeSet<Vec<String>>) {
    if node.overrides {
        found.insert(path.clone());
        return;
    }
    let Kind::Map(map) = &node.kind else { return };
    for key in &map.resets {
        path.push(key.clone());
        found.insert(path.clone());
        path.pop();
    }
    for (key, entry) in &map.entries {
        path.push(key.clone());
        collect(&entry.value, path, found);
        path.pop();
    }
}

/// Takes away what the marks name below `at`.
pub(super) fn take_away(node: &mut Node, at: &[&str], marks: &BTreeSet<Vec<String>>) {
    let prefix: Vec<String> = at.iter().map(|key| (*key).to_owned()).collect();
    let below = marks.range(prefix.clone()..).take_while(|mark| mark.starts_with(&prefix));
    for path in below.filter_map(|mark| mark.get(at.len()..)) {
        if !path.is_empty() {
            remove(node, path);
        }
    }
}

fn remove(node: &mut Node, path: &[String]) {
    let (Kind::Map(map), Some((key, rest))) = (&mut node.kind, path.split_first()) else { return };
    if map.is_listed {
        return;
    }
    if rest.is_empty() {
        map.entries.remove(key);
    } else if let Some(entry) = map.entries.get_mut(key) {
        remove(&mut entry.value, rest);
    }
}
