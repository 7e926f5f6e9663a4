//! Which entities a copy is of, where tables are of many: those that are declared, met with the tables of the source.
use std::collections::{BTreeMap, BTreeSet};

use super::Copy;
use crate::manifest::Entities as Declared;
use crate::mapping::{Mapping, Pair, Resolved};
use crate::model::copy::ForeignKey;
use crate::model::{Cause, Gap, GapKind, Object, Report, Schema};
use crate::plan::copy::{Draft, DraftTable};
use crate::plan::groups::{Grouped, grouped};
use crate::rules::judge;
use crate::rules::verify::{ENTITY_RULES, EntityFacts};
use crate::stores::endpoint::Endpoint;
use crate::stores::store::Store;

/// The entities of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Entities {
    /// Those that are copied, in the order of their names.
    pub(super) all: Vec<String>,
    /// Those of the source that are not to be moved.
    pub(super) idle: BTreeSet<String>,
    /// Whether the run was narrowed to some.
    pub(super) is_part: bool,
}

/// Asks which there are, and says so.
pub(super) async fn entities(
    settings: &Copy,
    source: &mut Store,
    schema: &Schema,
    report: &mut Report,
) -> Option<Entities> {
    let asked = &settings.mapping.entities;
    if settings.entities.is_none() && asked.is_empty() && settings.declared.foreach.is_none() {
        return Some(Entities::default());
    }
    let known = match &settings.entities {
        Some(declared) => known(settings, declared, source).await,
        None => Ok(BTreeMap::new()),
    };
    let met = settings.mapping.entities_in(schema);
    let facts = known.clone().map(|known| EntityFacts {
        asked: asked.clone(),
        known,
        met: met.iter().cloned().collect(),
        declared: settings.entities.as_ref().and_then(|one| settings.manifest.place_of(&one.sql)),
    });
    let on = Object::endpoint("entity: all");
    judge(ENTITY_RULES, &on, &facts.into(), &settings.levels, report);
    let known = known.ok()?;
    let is_active = |name: &String| known.get(name).copied().unwrap_or(settings.entities.is_none());
    let idle: BTreeSet<String> = met.iter().filter(|name| !is_active(name)).cloned().collect();
    for name in idle.iter().filter(|name| asked.is_empty() || asked.contains(*name)) {
        let why =
            if known.contains_key(name) { "is not active" } else { "is none of those that are declared" };
        let reason = format!("the entity `{name}` {why}, so nothing of it is copied");
        report.not_compared.push(Gap { on: settings.on(), kind: GapKind::Declared, reason });
    }
    let is_asked = |name: &String| asked.is_empty() || asked.contains(name);
    let all: Vec<String> = met.into_iter().filter(|name| is_active(name) && is_asked(name)).collect();
    if !asked.is_empty() {
        let names: Vec<String> = all.iter().map(|name| format!("`{name}`")).collect();
        let names = if names.is_empty() { "that are none".to_owned() } else { names.join(", ") };
        let reason = format!("narrowed to the entities {names}: others are not copied");
        report.not_compared.push(Gap { on: settings.on(), kind: GapKind::NotAsked, reason });
    }
    Some(Entities { all, idle, is_part: !asked.is_empty() })
}

async fn known(
    settings: &Copy,
    declared: &Declared,
    source: &mut Store,
) -> Result<BTreeMap<String, bool>, Cause> {
    let on = declared.on.as_str();
    let other = |endpoint: Option<&Endpoint>| {
        endpoint.cloned().ok_or_else(|| Cause::new(format!("there is no endpoint `{on}`")))
    };
    let answer = if on == "source" || on == settings.source.name {
        source.answer(&declared.sql).await?
    } else {
        let endpoint =
            if on == "target" { settings.target.clone() } else { other(settings.ends.databases.get(on))? };
        Store::open(&endpoint, settings.patience).await?.answer(&declared.sql).await?
    };
    let row = |cells: Vec<Option<String>>| match cells.as_slice() {
        [Some(name), Some(active)] => Some((name.clone(), matches!(active.as_str(), "true" | "1"))),
        _ => None,
    };
    let rows = answer.cells.into_iter().map(row).collect::<Option<BTreeMap<_, _>>>();
    rows.filter(|rows| !rows.is_empty() && answer.rows <= 1000).ok_or_else(|| {
        Cause::new("the query of `verify.entities` does not answer names and whether they are active")
            .hint("it needs two columns, a name and true or false, and up to 1000 rows")
    })
}

impl Entities {
    /// A mapping that leaves those alone which are not to be moved.
    pub(super) fn over(&self, mapping: &Mapping, schema: &Schema) -> Mapping {
        let mut mapping = mapping.clone();
        mapping.inactive.clone_from(&self.idle);
        mapping.for_tables_of(schema)
    }

    /// The entity that a pair of tables is of.
    pub(super) fn of(&self, settings: &Copy, pair: &Pair) -> Option<String> {
        let foreach = settings.declared.foreach.as_ref()?;
        let is_of = |name: &&String| foreach.schema_of(name) == pair.target.namespace;
        self.all.iter().find(is_of).cloned()
    }

    /// Brings the tables of each entity together in a plan.
    pub(super) fn group(&self, settings: &Copy, resolved: &Resolved, keys: &[ForeignKey], draft: &mut Draft) {
        if settings.declared.foreach.is_none() {
            return;
        }
        let pairs: Vec<Option<&Pair>> =
            draft.tables.iter().map(|table| resolved.pairs.get(table.pair)).collect();
        let of: Vec<Option<String>> = pairs.iter().map(|pair| self.of(settings, (*pair)?)).collect();
        let places = |name: &str| -> Vec<usize> {
            let is_it = |pair: Option<&Pair>| pair.is_some_and(|pair| pair.target.to_string() == name);
            pairs.iter().enumerate().filter(|(_, pair)| is_it(**pair)).map(|(place, _)| place).collect()
        };
        let is_late = |key: &&ForeignKey| {
            let (from, to) = (key.table.to_string(), key.to.to_string());
            !draft.second_pass.iter().any(|late| late.table == from && late.to == to)
        };
        let mut waits = Vec::new();
        for key in keys.iter().filter(is_late) {
            let to = places(&key.to.to_string());
            for from in places(&key.table.to_string()) {
                waits.extend(to.iter().map(|to| (from, *to)));
            }
        }
        let together: Vec<Vec<usize>> =
            draft.together.iter().map(|names| names.iter().flat_map(|name| places(name)).collect()).collect();
        let Grouped { order, circle } = grouped(&of, &waits, &together);
        let name = |place: &usize| pairs.get(*place).copied().flatten().map(|pair| pair.target.to_string());
        let circle: Vec<String> = circle.iter().filter_map(name).collect();
        let mut tables: Vec<Option<DraftTable>> =
            std::mem::take(&mut draft.tables).into_iter().map(Some).collect();
        draft.tables = order.into_iter().filter_map(|place| tables.get_mut(place)?.take()).collect();
        draft.cycles.extend((!circle.is_empty()).then_some(circle));
    }

    /// Whether a pair of tables is of an entity that is not to be moved.
    pub(super) fn is_idle(&self, mapping: &Mapping, pair: &Pair) -> bool {
        mapping.entities_of(&pair.source.namespace).any(|name| self.idle.contains(name))
    }
}
