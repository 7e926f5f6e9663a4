//! A one-shot SQL file behind its gates: linted, run on a mirror first, confirmed; then one transaction with its checks, kept in the
//! ledger so that it runs once.
use super::gates::{BACKFILL, Gating, STRICT, Sides, Step, Witness, database_id, hold};
use crate::manifest::{Backfill, CopyBackfill, Invariant, Source, StepRows};
use crate::model::ledger::{CopyStep, Ledger};
use crate::model::sql::{Act, Script};
use crate::model::survey::{Expectation, Wanted};
use crate::model::{Cause, Exit, Look, Object, Report};
use crate::parse::sql::script;
use crate::plan::steps::{is_wanted, wanted};
use crate::rules::backfill::{BackfillFacts, RULES as LINT_RULES};
use crate::rules::copy::{
    BACKFILL_RULES, BackfillGate, CONSENT_RULES, Consent, ConsentFacts, LOCK_RULES, LockFacts, Miscounted,
    STEP_RULES, StepFacts,
};
use crate::rules::verify::{INVARIANT_RULES, InvariantFacts};
use crate::rules::{Levels, Tree, judge};
use crate::stores::checkout::Checkout;
use crate::stores::endpoint::{Address, Endpoint};
use crate::stores::postgres::{Patience, PostgresRows, PostgresUrl, PostgresWriter, TargetLock};

/// What to run, and where.
pub struct BackfillRun {
    /// What is declared.
    pub declared: CopyBackfill,
    /// What its folder declares of it; none where it is in no `[[backfill]]`.
    pub set: Option<Backfill>,
    /// Where it runs.
    pub on: Endpoint,
    /// What must have run it before.
    pub mirror: Option<Endpoint>,
    /// What is asked before it is committed.
    pub audit: Vec<Invariant>,
    /// Where all that is declared.
    pub manifest: Source,
    /// What its gates go by.
    pub gating: Gating,
    /// How long a database may be kept busy.
    pub patience: Patience,
    /// How long the lock is waited for.
    pub wait: std::time::Duration,
    /// Who writes, for the ledger.
    pub holder: String,
    /// Severities that the manifest sets.
    pub levels: Levels,
}

const SCOPE: &str = "backfill";

/// What of a script is run, one after the other.
struct Statements {
    text: String,
    digest: String,
    /// Each with whether it writes.
    ranges: Vec<(std::ops::Range<usize>, bool)>,
}

/// Runs a backfill. `confirm` is asked once, before anything is written.
pub async fn backfill(settings: &BackfillRun, confirm: &mut dyn FnMut() -> Consent) -> Report {
    let mut report = Report::new("copy run backfill");
    let on = Object::endpoint(&settings.on.name);
    let (Address::Postgres(url), Some(statements)) = (&settings.on.address, linted(settings, &mut report))
    else {
        if !matches!(settings.on.address, Address::Postgres(_)) {
            let cause = Cause::new("this version runs backfills on Postgres alone");
            judge(LOCK_RULES, &on, &Look::<LockFacts>::Failed(cause), &STRICT, &mut report);
        }
        report.sort();
        return report;
    };
    let mut facts = LockFacts { target: settings.on.name.clone(), ..LockFacts::default() };
    match TargetLock::take(url, settings.wait).await {
        Err(cause) => judge(LOCK_RULES, &on, &Look::<LockFacts>::Failed(cause), &STRICT, &mut report),
        Ok(Err(holder)) => {
            facts.was_held = true;
            facts.holder = holder;
            judge(LOCK_RULES, &on, &Look::Got(facts), &STRICT, &mut report);
        }
        Ok(Ok(lock)) => {
            judge(LOCK_RULES, &on, &Look::Got(facts), &STRICT, &mut report);
            locked(settings, url, &statements, confirm, &mut report).await;
            lock.release().await;
        }
    }
    report.sort();
    report
}

/// The file, if all that lint says of it holds, and if it can be run without psql.
fn linted(settings: &BackfillRun, report: &mut Report) -> Option<Statements> {
    let tree = Checkout::default();
    let path = settings.manifest.path_of(&settings.declared.file);
    // The file alone is judged: others of its folder may be old. It is one transaction here; what it opens itself is its own.
    let opens = |text: &str| script(text).statements.iter().any(|statement| statement.act == Act::Begin);
    let declared = settings.set.clone().unwrap_or_else(|| Backfill {
        name: settings.declared.name.clone(),
        single_transaction: tree.text(&path).got().is_none_or(|text| !opens(text)),
        ..Backfill::default()
    });
    let set = Backfill { files: vec![settings.declared.file.clone()], ..declared };
    let facts = BackfillFacts::new(std::slice::from_ref(&set), &settings.manifest, &tree);
    let look = Look::Got(facts);
    judge(LINT_RULES, &Object::file(&path), &look, &settings.levels, report);
    let facts = look.got()?;
    let file = facts.files().map(|(_, file)| file).find(|file| file.path == path);
    let read = file.map_or_else(
        || Err(Cause::new(format!("{path} is not there"))),
        |file| match &file.script {
            Look::Got(script) => Ok((tree.text(&path), script)),
            Look::Failed(cause) => Err(cause.clone()),
            Look::NotAsked(reason) => Err(Cause::new(reason.0.clone())),
        },
    );
    let made = read.and_then(|(text, script)| match text {
        Look::Got(text) => statements(text, script),
        Look::Failed(cause) => Err(cause),
        Look::NotAsked(reason) => Err(Cause::new(reason.0)),
    });
    match made {
        Ok(made) if report.exit(false) == Exit::Held => Some(made),
        Ok(_) => None,
        Err(cause) => {
            told(settings, StepFacts { failed: Some(cause), ..step(settings) }, report);
            None
        }
    }
}

/// Commands of psql that change nothing of what is run.
const HARMLESS: &[&str] = &["\\set ON_ERROR_STOP", "\\echo", "\\qecho", "\\timing", "\\pset"];

fn statements(text: String, script: &Script) -> Result<Statements, Cause> {
    let no = |why: &str| {
        Err(Cause::new(format!("it cannot be run without psql: {why}")).hint("write it as plain SQL"))
    };
    if !script.unset.is_empty() || !script.gsets.is_empty() || !script.unseen.is_empty() {
        return no("it uses variables, or includes other files");
    }
    let (mut ranges, mut at) = (Vec::new(), 0);
    for statement in &script.statements {
        let between = text.get(at..statement.range.start).unwrap_or_default();
        let own = |line: &&str| line.starts_with('\\') && !HARMLESS.iter().any(|one| line.starts_with(one));
        if statement.is_conditional || between.lines().map(str::trim_start).any(|line| own(&line)) {
            return no("it holds commands of psql's own");
        }
        at = statement.range.end;
        match &statement.act {
            Act::Begin | Act::Commit { chains: false } => {}
            Act::Commit { chains: true } | Act::Rollback { .. } => {
                return no("it ends its transaction in the middle");
            }
            Act::Outside(what) => return no(&format!("`{what}` refuses to run inside a transaction")),
            _ => ranges.push((statement.range.clone(), !statement.writes.is_empty())),
        }
    }
    let digest = crate::plan::steps::short(&text);
    Ok(Statements { text, digest, ranges })
}

fn step(settings: &BackfillRun) -> StepFacts {
    StepFacts {
        target: settings.on.name.clone(),
        name: settings.declared.name.to_string(),
        wanted: "any number".to_owned(),
        declared: settings.manifest.place_of(&settings.declared.name),
        ..StepFacts::default()
    }
}

fn told(settings: &BackfillRun, facts: StepFacts, report: &mut Report) {
    let on = Object::endpoint(format!("{}: {}", settings.on.name, facts.name));
    judge(STEP_RULES, &on, &Look::Got(facts), &settings.levels, report);
}

async fn ledger(endpoint: &Endpoint, patience: Patience) -> Result<Ledger, Cause> {
    let Address::Postgres(url) = &endpoint.address else {
        return Err(Cause::new("it is no Postgres database, so it has no ledger of backfills"));
    };
    let mut rows = PostgresRows::open(url, patience).await?;
    let ledger = rows.ledger().await;
    rows.close().await;
    Ok(ledger?.unwrap_or_default())
}

/// Whether the mirror ran this very text.
async fn gate(settings: &BackfillRun, statements: &Statements) -> BackfillGate {
    let name = &settings.declared.name;
    let mirrored = match &settings.mirror {
        None => Look::NotAsked("no mirror is declared".into()),
        Some(mirror) => Look::from(
            ledger(mirror, settings.patience)
                .await
                .map(|ledger| ledger.step(SCOPE, name).map(|step| step.text == statements.digest)),
        ),
    };
    BackfillGate {
        target: settings.on.name.clone(),
        name: name.to_string(),
        mirror: settings.mirror.as_ref().map(|mirror| mirror.name.clone()).unwrap_or_default(),
        mirrored,
        declared: settings.manifest.place_of(name),
    }
}

async fn locked(
    settings: &BackfillRun,
    url: &PostgresUrl,
    statements: &Statements,
    confirm: &mut dyn FnMut() -> Consent,
    report: &mut Report,
) {
    let (name, on) = (&settings.declared.name, Object::endpoint(&settings.on.name));
    let held = match ledger(&settings.on, settings.patience).await {
        Ok(held) => held,
        Err(cause) => {
            return judge(STEP_RULES, &on, &Look::<StepFacts>::Failed(cause), &settings.levels, report);
        }
    };
    if let Some(before) = held.step(SCOPE, name) {
        let is_same = before.text == statements.digest;
        let failed = (!is_same).then(|| {
            Cause::new("it ran before, with another text")
                .hint("a backfill runs once: give what is new another name")
        });
        let facts = StepFacts { is_done: is_same, held: is_same.then_some(0), failed, ..step(settings) };
        return told(settings, facts, report);
    }
    let gate = gate(settings, statements).await;
    judge(BACKFILL_RULES, &on, &Look::Got(gate), &STRICT, report);
    match super::open(&settings.on, settings.patience).await {
        Ok(mut side) => {
            let database = database_id(&settings.on, &side.store);
            let (target, plan) = (&settings.on.name, &statements.digest);
            let step = Step { command: BACKFILL, target, plan, database };
            let sides = Sides { target: Some((&settings.on, &mut side)), ..Sides::default() };
            hold(&settings.gating, &step, &Witness::default(), sides, report).await;
        }
        Err(cause) => {
            return judge(STEP_RULES, &on, &Look::<StepFacts>::Failed(cause), &settings.levels, report);
        }
    }
    if report.exit(false) != Exit::Held {
        return;
    }
    let said = confirm();
    let consent = ConsentFacts { target: settings.on.name.clone(), said };
    judge(CONSENT_RULES, &on, &Look::Got(consent), &STRICT, report);
    if said != Consent::Given {
        return;
    }
    let mut facts = step(settings);
    let done = match PostgresWriter::open(url, settings.patience, false).await {
        Ok(mut writer) => {
            let done = run(settings, &mut writer, statements, &mut facts, report).await;
            if done.is_err() || facts.miscounted.is_some() {
                writer.roll_back().await;
            }
            writer.close().await;
            done
        }
        Err(cause) => Err(cause),
    };
    facts.is_done = done.is_ok() && facts.miscounted.is_none();
    facts.failed = done.err();
    if !facts.is_done {
        facts.rows = None;
    }
    told(settings, facts, report);
}

async fn run(
    settings: &BackfillRun,
    writer: &mut PostgresWriter,
    statements: &Statements,
    facts: &mut StepFacts,
    report: &mut Report,
) -> Result<(), Cause> {
    let ledger = writer.begin_steps(&settings.holder).await?;
    if ledger.step(SCOPE, &settings.declared.name).is_some() {
        return Err(Cause::new("it ran meanwhile").hint("run the same command again"));
    }
    let epoch = ledger.run.epoch;
    writer.begin(epoch).await?;
    let mut before = Vec::new();
    for check in &settings.declared.check {
        before.push(match &*check.expect {
            StepRows::Query(sql) => Some(writer.number(sql).await?),
            _ => None,
        });
    }
    let mut rows: u64 = 0;
    for (place, (range, writes)) in statements.ranges.iter().enumerate() {
        let sql = statements.text.get(range.clone()).unwrap_or_default();
        let wrote = writer.statement(sql.trim_end().trim_end_matches(';')).await.map_err(|cause| Cause {
            message: format!("statement {}: {}", place + 1, cause.message),
            hint: cause.hint,
        })?;
        rows = rows.saturating_add(if *writes { wrote } else { 0 });
    }
    for (check, before) in settings.declared.check.iter().zip(before) {
        let number = writer.number(&check.sql).await?;
        if !is_wanted(number, Some(&*check.expect), before) {
            let wanted = before.map_or_else(|| wanted(Some(&*check.expect)), |before| before.to_string());
            facts.miscounted = Some(Miscounted { stage: check.name.to_string(), rows: number, wanted });
            return Ok(());
        }
    }
    let judged = report.exit(false);
    for one in &settings.audit {
        let answer = writer.answer(&one.sql).await;
        let facts = answer.map(|answer| InvariantFacts {
            endpoint: one.on.to_string(),
            show_values: false,
            samples: std::collections::BTreeMap::new(),
            expectation: Expectation {
                name: one.name.to_string(),
                wanted: one.expect.as_deref().map(Wanted::from),
                each: None,
                answers: Look::Got(vec![answer]),
                declared: settings.manifest.place_of(&one.name),
            },
        });
        let on = Object::endpoint(format!("{}: {}", *one.on, *one.name));
        judge(INVARIANT_RULES, &on, &facts.into(), &settings.levels, report);
    }
    if report.exit(false) != judged {
        return Err(Cause::new("an audit does not hold behind it, so it was rolled back"));
    }
    let kept = CopyStep {
        scope: SCOPE.to_owned(),
        name: settings.declared.name.to_string(),
        text: statements.digest.clone(),
        rows: i64::try_from(rows).unwrap_or(i64::MAX),
        ..CopyStep::default()
    };
    facts.rows = Some(rows);
    writer.record_step(epoch, &kept).await?;
    writer.commit().await.map_err(Cause::from)
}
