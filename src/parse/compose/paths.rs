//! Relative paths of a tree, laid into the folder that they are relative to.
//!
//! Rules of compose-go 2.16 `paths/`: a context may be a URL or `service:`, a mount's source only where it is a bind.
//! `~` stays as it is written, since whose home it is is not known here.
use crate::model::path::under;
use crate::parse::yaml::{Kind, Map, Node};

/// The folder of a path as printed; empty for the current one.
pub(super) fn folder(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) => "/",
        Some((folder, _)) => folder,
        None => "",
    }
}

/// Lays every relative path of the tree into `base`.
pub(super) fn resolve(root: &mut Node, base: &str) {
    let Kind::Map(root) = &mut root.kind else { return };
    each(root, "services", |service| {
        if let Some(Kind::Map(build)) = kind(service, "build") {
            set(build, "context", base, is_local_context);
        }
        if let Some(Kind::Map(extends)) = kind(service, "extends") {
            set(extends, "file", base, |_| true);
        }
        for item in items(service, "env_file") {
            set(item, "path", base, |_| true);
        }
        for item in items(service, "volumes") {
            if item.get("type").and_then(Node::printed) == Some("bind") {
                set(item, "source", base, |_| true);
            }
        }
    });
    for section in ["secrets", "configs"] {
        each(root, section, |entry| set(entry, "file", base, |_| true));
    }
}

fn each(root: &mut Map, section: &str, mut visit: impl FnMut(&mut Map)) {
    let Some(Kind::Map(section)) = kind(root, section) else { return };
    for entry in section.entries.values_mut() {
        if let Kind::Map(map) = &mut entry.value.kind {
            visit(map);
        }
    }
}

fn kind<'a>(map: &'a mut Map, key: &str) -> Option<&'a mut Kind> {
    map.entries.get_mut(key).map(|entry| &mut entry.value.kind)
}

fn items<'a>(map: &'a mut Map, key: &str) -> impl Iterator<Item = &'a mut Map> {
    let items = match kind(map, key) {
        Some(Kind::List(items)) => Some(items),
        _ => None,
    };
    let map = |node: &'a mut Node| if let Kind::Map(map) = &mut node.kind { Some(map) } else { None };
    items.into_iter().flatten().filter_map(map)
}

fn set(map: &mut Map, key: &str, base: &str, is_local: fn(&str) -> bool) {
    let Some(Kind::Scalar(scalar)) = kind(map, key) else { return };
    if !scalar.text.is_empty() && is_local(&scalar.text) && !is_absolute(&scalar.text) {
        scalar.text = under(base, &scalar.text);
    }
}

fn is_local_context(text: &str) -> bool {
    let remote = ["service:", "github.com/", "git@"];
    !text.contains("://") && !remote.iter().any(|prefix| text.starts_with(prefix))
}

fn is_absolute(text: &str) -> bool {
    let mut chars = text.chars();
    let is_drive = chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.next() == Some(':')
        && matches!(chars.next(), Some('/' | '\\'));
    text.starts_with(['/', '~']) || text.starts_with(r"\\") || is_drive
}

/// A build without a context is in the folder of its model: `services.*.build` of a whole model.
pub(super) fn default_contexts(root: &mut Node) {
    let Kind::Map(root) = &mut root.kind else { return };
    each(root, "services", |service| {
        let Some(build) = service.entries.get_mut("build") else { return };
        let spot = build.key;
        if let Kind::Map(build) = &mut build.value.kind
            && !build.entries.contains_key("context")
        {
            build.set("context", spot, Node::text(".", spot));
        }
    });
}
