use super::SurveyFacts;
use crate::manifest::Quantity;
use crate::model::Looked;
use crate::model::survey::{Answer, Expectation, Wanted};
use crate::rules::Sink;

pub(super) fn expect(facts: &SurveyFacts, out: &mut Sink<'_>) {
    for one in &facts.survey.expectations {
        let on = facts.part(&one.name);
        let Some(answers) = out.look(on.clone(), &one.answers) else { continue };
        let mut check = out.check(on, Looked::at(answers.len(), "answer"));
        let found = together(one, answers, facts.show_values);
        let wanted = one.wanted.iter().chain(&one.each).next();
        check.facts(wanted.map_or_else(String::new, ToString::to_string), &found.said);
        if let Some(wanted) = one.wanted.as_ref().filter(|wanted| !holds(wanted, &found)) {
            let message = format!("{}: expected {wanted}, found {}", one.name, found.said);
            check
                .find(&one.name, message)
                .at(one.declared.clone())
                .help("find out which of the two is wrong before anything is moved");
        }
        for answer in answers {
            let found = alone(answer, one.each.as_ref(), facts.show_values);
            if let Some(each) = one.each.as_ref().filter(|each| !holds(each, &found)) {
                let message =
                    format!("{}: `{}`: expected {each}, found {}", one.name, answer.about, found.said);
                check
                    .find(&answer.about, message)
                    .at(one.declared.clone())
                    .help("find out which of the two is wrong before anything is moved");
            }
        }
    }
}

/// What was found: the rows, their one value, and how that is said.
struct Found {
    rows: u64,
    value: Option<String>,
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
    Found { rows: answer.rows, value: answer.value.clone().filter(|_| answer.rows == 1), said }
}

/// One answer as it is, several as their sum. An expectation of no rows sums the rows.
fn together(one: &Expectation, answers: &[Answer], show_values: bool) -> Found {
    if let [only] = answers {
        return alone(only, one.wanted.as_ref(), show_values);
    }
    let rows = answers.iter().fold(0_u64, |sum, answer| sum.saturating_add(answer.rows));
    if one.wanted == Some(Wanted::NoRows) {
        let said = if rows == 0 { "no rows".to_owned() } else { format!("{rows} rows") };
        return Found { rows, value: None, said };
    }
    let mut sum = Quantity::parse("0");
    for answer in answers {
        let value =
            answer.value.as_ref().filter(|_| answer.rows == 1).and_then(|value| Quantity::parse(value));
        sum = sum.zip(value).and_then(|(sum, value)| sum.sum(value));
    }
    match sum {
        Some(sum) => Found { rows: 1, value: Some(sum.to_string()), said: sum.to_string() },
        None => Found { rows, value: None, said: "answers that cannot be summed".to_owned() },
    }
}

fn holds(wanted: &Wanted, found: &Found) -> bool {
    let number = |text: &str| Quantity::parse(text);
    match (wanted, &found.value) {
        (Wanted::NoRows, _) => found.rows == 0,
        (_, None) => false,
        (Wanted::Exactly(wanted), Some(value)) => {
            let alike = number(wanted).zip(number(value)).and_then(|(a, b)| a.order(b));
            wanted == value || alike.is_some_and(std::cmp::Ordering::is_eq) || is_same_truth(wanted, value)
        }
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

/// SQLite keeps truth as 1 and 0.
fn is_same_truth(wanted: &str, value: &str) -> bool {
    matches!((wanted, value), ("true", "1") | ("false", "0"))
}
