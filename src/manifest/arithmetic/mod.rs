//! `TIMEOUT * ATTEMPTS <= WALL_CLOCK`: a comparison between sums of values.
//!
//! It owns the grammar and exact evaluation. Where a name's value comes from is the caller's affair.
mod quantity;

use std::cmp::Ordering;

pub use quantity::Quantity;

/// One comparison, or several in a row: `a <= b <= c`.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    first: Expression,
    rest: Vec<(Relational, Expression)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Expression {
    Value(Quantity),
    Name(String),
    Negative(Box<Self>),
    Pair(Box<Self>, Operation, Box<Self>),
    /// The least or the greatest of several.
    Extreme(Ordering, Vec<Self>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Plus,
    Minus,
    Times,
    Over,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relational {
    Less,
    AtMost,
    Equal,
    Unequal,
    AtLeast,
    Greater,
}

/// Longer ones first: `<=` before `<`.
const RELATIONS: &[(&str, Relational)] = &[
    ("<=", Relational::AtMost),
    (">=", Relational::AtLeast),
    ("==", Relational::Equal),
    ("!=", Relational::Unequal),
    ("<", Relational::Less),
    (">", Relational::Greater),
];

/// Brackets in brackets beyond which a text is refused.
const DEEPEST: usize = 32;

/// Two sides between which a comparison does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The left side's value.
    pub left: Quantity,
    /// The comparison, as it is written.
    pub operator: &'static str,
    /// The right side's value.
    pub right: Quantity,
}

impl Comparison {
    /// Reads a comparison.
    ///
    /// # Errors
    /// What is wrong with it, in a few words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text, depth: 0 };
        let first = reader.sum()?;
        let mut rest = Vec::new();
        while let Some(relation) = reader.relation() {
            rest.push((relation, reader.sum()?));
        }
        if !reader.rest.is_empty() {
            return Err(format!("`{}` can't stand here", reader.word()));
        }
        if rest.is_empty() {
            return Err("nothing is compared".to_owned());
        }
        Ok(Self { first, rest })
    }

    /// The names in it, each once, in the order of the text.
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for side in std::iter::once(&self.first).chain(self.rest.iter().map(|(_, side)| side)) {
            side.names(&mut names);
        }
        names
    }

    /// The first pair of sides that does not hold, with every name given its value.
    ///
    /// # Errors
    /// Why it can't be computed: units that don't fit, a division by zero, an overflow, or what `value` says.
    pub fn broken(&self, value: &dyn Fn(&str) -> Result<Quantity, String>) -> Result<Option<Broken>, String> {
        let mut left = self.first.value(value)?;
        let mut broken = None;
        for (relation, side) in &self.rest {
            let right = side.value(value)?;
            // The rest is computed all the same: what can't be compared is not known to be broken.
            if !relation.holds(left.compare(right)?) && broken.is_none() {
                broken = Some(Broken { left, operator: relation.sign(), right });
            }
            left = right;
        }
        Ok(broken)
    }
}

impl Relational {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::AtLeast => order.is_ge(),
            Self::Greater => order.is_gt(),
        }
    }

    fn sign(self) -> &'static str {
        RELATIONS.iter().find(|(_, relation)| *relation == self).map_or("", |(sign, _)| sign)
    }
}

impl Expression {
    fn names<'e>(&'e self, names: &mut Vec<&'e str>) {
        match self {
            Self::Value(_) => {}
            Self::Name(name) if names.contains(&name.as_str()) => {}
            Self::Name(name) => names.push(name),
            Self::Negative(inner) => inner.names(names),
            Self::Pair(left, _, right) => {
                left.names(names);
                right.names(names);
            }
            Self::Extreme(_, all) => all.iter().for_each(|one| one.names(names)),
        }
    }

    fn value(&self, given: &dyn Fn(&str) -> Result<Quantity, String>) -> Result<Quantity, String> {
        match self {
            Self::Value(value) => Ok(*value),
            Self::Name(name) => given(name),
            Self::Negative(inner) => Ok(inner.value(given)?.negative()),
            Self::Pair(left, operation, right) => {
                let (left, right) = (left.value(given)?, right.value(given)?);
                let done = match operation {
                    Operation::Plus => left.plus(right),
                    Operation::Minus => left.plus(right.negative()),
                    Operation::Times => left.times(right),
                    Operation::Over => left.over(right),
                };
                Ok(done?)
            }
            Self::Extreme(which, all) => {
                let mut best: Option<Quantity> = None;
                for one in all {
                    let one = one.value(given)?;
                    best = match best {
                        Some(best) if one.compare(best)? != *which => Some(best),
                        _ => Some(one),
                    };
                }
                best.ok_or_else(|| "`min` and `max` are of something".to_owned())
            }
        }
    }
}

struct Reader<'t> {
    /// What is left, without blanks before it.
    rest: &'t str,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn takes(&mut self, sign: &str) -> bool {
        self.rest = self.rest.trim_start();
        let behind = self.rest.strip_prefix(sign);
        self.rest = behind.unwrap_or(self.rest).trim_start();
        behind.is_some()
    }

    fn relation(&mut self) -> Option<Relational> {
        RELATIONS.iter().find(|(sign, _)| self.takes(sign)).map(|(_, relation)| *relation)
    }

    fn sum(&mut self) -> Result<Expression, String> {
        let mut left = self.product()?;
        loop {
            let operation = if self.takes("+") {
                Operation::Plus
            } else if self.takes("-") {
                Operation::Minus
            } else {
                return Ok(left);
            };
            left = Expression::Pair(Box::new(left), operation, Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Expression, String> {
        let mut left = self.factor()?;
        loop {
            let operation = if self.takes("*") {
                Operation::Times
            } else if self.takes("/") {
                Operation::Over
            } else {
                return Ok(left);
            };
            left = Expression::Pair(Box::new(left), operation, Box::new(self.factor()?));
        }
    }

    fn factor(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("its brackets are too deep".to_owned());
        }
        let factor = self.inner();
        self.depth -= 1;
        factor
    }

    fn inner(&mut self) -> Result<Expression, String> {
        if self.takes("-") {
            return Ok(Expression::Negative(Box::new(self.factor()?)));
        }
        if self.takes("(") {
            let inner = self.sum()?;
            return if self.takes(")") { Ok(inner) } else { Err("a bracket is not closed".to_owned()) };
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            let word = self.word();
            let value = Quantity::parse(word).ok_or_else(|| format!("`{word}` is no number or duration"))?;
            self.rest = self.rest.get(word.len()..).unwrap_or("");
            return Ok(Expression::Value(value));
        }
        let name = self.word();
        if name.is_empty() {
            return Err("a value is missing".to_owned());
        }
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            return Err(format!("`{name}` can't stand here"));
        }
        self.rest = self.rest.get(name.len()..).unwrap_or("");
        match name {
            "min" if self.takes("(") => self.extreme(Ordering::Less),
            "max" if self.takes("(") => self.extreme(Ordering::Greater),
            _ => Ok(Expression::Name(name.to_owned())),
        }
    }

    fn extreme(&mut self, which: Ordering) -> Result<Expression, String> {
        let mut all = vec![self.sum()?];
        while self.takes(",") {
            all.push(self.sum()?);
        }
        if self.takes(")") {
            Ok(Expression::Extreme(which, all))
        } else {
            Err("a bracket is not closed".to_owned())
        }
    }

    /// A name or a number; of anything else one character. A service's name may hold a `-`: only before a `.`, for
    /// else it takes away.
    fn word(&self) -> &'t str {
        let plain = |text: &str| {
            text.len() - text.trim_start_matches(|c: char| c.is_alphanumeric() || "_.µ".contains(c)).len()
        };
        let mut end = plain(self.rest);
        let dashed = self.rest.trim_start_matches(|c: char| c.is_alphanumeric() || "_-".contains(c));
        let service = self.rest.len() - dashed.len();
        if dashed.starts_with('.') && !self.rest.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            end = end.max(service + plain(dashed));
        }
        let one = self.rest.chars().next().map_or(0, char::len_utf8);
        self.rest.get(..end.max(one)).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &str) -> Result<Option<String>, String> {
        let value = |name: &str| {
            let value = match name {
                "A" => "25",
                "B" => "3",
                "C" => "60",
                "T" => "40ms",
                "my-agent.W" => "1m",
                _ => return Err(format!("no {name}")),
            };
            Ok(Quantity::parse(value).unwrap())
        };
        let broken = Comparison::parse(text)?.broken(&value)?;
        Ok(broken.map(|broken| format!("{} {} {}", broken.left, broken.operator, broken.right)))
    }

    #[test]
    fn what_holds_and_what_does_not() {
        for text in [
            "A * 2 <= C",
            "A*B>C",
            "A + B * 2 == 31",
            "(A + B) * 2 == 56",
            "A - B - 2 == 20",
            "A - B-2 == 20",
            "A / B / 5 == 5 / 3",
            "0.1 + 0.2 == 0.3",
            "-A < 0 < A <= C",
            "A * 1s >= 10s + 3 * T",
            "min(A, B, C) == 3",
            "max(A, B * 30) == 90",
            "my-agent.W >= A * 1s * 2",
            "T > 0",
            "1h30m == 90m",
            "1GiB > 1GB",
        ] {
            assert_eq!(judged(text), Ok(None), "{text}");
        }
        assert_eq!(judged("A * B <= C"), Ok(Some("75 <= 60".into())));
        assert_eq!(judged("T * 3 < 0.1s"), Ok(Some("0.12s < 0.1s".into())));
        assert_eq!(judged("1 < 3 < 2"), Ok(Some("3 < 2".into())));
    }

    #[test]
    fn what_cannot_be_computed() {
        for text in ["A <= T", "T * T < 1s", "A / (B - 3) < 1", "X < 1", "1 > 2 > T"] {
            assert!(judged(text).is_err(), "{text}");
        }
        assert!(judged(&format!("{} < 1", ["99999999999999999999"; 3].join(" * "))).is_err());
    }

    #[test]
    fn what_is_no_comparison() {
        for text in ["", "A", "A <", "< A", "A B < 1", "(A < 1", "A = 1", "1x < 2", "min() < 1", "A < 1)"] {
            assert!(Comparison::parse(text).is_err(), "{text}");
        }
        assert!(Comparison::parse(&format!("{}1 < 2", "(".repeat(10_000))).is_err());
        assert!(Comparison::parse(&format!("{}1 < 2", "-".repeat(10_000))).is_err());
        assert_eq!(Comparison::parse("A + a.B * A < min(C, 2s)").unwrap().names(), ["A", "a.B", "C"]);
    }
}
