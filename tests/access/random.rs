//! Random models, and random tuples that a model accepts, the same on every run.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use trueup::access::refusal;
use trueup::model::access::{
    AccessModel, Context, DirectForm, ObjectId, Subject, Tuple, TupleCondition, TupleFile,
};
use trueup::model::{Position, Span};

/// xorshift64*
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(high).unwrap() % end
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

/// A model in the DSL; the server may refuse it.
pub(crate) fn model(random: &mut Random) -> String {
    let has_conditions = random.chance(35);
    let mut text = "model\n  schema 1.1\ntype user\ntype robot\n".to_owned();
    for kind in ["group", "folder", "doc"] {
        write!(text, "type {kind}\n  relations\n").unwrap();
        if kind != "group" {
            let parents = if kind == "doc" { "folder" } else { random.pick(&["folder", "folder, group"]) };
            writeln!(text, "    define parent: [{parents}]").unwrap();
        }
        for (index, relation) in RELATIONS.iter().enumerate().take(2 + random.below(4)) {
            let rewrite = rewrite(random, kind, index, has_conditions);
            writeln!(text, "    define {relation}: {rewrite}").unwrap();
        }
    }
    if has_conditions {
        text.push_str("condition cheap(price: int, limit: int) {\n  price < limit\n}\n");
        text.push_str(
            "condition late(now: timestamp, from: timestamp, wait: duration) {\n  now > from + wait\n}\n",
        );
    }
    text
}

const RELATIONS: [&str; 5] = ["r0", "r1", "r2", "r3", "r4"];

fn rewrite(random: &mut Random, kind: &str, index: usize, has_conditions: bool) -> String {
    let mut direct = String::new();
    if index < 2 || random.chance(50) {
        let mut types: Vec<String> = Vec::new();
        for form in ["user", "user:*", "robot", "group#r0", "group#r1", "folder#r0"] {
            // OpenFGA 1.22.1 says yes to strangers where a relation of groups takes those of two relations of groups and
            // recurs through one; and no to whom a wildcard lets in beside a tuple of theirs whose condition fails.
            let is_second = form.contains('#') && types.iter().any(|one| one.contains('#'));
            let is_beside = form == "user:*" && types.iter().any(|one| one.contains("with"));
            if (kind == "group" && (is_second || form == "folder#r0")) || is_beside {
                continue;
            }
            if random.chance(if form == "user" { 85 } else { 35 }) {
                let condition = if !has_conditions || random.chance(60) {
                    ""
                } else {
                    random.pick(&[" with cheap", " with late"])
                };
                types.push(format!("{form}{condition}"));
            }
        }
        if types.is_empty() {
            types.push("user".to_owned());
        }
        direct = format!("[{}]", types.join(", "));
    }
    let mut operands: Vec<String> = Vec::new();
    operands.extend(Some(direct).filter(|direct| !direct.is_empty()));
    let more = if index < 2 { random.below(2) } else { 1 + random.below(3) };
    for _ in 0..more {
        let end = if random.chance(90) { index.max(1) } else { 2 };
        let other = RELATIONS[random.below(end)];
        if kind != "group" && random.chance(40) {
            operands.push(format!("{other} from parent"));
        } else if index > 0 {
            operands.push(RELATIONS[random.below(index)].to_owned());
        }
    }
    while operands.len() > 1 {
        let (one, other) = (operands.remove(0), operands.remove(0));
        let operator = random.pick(&["or", "or", "and", "but not"]);
        let joined = format!("{one} {operator} {other}");
        operands.insert(0, if operands.is_empty() { joined } else { format!("({joined})") });
    }
    operands.pop().unwrap_or_else(|| "[user]".to_owned())
}

/// How many objects of a type there are.
fn many(kind: &str) -> usize {
    match kind {
        "user" | "robot" => 40,
        "group" | "team" | "role" | "org" => 60,
        _ => 150,
    }
}

/// Tuples that the model accepts. Objects lead mostly to later ones, so that there are few rings and some.
pub(crate) fn tuples(random: &mut Random, model: &AccessModel, count: usize, rings: usize) -> TupleFile {
    let mut file = TupleFile::default();
    let mut seen = BTreeSet::new();
    let mut links = BTreeMap::new();
    let relations: Vec<_> = model
        .types
        .iter()
        .flat_map(|kind| {
            kind.relations.iter().filter(|one| !one.direct.is_empty()).map(move |one| (kind, one))
        })
        .collect();
    for _ in 0..count * 12 {
        if file.tuples.len() >= count {
            break;
        }
        let (kind, relation) = relations[random.below(relations.len())];
        let direct = &relation.direct[random.below(relation.direct.len())];
        // The server walks every way there is: with more links than objects that takes it for ever.
        let is_link = direct.form != DirectForm::Wildcard
            && (direct.name == kind.name || !["user", "robot"].contains(&direct.name.as_str()));
        let linked: &mut usize = links.entry((&kind.name, &direct.name)).or_default();
        if is_link && *linked >= many(&kind.name) {
            continue;
        }
        let at = random.below(many(&kind.name));
        let mut other = random.below(many(&direct.name));
        if direct.name == kind.name && other >= at && !random.chance(rings) {
            other = random.below(at + 1);
        }
        let id = if direct.form == DirectForm::Wildcard { "*".to_owned() } else { format!("n{other}") };
        if direct.form == DirectForm::Wildcard && !random.chance(12) {
            continue;
        }
        let tuple = Tuple {
            subject: Subject {
                object: ObjectId { kind: direct.name.clone(), id },
                relation: match &direct.form {
                    DirectForm::Userset(relation) => Some(relation.clone()),
                    _ => None,
                },
            },
            relation: relation.name.clone(),
            object: ObjectId { kind: kind.name.clone(), id: format!("n{at}") },
            condition: direct.condition.as_ref().map(|name| condition(random, name)),
            span: Span { start: Position { line: 1, column: 1 }, end: Position { line: 1, column: 1 } },
        };
        let is_own =
            tuple.subject.relation.as_deref() == Some(&relation.name) && tuple.subject.object == tuple.object;
        // The server keeps one tuple of a subject, relation and object, whatever its condition.
        let key = (tuple.subject.clone(), tuple.relation.clone(), tuple.object.clone());
        if is_own || refusal(model, &tuple).is_some() || !seen.insert(key) {
            continue;
        }
        *linked += usize::from(is_link);
        file.tuples.push(tuple);
    }
    file
}

fn condition(random: &mut Random, name: &str) -> TupleCondition {
    let context = match name {
        "cheap" => format!("{{\"limit\": {}}}", random.below(5)),
        "near" => format!("{{\"net\": \"10.0.{}.0/24\"}}", random.below(3)),
        _ => format!(
            "{{\"from\": \"2024-01-0{}T00:00:00Z\", \"wait\": \"{}h\"}}",
            1 + random.below(8),
            random.below(48)
        ),
    };
    TupleCondition { name: name.to_owned(), context: serde_json::from_str(&context).unwrap() }
}

/// The contexts of requests: one that has all, and one that has none where conditions are.
pub(crate) fn contexts(random: &mut Random, model: &AccessModel) -> Vec<Context> {
    if model.conditions.is_empty() {
        return vec![Context::new()];
    }
    let text = format!(
        "{{\"price\": {}, \"ip\": \"10.0.{}.7\", \"now\": \"2024-01-0{}T12:00:00Z\"}}",
        random.below(5),
        random.below(3),
        1 + random.below(8)
    );
    vec![serde_json::from_str(&text).unwrap(), Context::new()]
}
