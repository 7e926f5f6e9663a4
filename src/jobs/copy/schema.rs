//! `copy run schema`: the target's schema, made by what the manifest declares: scripts, a program, or both. Nothing is re-written.
//!
//! It holds the target's lock, and the gates that do not speak of rows. A target that is at the head of its chain, or that the same
//! scripts made, is left as it is.
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::Copy;
use super::gates::{SCHEMA, STRICT, Sides, Step, database_id, hold, stands, witness};
use crate::model::copy::CopyPlan;
use crate::model::{Cause, Exit, Look, Object, Report};
use crate::rules::copy::{
    BEFORE_RULES, BUILT_RULES, BuiltFacts, CONSENT_RULES, Consent, ConsentFacts, Head, LOCK_RULES, LockFacts,
};
use crate::rules::judge;
use crate::stores::endpoint::Address;
use crate::stores::postgres::{PostgresUrl, TargetLock, build, built};
use crate::stores::rows::{Catalog, RowSource};
use crate::stores::scratch::Program;
use crate::stores::store::Store;

/// What makes a schema.
pub struct SchemaRun {
    /// Where, and what gates go by.
    pub copy: Copy,
    /// Scripts, each with its name.
    pub scripts: Vec<(String, String)>,
    /// The program that is run after them.
    pub program: Option<Program>,
    /// How long the lock is waited for.
    pub wait: Duration,
}

impl SchemaRun {
    fn digest(&self) -> String {
        let mut sha = Sha256::new();
        for part in self.scripts.iter().flat_map(|(_, text)| [text]) {
            sha.update((part.len() as u64).to_be_bytes());
            sha.update(part);
        }
        sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What an approval of it is bound to: what is run, the heads that it leads to, and the version.
    fn hash(&self) -> String {
        let mut sha = Sha256::new();
        let mut part = |text: &str| {
            sha.update((text.len() as u64).to_be_bytes());
            sha.update(text);
        };
        part(SCHEMA);
        part(env!("CARGO_PKG_VERSION"));
        part(&self.digest());
        self.program.iter().flat_map(|program| &program.run).for_each(|word| part(word));
        self.copy.gating.head.got().iter().flat_map(|head| &head.heads).for_each(|head| part(head));
        let digest: String = sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        digest.get(..16).unwrap_or_default().to_owned()
    }
}

/// What would be approved: a plan without a table. Writes nothing.
///
/// # Errors
/// When the target cannot be reached.
pub async fn schema_plan(settings: &SchemaRun) -> Result<CopyPlan, Cause> {
    let Copy { source, target, patience, .. } = &settings.copy;
    let store = Store::open(target, *patience).await?;
    let database = database_id(target, &store);
    let (source, target) = (source.name.clone(), target.name.clone());
    Ok(CopyPlan { source, target, hash: settings.hash(), database, ..CopyPlan::default() })
}

/// Makes the schema.
pub async fn run_schema(settings: &SchemaRun, confirm: &mut dyn FnMut(&str) -> Consent) -> Report {
    let mut report = Report::new(SCHEMA);
    let target = &settings.copy.target;
    let on = Object::endpoint(&target.name);
    let Address::Postgres(url) = &target.address else {
        let cause = Cause::new("this version makes schemas in Postgres alone")
            .hint("name a Postgres database as the target");
        judge(LOCK_RULES, &on, &Look::<LockFacts>::Failed(cause), &STRICT, &mut report);
        return report;
    };
    let mut facts = LockFacts { target: target.name.clone(), ..LockFacts::default() };
    match TargetLock::take(url, settings.wait).await {
        Err(cause) => judge(LOCK_RULES, &on, &Look::<LockFacts>::Failed(cause), &STRICT, &mut report),
        Ok(Err(holder)) => {
            facts.was_held = true;
            facts.holder = holder;
            judge(LOCK_RULES, &on, &Look::Got(facts), &STRICT, &mut report);
        }
        Ok(Ok(lock)) => {
            judge(LOCK_RULES, &on, &Look::Got(facts), &STRICT, &mut report);
            locked(settings, url, confirm, &mut report).await;
            lock.release().await;
        }
    }
    report.sort();
    report
}

/// What a target is like.
struct Seen {
    tables: usize,
    head: Look<Head>,
    built: Option<String>,
}

async fn seen(settings: &SchemaRun, side: &mut super::Side, url: &PostgresUrl) -> Result<Seen, Cause> {
    side.schema = side.store.schema().await?;
    let head = match &settings.copy.gating.head {
        Look::Got(expected) => Look::Got(stands(expected, &settings.copy.target).await?),
        Look::NotAsked(reason) => Look::NotAsked(reason.clone()),
        Look::Failed(cause) => return Err(cause.clone()),
    };
    Ok(Seen { tables: side.schema.tables.len(), head, built: built(url).await? })
}

impl Seen {
    fn facts(&self, settings: &SchemaRun) -> BuiltFacts {
        let digest = settings.digest();
        BuiltFacts {
            target: settings.copy.target.name.clone(),
            tables: self.tables,
            runs_scripts: !settings.scripts.is_empty() && self.built.is_none(),
            is_of_others: self.built.as_ref().is_some_and(|built| *built != digest),
            head: self.head.clone(),
            failed: None,
        }
    }

    /// Whether nothing is left to do.
    fn is_done(&self, settings: &SchemaRun) -> bool {
        let is_built = settings.scripts.is_empty() || self.built == Some(settings.digest());
        let is_at_head = self
            .head
            .got()
            .map_or(settings.program.is_none(), |head| head.found.as_ref() == Some(&head.expected));
        is_built && is_at_head && self.tables > 0
    }
}

async fn locked(
    settings: &SchemaRun,
    url: &PostgresUrl,
    confirm: &mut dyn FnMut(&str) -> Consent,
    report: &mut Report,
) {
    let copy = &settings.copy;
    let on = Object::endpoint(&copy.target.name);
    let opened = super::open(&copy.target, copy.patience).await;
    let unseen = |cause: Cause, report: &mut Report| {
        judge(BEFORE_RULES, &on, &Look::<BuiltFacts>::Failed(cause), &STRICT, report);
    };
    let mut side = match opened {
        Ok(side) => side,
        Err(cause) => return unseen(cause, report),
    };
    let before = match seen(settings, &mut side, url).await {
        Ok(before) => before,
        Err(cause) => return unseen(cause, report),
    };
    if before.is_done(settings) {
        report.run.facts.insert("schema".to_owned(), "it was there already: nothing was run".to_owned());
        judge(BUILT_RULES, &on, &Look::Got(before.facts(settings)), &STRICT, report);
        return;
    }
    judge(BEFORE_RULES, &on, &Look::Got(before.facts(settings)), &STRICT, report);
    let database = database_id(&copy.target, &side.store);
    let plan = settings.hash();
    let step = Step { command: SCHEMA, target: &copy.target.name, plan: &plan, database };
    let witnessed = witness(&copy.gating, &copy.source).await;
    let sides = Sides { target: Some((&copy.target, &mut side)), ..Sides::default() };
    hold(&copy.gating, &step, &witnessed, sides, report).await;
    if report.exit(false) != Exit::Held {
        return;
    }
    let said = confirm(&format!("plan {plan}: the schema of {} is made.", copy.target.name));
    let consent = ConsentFacts { target: copy.target.name.clone(), said };
    judge(CONSENT_RULES, &on, &Look::Got(consent), &STRICT, report);
    if said != Consent::Given || report.exit(false) != Exit::Held {
        return;
    }
    let failed = made(settings, url, before.built.is_none()).await.err();
    // Read again from the present moment.
    let after = match side.store.renew().await {
        Ok(_) => seen(settings, &mut side, url).await,
        Err(cause) => Err(cause),
    };
    let facts = after.map(|after| BuiltFacts {
        failed: failed.clone(),
        is_of_others: false,
        ..after.facts(settings)
    });
    let facts = match (facts, failed) {
        (Err(_), Some(cause)) => Look::Failed(cause),
        (facts, _) => Look::from(facts),
    };
    judge(BUILT_RULES, &on, &facts, &STRICT, report);
}

async fn made(settings: &SchemaRun, url: &PostgresUrl, is_new: bool) -> Result<(), Cause> {
    if is_new && !settings.scripts.is_empty() {
        build(url, &settings.scripts, &settings.digest()).await?;
    }
    if let Some(program) = &settings.program {
        program.run_on(url).await?;
    }
    Ok(())
}
