//! How much room the target's disk must have, and has.
use super::Prepared;
use super::gates::{Gating, Sides, elsewhere, undeclared};
use crate::manifest::Quantity;
use crate::model::{Cause, Look};
use crate::rules::copy::Room;
use crate::stores::endpoint::{Address, Endpoint};
use crate::stores::files;
use crate::stores::process::{Surroundings, ask_in};
use crate::stores::scratch::Program;

/// What the source's tables take. A file tells no sizes of tables: all of it is taken.
pub(super) fn bytes(prepared: &Prepared) -> Result<u64, Cause> {
    let mut bytes = 0_u64;
    for table in &prepared.facts.plan.tables {
        bytes = match (&table.bytes, &prepared.origin.address) {
            (Look::Got(own), _) => bytes.saturating_add(*own),
            (_, Address::Sqlite(file)) => return files::bytes(&file.path),
            _ => return Err(Cause::new(format!("what `{}` takes on its disk is not known", table.source))),
        };
    }
    Ok(bytes)
}

pub(super) fn space(gating: &Gating, sides: &Sides<'_>) -> Look<Room> {
    let Some(declared) = &gating.declared.space else { return undeclared("space") };
    let (Some(bytes), Some((target, _))) = (&sides.bytes, &sides.target) else { return elsewhere() };
    let declared = declared.free.as_ref().and_then(|text| Quantity::parse(text)?.bytes());
    let room = free(gating, declared, target).and_then(|(free_bytes, said_by)| {
        let needed_bytes = bytes.clone()?.saturating_mul(2);
        Ok(Room { free_bytes, needed_bytes, said_by: said_by.to_owned() })
    });
    room.into()
}

fn free(gating: &Gating, declared: Option<u64>, target: &Endpoint) -> Result<(u64, &'static str), Cause> {
    match (&gating.free, declared, &target.address) {
        (Some(program), ..) => Ok((asked(program)?, "the declared program")),
        (None, Some(free), _) => Ok((free, "the manifest")),
        (None, None, Address::Sqlite(file)) => Ok((files::free_bytes(&file.path)?, "the disk")),
        (None, None, Address::Postgres(_)) => {
            let cause = Cause::new("Postgres does not tell what is free on its disk");
            Err(cause.hint("declare it: `space = { free = \"200GB\" }`, or a `command` that prints it"))
        }
    }
}

fn asked(program: &Program) -> Result<u64, Cause> {
    let with = program.environment.iter();
    let around = Surroundings {
        folder: (!program.folder.is_empty()).then(|| program.folder.clone()),
        with: with.map(|(name, value)| (name.clone(), crate::model::Hidden::new(value))).collect(),
        ..Surroundings::default()
    };
    let said = ask_in(&around, &program.run, program.patience)?;
    let name = program.run.first().map_or("", String::as_str);
    let last = said.stdout.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    match last.parse() {
        Ok(bytes) if said.code == 0 => Ok(bytes),
        _ => Err(Cause::new(format!(
            "{name} ended with {}, and its last line is no number of bytes",
            said.code
        ))),
    }
}
