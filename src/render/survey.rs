//! A survey as a page: the same sections for whoever draws tables.
//!
//! It owns the order and the words. What nobody could read is `not read` and never an empty cell.
use crate::model::Look;
use crate::model::schema::System;
use crate::model::survey::{
    Activity, Answer, Estimate, EstimatedTable, Expectation, Group, Replay, Rows, Survey, SurveyedChain,
    SurveyedColumn, SurveyedKey, SurveyedTable,
};

/// A part of a page.
pub(super) struct Section {
    pub(super) title: String,
    pub(super) head: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
}

const NOT_READ: &str = "not read";

/// Everything that there is to say of one endpoint; `all` are those of the same run.
pub(super) fn sections(survey: &Survey, all: &[Survey]) -> Vec<Section> {
    let name = &survey.endpoint;
    let section = |title: String, head: &[&'static str], rows: Vec<Vec<String>>| Section {
        title,
        head: head.to_vec(),
        rows,
    };
    let mut page = vec![section(format!("survey of {name}"), &[], whole(survey, all))];
    page.push(section(format!("{name}: tables"), &["table", "rows", "", "size", "notes"], tables(survey)));
    page.push(section(
        format!("{name}: columns"),
        &["column", "type", "NULLs", "smallest", "largest"],
        columns(survey),
    ));
    page.push(section(
        format!("{name}: vectors"),
        &["column", "rows", "with one", "dimensions", "indexes"],
        vectors(survey),
    ));
    page.push(section(
        format!("{name}: keys"),
        &["table", "key", "distinct", "duplicates", "NULLs"],
        keys(survey),
    ));
    page.push(section(
        format!("{name}: references"),
        &["from", "to", "references", "orphans"],
        references(survey),
    ));
    page.push(section(format!("{name}: expectations"), &["name", "expected", "found"], expectations(survey)));
    page.push(section(format!("{name}: chains"), &["chain", "stamped", "advice"], chains(survey)));
    if let Some(estimate) = &survey.estimate {
        page.push(section(
            format!("{name}: volume"),
            &["table", "rows", "times", "as text", "compressed"],
            volume(survey, estimate),
        ));
        page.push(section(format!("{name}: transport"), &[], transport(estimate)));
    }
    page.retain(|section| !section.rows.is_empty());
    page
}

fn whole(survey: &Survey, all: &[Survey]) -> Vec<Vec<String>> {
    let system = match survey.system {
        System::Postgres => "Postgres",
        System::Sqlite => "SQLite",
    };
    let mut rows = vec![
        vec!["system".to_owned(), format!("{system} {}", survey.version)],
        vec![
            "database".to_owned(),
            format!("{}, {}", survey.database, told(&survey.bytes, |bytes| size(*bytes))),
        ],
    ];
    if let Look::Got(bytes) = &survey.free_disk_bytes {
        rows.push(vec!["free disk".to_owned(), size(*bytes)]);
    }
    if survey.system == System::Sqlite {
        return rows;
    }
    rows.push(vec!["cluster".to_owned(), cluster(survey, all)]);
    let session = told(&survey.session, |session| {
        let reads = match session.unreadable {
            0 => "reads every row of every table".to_owned(),
            some => format!("cannot read all rows of {} table(s)", grouped(some)),
        };
        let writes = if session.writes_by.is_empty() {
            "could not write anything".to_owned()
        } else {
            format!("could write, by {}", session.writes_by.join(", "))
        };
        format!("{}: {reads}; {writes}", session.role)
    });
    rows.push(vec!["our session".to_owned(), session]);
    match &survey.activity {
        Look::Got(activity) => {
            let sees_others = survey.session.got().is_some_and(|session| session.sees_others);
            rows.extend(activities(activity, sees_others || activity.connections == 0));
        }
        _ => rows.push(vec!["activity".to_owned(), NOT_READ.to_owned()]),
    }
    rows.push(vec!["extensions".to_owned(), listed(&survey.extensions)]);
    rows.push(vec!["large objects".to_owned(), told(&survey.large_objects, |count| grouped(*count))]);
    rows
}

fn cluster(survey: &Survey, all: &[Survey]) -> String {
    let Look::Got(own) = &survey.cluster else { return NOT_READ.to_owned() };
    let is_same = |other: &&Survey| {
        other.endpoint != survey.endpoint && other.cluster.got().is_some_and(|cluster| cluster.id == own.id)
    };
    let same: Vec<&str> = all.iter().filter(is_same).map(|other| other.endpoint.as_str()).collect();
    let mut said = format!("{}, started {}", own.id, own.started_at);
    if own.is_standby {
        said.push_str(", a standby");
        said.extend(own.replay.as_ref().map(replay));
    }
    if !same.is_empty() {
        said = format!("{said}; the same as that of {}", same.join(", "));
    }
    said
}

/// How far a standby is behind.
fn replay(replay: &Replay) -> String {
    let paused = if replay.is_paused { ", whose replay is paused" } else { "" };
    let behind = replay.lag_bytes.map_or_else(String::new, |bytes| format!(", {} to replay", size(bytes)));
    let last = replay.last.as_ref().map_or_else(String::new, |at| format!(", last commit {at}"));
    format!("{paused}{behind}{last}")
}

fn activities(activity: &Activity, sees_others: bool) -> Vec<Vec<String>> {
    let Activity { connections, long_transactions, prepared, waiting_locks, strong_locks, replicas, slots } =
        activity;
    let lag = |bytes: Option<u64>| {
        bytes.map_or_else(|| "lag not told".to_owned(), |bytes| format!("{} behind", size(bytes)))
    };
    let replicas = replicas.iter().map(|one| {
        let state = if one.state.is_empty() { "state not told" } else { &one.state };
        format!("{} ({state}, {})", one.name, lag(one.lag_bytes))
    });
    let replicas: Vec<String> = replicas.collect();
    let kept = |bytes: Option<u64>| bytes.map_or_else(|| "nothing".to_owned(), size);
    let slots: Vec<String> = slots
        .iter()
        .map(|one| {
            let state = if one.is_active { "active" } else { "nobody reads it" };
            format!("{} ({state}, keeps {})", one.name, kept(one.kept_bytes))
        })
        .collect();
    let long = if sees_others { long_transactions.len().to_string() } else { "not told how many".to_owned() };
    let mut locks = vec![format!("{} waited for", grouped(*waiting_locks))];
    locks.extend(strong_locks.iter().cloned());
    vec![
        vec!["connections".to_owned(), format!("{} other than ours", grouped(*connections))],
        vec!["transactions".to_owned(), format!("{long} long, {} prepared", prepared.len())],
        vec!["locks".to_owned(), locks.join(", ")],
        vec!["replicas".to_owned(), listed(&replicas)],
        vec!["replication slots".to_owned(), listed(&slots)],
    ]
}

/// Tables by themselves; those that were declared together stand behind them in one line.
fn tables(survey: &Survey) -> Vec<Vec<String>> {
    let line = |table: &SurveyedTable| {
        let mut notes = Vec::new();
        notes.extend(table.unlogged.then(|| "unlogged".to_owned()));
        notes.extend(table.row_security.then(|| "row-level security".to_owned()));
        if !table.triggers.is_empty() {
            notes.push(format!("triggers: {}", table.triggers.join(", ")));
        }
        vec![
            table.name.clone(),
            told(&table.rows, |rows| grouped(rows.count)),
            counted(&table.rows),
            told(&table.bytes, |bytes| size(*bytes)),
            notes.join("; "),
        ]
    };
    let mut rows: Vec<Vec<String>> = apart(survey).map(line).collect();
    for group in &survey.groups {
        let largest = group
            .tables
            .iter()
            .filter_map(|name| survey.table(name))
            .filter_map(|table| table.rows.got().map(|rows| (rows.count, table.name.as_str())));
        let largest = largest.max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(a.1)));
        let mut notes = format!("{} table(s)", grouped(group.tables.len() as u64));
        let fire = group.tables.iter().filter_map(|name| survey.table(name));
        let fire = fire.filter(|table| !table.triggers.is_empty()).count();
        if fire > 0 {
            notes = format!("{notes}, {fire} with triggers");
        }
        if let Some((count, name)) = largest {
            notes = format!("{notes}, the largest {name} with {}", grouped(count));
        }
        rows.push(vec![
            group.pattern.clone(),
            told(&group.rows, |rows| grouped(rows.count)),
            counted(&group.rows),
            told(&group.bytes, |bytes| size(*bytes)),
            notes,
        ]);
    }
    rows
}

/// The tables that no group speaks for.
fn apart(survey: &Survey) -> impl Iterator<Item = &SurveyedTable> {
    let is_grouped =
        |table: &SurveyedTable| survey.groups.iter().any(|group| group.tables.contains(&table.name));
    survey.tables.iter().filter(move |table| !is_grouped(table))
}

fn counted(rows: &Look<Rows>) -> String {
    match rows {
        Look::Got(Rows { is_exact: true, .. }) => "counted",
        Look::Got(_) => "estimated",
        _ => "",
    }
    .to_owned()
}

/// Columns with their table's name and rows.
fn all_columns(survey: &Survey) -> impl Iterator<Item = (&str, Option<u64>, &SurveyedColumn)> {
    let alone = apart(survey).map(|table| (table.name.as_str(), &table.rows, &table.columns));
    let together =
        survey.groups.iter().map(|Group { pattern, rows, columns, .. }| (pattern.as_str(), rows, columns));
    let counted = |rows: &Look<Rows>| rows.got().map(|rows| rows.count);
    alone.chain(together).flat_map(move |(name, rows, columns)| {
        columns.iter().map(move |column| (name, counted(rows), column))
    })
}

fn columns(survey: &Survey) -> Vec<Vec<String>> {
    let told = all_columns(survey).filter(|(_, _, column)| column.nulls > 0 || column.min.is_some());
    told.map(|(table, rows, column)| {
        let value = |value: &Option<String>| value.clone().unwrap_or_default();
        vec![
            format!("{table}.{}", column.name),
            column.declared.clone(),
            share(column.nulls, rows.unwrap_or_default()),
            value(&column.min),
            value(&column.max),
        ]
    })
    .collect()
}

fn vectors(survey: &Survey) -> Vec<Vec<String>> {
    let vectors = all_columns(survey)
        .filter_map(|(table, rows, column)| Some((table, rows, column, column.vector.as_ref()?)));
    vectors
        .map(|(table, rows, column, vector)| {
            let dimensions = told(&vector.dimensions, |found| match found {
                None => "-".to_owned(),
                Some((least, most)) if least == most => least.to_string(),
                Some((least, most)) => format!("mixed: {least} to {most}"),
            });
            vec![
                format!("{table}.{} {}", column.name, column.declared),
                rows.map_or_else(|| NOT_READ.to_owned(), grouped),
                told(&vector.embedded, |count| grouped(*count)),
                dimensions,
                listed(&vector.indexes),
            ]
        })
        .collect()
}

fn keys(survey: &Survey) -> Vec<Vec<String>> {
    let line = |name: &str, tables: &[&SurveyedTable]| {
        let keys: Option<Vec<&SurveyedKey>> = tables.iter().map(|table| table.key.got()).collect();
        let Some(keys) = keys else {
            return vec![name.to_owned(), NOT_READ.to_owned(), String::new(), String::new(), String::new()];
        };
        let sum = |of: fn(&SurveyedKey) -> u64| grouped(keys.iter().map(|key| of(key)).sum());
        let columns = keys.first().map(|key| key.columns.join(", ")).unwrap_or_default();
        vec![
            name.to_owned(),
            columns,
            sum(|key| key.distinct),
            sum(|key| key.duplicates),
            sum(|key| key.nulls),
        ]
    };
    let is_keyed = |table: &&SurveyedTable| !table.key.is_not_asked();
    let mut rows: Vec<Vec<String>> =
        apart(survey).filter(is_keyed).map(|table| line(&table.name, &[table])).collect();
    for group in &survey.groups {
        let of = group.tables.iter().filter_map(|name| survey.table(name));
        let of: Vec<&SurveyedTable> = of.filter(is_keyed).collect();
        if !of.is_empty() {
            rows.push(line(&group.pattern, &of));
        }
    }
    rows
}

/// Those of one declaration in one line.
fn references(survey: &Survey) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for of_one in survey.references.chunk_by(|one, other| one.pattern == other.pattern) {
        let Some(first) = of_one.first() else { continue };
        let counts: Option<Vec<u64>> = of_one.iter().map(|one| one.references.got().copied()).collect();
        let (from, to) = match of_one {
            [only] => (only.from.clone(), only.to.clone()),
            _ => (first.pattern.clone(), format!("{} and so on, {} pairs", first.to, of_one.len())),
        };
        let (count, orphans) = match counts {
            Some(counts) => {
                (grouped(counts.iter().sum()), grouped(of_one.iter().map(|one| one.orphans).sum()))
            }
            None => (NOT_READ.to_owned(), String::new()),
        };
        rows.push(vec![from, to, count, orphans]);
    }
    rows
}

fn chains(survey: &Survey) -> Vec<Vec<String>> {
    let line = |one: &SurveyedChain| {
        let stamped = told(&one.stamped, |ids: &Vec<String>| listed(ids));
        vec![one.name.clone(), stamped, told(&one.advice, Clone::clone)]
    };
    survey.chains.iter().map(line).collect()
}

fn expectations(survey: &Survey) -> Vec<Vec<String>> {
    let line = |one: &Expectation| {
        let each = one.each.as_ref().map(|each| format!("{each} each"));
        let wanted: Vec<String> = one.wanted.iter().map(ToString::to_string).chain(each).collect();
        vec![one.name.clone(), wanted.join(", "), told(&one.answers, |answers| found(answers))]
    };
    survey.expectations.iter().map(line).collect()
}

fn found(answers: &[Answer]) -> String {
    let one = |answer: &Answer| match (&answer.value, answer.rows) {
        (Some(value), 1) => value.clone(),
        (_, 0) => "no rows".to_owned(),
        (_, rows) => format!("{rows} row(s)"),
    };
    match answers {
        [only] => one(only),
        many => {
            let mut values: Vec<String> = many.iter().map(one).collect();
            let sum = values.iter().try_fold(0_u64, |sum, value| sum.checked_add(value.parse().ok()?));
            values.sort();
            values.dedup();
            match (values.as_slice(), sum) {
                ([], _) => "nothing".to_owned(),
                ([same], _) => format!("{same}, {} times", many.len()),
                (_, Some(sum)) => format!("{} in {} answers", grouped(sum), many.len()),
                _ => format!("{} answers", many.len()),
            }
        }
    }
}

fn volume(survey: &Survey, estimate: &Estimate) -> Vec<Vec<String>> {
    let line = |name: &str, tables: &[&EstimatedTable]| {
        let sum = |of: fn(&EstimatedTable) -> u64| {
            tables.iter().map(|table| of(table)).fold(0, u64::saturating_add)
        };
        let raw: Option<Vec<u64>> = tables.iter().map(|table| table.raw_bytes.got().copied()).collect();
        let sizes = match raw {
            Some(raw) => [
                size(raw.into_iter().fold(0, u64::saturating_add)),
                size(sum(|table| table.compressed_bytes)),
            ],
            None => [NOT_READ.to_owned(), NOT_READ.to_owned()],
        };
        let scale = tables.first().map_or(1, |table| table.scale);
        [name.to_owned(), grouped(sum(|table| table.rows)), grouped(scale)].into_iter().chain(sizes).collect()
    };
    let group =
        |table: &EstimatedTable| survey.groups.iter().find(|group| group.tables.contains(&table.name));
    let alone = estimate.tables.iter().filter(|table| group(table).is_none());
    let mut rows: Vec<Vec<String>> = alone.map(|table| line(&table.name, &[table])).collect();
    for own in &survey.groups {
        let of =
            estimate.tables.iter().filter(|table| group(table).is_some_and(|one| one.pattern == own.pattern));
        let of: Vec<&EstimatedTable> = of.collect();
        if !of.is_empty() {
            rows.push(line(&own.pattern, &of));
        }
    }
    let total = ["all tables".to_owned(), String::new(), String::new()];
    rows.push(total.into_iter().chain([size(estimate.raw_bytes), size(estimate.compressed_bytes)]).collect());
    rows
}

fn transport(estimate: &Estimate) -> Vec<Vec<String>> {
    let Estimate { raw_seconds, compressed_seconds, object_seconds, object_bytes, .. } = estimate;
    let mut rows = Vec::new();
    match raw_seconds.zip(*compressed_seconds) {
        Some((raw, compressed)) => {
            let said = format!("at least {} as text, {} compressed", time(raw), time(compressed));
            rows.push(vec!["rows over the link".to_owned(), said]);
        }
        None => rows.push(vec!["rows over the link".to_owned(), "no bandwidth is declared".to_owned()]),
    }
    if *object_bytes > 0 {
        let over = object_seconds.map_or_else(String::new, |seconds| format!(", at least {}", time(seconds)));
        rows.push(vec!["objects".to_owned(), format!("{}{over}", size(*object_bytes))]);
    }
    for one in &estimate.transports {
        let fits = if one.fits { "fits" } else { "does not fit" };
        rows.push(vec![one.name.clone(), format!("{fits}: {}", one.reason)]);
    }
    rows
}

pub(super) fn told<T>(look: &Look<T>, say: impl Fn(&T) -> String) -> String {
    match look {
        Look::Got(value) => say(value),
        Look::NotAsked(_) => "-".to_owned(),
        Look::Failed(_) => NOT_READ.to_owned(),
    }
}

fn listed(all: &[String]) -> String {
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

/// `62,111`
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut said = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    said
}

/// `4 (0.1 %)`
fn share(part: u64, whole: u64) -> String {
    if whole == 0 || part == 0 {
        return grouped(part);
    }
    // Never 0.0 of something that there is, and never 100.0 of what is not all.
    let tenths =
        (u128::from(part) * 1000 / u128::from(whole)).clamp(1, if part < whole { 999 } else { 1000 });
    format!("{} ({}.{} %)", grouped(part), tenths / 10, tenths % 10)
}

/// `87.9 MiB`
pub(super) fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut scale = 1024_u128;
    for (at, unit) in units.iter().enumerate() {
        let next = scale * 1024;
        if u128::from(bytes) < next || at + 1 == units.len() {
            let tenths = (u128::from(bytes) * 10 + scale / 2) / scale;
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
        scale = next;
    }
    format!("{bytes} B")
}

/// `14 min 36 s`
fn time(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::{grouped, share, size, time};

    #[test]
    fn numbers() {
        assert_eq!(
            [grouped(7), grouped(999), grouped(62_111), grouped(1_000_000)],
            ["7", "999", "62,111", "1,000,000"]
        );
        assert_eq!(
            [share(0, 9), share(1, 100_000), share(99_999, 100_000), share(4, 4)],
            ["0", "1 (0.1 %)", "99,999 (99.9 %)", "4 (100.0 %)"]
        );
        assert_eq!(
            [size(1023), size(1024), size(90_000 << 10), size(u64::MAX)],
            ["1023 B", "1.0 KiB", "87.9 MiB", "16384.0 PiB"]
        );
        assert_eq!([time(59), time(876), time(7300)], ["59 s", "14 min 36 s", "2 h 1 min"]);
    }
}
