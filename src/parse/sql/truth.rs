//! Conditions whose outcome is the same whatever the rows are. Each expression is given the outcomes that it may have;
//! what nobody can tell may have all of them, so that a condition is only called constant when it is.
use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator};

use super::constant::{Worth, is_filled, worth};

/// Expressions that lie deeper in one another are not told.
const DEEPEST: usize = 200;

/// The outcomes that a condition may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Truth {
    is_true: bool,
    is_false: bool,
    is_null: bool,
}

impl Truth {
    pub(super) const ANY: Self = Self { is_true: true, is_false: true, is_null: true };
    pub(super) const TRUE: Self = Self { is_true: true, is_false: false, is_null: false };
    pub(super) const FALSE: Self = Self { is_true: false, is_false: true, is_null: false };
    pub(super) const NULL: Self = Self { is_true: false, is_false: false, is_null: true };
    /// True or false.
    pub(super) const EITHER: Self = Self { is_true: true, is_false: true, is_null: false };

    /// Whether it holds of every row.
    pub(super) fn always(self) -> bool {
        self == Self::TRUE
    }

    /// Whether it holds of no row.
    pub(super) fn never(self) -> bool {
        !self.is_true
    }

    /// Whether it is false of no row; a constraint lets NULL pass.
    pub(super) fn passes(self) -> bool {
        !self.is_false
    }

    pub(super) fn may_be_null(self) -> bool {
        self.is_null
    }

    pub(super) fn known(truth: bool) -> Self {
        if truth { Self::TRUE } else { Self::FALSE }
    }

    /// One of the outcomes of two.
    pub(super) fn or_else(self, other: Self) -> Self {
        Self {
            is_true: self.is_true || other.is_true,
            is_false: self.is_false || other.is_false,
            is_null: self.is_null || other.is_null,
        }
    }

    pub(super) fn not(self) -> Self {
        Self { is_true: self.is_false, is_false: self.is_true, is_null: self.is_null }
    }

    fn and(self, other: Self) -> Self {
        Self {
            is_true: self.is_true && other.is_true,
            is_false: self.is_false || other.is_false,
            is_null: (self.is_null && (other.is_null || other.is_true)) || (other.is_null && self.is_true),
        }
    }

    fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    /// `... IS TRUE` and its kin: whether it comes out as one of some outcomes.
    fn is(self, wanted: Self) -> Self {
        let meets = (self.is_true && wanted.is_true)
            || (self.is_false && wanted.is_false)
            || (self.is_null && wanted.is_null);
        let misses = (self.is_true && !wanted.is_true)
            || (self.is_false && !wanted.is_false)
            || (self.is_null && !wanted.is_null);
        Self { is_true: meets, is_false: misses, is_null: false }
    }
}

/// What the names of an expression are worth, where something is known of them.
pub(super) type Names<'n> = &'n dyn Fn(&str) -> Worth;

/// Names of which nothing is known.
pub(super) fn unknown(_: &str) -> Worth {
    Worth::Unknown
}

/// The outcomes that a condition may have.
pub(super) fn truth(expr: &Expr, names: Names<'_>, depth: usize) -> Truth {
    if depth > DEEPEST {
        return Truth::ANY;
    }
    let of = |expr: &Expr| truth(expr, names, depth + 1);
    match expr {
        Expr::Nested(inner) => of(inner),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => of(expr).not(),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            if is_both(expr, &BinaryOperator::And) {
                Truth::FALSE
            } else {
                of(left).and(of(right))
            }
        }
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
            if is_both(expr, &BinaryOperator::Or) {
                Truth::TRUE
            } else {
                of(left).or(of(right))
            }
        }
        Expr::IsTrue(inner) => of(inner).is(Truth::TRUE),
        Expr::IsNotTrue(inner) => of(inner).is(Truth::TRUE).not(),
        Expr::IsFalse(inner) => of(inner).is(Truth::FALSE),
        Expr::IsNotFalse(inner) => of(inner).is(Truth::FALSE).not(),
        Expr::IsUnknown(inner) => of(inner).is(Truth::NULL),
        Expr::IsNotUnknown(inner) => of(inner).is(Truth::NULL).not(),
        Expr::IsNull(inner) => worth(inner, names, depth + 1).is_null(),
        Expr::IsNotNull(inner) => worth(inner, names, depth + 1).is_null().not(),
        Expr::IsDistinctFrom(left, right) => distinct(left, right, names, depth),
        Expr::IsNotDistinctFrom(left, right) => distinct(left, right, names, depth).not(),
        Expr::BinaryOp { left, op, right } => {
            if is_same(left, right) {
                return itself(op);
            }
            worth(left, names, depth + 1).compared(op, &worth(right, names, depth + 1))
        }
        Expr::InList { expr, list, negated } => {
            let left = worth(expr, names, depth + 1);
            let one = |item: &Expr| left.compared(&BinaryOperator::Eq, &worth(item, names, depth + 1));
            let any = list.iter().map(one).fold(Truth::FALSE, Truth::or);
            if *negated { any.not() } else { any }
        }
        Expr::Between { expr, negated, low, high } => {
            let [value, low, high] = [expr, low, high].map(|expr| worth(expr, names, depth + 1));
            let is_in =
                value.compared(&BinaryOperator::GtEq, &low).and(value.compared(&BinaryOperator::LtEq, &high));
            if *negated { is_in.not() } else { is_in }
        }
        Expr::Exists { subquery, negated } => {
            let found = is_filled(subquery, names, depth + 1);
            if *negated { found.not() } else { found }
        }
        Expr::InSubquery { subquery, negated, .. } if is_filled(subquery, names, depth + 1).never() => {
            Truth::known(*negated)
        }
        other => match worth(other, names, depth + 1) {
            Worth::Truth(truth) => truth,
            Worth::Null => Truth::NULL,
            _ => Truth::ANY,
        },
    }
}

fn distinct(left: &Expr, right: &Expr, names: Names<'_>, depth: usize) -> Truth {
    if is_same(left, right) {
        return Truth::FALSE;
    }
    let (left, right) = (worth(left, names, depth + 1), worth(right, names, depth + 1));
    match (left.is_null(), right.is_null()) {
        (Truth::TRUE, Truth::TRUE) => Truth::FALSE,
        (Truth::FALSE, Truth::FALSE) => left.compared(&BinaryOperator::NotEq, &right),
        (Truth::TRUE, Truth::FALSE) | (Truth::FALSE, Truth::TRUE) => Truth::TRUE,
        _ => Truth::EITHER,
    }
}

/// Whether two expressions are one and the same column.
fn is_same(left: &Expr, right: &Expr) -> bool {
    matches!(left, Expr::Identifier(_) | Expr::CompoundIdentifier(_)) && left == right
}

/// What comes of a column that is compared to itself: NULL where it is NULL.
fn itself(op: &BinaryOperator) -> Truth {
    match op {
        BinaryOperator::Eq | BinaryOperator::LtEq | BinaryOperator::GtEq => Truth::TRUE.or_else(Truth::NULL),
        BinaryOperator::NotEq | BinaryOperator::Lt | BinaryOperator::Gt => Truth::FALSE.or_else(Truth::NULL),
        _ => Truth::ANY,
    }
}

/// Whether what `AND` or `OR` joins asks that one thing is NULL, and that it is not.
fn is_both(expr: &Expr, joint: &BinaryOperator) -> bool {
    let (mut nulls, mut others, mut open) = (Vec::new(), Vec::new(), vec![expr]);
    while let Some(expr) = open.pop() {
        match expr {
            Expr::BinaryOp { left, op, right } if op == joint => open.extend([left.as_ref(), right]),
            Expr::Nested(inner) => open.push(inner),
            Expr::IsNull(inner) => nulls.push(inner),
            Expr::IsNotNull(inner) => others.push(inner),
            _ => {}
        }
        // Longer conditions come of programs.
        if nulls.len() + others.len() > 20 {
            return false;
        }
    }
    let is_column = |expr: &Expr| matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
    nulls.iter().any(|inner| is_column(inner) && others.contains(inner))
}
