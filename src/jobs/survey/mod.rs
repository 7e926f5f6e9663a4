//! `survey`: what an endpoint is before anything is moved. Reads, in one transaction for each endpoint, one after another.
mod declared;
mod tables;

use std::collections::BTreeMap;

use self::declared::{expectations, references};
use self::tables::{chosen, groups, look_through};
use crate::manifest::{At, Quantity, Source, Survey as Declared, SurveyTable};
use crate::model::schema::Schema;
use crate::model::survey::{Cluster, Survey, SurveyedChain};
use crate::model::{Cause, Gap, Look, Object, Report};
use crate::plan::estimate::{Link, estimate};
use crate::rules::run::{RULES as RUN_RULES, RunFacts};
use crate::rules::survey::{CLUSTER_RULES, ClusterFacts, ENDPOINT_RULES, Stale, SurveyFacts};
use crate::rules::{Levels, judge};
use crate::stores::endpoint::{Address, Endpoint};
use crate::stores::postgres::Postgres;
use crate::stores::sqlite::Sqlite;
use crate::stores::surveying::{Limits, State, Surveying};

/// What to survey.
pub struct Surveyed {
    /// The endpoints.
    pub endpoints: Vec<Endpoint>,
    /// What is declared about them.
    pub declared: Declared,
    /// Where that stands.
    pub source: Source,
    /// What was seen of the chains that are run on them.
    pub chains: Vec<SurveyedChain>,
    /// Whether tables of any size are counted.
    pub exact: bool,
    /// Whether the volume of a move is estimated.
    pub estimate: bool,
    /// Whether texts out of rows are shown.
    pub show_values: bool,
    /// Severities that the manifest sets.
    pub levels: Levels,
}

impl Surveyed {
    fn tables<'d>(&'d self, endpoint: &'d str) -> impl Iterator<Item = &'d SurveyTable> {
        self.declared.table.iter().filter(move |table| is_of(table.endpoint.as_ref(), endpoint))
    }

    /// As large a table is read whole; any, when there is none.
    fn read_up_to(&self) -> Option<u64> {
        let declared = Quantity::parse(&self.declared.exact_below).and_then(Quantity::bytes);
        if self.exact { None } else { Some(declared.unwrap_or_default()) }
    }

    fn limits(&self) -> Limits {
        let time = |text: &At<String>| Quantity::parse(text).and_then(Quantity::duration).unwrap_or_default();
        let statement = time(&self.declared.statement_timeout).as_millis();
        Limits {
            statement_ms: u64::try_from(statement)
                .unwrap_or_default()
                .clamp(1, i32::MAX.unsigned_abs().into()),
            read_up_to: self.read_up_to(),
            long_transaction_s: time(&self.declared.long_transaction).as_secs(),
        }
    }
}

/// Rules that prove something: the others hold on an endpoint without a table.
const PROVES: &[&str] = &["survey/expect", "survey/same-cluster", "survey/unreadable"];

/// Whether a declaration is about this endpoint.
fn is_of(declared: Option<&At<String>>, endpoint: &str) -> bool {
    declared.is_none_or(|name| name.as_str() == endpoint)
}

/// Looks at every endpoint, and judges.
pub async fn survey(settings: &Surveyed) -> Report {
    let mut report = Report::new("survey");
    let mut clusters: BTreeMap<String, Look<Cluster>> = BTreeMap::new();
    for endpoint in &settings.endpoints {
        let on = Object::endpoint(&endpoint.name);
        let looked = match look(settings, endpoint).await {
            Ok(looked) => looked,
            Err(cause) => {
                clusters.insert(endpoint.name.clone(), Look::Failed(cause.clone()));
                let failed = Look::<SurveyFacts>::Failed(cause);
                judge(ENDPOINT_RULES, &on, &failed, &settings.levels, &mut report);
                continue;
            }
        };
        let Seen { facts, gaps, taken } = looked;
        clusters.insert(endpoint.name.clone(), facts.survey.cluster.clone());
        report.not_compared.extend(gaps);
        report.run.facts.extend(taken.map(|taken| (format!("{} is of", endpoint.name), taken)));
        let mut survey = facts.survey.clone();
        judge(ENDPOINT_RULES, &on, &Look::Got(facts), &settings.levels, &mut report);
        if !settings.show_values {
            survey.mask();
        }
        report.surveys.push(survey);
    }
    distinct(settings, clusters, &mut report);
    let hint = "an endpoint without a table proves nothing: is it the right one?";
    let facts = RunFacts::new(&report, |rule| PROVES.contains(&rule), hint);
    judge(RUN_RULES, &facts.on.clone(), &Look::Got(facts), &settings.levels, &mut report);
    report.surveys.sort_by(|a, b| a.endpoint.cmp(&b.endpoint));
    report.sort();
    report
}

/// Endpoints that are declared to be on clusters of their own, as far as this run looked at them.
fn distinct(settings: &Surveyed, mut clusters: BTreeMap<String, Look<Cluster>>, report: &mut Report) {
    let declared = &settings.declared.distinct_clusters;
    let Some(first) = declared.first() else { return };
    let names: Vec<&str> = declared.iter().map(|name| name.as_str()).collect();
    let on = Object::endpoint(names.join(", "));
    clusters.retain(|name, _| names.contains(&name.as_str()));
    let unseen: Vec<&str> = names.iter().filter(|name| !clusters.contains_key(**name)).copied().collect();
    let facts = if unseen.is_empty() {
        Look::Got(ClusterFacts {
            clusters: clusters.into_iter().collect(),
            declared: settings.source.place_of(first),
        })
    } else {
        Look::NotAsked(format!("this run did not look at {}", unseen.join(", ")).into())
    };
    judge(CLUSTER_RULES, &on, &facts, &settings.levels, report);
}

/// What was seen of one endpoint.
struct Seen {
    facts: SurveyFacts,
    gaps: Vec<Gap>,
    taken: Option<String>,
}

async fn look(settings: &Surveyed, endpoint: &Endpoint) -> Result<Seen, Cause> {
    match &endpoint.address {
        Address::Postgres(url) => {
            let mut store = Postgres::open(url).await?;
            let seen = ask(settings, &endpoint.name, &mut store).await;
            store.close().await;
            seen
        }
        Address::Sqlite(file) => ask(settings, &endpoint.name, &mut Sqlite::open(file).await?).await,
    }
}

async fn ask<S: Surveying>(settings: &Surveyed, endpoint: &str, store: &mut S) -> Result<Seen, Cause> {
    let schema = store.schema().await?;
    let state = store.state(&settings.limits()).await?;
    let (mut gaps, mut missing) = (Vec::new(), Vec::new());
    let chosen = chosen(settings, endpoint, &schema, &state, &mut gaps, &mut missing);
    let tables = look_through(settings, chosen, store).await;
    let mut survey = whole(endpoint, &schema, &state);
    survey.tables = tables;
    survey.chains = settings.chains.iter().filter(|chain| chain.endpoint == endpoint).cloned().collect();
    survey.groups = groups(settings, endpoint, &survey.tables);
    survey.references = references(settings, endpoint, &schema, &survey, store, &mut missing).await;
    survey.expectations = expectations(settings, endpoint, &schema, &survey, store, &mut missing).await;
    if settings.estimate {
        let declared = &settings.declared.estimate;
        let scales =
            settings.tables(endpoint).map(|table| (table.table.as_str(), table.scale.as_deref().copied()));
        survey.estimate = Some(estimate(&survey, &scales.collect::<Vec<_>>(), &Link::of(declared)));
    }
    let taken = Some(state.taken).filter(|taken| !taken.is_empty());
    Ok(Seen { facts: SurveyFacts { survey, stale: missing, show_values: settings.show_values }, gaps, taken })
}

/// The endpoint as a whole, without its tables.
fn whole(endpoint: &str, schema: &Schema, state: &State) -> Survey {
    let count = |all: usize| all as u64;
    Survey {
        endpoint: endpoint.to_owned(),
        system: schema.system,
        version: schema.version.clone(),
        database: state.database.clone(),
        cluster: state.cluster.clone(),
        bytes: state.bytes.clone(),
        free_disk_bytes: state.free_disk_bytes.clone(),
        session: state.session.clone(),
        activity: state.activity.clone(),
        extensions: schema.extensions.iter().map(|one| format!("{} {}", one.name, one.version)).collect(),
        large_objects: state.large_objects.clone(),
        collations: state.collations.clone(),
        indexes: count(schema.tables.iter().map(|table| table.indexes.len()).sum()),
        constraints: count(schema.tables.iter().map(|table| table.constraints.len()).sum()),
        ..Survey::default()
    }
}

/// A declaration that names what is not there.
fn stale(settings: &Surveyed, at: &At<String>, message: String) -> Stale {
    Stale { about: at.as_str().to_owned(), message, declared: settings.source.place_of(at) }
}
