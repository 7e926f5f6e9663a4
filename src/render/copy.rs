//! A plan of a copy as a page.
use super::survey::{Section, grouped, size, told};
use crate::model::copy::{CopyPlan, Form, Gate, PlannedTable};
use crate::model::survey::Rows;

/// Everything that there is to say of a plan.
pub(super) fn sections(plan: &CopyPlan) -> Vec<Section> {
    let title = format!("plan {}: {} -> {}", plan.hash, plan.source, plan.target);
    let head = ["", "table", "becomes", "rows", "size", "as", "notes"];
    let mut rows: Vec<Vec<String>> =
        plan.tables.iter().enumerate().map(|(place, table)| row(place + 1, table)).collect();
    let sizes: Vec<u64> = plan.tables.iter().filter_map(|table| table.bytes.got()).copied().collect();
    let bytes = sizes.iter().copied().fold(0, u64::saturating_add);
    let bytes = if sizes.is_empty() { "-".to_owned() } else { size(bytes) };
    let unread = plan.tables.iter().filter(|table| table.rows.got().is_none()).count();
    let mut notes: Vec<String> = Vec::new();
    notes.extend((unread > 0).then(|| format!("without {unread} that cannot be read")));
    notes.push(match plan.link_seconds {
        Some(seconds) => format!("the link alone takes {seconds} s"),
        None if sizes.len() < plan.tables.len() => "its time is not known, as not every size is".to_owned(),
        None => "its time is not known: no `bandwidth` of `[survey.estimate]` is declared".to_owned(),
    });
    let note = notes.join("; ");
    let nothing = String::new;
    rows.push(vec![nothing(), "all tables".into(), nothing(), about(&plan.rows()), bytes, nothing(), note]);
    let mut page = vec![Section { title, head: head.to_vec(), rows }];
    let (mut order, mut steps): (Vec<Vec<String>>, Vec<Vec<String>>) = (Vec::new(), Vec::new());
    for late in &plan.second_pass {
        let what = format!("{}.{}", late.table, late.columns.join(", "));
        order.push(vec!["second pass".into(), what, format!("refers to {}, which comes later", late.to)]);
    }
    for tables in &plan.together {
        let why = "their references are held when it ends".to_owned();
        order.push(vec!["one transaction".into(), tables.join(", "), why]);
    }
    for step in &plan.steps {
        let stages =
            if step.stages.is_empty() { String::new() } else { format!(", of {}", step.stages.join(", ")) };
        let rows = format!("{}{stages}", counted(&step.rows));
        steps.push(vec![step.name.clone(), step.place.words().to_owned(), rows]);
    }
    if let [first, .., last] = plan.entities.as_slice() {
        let count = format!("{} entities", plan.entities.len());
        steps.push(vec![count, format!("{first} to {last}"), "one transaction each".to_owned()]);
    } else if let Some(only) = plan.entities.first() {
        steps.push(vec!["1 entity".to_owned(), only.clone(), "one transaction".to_owned()]);
    }
    page.push(Section { title: "plan: steps".into(), head: Vec::new(), rows: steps });
    page.push(Section { title: "plan: references".into(), head: Vec::new(), rows: order });
    let gates = plan.gates.iter().map(gate).collect();
    page.push(Section { title: "plan: gates of a run".into(), head: Vec::new(), rows: gates });
    page.retain(|section| !section.rows.is_empty());
    page
}

fn gate(gate: &Gate) -> Vec<String> {
    let help = gate.help.as_ref().map(|help| format!("help: {help}"));
    let said = Some(gate.said.clone()).filter(|said| !said.is_empty());
    let name = gate.gate.rsplit('/').next().unwrap_or_default().to_owned();
    vec![name, gate.state.word().to_owned(), said.into_iter().chain(help).collect::<Vec<_>>().join("; ")]
}

fn about(rows: &Rows) -> String {
    let count = grouped(rows.count);
    if rows.is_exact { count } else { format!("about {count}") }
}

fn counted(rows: &str) -> String {
    if rows == "1" { "1 row".to_owned() } else { format!("{rows} rows").replace("answers rows", "answers") }
}

fn row(place: usize, table: &PlannedTable) -> Vec<String> {
    let form = match table.form {
        Form::Binary => "binary",
        Form::Text => "text",
    };
    let target = if table.target == table.source { String::new() } else { table.target.clone() };
    vec![
        place.to_string(),
        table.source.clone(),
        target,
        told(&table.rows, about),
        told(&table.bytes, |bytes| size(*bytes)),
        form.to_owned(),
        table.notes.join("; "),
    ]
}
