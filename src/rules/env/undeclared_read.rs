use std::collections::BTreeMap;

use super::code::{CodeFile, ServiceCode};
use super::platform::is_of_the_platform;
use super::{EnvFacts, ServiceEnv};
use crate::model::{Assignment, Cause, EnvFile, EnvRead, Looked, Object};
use crate::rules::Sink;

pub(super) fn undeclared_read(facts: &EnvFacts, out: &mut Sink<'_>) {
    for service in &facts.services {
        let Some(code) = &service.code else { continue };
        say_what_is_not_known(service, code, out);
        let Some(own) = out.look(service.template.object(), &service.template.file) else { continue };
        let mut templates = vec![(service.template.path.as_str(), own)];
        if let Some(template) = facts.template.as_ref().filter(|_| !facts.is_canonical(&service.template)) {
            let Some(canonical) = out.look(template.object(), &template.file) else { continue };
            templates.push((&template.path, canonical));
        }
        undeclared_of(service, code, &templates, out);
    }
}

/// What cannot be judged: code that is not to be seen or understood, and reads that compute their key.
fn say_what_is_not_known(service: &ServiceEnv, code: &ServiceCode, out: &mut Sink<'_>) {
    for cause in &code.missing {
        out.unknown(service.template.object(), cause.clone());
    }
    for file in &code.files {
        let Some(reads) = out.look(Object::file(&file.path), &file.reads) else { continue };
        if let Some(unclear) = &reads.unclear {
            let start = unclear.span.start;
            let message = format!("line {} column {}: {}", start.line, start.column, unclear.problem);
            let hint = format!(
                "mend it, or leave it out of the code of {}: `!{}`",
                *service.declared.name, file.path
            );
            out.unknown(Object::file(&file.path), Cause::new(message).hint(hint));
        }
    }
    let computed = code.computed().count();
    if let Some((file, read)) = code.computed().next() {
        let start = read.at.span.start;
        let name = &*service.declared.name;
        let reason = format!(
            "{computed} of the reads of {name} don't say their key, the first at {}:{}:{}: {}",
            file.path, start.line, start.column, read.why
        );
        out.skip(service.template.object(), reason);
    }
}

fn undeclared_of(
    service: &ServiceEnv,
    code: &ServiceCode,
    templates: &[(&str, &EnvFile)],
    out: &mut Sink<'_>,
) {
    let is_documented = |read: &EnvRead| {
        templates
            .iter()
            .any(|(_, file)| file.assignments.iter().any(|Assignment { key, .. }| read.takes(key)))
    };
    let reads = || code.read().flat_map(|(file, reads)| reads.reads.iter().map(move |read| (file, read)));
    let looked = code.read().count();
    let mut check = out.check(service.template.object(), Looked::at(looked, "code file"));
    // Each key at its first read.
    let mut found: BTreeMap<String, (&CodeFile, &EnvRead, bool)> = BTreeMap::new();
    let judged = reads()
        .filter(|(_, read)| !read.is_implied && !read.names.iter().any(|name| is_of_the_platform(name)));
    for (file, read) in judged.filter(|(_, read)| !is_documented(read)) {
        let entry = found.entry(read.key()).or_insert((file, read, true));
        entry.2 &= read.has_default;
    }
    let (name, own) = (&*service.declared.name, &service.template.path);
    let where_to = templates.last().map_or(own.as_str(), |(path, _)| *path);
    for (key, (file, read, has_default)) in &found {
        let default = if *has_default { " with a default of its own" } else { "" };
        check
            .find(key, format!("`{key}` is read by {name}{default}, and no template documents it"))
            .at(read.at.place(&file.path))
            .related(file.declared.clone(), "its code")
            .help(format!("document `{key}` in {where_to}, commented out if it is optional"));
    }
    let others = match code.others {
        0 => String::new(),
        others => format!("; {others} files of no language that is read are left out"),
    };
    let read = reads().count();
    check.facts(
        "every key that is read is documented",
        format!("{} of {read} reads are not{others}", found.len()),
    );
}
