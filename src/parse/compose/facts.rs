//! The merged tree as plain facts.
use super::attributes::{ATTRIBUTES, SECTIONS, unknown};
use super::canonical::misshapen;
use super::load::Loader;
use super::sources::Sources;
use crate::model::compose::{
    Build, Compose, EnvFileSource, ExtraHost, FileSource, Grant, Mount, Port, Problem, Said, Service, Told,
    Value, Variable,
};
use crate::model::{Cause, Hidden};
use crate::parse::yaml::{Entry, Kind, Map, Node, Sort, Spot, Wrong};

/// The facts of a merged tree and of the reading.
pub(super) fn compose(root: &Node, mut loader: Loader<'_>) -> Compose {
    let mut taker = Taker { sources: &loader.sources, wrong: Vec::new() };
    if let Some(map) = root.map() {
        unknown(map, SECTIONS, "project", &mut taker.wrong);
    }
    let services = taker.section(root, "services", Taker::service);
    let secrets = taker.section(root, "secrets", Taker::file_source);
    let configs = taker.section(root, "configs", Taker::file_source);
    loader.wrong.append(&mut taker.wrong);
    let noted = loader.wrong.into_iter().map(|Wrong { kind, spot, message }| Problem {
        kind,
        place: loader.sources.place(spot),
        cause: Cause::new(message),
    });
    let mut problems: Vec<Problem> = noted.chain(loader.problems).collect();
    problems.sort_by(|a, b| (&a.place, a.kind, &a.cause).cmp(&(&b.place, b.kind, &b.cause)));
    problems.dedup();
    Compose {
        files: loader.files,
        empty: loader.empty,
        services,
        secrets,
        configs,
        references: loader.references,
        allows: loader.allows,
        problems,
    }
}

struct Taker<'a> {
    sources: &'a Sources,
    wrong: Vec<Wrong>,
}

impl Taker<'_> {
    /// One fact an entry of a top-level section.
    fn section<T>(
        &mut self,
        root: &Node,
        name: &str,
        take: fn(&mut Self, &str, Spot, &Node) -> Option<T>,
    ) -> Vec<T> {
        let Some(section) = root.get(name) else { return Vec::new() };
        let Some(map) = section.map() else {
            misshapen(section, format!("`{name}` is a mapping"), &mut self.wrong);
            return Vec::new();
        };
        map.entries.iter().filter_map(|(name, entry)| take(self, name, entry.key, &entry.value)).collect()
    }

    #[expect(clippy::unnecessary_wraps, reason = "a section's entries may be none, and `section` takes both")]
    fn file_source(&mut self, name: &str, spot: Spot, node: &Node) -> Option<FileSource> {
        let text = |key: &str| node.get(key).and_then(Node::printed).map(str::to_owned);
        let (file, environment) = (text("file"), text("environment"));
        Some(FileSource { name: name.to_owned(), file, environment, place: self.sources.place(spot) })
    }

    fn service(&mut self, name: &str, spot: Spot, node: &Node) -> Option<Service> {
        let Some(map) = node.map() else {
            misshapen(node, format!("the service `{name}` is a mapping"), &mut self.wrong);
            return None;
        };
        unknown(map, ATTRIBUTES, "service", &mut self.wrong);
        let environment_place = map.entries.get("environment").map(|entry| self.sources.place(entry.key));
        Some(Service {
            name: name.to_owned(),
            place: self.sources.place(spot),
            profiles: self.items(map, "profiles", Self::said),
            image: self.text(map, "image"),
            build: self.build(map),
            command: self.told(map, "command"),
            entrypoint: self.told(map, "entrypoint"),
            environment: self.variables(map, "environment"),
            environment_place,
            env_files: self.items(map, "env_file", Self::env_file),
            ports: self.items(map, "ports", Self::port),
            volumes: self.items(map, "volumes", Self::mount),
            networks: self.networks(map),
            network_mode: self.text(map, "network_mode"),
            extra_hosts: self.extra_hosts(map),
            secrets: self.items(map, "secrets", Self::grant),
            configs: self.items(map, "configs", Self::grant),
        })
    }

    /// A text of a key, at the place of the key.
    fn text(&mut self, map: &Map, key: &str) -> Option<Said> {
        let entry = map.entries.get(key)?;
        let Some(text) = entry.value.string() else {
            misshapen(&entry.value, format!("`{key}` is text"), &mut self.wrong);
            return None;
        };
        Some(Said { text: text.to_owned(), place: self.sources.place(entry.key) })
    }

    fn told(&mut self, map: &Map, key: &str) -> Option<Told> {
        let entry = map.entries.get(key)?;
        let items = match &entry.value.kind {
            Kind::Null => return None,
            Kind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(&entry.value),
        };
        let mut scalars = Vec::new();
        for item in items {
            match item.scalar().filter(|scalar| scalar.sort == Sort::Text) {
                Some(scalar) => scalars.push(scalar),
                None => misshapen(item, format!("`{key}` is text or a list of texts"), &mut self.wrong),
            }
        }
        let joined = |texts: Vec<&str>| Hidden::new(texts.join(" "));
        Some(Told {
            written: joined(scalars.iter().map(|scalar| scalar.written.as_str()).collect()),
            text: joined(scalars.iter().map(|scalar| scalar.text.as_str()).collect()),
            place: self.sources.place(entry.key),
        })
    }

    /// One fact an entry of a list.
    fn items<T>(&mut self, map: &Map, key: &str, take: fn(&mut Self, &Node) -> Option<T>) -> Vec<T> {
        let Some(entry) = map.entries.get(key) else { return Vec::new() };
        let Some(items) = entry.value.list() else {
            misshapen(&entry.value, format!("`{key}` is a list"), &mut self.wrong);
            return Vec::new();
        };
        items.iter().filter_map(|item| take(self, item)).collect()
    }

    fn said(&mut self, node: &Node) -> Option<Said> {
        let Some(text) = node.string() else {
            misshapen(node, "an entry of this list is text", &mut self.wrong);
            return None;
        };
        Some(Said { text: text.to_owned(), place: self.sources.place(node.spot) })
    }

    fn build(&mut self, map: &Map) -> Option<Build> {
        let entry = map.entries.get("build")?;
        let Some(build) = entry.value.map() else {
            misshapen(&entry.value, "`build` is a path or a mapping", &mut self.wrong);
            return None;
        };
        let context = build.get("context").and_then(Node::printed).filter(|context| !context.is_empty());
        let context = context.unwrap_or(".").to_owned();
        let dockerfile = self.text(build, "dockerfile");
        let args = self.variables(build, "args");
        let is_inline = build.get("dockerfile_inline").is_some();
        let target = self.text(build, "target");
        Some(Build { context, dockerfile, is_inline, target, args, place: self.sources.place(entry.key) })
    }

    fn variables(&mut self, map: &Map, field: &str) -> Vec<Variable> {
        let Some(entry) = map.entries.get(field) else { return Vec::new() };
        let Some(variables) = entry.value.map() else {
            misshapen(&entry.value, format!("`{field}` is a mapping or a list"), &mut self.wrong);
            return Vec::new();
        };
        let mut taken = Vec::new();
        for (key, entry) in &variables.entries {
            let value = match &entry.value.kind {
                Kind::Null => None,
                Kind::Scalar(scalar) if scalar.sort != Sort::NotANumber => Some(Value {
                    written: Hidden::new(scalar.written.clone()),
                    text: Hidden::new(scalar.text.clone()),
                    is_known: scalar.is_known,
                }),
                _ => {
                    misshapen(
                        &entry.value,
                        "a variable is text, a number, a boolean or null",
                        &mut self.wrong,
                    );
                    continue;
                }
            };
            if variables.is_listed && key.ends_with(|c: char| c.is_ascii_whitespace()) {
                misshapen(&entry.value, "there is white space before the `=`", &mut self.wrong);
            }
            taken.push(Variable { key: key.clone(), value, place: self.sources.place(entry.key) });
        }
        taken
    }

    fn env_file(&mut self, node: &Node) -> Option<EnvFileSource> {
        let text = |key: &str| node.get(key).and_then(Node::printed).map(str::to_owned);
        let path = text("path")?;
        let required = node.get("required").is_none_or(|required| self.boolean(required).unwrap_or(true));
        let place = self.sources.place(node.get("path").map_or(node.spot, |path| path.spot));
        Some(EnvFileSource { path, required, format: text("format"), place })
    }

    /// A boolean, or the words of YAML 1.1 that stand for one.
    fn boolean(&mut self, node: &Node) -> Option<bool> {
        let word = node.printed().map(str::to_lowercase);
        match word.as_deref() {
            Some("true" | "y" | "yes" | "on") => Some(true),
            Some("false" | "n" | "no" | "off") => Some(false),
            _ => {
                misshapen(node, "this is no boolean", &mut self.wrong);
                None
            }
        }
    }

    fn port(&mut self, node: &Node) -> Option<Port> {
        let text = |key: &str| {
            node.get(key).and_then(Node::printed).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let Some(target) = text("target") else {
            misshapen(node, "this port has no target", &mut self.wrong);
            return None;
        };
        Some(Port {
            host_ip: text("host_ip"),
            published: text("published"),
            target,
            protocol: text("protocol").unwrap_or_else(|| "tcp".to_owned()),
            place: self.sources.place(node.spot),
        })
    }

    fn mount(&mut self, node: &Node) -> Option<Mount> {
        let text = |key: &str| node.get(key).and_then(Node::printed).map(str::to_owned);
        let read_only = node.get("read_only").is_some_and(|word| self.boolean(word).unwrap_or(false));
        let kind = text("type").unwrap_or_default();
        if kind == "bind" && text("source").is_none() {
            misshapen(node, "a bind mount has a source", &mut self.wrong);
        }
        let place = self.sources.place(node.spot);
        Some(Mount { kind, source: text("source"), target: text("target")?, read_only, place })
    }

    fn networks(&mut self, map: &Map) -> Vec<Said> {
        let Some(networks) = map.get("networks") else { return Vec::new() };
        let Some(networks) = networks.map() else {
            misshapen(networks, "`networks` is a list or a mapping", &mut self.wrong);
            return Vec::new();
        };
        let said = |(name, entry): (&String, &Entry)| Said {
            text: name.clone(),
            place: self.sources.place(entry.key),
        };
        networks.entries.iter().map(said).collect()
    }

    fn extra_hosts(&mut self, map: &Map) -> Vec<ExtraHost> {
        let all = self.items(map, "extra_hosts", Self::extra_host).into_iter().flatten();
        let mut seen = std::collections::BTreeSet::new();
        all.filter(|extra| seen.insert((extra.host.clone(), extra.address.clone()))).collect()
    }

    fn extra_host(&mut self, node: &Node) -> Option<Vec<ExtraHost>> {
        let pair = node.string().and_then(|text| text.split_once('=').or_else(|| text.split_once(':')));
        let Some((host, addresses)) = pair else {
            misshapen(node, "this host has no address: `host=address`", &mut self.wrong);
            return None;
        };
        let place = self.sources.place(node.spot);
        let one = |address: &str| {
            let address =
                address.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(address);
            ExtraHost { host: host.to_owned(), address: address.to_owned(), place: place.clone() }
        };
        Some(addresses.split(',').map(one).collect())
    }

    fn grant(&mut self, node: &Node) -> Option<Grant> {
        let text = |key: &str| node.get(key).and_then(Node::printed).map(str::to_owned);
        let Some(source) = text("source") else {
            misshapen(node, "this entry names no `source`", &mut self.wrong);
            return None;
        };
        Some(Grant { source, target: text("target"), place: self.sources.place(node.spot) })
    }
}
