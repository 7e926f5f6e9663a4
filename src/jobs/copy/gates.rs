//! The gates of a step: what was declared to hold before it writes, looked at and judged in one place for all steps.
use std::time::Duration;

use super::{Prepared, Side, room};
use crate::digest::short::short;
use crate::digest::signature::PublicKey;
use crate::manifest::{self, Approver, Backup, Gates, Quantity};
use crate::model::copy::{Gate, GateState};
use crate::model::schema::{TableKind, VersionTable};
use crate::model::survey::Cluster;
use crate::model::{Cause, Check, Look, Object, Report, Verdict};
use crate::plan::approval;
use crate::rules::copy::{
    Approved, DatabaseId, Dump, EVIDENCE_RULES, EvidenceFacts, Head, Paper, PlanPaper, Quiet, SurveyPaper,
};
use crate::rules::{Levels, judge};
use crate::stores::dump;
use crate::stores::endpoint::{Address, Endpoint};
use crate::stores::postgres::{Patience, Postgres};
use crate::stores::rows::{RowSource, Stopwatch};
use crate::stores::scratch::Program;
use crate::stores::sqlite::Sqlite;
use crate::stores::store::Store;
use crate::stores::surveying::{Limits, Surveying};

/// No manifest softens a gate.
pub(super) const STRICT: Levels = Levels::new();

/// What gates go by, as far as it was known before anything was looked at.
#[derive(Default)]
pub struct Gating {
    /// What is declared.
    pub declared: Gates,
    /// Who may approve.
    pub approvers: Vec<Approver>,
    /// A saved survey.
    pub survey: Look<Filed>,
    /// The saved plan that was reviewed.
    pub reviewed: Look<Filed>,
    /// The saved run into another database.
    pub rehearsal: Look<Filed>,
    /// What lint says now.
    pub lint: Look<Filed>,
    /// Where the target's chain should stand.
    pub head: Look<Expected>,
    /// The program that tells what is free.
    pub free: Option<Program>,
    /// The file of an approval, and what is in it.
    pub approval: Option<(String, Result<String, Cause>)>,
    /// Whether the target is marked as production.
    pub is_production: bool,
    /// Whether the target is one to rehearse on.
    pub is_rehearsal: bool,
    /// The file that a declared path means.
    pub dump: Option<String>,
    /// The day and hour when it was read, in seconds, and that moment itself.
    pub read: Option<(i64, Stopwatch)>,
}

impl Gating {
    /// Now, in seconds: a lock may have been waited for since.
    fn now_s(&self) -> i64 {
        let since = |(at, watch): (i64, Stopwatch)| {
            at.saturating_add(i64::try_from(watch.elapsed_ms() / 1000).unwrap_or(i64::MAX))
        };
        self.read.map(since).unwrap_or_default()
    }
}

/// A report in a file.
pub struct Filed {
    /// Its file.
    pub file: String,
    /// The report.
    pub report: Report,
    /// Whether its warnings counted as failures.
    pub is_denied: bool,
    /// How old it may be.
    pub within: Duration,
}

/// Where a chain should stand.
pub struct Expected {
    /// The chain.
    pub chain: String,
    /// Its heads.
    pub heads: Vec<String>,
    /// Where it keeps its place.
    pub table: VersionTable,
}

/// A step that is about to write.
pub(super) struct Step<'s> {
    /// The command, such as `copy run rows`.
    pub command: &'s str,
    /// The target's name.
    pub target: &'s str,
    /// The hash of the plan.
    pub plan: &'s str,
    /// What names the target's database; see [`database_id`].
    pub database: String,
}

/// What was seen of the source before anything else was opened: some sources have one session.
#[derive(Default)]
pub(super) struct Witness {
    source: Look<Option<String>>,
}

/// Looks at what only a session of its own tells. Asks nothing that no gate needs.
pub(super) async fn witness(gating: &Gating, source: &Endpoint) -> Witness {
    if gating.survey.got().is_none() {
        return Witness { source: Look::default() };
    }
    Witness { source: names(source).await.into() }
}

async fn names(endpoint: &Endpoint) -> Result<Option<String>, Cause> {
    let limits = Limits { statement_ms: 30_000, read_up_to: Some(0), long_transaction_s: 60 };
    let state = match &endpoint.address {
        Address::Postgres(url) => {
            let mut store = Postgres::open(url).await?;
            let state = store.state(&limits).await;
            store.close().await;
            state?
        }
        Address::Sqlite(file) => Sqlite::open(file).await?.state(&limits).await?,
    };
    Ok(surveyed(&state.cluster, &state.database))
}

/// What names a surveyed database: its cluster, when that was started, and its own name. A file is named by what the system calls it,
/// whatever its path.
fn surveyed(cluster: &Look<Cluster>, database: &str) -> Option<String> {
    let Cluster { id, started_at, .. } = cluster.got()?;
    let database = if started_at.is_empty() { "" } else { database };
    Some(format!("{id} {started_at} {database}"))
}

/// What names the database of an endpoint.
///
/// # Errors
/// When it cannot be reached.
pub async fn database_of(endpoint: &Endpoint, patience: Patience) -> Result<String, Cause> {
    Ok(database_id(endpoint, &Store::open(endpoint, patience).await?))
}

/// What names a database for a later run. Two of one kind can be told apart.
pub(super) fn database_id(endpoint: &Endpoint, store: &Store) -> String {
    let origin = store.origin();
    match &endpoint.address {
        Address::Sqlite(file) => {
            format!("file:{}", origin.database.unwrap_or_else(|| short(&file.path)))
        }
        Address::Postgres(url) => match origin.cluster {
            Some(cluster) => format!("cluster:{cluster}"),
            None => format!("place:{}", short(&url.place())),
        },
    }
}

/// A side of a step, and where it is.
pub(super) type At<'s> = (&'s Endpoint, &'s mut Side);

/// What a step has open.
#[derive(Default)]
pub(super) struct Sides<'s> {
    /// Where rows come from.
    pub source: Option<At<'s>>,
    /// Where they go.
    pub target: Option<At<'s>>,
    /// How many bytes go there.
    pub bytes: Option<Result<u64, Cause>>,
}

impl<'s> Sides<'s> {
    /// Both, as a plan has them.
    pub(super) fn of(prepared: &'s mut Prepared) -> Self {
        let bytes = Some(room::bytes(prepared));
        let Prepared { source, target, origin, endpoint, .. } = prepared;
        Self { source: Some((origin, source)), target: Some((endpoint, target)), bytes }
    }
}

/// Looks at everything that is declared, and judges it: one function for all steps. A gate that needs what a step has not open does not
/// speak for that step, and says so.
pub(super) async fn hold(
    gating: &Gating,
    step: &Step<'_>,
    witness: &Witness,
    mut sides: Sides<'_>,
    report: &mut Report,
) {
    let facts = EvidenceFacts {
        target: step.target.to_owned(),
        command: step.command.to_owned(),
        plan: step.plan.to_owned(),
        database: DatabaseId(step.database.clone()),
        survey: if [BACKFILL, TUPLES].contains(&step.command) {
            elsewhere()
        } else {
            survey(gating, witness)
        },
        reviewed: of_rows(step, plan_paper(gating, &gating.reviewed, false)),
        rehearsal: if gating.is_rehearsal {
            Look::NotAsked("this is the rehearsal".into())
        } else {
            of_rows(step, plan_paper(gating, &gating.rehearsal, true))
        },
        backup: backup(gating, &mut sides).await,
        head: head(gating, step, &sides).await,
        // Lint is asked for what is declared, and for no more.
        lint: looked(&gating.lint, |filed| Look::Got(Paper { narrowed: None, ..of(gating, filed) })),
        quiet: quiet(gating, &mut sides).await,
        space: room::space(gating, &sides),
        approval: approved(gating),
    };
    if let Look::Got(dump) = &facts.backup {
        report.run.facts.insert("backup".to_owned(), format!("{} sha256 {}", dump.file, dump.sha256));
    }
    if let Look::Got(Approved { signed_by: Some(by), .. }) = &facts.approval {
        report.run.facts.insert("approved by".to_owned(), by.clone());
    }
    judge(EVIDENCE_RULES, &Object::endpoint(step.target), &Look::Got(facts), &STRICT, report);
}

pub(super) fn undeclared<T>(name: &str) -> Look<T> {
    Look::NotAsked(format!("not declared: `{name}`").into())
}

pub(super) fn elsewhere<T>() -> Look<T> {
    Look::NotAsked("it speaks for other steps".into())
}

/// The command that copies rows, of which alone there is a plan and a rehearsal.
pub(super) const ROWS: &str = "copy run rows";

/// The command that runs a one-shot file, which may be of one database alone.
pub(super) const BACKFILL: &str = "copy run backfill";

/// The command that copies tuples, from wherever they are.
pub(super) const TUPLES: &str = "copy run tuples";

/// The command that makes the schema.
pub(super) const SCHEMA: &str = "copy run schema";

fn of_rows<T>(step: &Step<'_>, look: Look<T>) -> Look<T> {
    if step.command != ROWS && !look.is_not_asked() { elsewhere() } else { look }
}

fn of(gating: &Gating, filed: &Filed) -> Paper {
    Paper::of(&filed.file, &filed.report, filed.is_denied, gating.now_s(), filed.within.as_secs())
}

fn looked<T, U>(look: &Look<T>, turn: impl FnOnce(&T) -> Look<U>) -> Look<U> {
    match look {
        Look::Got(facts) => turn(facts),
        Look::NotAsked(reason) => Look::NotAsked(reason.clone()),
        Look::Failed(cause) => Look::Failed(cause.clone()),
    }
}

fn survey(gating: &Gating, witness: &Witness) -> Look<SurveyPaper> {
    looked(&gating.survey, |filed| {
        let found = filed.report.surveys.iter().map(|survey| surveyed(&survey.cluster, &survey.database));
        looked(&witness.source, |source| {
            Look::Got(SurveyPaper {
                paper: of(gating, filed),
                source: source.clone(),
                found: found.collect(),
            })
        })
    })
}

/// A report with a plan; of a run also which tables it does not call written.
fn plan_paper(gating: &Gating, filed: &Look<Filed>, is_run: bool) -> Look<PlanPaper> {
    looked(filed, |filed| {
        let plan = filed.report.copy.as_ref();
        let is_written = |table: &str| {
            filed.report.checks.iter().any(|check| {
                check.rule.as_str() == "copy/unfinished-table"
                    && check.on == Object::table(table)
                    && matches!(check.verdict, Verdict::Pass { .. })
            })
        };
        let tables = plan.iter().flat_map(|plan| &plan.tables).map(|table| table.target.clone());
        Look::Got(PlanPaper {
            paper: of(gating, filed),
            plan: plan.map(|plan| plan.hash.clone()),
            database: DatabaseId(plan.map(|plan| plan.database.clone()).unwrap_or_default()),
            unwritten: tables.filter(|table| is_run && !is_written(table)).collect(),
        })
    })
}

async fn head(gating: &Gating, step: &Step<'_>, sides: &Sides<'_>) -> Look<Head> {
    match (&gating.head, &sides.target) {
        (Look::NotAsked(reason), _) => Look::NotAsked(reason.clone()),
        (Look::Failed(cause), _) => Look::Failed(cause.clone()),
        // It is what the step is for.
        (Look::Got(_), _) if step.command == SCHEMA => elsewhere(),
        (Look::Got(_), None) => elsewhere(),
        (Look::Got(expected), Some((target, _))) => stands(expected, target).await.into(),
    }
}

/// Where a database stands in a chain.
pub(super) async fn stands(expected: &Expected, target: &Endpoint) -> Result<Head, Cause> {
    let found = match &target.address {
        Address::Postgres(url) => {
            let mut store = Postgres::open(url).await?;
            let found = store.applied(&expected.table).await;
            store.close().await;
            found?
        }
        Address::Sqlite(file) => Sqlite::open(file).await?.applied(&expected.table).await?,
    };
    let mut heads = expected.heads.clone();
    heads.sort();
    Ok(Head { chain: expected.chain.clone(), expected: heads, found })
}

async fn backup(gating: &Gating, sides: &mut Sides<'_>) -> Look<Dump> {
    let (Some(declared), Some(file)) = (&gating.declared.backup, &gating.dump) else {
        return undeclared("backup");
    };
    if gating.is_rehearsal {
        return Look::NotAsked("a rehearsal's target is thrown away".into());
    }
    let side = match declared.of {
        Some(manifest::Side::Source) => &mut sides.source,
        Some(manifest::Side::Target) | None => &mut sides.target,
    };
    match side {
        Some((endpoint, side)) => restorable(gating, declared, file, (endpoint, side)).await.into(),
        None => elsewhere(),
    }
}

async fn restorable(
    gating: &Gating,
    declared: &Backup,
    file: &str,
    (endpoint, side): At<'_>,
) -> Result<Dump, Cause> {
    let Address::Postgres(url) = &endpoint.address else {
        let cause = Cause::new(format!("`{}` is a file, and a dump is one of Postgres", endpoint.name));
        return Err(cause.hint("copy the file, and leave the gate out"));
    };
    let place = url.place();
    let wanted = place.rsplit_once('/').map(|(_, name)| name.to_owned()).unwrap_or_default();
    let program = declared.pg_restore.as_ref().map_or("pg_restore", |program| program.as_str());
    let found = dump::look(file, program)?;
    let tables = side.schema.tables.iter().filter(|table| table.kind == TableKind::Table);
    let tables: Vec<_> = tables.map(crate::model::Table::full_name).collect();
    let mut on_disk = 0_u64;
    for table in &tables {
        on_disk = on_disk.saturating_add(side.store.bytes(table).await?.unwrap_or_default());
    }
    let missing = tables.iter().filter(|table| !found.has(&table.namespace, &table.name));
    let least = declared.least.as_ref().and_then(|text| Quantity::parse(text)?.bytes());
    Ok(Dump {
        file: file.to_owned(),
        missing: missing.map(ToString::to_string).collect(),
        broken: found.broken,
        database: found.database,
        wanted,
        age_s: Some(gating.now_s().saturating_sub(found.written_s)),
        dated_s: found.dated_s.map(|dated| gating.now_s().saturating_sub(dated)),
        within_s: declared.within().as_secs(),
        bytes: found.bytes,
        least_bytes: least.unwrap_or(on_disk / 100),
        sha256: found.sha256,
    })
}

async fn quiet(gating: &Gating, sides: &mut Sides<'_>) -> Look<Quiet> {
    let Some(time) = &gating.declared.quiet else { return undeclared("quiet") };
    let Some((_, source)) = &mut sides.source else { return elsewhere() };
    let time = Quantity::parse(time).and_then(Quantity::duration).unwrap_or_default();
    rests(time, &mut source.store).await.into()
}

async fn rests(time: Duration, source: &mut Store) -> Result<Quiet, Cause> {
    // From here on: what was before may have been written while it was opened.
    source.renew().await?;
    tokio::time::sleep(time).await;
    Ok(Quiet { for_s: time.as_secs(), is_quiet: source.renew().await? })
}

fn approved(gating: &Gating) -> Look<Approved> {
    if !gating.is_production {
        return Look::NotAsked("the target is not marked as production".into());
    }
    let mut keys = Vec::new();
    for Approver { name, key } in &gating.approvers {
        let is_armoured = key.contains("-----BEGIN");
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", key.trim());
        match PublicKey::read(if is_armoured { key } else { &pem }) {
            Ok(key) => keys.push(key),
            Err(cause) => {
                let message = format!("the key of the approver `{}`: {}", **name, cause.message);
                return Look::Failed(Cause { message, hint: cause.hint });
            }
        }
    }
    let approvers: Vec<String> = gating.approvers.iter().map(|one| one.name.to_string()).collect();
    let mut facts = Approved { approvers, ..Approved::default() };
    let Some((file, text)) = &gating.approval else { return Look::Got(facts) };
    facts.file = Some(file.clone());
    let read = text.as_ref().map_err(|cause| cause.message.clone());
    let read = read.and_then(|text| approval::read(text, &keys));
    let seconds = |text: &str| text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second);
    match read {
        Err(why) => facts.broken = Some(why),
        Ok((approval, by)) => {
            let times = seconds(&approval.approved_at).zip(seconds(&approval.expires_at));
            facts.signed_by = by.and_then(|place| facts.approvers.get(place).cloned());
            facts.plan = approval.plan;
            facts.database = DatabaseId(approval.database);
            match times {
                Some((signed, ends)) => {
                    facts.age_s = gating.now_s().saturating_sub(signed);
                    facts.left_s = ends.saturating_sub(gating.now_s());
                }
                None => facts.broken = Some("it does not say when it ends".to_owned()),
            }
        }
    }
    Look::Got(facts)
}

/// Gates as a plan tells them: each check of one, and what would satisfy it.
pub(super) fn told(judged: &Report) -> Vec<Gate> {
    let mut gates: Vec<Gate> = judged.checks.iter().map(gate).collect();
    gates.sort_by(|one, other| one.gate.cmp(&other.gate));
    gates
}

fn gate(check: &Check) -> Gate {
    let first = check.findings.first();
    let (state, said, help) = match &check.verdict {
        Verdict::Pass { .. } => (GateState::Holds, check.actual.clone().unwrap_or_default(), None),
        Verdict::Skip { reason } => (GateState::NotAsked, reason.0.clone(), None),
        Verdict::Unknown { cause } => (GateState::CouldNotLook, cause.message.clone(), cause.hint.clone()),
        Verdict::Fail { .. } | Verdict::Warn { .. } => {
            let said =
                check.findings.iter().map(|finding| finding.message.clone()).collect::<Vec<_>>().join("; ");
            (GateState::DoesNotHold, said, first.and_then(|finding| finding.help.clone()))
        }
    };
    let gate = check.rule.to_string();
    Gate { gate, state, said, help }
}
