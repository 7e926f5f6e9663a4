//! Runs a chain with the project's own Alembic on a database made for it: up, down, up again, revision by revision.
use std::collections::BTreeSet;

use crate::diff::schema::{Options, compare, uncompared};
use crate::model::schema::{Schema, System, TableKind, VersionTable};
use crate::model::{Cause, Look, RoundTrip, Tried, Turn};
use crate::parse::sqlite_table::untold;
use crate::rules::alembic::{ChainFacts, Files};
use crate::stores::endpoint::Address;
use crate::stores::migrations::{Migrations, applied};
use crate::stores::scratch::Scratch;

/// What to run, and where.
pub struct Trip<'c> {
    /// The chain.
    pub chain: &'c ChainFacts,
    /// How the project runs it.
    pub migrations: &'c Migrations,
    /// The server on which a database is made; without it a file.
    pub server: Option<&'c Address>,
    /// The ids that are old: they run up alone, and are not held to anything.
    pub old: &'c BTreeSet<String>,
}

/// Runs. The database is made here and dropped here, whatever comes of it.
pub async fn run(trip: &Trip<'_>) -> Look<RoundTrip> {
    let files = match &trip.chain.files {
        Look::Got(files) => files,
        Look::NotAsked(reason) => return Look::NotAsked(reason.clone()),
        Look::Failed(cause) => return Look::Failed(cause.clone()),
    };
    let order = match files.left_after(&trip.migrations.stamp.iter().cloned().collect::<Vec<_>>()) {
        Ok(order) => order,
        Err(cause) => return Look::Failed(cause),
    };
    let wanted: Vec<String> = order.into_iter().filter(|id| !trip.old.contains(id)).collect();
    let scratch = match Scratch::create(trip.server).await {
        Ok(scratch) => scratch,
        Err(cause) => return Look::Failed(cause),
    };
    let mut turns = Turns { trip, files, scratch: &scratch, seen: RoundTrip::default() };
    let came = turns.all(&wanted).await;
    let seen = turns.seen;
    match (came, scratch.remove().await) {
        (Ok(()), Ok(())) => Look::Got(seen),
        (Err(cause), Ok(())) | (Ok(()), Err(cause)) => Look::Failed(cause),
        (Err(first), Err(second)) => {
            let message = format!("{}; {}", first.message, second.message);
            Look::Failed(Cause { message, hint: first.hint })
        }
    }
}

/// A run under way.
struct Turns<'t> {
    trip: &'t Trip<'t>,
    files: &'t Files,
    scratch: &'t Scratch,
    seen: RoundTrip,
}

/// What a database holds at a moment.
#[derive(Clone)]
struct Moment {
    schema: Schema,
    /// The revisions that its version table names, sorted.
    rows: Vec<String>,
}

impl Moment {
    /// What is not in `self` as it is in `before`.
    fn facts_against(&self, before: &Self) -> Vec<String> {
        let mut facts: Vec<String> = compare(&before.schema, &self.schema, &Options::default())
            .into_iter()
            .map(|difference| difference.message)
            .collect();
        if before.rows != self.rows {
            let list = |rows: &[String]| if rows.is_empty() { "nothing".to_owned() } else { rows.join(", ") };
            facts.push(format!(
                "the version table names {}, expected {}",
                list(&self.rows),
                list(&before.rows)
            ));
        }
        facts
    }
}

impl Turns<'_> {
    async fn all(&mut self, wanted: &[String]) -> Result<(), Cause> {
        let migrations = self.trip.migrations;
        migrations.looks_at(self.scratch).await?;
        migrations.begin(self.scratch, &[]).await?;
        let start = self.now().await?;
        self.seen.system = match start.schema.system {
            System::Postgres => format!("Postgres {}", start.schema.version),
            System::Sqlite => format!("SQLite {}", start.schema.version),
        };
        self.seen.uncompared = uncompared(&start.schema, &start.schema);
        for (index, id) in wanted.iter().enumerate() {
            let (turn, ended) = match self.below(id).await {
                Ok(()) => self.turn(id).await?,
                Err(cause) => {
                    self.seen.ended = Some(cause);
                    return Ok(());
                }
            };
            self.seen.turns.push(turn);
            if let Some(cause) = ended.filter(|_| index + 1 < wanted.len()) {
                self.seen.ended = Some(cause);
                return Ok(());
            }
        }
        Ok(())
    }

    async fn now(&self) -> Result<Moment, Cause> {
        let migrations = self.trip.migrations;
        let mut schema = self.scratch.schema().await?;
        simplify(&mut schema, &migrations.table);
        let rows = applied(&self.scratch.address(), &migrations.table).await?.unwrap_or_default();
        Ok(Moment { schema, rows })
    }

    /// Runs up what a revision follows or depends on, where that did not run yet.
    async fn below(&self, id: &str) -> Result<(), Cause> {
        let Some(revision) = self.revision(id) else { return Err(Cause::new(format!("there is no `{id}`"))) };
        let left = self.files.left_after(&self.now().await?.rows)?;
        for parent in revision.parents.iter().chain(&revision.depends_on) {
            if left.contains(&parent.text) {
                self.trip.migrations.upgrade(self.scratch, &parent.text).await?;
            }
        }
        Ok(())
    }

    fn revision(&self, id: &str) -> Option<&crate::model::chain::Revision> {
        self.files.revisions().map(|(_, revision)| revision).find(|revision| revision.id.text == id)
    }

    /// One revision: what came of it, and why nothing after it can be tried.
    async fn turn(&self, id: &str) -> Result<(Turn, Option<Cause>), Cause> {
        let migrations = self.trip.migrations;
        let before = self.now().await?;
        let mut turn = Turn { revision: id.to_owned(), ..Turn::default() };
        let untried = || Tried::Untried("the step before it failed".to_owned());
        if let Err(cause) = migrations.upgrade(self.scratch, id).await {
            turn.upgrade = Tried::Failed(cause);
            (turn.downgrade, turn.again, turn.repeated) = (untried(), untried(), untried());
            return Ok((turn, Some(Cause::new(format!("`{id}` could not be upgraded to")))));
        }
        let after = self.now().await?;
        if after.rows == before.rows {
            let cause = Cause::new(format!("`upgrade {id}` left the version table as it was"));
            return Err(cause.hint("is `run` the program alone, such as [\"alembic\"]?"));
        }
        turn.changes = after.facts_against(&Moment { rows: after.rows.clone(), ..before.clone() });
        match self.one_way(id) {
            Some(why) => (turn.downgrade, turn.again) = (Tried::Untried(why.clone()), Tried::Untried(why)),
            None => {
                let ended = self.back_and_again(id, &before, &after, &mut turn).await?;
                if ended.is_some() {
                    turn.repeated = untried();
                    return Ok((turn, ended));
                }
            }
        }
        let ended = self.repeat(id, &before, &after, &mut turn).await?;
        Ok((turn, ended))
    }

    /// Why a revision is not taken back.
    fn one_way(&self, id: &str) -> Option<String> {
        let revision = self.revision(id)?;
        if revision.parents.len() > 1 {
            return Some("it only joins branches".to_owned());
        }
        let raises = revision.downgrade.as_ref().is_some_and(|body| body.raises);
        raises.then(|| "its `downgrade()` raises: it says that there is no way back".to_owned())
    }

    /// The revision to go back to, without the branches beside it.
    fn target(&self, id: &str) -> String {
        let parent = self.revision(id).and_then(|revision| revision.parents.first());
        let graph = &self.files.graph;
        let parent_node = (0..graph.nodes.len()).find(|node| {
            self.files.at_node(*node).map(|(_, own)| &own.id.text) == parent.map(|parent| &parent.text)
        });
        let is_alone = match parent_node.and_then(|node| graph.nodes.get(node)) {
            Some(node) => node.children.len() == 1,
            None => graph.bases().len() == 1,
        };
        let to = parent.map_or("base", |parent| parent.text.as_str());
        if is_alone { to.to_owned() } else { format!("{id}@{to}") }
    }

    async fn back_and_again(
        &self,
        id: &str,
        before: &Moment,
        after: &Moment,
        turn: &mut Turn,
    ) -> Result<Option<Cause>, Cause> {
        let migrations = self.trip.migrations;
        if let Err(cause) = migrations.downgrade(self.scratch, &self.target(id)).await {
            turn.downgrade = Tried::Failed(cause);
            turn.again = Tried::Untried("the step before it failed".to_owned());
            return self.stays(after, &format!("`{id}` could not be downgraded")).await;
        }
        turn.downgrade = Tried::Left(self.now().await?.facts_against(before));
        if let Err(cause) = migrations.upgrade(self.scratch, id).await {
            turn.again = Tried::Failed(cause);
            return Ok(Some(Cause::new(format!("`{id}` could not be upgraded to again"))));
        }
        turn.again = Tried::Left(self.now().await?.facts_against(after));
        Ok(None)
    }

    /// Goes on from a failure only where it left nothing behind.
    async fn stays(&self, at: &Moment, what: &str) -> Result<Option<Cause>, Cause> {
        let is_there = self.now().await?.facts_against(at).is_empty();
        Ok((!is_there).then(|| Cause::new(format!("{what}, and left the database in between"))))
    }

    /// Runs a revision on a schema that has it already, where that is declared to do nothing.
    async fn repeat(
        &self,
        id: &str,
        before: &Moment,
        after: &Moment,
        turn: &mut Turn,
    ) -> Result<Option<Cause>, Cause> {
        let migrations = self.trip.migrations;
        if !self.trip.chain.declared.idempotent {
            turn.repeated =
                Tried::Untried("the manifest does not declare the revisions idempotent".to_owned());
            return Ok(None);
        }
        let now = self.now().await?;
        migrations.name(self.scratch, &before.rows).await?;
        match migrations.upgrade(self.scratch, id).await {
            Ok(()) => {
                turn.repeated = Tried::Left(self.now().await?.facts_against(&now));
                Ok(None)
            }
            Err(cause) => {
                turn.repeated = Tried::Failed(cause);
                migrations.name(self.scratch, &after.rows).await?;
                self.stays(&now, &format!("`{id}` could not be run again")).await
            }
        }
    }
}

/// Leaves out where Alembic keeps its place, and of a statement that made a table of SQLite what the catalog tells better: it
/// holds columns in the order in which they came.
fn simplify(schema: &mut Schema, version: &VersionTable) {
    let is_version = |name: &str, namespace: &str| {
        name.eq_ignore_ascii_case(&version.name)
            && version.namespace.as_ref().is_none_or(|own| namespace.is_empty() || own == namespace)
    };
    schema.tables.retain(|table| !is_version(&table.name, &table.namespace));
    if schema.system == System::Sqlite {
        for table in schema.tables.iter_mut().filter(|table| table.kind == TableKind::Table) {
            table.definition = table.definition.as_deref().map(untold);
        }
    }
}
