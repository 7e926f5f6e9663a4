//! Python's own functions, and lists made of lists, as far as constants settle what they give.
use ruff_python_ast::{Arguments, Comprehension, Expr, Operator};

use super::value::{LONGEST, Scope, Value};

/// The functions that are followed.
pub(super) const FOLDED: &[&str] = &[
    "list",
    "tuple",
    "set",
    "frozenset",
    "sorted",
    "reversed",
    "dict",
    "zip",
    "enumerate",
    "range",
    "len",
    "str",
    "int",
    "min",
    "max",
];

/// Nobody writes a loop over more constants.
const MOST: usize = 10_000;

impl<'a> Scope<'a> {
    /// What one of Python's own functions gives.
    pub(super) fn built_in(&self, name: &str, args: &'a Arguments) -> Option<Value<'a>> {
        if args.args.iter().any(Expr::is_starred_expr) {
            return None;
        }
        let starts_at =
            args.find_keyword("start").filter(|_| name == "enumerate" && args.keywords.len() == 1);
        let values: Vec<Value<'a>> = args.args.iter().map(|arg| self.value(arg)).collect();
        if !args.keywords.is_empty() && starts_at.is_none() {
            return None;
        }
        match (name, values.as_slice()) {
            ("list" | "tuple" | "set" | "frozenset", []) => Some(Value::List(Vec::new())),
            ("list" | "tuple" | "set" | "frozenset", [one]) => Some(Value::List(items(one)?)),
            ("dict", []) => Some(Value::Dict(Vec::new())),
            ("sorted", [one]) => sorted(items(one)?),
            ("reversed", [Value::List(items)]) => Some(Value::List(items.iter().rev().cloned().collect())),
            ("len", [Value::List(items)]) => i64::try_from(items.len()).ok().map(Value::Int),
            ("str", [Value::Text(text)]) => Some(Value::Text(text.clone())),
            ("str", [Value::Int(number)]) => Some(Value::Text(number.to_string())),
            ("int", [Value::Int(number)]) => Some(Value::Int(*number)),
            ("int", [Value::Text(text)]) => text.trim().parse().ok().map(Value::Int),
            ("min", numbers) => {
                numbers.iter().map(number).collect::<Option<Vec<_>>>()?.into_iter().min().map(Value::Int)
            }
            ("max", numbers) => {
                numbers.iter().map(number).collect::<Option<Vec<_>>>()?.into_iter().max().map(Value::Int)
            }
            ("range", numbers) => range(numbers),
            ("zip", lists) => zip(lists),
            ("enumerate", [list]) => {
                let first = starts_at.map_or(Value::Int(0), |keyword| self.value(&keyword.value));
                enumerate(items(list)?, &first)
            }
            ("enumerate", [list, first]) if starts_at.is_none() => enumerate(items(list)?, first),
            _ => None,
        }
    }

    /// `[f"t_{n}" for n in (1, 2)]`: one loop over constants, whose conditions can be told.
    pub(super) fn comprehension(&self, item: &'a Expr, loops: &'a [Comprehension]) -> Value<'a> {
        let [only] = loops else { return Value::Unknown };
        let Some(all) = items(&self.value(&only.iter)).filter(|all| all.len() <= MOST) else {
            return Value::Unknown;
        };
        let mut scope = self.clone();
        let mut made = Vec::new();
        for one in all {
            scope.assign(&only.target, one);
            let kept = only.ifs.iter().try_fold(true, |kept, test| Some(kept && scope.value(test).truth()?));
            match kept {
                Some(true) => made.push(scope.value(item)),
                Some(false) => {}
                None => return Value::Unknown,
            }
        }
        // What is no constant would be read later, where the loop's name means something else.
        let is_open = |value: &Value<'_>| matches!(value, Value::Other(_) | Value::Unknown);
        if made.len() > LONGEST || made.iter().any(is_open) { Value::Unknown } else { Value::List(made) }
    }
}

/// Two whole numbers reckoned with, as Python does it: it rounds down, and a remainder has the divisor's sign.
pub(super) fn arithmetic<'a>(op: Operator, left: &Value<'a>, right: &Value<'a>) -> Value<'a> {
    let (Some(left), Some(right)) = (number(left), number(right)) else { return Value::Unknown };
    let floor = || {
        let quotient = left.checked_div(right)?;
        let is_between = left % right != 0 && (left < 0) != (right < 0);
        quotient.checked_sub(i64::from(is_between))
    };
    let made = match op {
        Operator::Add => left.checked_add(right),
        Operator::Sub => left.checked_sub(right),
        Operator::Mult => left.checked_mul(right),
        Operator::FloorDiv => floor(),
        Operator::Mod => floor().and_then(|quotient| left.checked_sub(quotient.checked_mul(right)?)),
        Operator::Pow => u32::try_from(right).ok().and_then(|power| left.checked_pow(power)),
        Operator::LShift => {
            u32::try_from(right).ok().and_then(|power| left.checked_mul(2_i64.checked_pow(power)?))
        }
        _ => None,
    };
    made.map_or(Value::Unknown, Value::Int)
}

fn number(value: &Value<'_>) -> Option<i64> {
    if let Value::Int(number) = value { Some(*number) } else { None }
}

/// What a loop over a value sees.
pub(super) fn items<'a>(value: &Value<'a>) -> Option<Vec<Value<'a>>> {
    match value {
        Value::List(items) => Some(items.clone()),
        Value::Dict(items) => Some(items.iter().map(|(key, _)| key.clone()).collect()),
        _ => None,
    }
}

fn sorted(mut items: Vec<Value<'_>>) -> Option<Value<'_>> {
    if items.iter().all(|item| matches!(item, Value::Int(_))) {
        items.sort_by_key(|item| if let Value::Int(number) = item { *number } else { 0 });
    } else if items.iter().all(|item| item.text().is_some()) {
        items.sort_by(|one, other| one.text().cmp(&other.text()));
    } else {
        return None;
    }
    Some(Value::List(items))
}

fn range<'a>(numbers: &[Value<'a>]) -> Option<Value<'a>> {
    let (start, stop, stride) = match numbers {
        [stop] => (0, number(stop)?, 1),
        [start, stop] => (number(start)?, number(stop)?, 1),
        [start, stop, stride] => (number(start)?, number(stop)?, number(stride)?),
        _ => return None,
    };
    let mut made = Vec::new();
    let mut at = start;
    while (stride > 0 && at < stop) || (stride < 0 && at > stop) {
        made.push(Value::Int(at));
        at = at.checked_add(stride)?;
        if made.len() > MOST {
            return None;
        }
    }
    (stride != 0).then_some(Value::List(made))
}

fn zip<'a>(lists: &[Value<'a>]) -> Option<Value<'a>> {
    let lists: Vec<Vec<Value<'a>>> = lists.iter().map(items).collect::<Option<_>>()?;
    let shortest = lists.iter().map(Vec::len).min()?;
    let row = |at: usize| Value::List(lists.iter().filter_map(|list| list.get(at).cloned()).collect());
    Some(Value::List((0..shortest).map(row).collect()))
}

fn enumerate<'a>(items: Vec<Value<'a>>, first: &Value<'a>) -> Option<Value<'a>> {
    let Value::Int(first) = first else { return None };
    let pair = |(at, item)| Value::List(vec![Value::Int(at), item]);
    Some(Value::List((*first..).zip(items).map(pair).collect()))
}
