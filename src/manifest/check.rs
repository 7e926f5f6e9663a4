//! What the shape of a manifest cannot say: globs that compile, reasons that are given, names that exist.
use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};

use super::{
    Access, At, Backfill, Comparison, Endpoint, Env, FileName, Manifest, Mistake, Pin, Pins, Quantity,
    Service, TableEntry, ValueType, Zone, acl, condition, copy_backfill, copy_steps, copy_tuples, day, guard,
    live, survey, vector, verify,
};

/// A glob over names and paths: `*` crosses `/`, `?` is one character, `[ab]` and `{a,b}` are choices.
///
/// # Errors
/// The glob library's own words on what is wrong.
pub fn glob(pattern: &str) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(pattern).literal_separator(false).backslash_escape(true).build();
    glob.map(|glob| glob.compile_matcher()).map_err(|error| error.kind().to_string())
}

/// A glob over paths: as [`glob`], but `*` stays within one folder and `**` crosses them.
///
/// # Errors
/// The glob library's own words on what is wrong.
pub fn path_glob(pattern: &str) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build();
    glob.map(|glob| glob.compile_matcher()).map_err(|error| error.kind().to_string())
}

/// A day, `YYYY-MM-DD`.
pub fn date(text: &str) -> Option<jiff::civil::Date> {
    text.parse().ok()
}

pub(super) fn mistakes(manifest: &Manifest) -> Vec<Mistake> {
    let mut found = Vec::new();
    globs(manifest, &mut found);
    reasons(manifest, &mut found);
    let services = manifest.env.iter().flat_map(|env| &env.service);
    once(services.filter(|one| !one.is_glob()).map(|one| &one.name), "service", &mut found);
    if let Some(env) = &manifest.env {
        env_mistakes(env, &mut found);
    }
    found.extend(manifest.acl.iter().flat_map(|one| acl::mistakes(one, &manifest.endpoints)));
    once(manifest.backfill.iter().map(|backfill| &backfill.name), "backfill", &mut found);
    manifest.backfill.iter().for_each(|backfill| backfill_mistakes(backfill, &mut found));
    once(manifest.pin.iter().map(|pin| &pin.name), "pin", &mut found);
    pin_mistakes(&manifest.pin, manifest.pins.as_ref(), &mut found);
    if let Some(contract) = &manifest.guard {
        guard::mistakes(contract, &mut found);
    }
    once(manifest.alembic.iter().map(|chain| &chain.name), "chain", &mut found);
    zones(&manifest.zone, &mut found);
    // One source table may become several of the target, each once.
    let pairs: Vec<_> = manifest.table.iter().map(pair_of_tables).collect();
    once(pairs.iter(), "table", &mut found);
    for sql in manifest
        .table
        .iter()
        .flat_map(|table| table.filter.iter().chain(&table.target_where).chain(table.compute.values()))
    {
        if let Some(why) = condition::problem(sql) {
            let help = "write one SQL condition, as it would stand in the brackets of `WHERE (...)`";
            found.push(mistake(sql, format!("this is no SQL condition: {why}"), Some(help)));
        }
    }
    for (name, endpoint) in &manifest.endpoints {
        if endpoint.url.trim().is_empty() {
            found.push(mistake(&endpoint.url, format!("endpoint `{name}` has an empty url"), None));
        }
        server_mistakes(name, endpoint, &mut found);
    }
    live::mistakes(manifest, &mut found);
    survey::mistakes(manifest, &mut found);
    verify::mistakes(manifest, &mut found);
    vector::mistakes(manifest, &mut found);
    copy_steps::mistakes(manifest, &mut found);
    copy_tuples::mistakes(manifest, &mut found);
    copy_backfill::mistakes(manifest, &mut found);
    found.sort_by_key(|mistake| mistake.range.start);
    found
}

/// What a store of tuples or a realm needs, and what nothing else has.
fn server_mistakes(name: &str, endpoint: &Endpoint, found: &mut Vec<Mistake>) {
    let client = endpoint.client.as_ref().map(|client| &client.id);
    let mut only = |parts: Vec<&At<String>>, kind: &str, what: &str| {
        for at in parts {
            let help = format!("say `kind = \"{kind}\"`, or leave it out");
            found.push(mistake(at, format!("endpoint `{name}` is no {what}"), Some(&help)));
        }
    };
    if !endpoint.is_openfga() {
        let of_it = [&endpoint.store, &endpoint.model].into_iter().flatten();
        let entered = endpoint.token.iter().chain(client).filter(|_| endpoint.is_database());
        only(of_it.chain(entered).collect(), "openfga", "OpenFGA store");
    }
    if !endpoint.is_keycloak() {
        only(endpoint.realm.iter().collect(), "keycloak", "realm of Keycloak");
    }
    if endpoint.is_database() {
        return;
    }
    let is_written = endpoint.is_openfga() && endpoint.access == Access::ReadWrite;
    if endpoint.is_openfga() && endpoint.store.is_none() && !is_written {
        let help = Some("say `store = \"...\"`, the id that `fga store list` prints");
        found.push(mistake(&endpoint.url, format!("endpoint `{name}` names no store"), help));
    }
    if endpoint.is_keycloak() && endpoint.realm.is_none() {
        let help = Some("say `realm = \"...\"`, its name");
        found.push(mistake(&endpoint.url, format!("endpoint `{name}` names no realm"), help));
    }
    if let (Some(token), Some(_)) = (&endpoint.token, client) {
        let help = Some("leave one of them out");
        found.push(mistake(token, format!("endpoint `{name}` has a `token` and a `client`"), help));
    }
    if let Some(client) = &endpoint.client {
        if client.user.is_some() != client.password.is_some() {
            let help = Some("a user signs in with both, a client with neither");
            found.push(mistake(&client.id, "the client has only one of `user` and `password`".into(), help));
        } else if client.secret.is_none() && client.user.is_none() {
            let help = Some("say `secret = \"${NAME:?}\"`, or `user` and `password`");
            found.push(mistake(&client.id, "the client has nothing to enter with".into(), help));
        }
    }
    if endpoint.immutable || (endpoint.access != Access::ReadOnly && !is_written) {
        let help = Some("leave out `immutable` and `access`: it is only ever read");
        found.push(mistake(&endpoint.url, format!("endpoint `{name}` is no database"), help));
    }
}

pub(super) fn mistake<T>(at: &At<T>, message: String, help: Option<&str>) -> Mistake {
    Mistake { range: at.range().unwrap_or_default(), message, help: help.map(str::to_owned) }
}

fn globs(manifest: &Manifest, found: &mut Vec<Mistake>) {
    let env = manifest.env.iter().flat_map(|env| {
        let services = env.service.iter().flat_map(|service| &service.local_only);
        let types = env.types.iter().map(|entry| &entry.key);
        let exceptions = env.environment.iter().flat_map(|environment| &environment.except);
        let classes = env.class.all().into_iter().flat_map(|(_, keys)| keys);
        let keys = env.local_only.iter().chain(services).chain(&env.shared).chain(types).chain(exceptions);
        keys.chain(classes).chain(&env.owner)
    });
    let zones = manifest.zone.iter().flat_map(Zone::globs);
    let guard = manifest.guard.iter().flat_map(|guard| {
        let whens = guard.when.values().chain(guard.require.iter().flat_map(|require| require.when.values()));
        let keys = guard.secrets.iter().chain(&guard.public);
        whens.chain(&guard.placeholders).chain(keys)
    });
    let code = manifest.alembic.iter().flat_map(|chain| &chain.code);
    let allow = manifest.allow.iter().flat_map(|allow| allow.on.iter().chain(&allow.about));
    let skip = manifest.skip.iter().map(|skip| &skip.table);
    let variables = manifest.backfill.iter().flat_map(|backfill| &backfill.variables);
    let families = manifest.pins.iter().flat_map(|pins| &pins.families);
    let keys = manifest.pin.iter().flat_map(|pin| &pin.keys);
    let names = variables.chain(families).chain(keys);
    let files = manifest.backfill.iter().flat_map(|backfill| &backfill.files);
    let files = files.chain(manifest.pins.iter().flat_map(|pins| &pins.files));
    let files = files.chain(manifest.pin.iter().flat_map(|pin| &pin.files));
    let schema = manifest.schema.iter();
    let schema =
        schema.flat_map(|schema| schema.ignore.iter().map(|entry| &entry.object).chain(&schema.schemas));
    let declared = names.chain(files).chain(schema);
    for pattern in env.chain(zones).chain(guard).chain(code).chain(allow).chain(skip).chain(declared) {
        if let Err(why) = glob(pattern) {
            found.push(mistake(pattern, format!("`{}` is no glob: {why}", **pattern), None));
        }
    }
}

fn env_mistakes(env: &Env, found: &mut Vec<Mistake>) {
    let paths = env
        .template
        .iter()
        .chain(&env.deployed)
        .chain(&env.compose)
        .chain(&env.config)
        .chain(env.service.iter().flat_map(|service| service.config.iter().chain(&service.code)))
        .chain(env.service.iter().map(|service| &service.template));
    for path in paths.chain(env.environment.iter().map(|environment| &environment.file)) {
        if path.trim().is_empty() {
            found.push(mistake(
                path,
                "the path is empty".into(),
                Some("name a file, relative to this one's folder"),
            ));
        }
    }
    for service in &env.service {
        found.extend(service_mistake(service));
        found.extend(code_mistake(service));
    }
    once(env.environment.iter().map(|environment| &environment.name), "environment", found);
    for relation in &env.relation {
        if let Err(why) = Comparison::parse(&relation.holds) {
            let help = "write a comparison, such as `TIMEOUT * ATTEMPTS <= WALL_CLOCK`";
            found.push(mistake(&relation.holds, format!("this is no comparison: {why}"), Some(help)));
        }
        for (name, value) in &relation.given {
            if Quantity::parse(value).is_none() {
                let message = format!("the value of `{name}` is no number, duration or size");
                found.push(mistake(value, message, Some("write it as \"3\", \"40ms\" or \"512MiB\"")));
            }
        }
    }
    if let Some(mode) = env.deployed_mode.as_ref().filter(|mode| octal(mode).is_none()) {
        let message = format!("`{}` is no file mode", **mode);
        found.push(mistake(mode, message, Some("write it in octal, such as \"0640\"")));
    }
    for entry in &env.types {
        if (entry.kind == ValueType::Enum) == entry.of.is_empty() {
            let message = "`of` lists the choices of an enum, and of nothing else".to_owned();
            found.push(mistake(
                &entry.key,
                message,
                Some("write `is = \"enum\"` with `of = [\"a\", \"b\"]`"),
            ));
        }
    }
}

fn code_mistake(service: &Service) -> Option<Mistake> {
    let mut problems = service.code.iter().filter_map(|entry| Some((entry, path_glob(entry).err()?)));
    if let Some((entry, why)) = problems.next() {
        return Some(mistake(entry, format!("`{}` is no glob: {why}", **entry), None));
    }
    let first = service.code.first().filter(|_| service.code.iter().all(|entry| entry.starts_with('!')))?;
    let help = "name what to read too, such as \"src\" or \"src/**/*.py\"";
    Some(mistake(first, "`code` names only what to leave out".to_owned(), Some(help)))
}

fn service_mistake(service: &Service) -> Option<Mistake> {
    if !service.is_glob() {
        let names_several = service.template.contains('*');
        return names_several.then(|| {
            let message = format!("`{}` names several files", *service.template);
            mistake(&service.template, message, Some("write `name = \"*\"`: each is named after its folder"))
        });
    }
    if let Err(why) = path_glob(&service.template) {
        return Some(mistake(&service.template, format!("`{}` is no glob: {why}", *service.template), None));
    }
    let compose = service.compose.as_ref()?;
    let help = "give that service an entry of its own";
    Some(mistake(compose, "several services cannot have one name in compose".to_owned(), Some(help)))
}

fn backfill_mistakes(backfill: &Backfill, found: &mut Vec<Mistake>) {
    if backfill.files.is_empty() {
        let help = Some("name the files, such as `files = [\"migrations/data/*.sql\"]`");
        found.push(mistake(&backfill.name, format!("backfill `{}` has no files", *backfill.name), help));
    }
    if let Some(pattern) = backfill.pattern.as_ref().filter(|pattern| FileName::read(pattern).is_none()) {
        let message = format!("`{}` is no pattern of file names: it needs one number", **pattern);
        found.push(mistake(pattern, message, Some("write one such as \"NNNN_slug.sql\"")));
    }
}

fn pin_mistakes(all: &[Pin], shared: Option<&Pins>, found: &mut Vec<Mistake>) {
    let has_files = shared.is_some_and(|shared| !shared.files.is_empty());
    for pin in all {
        if pin.files.is_empty() && !has_files {
            let help = Some("name them as `files`, here or under `[pins]`");
            found.push(mistake(&pin.name, format!("pin `{}` has no files to stand in", *pin.name), help));
        }
        if pin.keys.is_empty() {
            let help = Some("name the variables and fields that hold it, such as `keys = [\"*_MODEL\"]`");
            found.push(mistake(&pin.name, format!("pin `{}` has no keys", *pin.name), help));
        }
        for value in std::iter::once(&pin.value).chain(&pin.rollback).filter(|value| value.trim().is_empty())
        {
            found.push(mistake(value, "the id is empty".to_owned(), None));
        }
    }
    found.extend(
        shared.iter().flat_map(|shared| &shared.removal).filter_map(|one| day::mistake(&one.removed)),
    );
}

fn zones(zones: &[Zone], found: &mut Vec<Mistake>) {
    once(zones.iter().map(|zone| &zone.name), "zone", found);
    once(zones.iter().flat_map(|zone| &zone.compose), "the compose file of a zone", found);
    // In projects of their own, two services of one name are two services.
    let shared = zones.iter().filter(|zone| zone.compose.is_empty());
    for zone in shared {
        if zone.services.iter().flatten().next().is_none() {
            let message = format!("the zone `{}` has neither `compose` nor `services`", *zone.name);
            found.push(mistake(&zone.name, message, Some("say which services are in it")));
        }
        for service in zone.services.iter().flatten() {
            let mut others = zones.iter().filter(|other| other.name != zone.name);
            let other = others.find(|other| other.services.iter().flatten().any(|name| name == service));
            if let Some(other) = other {
                let message = format!("`{}` is in the zone `{}` too", **service, *other.name);
                found.push(mistake(
                    service,
                    message,
                    Some("a service is in one zone, unless each has its own `compose`"),
                ));
            }
        }
    }
}

/// A file mode in octal digits.
pub fn octal(text: &str) -> Option<u32> {
    u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o777)
}

fn reasons(manifest: &Manifest, found: &mut Vec<Mistake>) {
    let allows = manifest.allow.iter().map(|allow| &allow.reason);
    let ignores = manifest.schema.iter().flat_map(|schema| &schema.ignore).map(|entry| &entry.reason);
    for reason in allows.chain(manifest.skip.iter().map(|skip| &skip.reason)).chain(ignores) {
        if reason.trim().is_empty() {
            found.push(mistake(
                reason,
                "the reason is empty".into(),
                Some("say why, for whoever reads it next"),
            ));
        }
    }
    found.extend(manifest.allow.iter().filter_map(|allow| allow.expires.as_ref()).filter_map(day::mistake));
}

fn pair_of_tables(entry: &TableEntry) -> At<String> {
    match entry.to.as_ref().filter(|to| **to != entry.from) {
        Some(to) => entry.from.standing_for(format!("{} -> {}", *entry.from, **to)),
        None => entry.from.clone(),
    }
}

pub(super) fn once<'a>(names: impl Iterator<Item = &'a At<String>>, what: &str, found: &mut Vec<Mistake>) {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name.as_str()) {
            found.push(mistake(name, format!("{what} `{}` is declared twice", **name), None));
        }
    }
}
