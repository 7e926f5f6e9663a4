//! The condition of a check as two systems would both write it. Only what both certainly mean alike is called simple.
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, ValueWithSpan, visit_expressions};

use super::expression::plain_expression;

/// A condition in plain form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// One spelling: operands of AND and OR and the members of a list in one order, columns on the left.
    pub text: String,
    /// Whether it is made of columns, literals, comparisons and logic alone, so that another text is another condition.
    pub is_simple: bool,
    /// The columns in it.
    pub columns: BTreeSet<String>,
    /// Where it says that one column is one of these, and nothing else: the members of the list.
    pub members: Option<BTreeSet<String>>,
}

/// Reads one; `is_boolean` tells a column of truth values by its name. `None` for what cannot be read.
pub fn condition(text: &str, is_boolean: &dyn Fn(&str) -> bool) -> Option<Condition> {
    let expr = plain_expression(text, is_boolean)?;
    let mut reading = Reading { is_simple: true, columns: BTreeSet::new() };
    let text = reading.spelled(&expr);
    Some(Condition {
        text,
        is_simple: reading.is_simple,
        columns: reading.columns,
        members: members(bare(&expr)),
    })
}

struct Reading {
    is_simple: bool,
    columns: BTreeSet<String>,
}

impl Reading {
    fn spelled(&mut self, expr: &Expr) -> String {
        match bare(expr) {
            Expr::Identifier(name) => {
                self.columns.insert(name.value.clone());
                name.value.clone()
            }
            Expr::Value(ValueWithSpan { value, .. }) => value.to_string(),
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => format!("-{}", self.spelled(expr)),
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => format!("not ({})", self.spelled(expr)),
            Expr::IsNull(expr) => format!("{} is null", self.spelled(expr)),
            Expr::IsNotNull(expr) => format!("{} is not null", self.spelled(expr)),
            Expr::InList { expr, list, negated } => self.list(expr, list, *negated),
            Expr::BinaryOp { left, op, right } => self.operation(left, op, right),
            other => self.foreign(other),
        }
    }

    /// What the two systems may mean otherwise: a function, a pattern, a cast.
    fn foreign(&mut self, expr: &Expr) -> String {
        self.is_simple = false;
        let _ = visit_expressions(expr, |inner| {
            if let Expr::Identifier(name) = inner {
                self.columns.insert(name.value.clone());
            }
            ControlFlow::<()>::Continue(())
        });
        expr.to_string().to_lowercase()
    }

    fn list(&mut self, expr: &Expr, list: &[Expr], negated: bool) -> String {
        let of = self.spelled(expr);
        let mut all: Vec<String> = list.iter().map(|member| self.spelled(member)).collect();
        all.sort();
        all.dedup();
        // Postgres writes a list of one as an equation.
        match (all.as_slice(), negated) {
            ([one], false) => format!("{of} = {one}"),
            ([one], true) => format!("{of} <> {one}"),
            (all, negated) => {
                format!("{of} {}in ({})", if negated { "not " } else { "" }, all.join(", "))
            }
        }
    }

    fn operation(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr) -> String {
        if matches!(op, BinaryOperator::And | BinaryOperator::Or) {
            let mut all = Vec::new();
            self.operands(left, op, &mut all);
            self.operands(right, op, &mut all);
            all.sort();
            all.dedup();
            return format!("({})", all.join(if *op == BinaryOperator::And { " and " } else { " or " }));
        }
        let (one, other) = (self.spelled(left), self.spelled(right));
        let turned = match op {
            BinaryOperator::Lt => ">",
            BinaryOperator::LtEq => ">=",
            BinaryOperator::Gt => "<",
            BinaryOperator::GtEq => "<=",
            BinaryOperator::Eq => "=",
            BinaryOperator::NotEq => "<>",
            BinaryOperator::Plus | BinaryOperator::Minus | BinaryOperator::Multiply => {
                return format!("({one} {op} {other})");
            }
            _ => {
                self.is_simple = false;
                return format!("({one} {op} {other})");
            }
        };
        if matches!(bare(left), Expr::Value(_)) && !matches!(bare(right), Expr::Value(_)) {
            format!("{other} {turned} {one}")
        } else {
            format!("{one} {op} {other}")
        }
    }

    fn operands(&mut self, expr: &Expr, of: &BinaryOperator, all: &mut Vec<String>) {
        match bare(expr) {
            Expr::BinaryOp { left, op, right } if op == of => {
                self.operands(left, of, all);
                self.operands(right, of, all);
            }
            other => all.push(self.spelled(other)),
        }
    }
}

fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => bare(inner),
        other => other,
    }
}

fn members(expr: &Expr) -> Option<BTreeSet<String>> {
    let Expr::InList { expr, list, negated: false } = expr else { return None };
    let is_column = matches!(bare(expr), Expr::Identifier(_));
    is_column.then(|| list.iter().map(|member| bare(member).to_string()).collect())
}

#[cfg(test)]
mod tests {
    use super::condition;

    fn text(written: &str) -> Option<String> {
        condition(written, &|name| name == "active").map(|condition| condition.text)
    }

    #[test]
    fn two_systems_write_the_same() {
        for (sqlite, postgres) in [
            (
                "status IN ('b', 'a')",
                "((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
            ),
            ("kind in ('x')", "(kind = 'x'::text)"),
            ("kind not in ('x', 'y')", "(kind <> ALL (ARRAY['x'::text, 'y'::text]))"),
            ("n BETWEEN 1 AND 5", "((n >= 1) AND (n <= 5))"),
            ("a != b and c > 0 and d > 0", "((c > 0) AND (a <> b) AND (d > 0))"),
            ("0 < n", "(n > 0)"),
            ("score >= 0.5", "(score >= 0.5)"),
            ("score > -5", "(score > '-5'::integer)"),
            ("score > -5", "(score > ('-5'::integer)::numeric)"),
            ("active = 1 or n is null", "(active OR (n IS NULL))"),
            ("\"order\" > 0", "(\"order\" > 0)"),
        ] {
            assert_eq!(text(sqlite), text(postgres), "{sqlite}");
            assert!(text(sqlite).is_some(), "{sqlite}");
        }
    }

    #[test]
    fn what_differs_stays_different() {
        for (one, other) in [
            ("n > 0", "n >= 0"),
            ("n > 0 and m > 0", "n > 0 or m > 0"),
            ("a in ('x', 'y')", "a in ('x')"),
            ("a in ('x', 'y')", "a not in ('x', 'y')"),
            ("a > 5", "a > -5"),
            ("a = 'X'", "a = 'x'"),
            ("a - b > 0", "b - a > 0"),
            ("not (a > 0 and b > 0)", "not (a > 0) and b > 0"),
            ("a < 5", "5 < a"),
        ] {
            assert_ne!(text(one), text(other), "{one}");
        }
        for one in ["length(a) > 3", "a like 'x%'", "a ~ 'x'", "cast(a as int) > 3", "a || b = 'c'"] {
            assert!(!condition(one, &|_| false).unwrap().is_simple, "{one}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(written in "[a-z0-9 '\"().,:=<>\\[\\]|-]{0,50}|\\PC{0,20}") {
            let _ = text(&written);
        }
    }
}
