//! Programs that a manifest declares, made ready to run: folders found, variables filled in.
use super::stop::Stop;
use crate::manifest::{self, Alembic, Command, Source};
use crate::model::schema::VersionTable;
use crate::parse::expand::expand;
use crate::stores::environment::Secrets;
use crate::stores::migrations::{Migrations, Seed};
use crate::stores::scratch::Program;

/// A declared program. Without a folder of its own it is run in `folder`.
pub(super) fn program(command: &Command, folder: &str, source: &Source) -> Result<Program, Stop> {
    let secrets = Secrets::beside(source.base()).map_err(Stop::CouldNotLook)?;
    let filled = |(name, value): (&String, &String)| {
        let value = expand(value, &|name| secrets.get(name)).map_err(Stop::CouldNotLook)?;
        Ok((name.clone(), value))
    };
    Ok(Program {
        run: command.run.to_vec(),
        folder: command.run_in.as_ref().map_or_else(|| folder.to_owned(), |path| source.path_of(path)),
        variable: command.variable().to_owned(),
        scheme: command.scheme.as_ref().map(|scheme| scheme.to_string()),
        environment: command.environment.iter().map(filled).collect::<Result<_, Stop>>()?,
        patience: command.patience(),
    })
}

/// How a chain is run on a scratch database, where that is declared.
pub(super) fn migrations(chain: &Alembic, source: &Source) -> Result<Option<Migrations>, Stop> {
    let Some(command) = &chain.command else { return Ok(None) };
    let ini = source.path_of(&chain.ini);
    let beside = ini.rsplit_once('/').map_or("", |(folder, _)| folder);
    let folder = chain.run_in.as_ref().map_or_else(|| beside.to_owned(), |path| source.path_of(path));
    let seed = match &chain.seed {
        Some(manifest::Seed { sql: Some(path), .. }) => Some(Seed::Sql(source.path_of(path))),
        Some(manifest::Seed { command: Some(command), .. }) => {
            Some(Seed::Program(program(command, source.base(), source)?))
        }
        Some(manifest::Seed { sql: None, command: None }) | None => None,
    };
    Ok(Some(Migrations {
        program: program(command, &folder, source)?,
        seed,
        stamp: chain.stamp.as_ref().map(|id| id.to_string()),
        table: version_table(chain),
    }))
}

/// Where a chain's revisions are kept.
pub(super) fn version_table(chain: &Alembic) -> VersionTable {
    let usual = VersionTable::default();
    VersionTable {
        name: chain.version_table.as_ref().map_or(usual.name, |name| name.to_string()),
        namespace: chain.version_table_schema.as_ref().map(|name| name.to_string()),
    }
}
