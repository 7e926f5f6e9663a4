//! What declared queries answer, held to what they should.
use super::Judging;
use crate::manifest::Quantity;
use crate::model::survey::{Answer, Expectation, Wanted};

/// One finding when the answers together are not what is wanted, and one for each that is not what each should be. `said` is put
/// behind what a finding says.
pub(super) fn hold(
    one: &Expectation,
    answers: &[Answer],
    show_values: bool,
    help: &str,
    said: impl Fn(&Answer) -> String,
    check: &mut Judging<'_>,
) {
    let mut found = together(one, answers, show_values);
    if one.wanted.is_none() && answers.len() > 1 {
        // Each is held alone: their sum says nothing.
        found.said = each_said(answers, one.each.as_ref(), show_values);
    }
    let wanted = one.wanted.iter().chain(&one.each).next();
    check.facts(wanted.map_or_else(String::new, ToString::to_string), &found.said);
    if let Some(wanted) = one.wanted.as_ref().filter(|wanted| !holds(wanted, &found)) {
        let rows: String = answers.iter().map(&said).collect::<Vec<_>>().concat();
        let message = format!("{}: expected {wanted}, found {}{rows}", one.name, found.said);
        check.find(&one.name, message).at(one.declared.clone()).help(help);
    }
    for answer in answers {
        let found = alone(answer, one.each.as_ref(), show_values);
        if let Some(each) = one.each.as_ref().filter(|each| !holds(each, &found)) {
            let rows = said(answer);
            let message =
                format!("{}: `{}`: expected {each}, found {}{rows}", one.name, answer.about, found.said);
            check.find(&answer.about, message).at(one.declared.clone()).help(help);
        }
    }
}

/// What several answers say, each once.
fn each_said(answers: &[Answer], wanted: Option<&Wanted>, show_values: bool) -> String {
    let mut all: Vec<String> = Vec::new();
    for answer in answers {
        let said = alone(answer, wanted, show_values).said;
        if all.contains(&said) {
            continue;
        }
        if all.len() == 5 {
            all.push("others".to_owned());
            break;
        }
        all.push(said);
    }
    all.join(", ")
}

/// Whether a number of rows is what is wanted.
pub(super) fn is_count(wanted: &Wanted, rows: u64) -> bool {
    let value = Some(rows.to_string());
    holds(wanted, &Found { rows, value, values: Vec::new(), said: String::new() })
}

/// What was found: the rows, their one value, and how that is said.
struct Found {
    rows: u64,
    value: Option<String>,
    /// The values of rows of one; empty when there are others among them.
    values: Vec<Option<String>>,
    said: String,
}

fn alone(answer: &Answer, wanted: Option<&Wanted>, show_values: bool) -> Found {
    let said = match (&answer.value, answer.rows) {
        (_, 0) => "no rows".to_owned(),
        (_, 1) if wanted == Some(&Wanted::NoRows) => "1 row".to_owned(),
        (Some(_), 1) if answer.is_text && !show_values => "another text".to_owned(),
        (Some(value), 1) => value.clone(),
        (None, 1) => "a row without one value".to_owned(),
        (_, 1001..) => "more than 1000 rows".to_owned(),
        (_, rows) => format!("{rows} rows"),
    };
    Found {
        rows: answer.rows,
        value: answer.value.clone().filter(|_| answer.rows == 1),
        values: values(answer),
        said,
    }
}

/// The values of rows of one each.
fn values(answer: &Answer) -> Vec<Option<String>> {
    let one = |cells: &Vec<Option<String>>| match cells.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    };
    answer.cells.iter().map(one).collect::<Option<_>>().unwrap_or_default()
}

/// One answer as it is, several as their sum. An expectation of no rows sums the rows.
fn together(one: &Expectation, answers: &[Answer], show_values: bool) -> Found {
    if let [only] = answers {
        return alone(only, one.wanted.as_ref(), show_values);
    }
    let rows = answers.iter().fold(0_u64, |sum, answer| sum.saturating_add(answer.rows));
    if one.wanted == Some(Wanted::NoRows) {
        let said = match rows {
            0 => "no rows".to_owned(),
            1 => "1 row".to_owned(),
            _ => format!("{rows} rows"),
        };
        return Found { rows, value: None, values: Vec::new(), said };
    }
    let all: Vec<_> = answers.iter().flat_map(values).collect();
    let said = if matches!(one.wanted, Some(Wanted::These(_))) {
        format!("{rows} rows")
    } else {
        "answers that cannot be summed".to_owned()
    };
    let mut sum = Quantity::parse("0").filter(|_| !matches!(one.wanted, Some(Wanted::These(_))));
    for answer in answers {
        let value =
            answer.value.as_ref().filter(|_| answer.rows == 1).and_then(|value| Quantity::parse(value));
        sum = sum.zip(value).and_then(|(sum, value)| sum.sum(value));
    }
    match sum {
        Some(sum) => {
            Found { rows: 1, value: Some(sum.to_string()), values: Vec::new(), said: sum.to_string() }
        }
        None => Found { rows, value: None, values: all, said },
    }
}

fn holds(wanted: &Wanted, found: &Found) -> bool {
    let number = |text: &str| Quantity::parse(text);
    match (wanted, &found.value) {
        (Wanted::NoRows, _) => found.rows == 0,
        (Wanted::These(all), _) => {
            let mut left: Vec<&String> = found.values.iter().flatten().collect();
            let met = all.iter().all(|one| {
                let place = left.iter().position(|value| is_alike(one, value));
                place.map(|place| left.swap_remove(place)).is_some()
            });
            met && found.rows == all.len() as u64
        }
        (_, None) => false,
        (Wanted::Exactly(wanted), Some(value)) => is_alike(wanted, value),
        (Wanted::Between { min, max }, Some(value)) => {
            let Some(value) = number(value) else { return false };
            let is_over = |least: &String| {
                number(least).and_then(|least| value.order(least)).is_some_and(std::cmp::Ordering::is_ge)
            };
            let is_under = |most: &String| {
                number(most).and_then(|most| value.order(most)).is_some_and(std::cmp::Ordering::is_le)
            };
            min.as_ref().is_none_or(is_over) && max.as_ref().is_none_or(is_under)
        }
    }
}

fn is_alike(wanted: &str, value: &str) -> bool {
    let number = |text: &str| Quantity::parse(text);
    let alike = number(wanted).zip(number(value)).and_then(|(a, b)| a.order(b));
    wanted == value || alike.is_some_and(std::cmp::Ordering::is_eq) || is_same_truth(wanted, value)
}

/// SQLite keeps truth as 1 and 0.
fn is_same_truth(wanted: &str, value: &str) -> bool {
    matches!((wanted, value), ("true", "1") | ("false", "0"))
}
