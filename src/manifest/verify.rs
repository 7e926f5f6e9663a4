//! `[verify]`: how two sides are compared, and what must hold beside their rows.
use schemars::JsonSchema;
use serde::Deserialize;

use super::check::{mistake, once};
use super::{
    AccessParity, At, Endpoint, Expected, Keys, Limits, Manifest, Mistake, RealmParity, Scalar, access,
    condition, glob, realm,
};
use crate::model::Mode;

/// How `trueup verify` compares.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Verify {
    /// The endpoint that is the source.
    pub source: String,
    /// The endpoint that is the target.
    pub target: String,
    /// What counts as equal.
    pub mode: Mode,
    /// How many differing rows of a table are named.
    pub sample: usize,
    /// How keys are printed; plain where nothing is said, but hidden where a page (html) is written.
    pub keys: Option<Keys>,
    /// How many tables are compared at the same time, where a store can serve several readers of one moment.
    pub jobs: At<usize>,
    /// How many seconds one statement may take on a server; 0 for any.
    pub statement_timeout_s: u64,
    /// How many seconds a lock is waited for on a server; 0 for any.
    pub lock_timeout_s: u64,
    /// How many rows a reader reads from a server in a second; 0 for any.
    pub max_rows_per_second: u64,
    /// How many seconds a replica may lag behind before another table is read; 0 for any.
    pub max_replica_lag_s: u64,
    /// How many seconds a snapshot of a server is held; 0 for any.
    pub max_snapshot_age_s: u64,
    /// How many seconds rows are given to settle, before those that differ are looked at again because one side was written.
    pub settle_s: u64,
    /// Which entities there are, where tables are of many, such as `me_{slug}.notes`.
    pub entities: Option<Entities>,
    /// Questions to one side, and what they must answer.
    pub invariant: Vec<Invariant>,
    /// Questions to two sides, whose answers must be the same rows, or some of them.
    pub equal: Vec<Equal>,
    /// Numbers of two sides that must be about the same.
    pub count: Vec<Count>,
    /// What two sides decide, and must decide alike.
    pub access: Vec<AccessParity>,
    /// Two realms that must be the same.
    pub realm: Vec<RealmParity>,
}

impl Default for Verify {
    fn default() -> Self {
        Self {
            source: "source".into(),
            target: "target".into(),
            mode: Mode::Strict,
            sample: 5,
            keys: None,
            jobs: 1.into(),
            statement_timeout_s: 0,
            lock_timeout_s: 10,
            max_rows_per_second: 0,
            max_replica_lag_s: 0,
            max_snapshot_age_s: 0,
            settle_s: 2,
            entities: None,
            invariant: Vec::new(),
            equal: Vec::new(),
            count: Vec::new(),
            access: Vec::new(),
            realm: Vec::new(),
        }
    }
}

/// Which entities there are, such as customers with a schema each.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entities {
    /// `source`, `target`, or another endpoint.
    #[serde(default = "source")]
    pub on: At<String>,
    /// One query: the name of each, and whether it is active and so to be moved.
    pub sql: At<String>,
}

fn source() -> At<String> {
    "source".to_owned().into()
}

/// A question to one side, and what it must answer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Invariant {
    /// What must hold, such as `one principal per user`.
    pub name: At<String>,
    /// `source`, `target`, or another endpoint.
    #[serde(default = "target")]
    pub on: At<String>,
    /// One query, in the words of that side. What it selects is printed as keys are.
    pub sql: At<String>,
    /// A glob of schemas: the query is asked for each of them, `{schema}` in it being the schema's name.
    pub schemas: Option<At<String>>,
    /// A table that must have rows: without any, an answer of no rows proves nothing.
    pub over: Option<At<String>>,
    /// What it must answer: `no rows`, a value, a range, or a list of values; for several schemas, the sum.
    pub expect: Option<At<Expected>>,
    /// What it must answer for each schema.
    pub each: Option<At<Expected>>,
}

fn target() -> At<String> {
    "target".to_owned().into()
}

/// A query on each side, and how their rows must relate. NULL equals NULL, and nothing else.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Equal {
    /// What must hold, such as `every identity became a user`.
    pub name: At<String>,
    /// The query of the source, in its own words.
    pub source: At<String>,
    /// The query of the target: as many columns, in the same order.
    pub target: At<String>,
    /// The endpoint that the first query is asked, when it is not the source.
    pub source_on: Option<At<String>>,
    /// The endpoint that the second query is asked, when it is not the target.
    pub target_on: Option<At<String>>,
    /// How the source's rows must relate to the target's.
    #[serde(default, rename = "is")]
    pub relation: SetRelation,
    /// Columns of the source's query that identify a row, so that the others are told as differing; without it all of them.
    #[serde(default)]
    pub key: Vec<At<String>>,
    /// Whether no rows at all are an answer. Without it nothing compared with nothing is `unknown`.
    #[serde(default)]
    pub may_be_empty: bool,
}

/// How the source's rows relate to the target's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SetRelation {
    /// They are the same, and each as often.
    #[default]
    Equal,
    /// Each of them is among the target's.
    Subset,
    /// Each of the target's is among them.
    Superset,
}

/// A number on each side, and how far they may be apart.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// What is counted, such as `events of the last day`.
    pub name: At<String>,
    /// The query of the source: one row with one number.
    pub source: At<String>,
    /// The query of the target.
    pub target: At<String>,
    /// The endpoint that the first query is asked, when it is not the source.
    pub source_on: Option<At<String>>,
    /// The endpoint that the second query is asked, when it is not the target.
    pub target_on: Option<At<String>>,
    /// How far they may be apart: a number, or a share of the source's such as `1%`. Without it, not at all.
    pub tolerance: Option<At<Scalar>>,
    /// Whether nothing on both sides is an answer. Without it, it is `unknown`.
    #[serde(default)]
    pub may_be_empty: bool,
}

/// How far two numbers may be apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Apart {
    /// By so many.
    Number(f64),
    /// By so many hundredths of the source's.
    Percent(f64),
}

impl Count {
    /// The tolerance, when it is one.
    pub fn apart(&self) -> Option<Apart> {
        let apart = match self.tolerance.as_deref() {
            None => Apart::Number(0.0),
            #[expect(clippy::cast_precision_loss, reason = "a tolerance is no exact number")]
            Some(Scalar::Int(number)) => Apart::Number(*number as f64),
            Some(Scalar::Real(number)) => Apart::Number(*number),
            Some(Scalar::Text(text)) => Apart::Percent(text.strip_suffix('%')?.trim().parse().ok()?),
            Some(Scalar::Bool(_)) => return None,
        };
        let (Apart::Number(number) | Apart::Percent(number)) = apart;
        (number.is_finite() && number >= 0.0).then_some(apart)
    }
}

impl Verify {
    /// The names of everything that is declared to be asked beside rows.
    pub fn names(&self) -> impl Iterator<Item = &At<String>> {
        let invariants = self.invariant.iter().map(|one| &one.name);
        let asked = self.equal.iter().map(|one| &one.name).chain(self.count.iter().map(|one| &one.name));
        let decided = self
            .access
            .iter()
            .flat_map(|one| std::iter::once(&one.name).chain(one.every.iter().map(|every| &every.name)));
        invariants.chain(asked).chain(decided).chain(self.realm.iter().map(|one| &one.name))
    }

    /// The endpoints, other than source and target, that something is asked of.
    pub fn others(&self) -> impl Iterator<Item = &At<String>> {
        let of_equal = self.equal.iter().flat_map(|one| one.source_on.iter().chain(&one.target_on));
        let of_count = self.count.iter().flat_map(|one| one.source_on.iter().chain(&one.target_on));
        let named = self.invariant.iter().map(|one| &one.on).chain(of_equal).chain(of_count);
        let named = named.chain(self.entities.iter().map(|entities| &entities.on));
        let named = named.chain(self.access.iter().flat_map(AccessParity::endpoints));
        let named = named.chain(self.realm.iter().flat_map(RealmParity::endpoints));
        named.filter(|name| !matches!(name.as_str(), "source" | "target"))
    }
}

pub(super) fn mistakes(manifest: &Manifest, found: &mut Vec<Mistake>) {
    let verify = &manifest.verify;
    if *verify.jobs == 0 {
        let help = Some("write how many tables are compared at the same time, or leave it out for one");
        found.push(mistake(&verify.jobs, "nothing is compared by no job".into(), help));
    }
    once(verify.names(), "the check", found);
    let own = |name: &'_ str| match name {
        "source" => verify.source.clone(),
        "target" => verify.target.clone(),
        other => other.to_owned(),
    };
    let is_openfga = |name: &str| manifest.is_openfga(&own(name));
    let is_keycloak = |name: &str| manifest.endpoints.get(&own(name)).is_some_and(Endpoint::is_keycloak);
    for one in &verify.access {
        access::mistakes(one, found);
        access::endpoint_mistakes(one, &is_openfga, found);
    }
    verify.realm.iter().for_each(|one| realm::mistakes(one, &is_keycloak, found));
    for name in verify.others().filter(|name| !manifest.endpoints.contains_key(name.as_str())) {
        let message = format!("there is no endpoint `{}`", **name);
        found.push(mistake(
            name,
            message,
            Some("write `source`, `target`, or declare it under `[endpoints]`"),
        ));
    }
    let of_equal = verify.equal.iter().flat_map(|one| [&one.source, &one.target]);
    let of_count = verify.count.iter().flat_map(|one| [&one.source, &one.target]);
    let entities = verify.entities.iter().map(|entities| &entities.sql);
    for sql in entities.chain(verify.invariant.iter().map(|one| &one.sql)).chain(of_equal).chain(of_count) {
        if let Some(why) = condition::problem(sql) {
            let help = "write one query, without `;` and comments";
            found.push(mistake(sql, format!("this is no query: {why}"), Some(help)));
        }
    }
    verify.invariant.iter().for_each(|one| invariant_mistakes(one, found));
    for one in verify.count.iter().filter(|one| one.apart().is_none()) {
        let at = one.tolerance.as_ref().map_or_else(|| one.name.standing_for(()), |at| at.standing_for(()));
        let help = Some("write a number such as `10`, or a share such as \"1%\"");
        found.push(mistake(&at, "this is no tolerance".into(), help));
    }
    let wanted = verify.invariant.iter().flat_map(|one| one.expect.iter().chain(&one.each));
    for wanted in wanted.chain(manifest.table.iter().filter_map(|table| table.rows.as_ref())) {
        if **wanted == Expected::Between(Limits::default()) {
            let help = Some("give it `min`, `max` or both");
            found.push(mistake(wanted, "the range has no limit".into(), help));
        }
    }
}

fn invariant_mistakes(one: &Invariant, found: &mut Vec<Mistake>) {
    if one.expect.is_none() && one.each.is_none() {
        let message = format!("`{}` expects nothing", *one.name);
        let help = "say `expect = \"no rows\"`, `expect = 32` or `expect = { min = 1 }`";
        found.push(mistake(&one.name, message, Some(help)));
    }
    if one.schemas.is_some() != one.sql.contains("{schema}") {
        let message = format!("`{}` has only one of `schemas` and `{{schema}}`", *one.name);
        let help = "they belong together: the query is asked for each schema";
        found.push(mistake(&one.sql, message, Some(help)));
    }
    if let Some(each) = one.each.as_ref().filter(|_| one.schemas.is_none()) {
        let help = Some("name them as `schemas`, or say `expect`");
        found.push(mistake(each, "`each` is for several schemas".into(), help));
    }
    if let Some((schemas, why)) =
        one.schemas.as_ref().and_then(|glob_of| Some((glob_of, glob(glob_of).err()?)))
    {
        found.push(mistake(schemas, format!("`{}` is no glob: {why}", **schemas), None));
    }
}
