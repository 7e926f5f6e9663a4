//! What the shape of a manifest cannot say about live databases, and about those that are made for a moment.
use super::check::mistake;
use super::{Access, Alembic, At, Manifest, Mistake, Precondition, Schema};

pub(super) fn mistakes(manifest: &Manifest, found: &mut Vec<Mistake>) {
    if let Some(schema) = &manifest.schema {
        schema_mistakes(schema, manifest, found);
    }
    for chain in &manifest.alembic {
        chain_mistakes(chain, manifest, found);
    }
}

/// Exactly one expectation, never inferred; and scratch databases are made only where that is declared.
fn schema_mistakes(schema: &Schema, manifest: &Manifest, found: &mut Vec<Mistake>) {
    let expect = &schema.expect;
    let declared = expect.all();
    if declared.len() != 1 {
        let message = format!("`expect` says {} things that the schema should be like", declared.len());
        let range = declared.into_iter().next().unwrap_or_else(|| schema.live.range()).unwrap_or_default();
        let help = Some("say one: `endpoint`, `snapshot`, `sql`, `chain` or `command`".to_owned());
        found.push(Mistake { range, message, help });
    }
    for name in [Some(&schema.live), expect.endpoint.as_ref(), expect.scratch.as_ref()].into_iter().flatten()
    {
        endpoint(name, manifest, found);
    }
    if let Some(name) = &expect.scratch {
        scratch(name, manifest, found);
    }
    if let Some(name) = &expect.chain {
        match manifest.alembic.iter().find(|chain| chain.name == *name) {
            None => {
                let message = format!("there is no chain `{}`", **name);
                found.push(mistake(name, message, Some("declare it under `[[alembic]]`")));
            }
            Some(chain) if chain.command.is_none() => {
                let message = format!("the chain `{}` does not say how it is run", **name);
                let help = "give it `command = { run = [\"alembic\"] }`";
                found.push(mistake(name, message, Some(help)));
            }
            Some(_) => {}
        }
    }
    if let Some(command) = &expect.command {
        command.mistakes(found);
    }
    if let Some(revision) =
        expect.revision.as_ref().filter(|_| expect.snapshot.is_none() && expect.sql.is_none())
    {
        let message = "only a snapshot and a SQL file are of one revision".to_owned();
        found.push(mistake(revision, message, Some("leave `revision` out: it is read")));
    }
}

fn chain_mistakes(chain: &Alembic, manifest: &Manifest, found: &mut Vec<Mistake>) {
    if let Some(name) = &chain.endpoint {
        endpoint(name, manifest, found);
    }
    if let Some(name) = &chain.scratch {
        endpoint(name, manifest, found);
        scratch(name, manifest, found);
    }
    found.extend(chain.precondition.iter().filter_map(Precondition::mistake));
    let Alembic { command, seed, stamp, .. } = chain;
    if let Some(command) = command {
        command.mistakes(found);
    }
    if let Some(seed) = seed {
        if let Some(command) = &seed.command {
            command.mistakes(found);
        }
        if seed.sql.is_some() == seed.command.is_some() {
            let message = format!("the seed of `{}` is not one thing", *chain.name);
            found.push(mistake(&chain.name, message, Some("say one: `sql` or `command`")));
        }
    }
    if let Some(stamp) = stamp.as_ref().filter(|_| seed.is_none()) {
        let message = "there is no seed to be stamped".to_owned();
        found.push(mistake(
            stamp,
            message,
            Some("say what the database is given first: `seed = { sql = \"...\" }`"),
        ));
    }
}

fn scratch(name: &At<String>, manifest: &Manifest, found: &mut Vec<Mistake>) {
    let access = manifest.endpoints.get(name.as_str()).map(|endpoint| endpoint.access);
    if access.is_some_and(|access| access != Access::Scratch) {
        let message = format!("`{}` is no endpoint for scratch databases", **name);
        let help = "give it `access = \"scratch\"`, if databases may be made and dropped there";
        found.push(mistake(name, message, Some(help)));
    }
}

fn endpoint(name: &At<String>, manifest: &Manifest, found: &mut Vec<Mistake>) {
    if !manifest.endpoints.contains_key(name.as_str()) {
        let message = format!("there is no endpoint `{}`", **name);
        found.push(mistake(name, message, Some("declare it under `[endpoints]`")));
    }
}
