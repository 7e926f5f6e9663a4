//! What an expression comes to.
use super::call::call;
use super::operate::{binary, minus};
use super::parse::Expr;
use super::value::Value;

/// The names that stand for values, the innermost last, and how much work is left.
pub(in crate::access) struct Scope {
    names: Vec<(String, Value)>,
    steps: u32,
}

impl Scope {
    pub(in crate::access) fn new(names: Vec<(String, Value)>) -> Self {
        Self { names, steps: 100_000 }
    }

    fn step(&mut self) -> Result<(), String> {
        self.steps = self.steps.checked_sub(1).ok_or("it takes too many steps")?;
        Ok(())
    }
}

pub(super) type Evaluated = Result<Value, String>;

/// Evaluates an expression.
pub(in crate::access) fn evaluate(expr: &Expr, scope: &mut Scope) -> Evaluated {
    scope.step()?;
    match expr {
        Expr::Literal(value) => Ok(value.clone()),
        Expr::Name(name) => {
            let found = scope.names.iter().rev().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone()).ok_or_else(|| format!("there is no `{name}`"))
        }
        Expr::Field(of, name) => field(&evaluate(of, scope)?, name),
        Expr::Index(of, index) => {
            let (of, index) = (evaluate(of, scope)?, evaluate(index, scope)?);
            at(&of, &index)
        }
        Expr::Not(inner) => Ok(Value::Bool(!boolean(evaluate(inner, scope)?)?)),
        Expr::Minus(inner) => minus(&evaluate(inner, scope)?),
        Expr::Binary(operator, left, right) => {
            let (left, right) = (evaluate(left, scope)?, evaluate(right, scope)?);
            binary(operator, &left, &right)
        }
        Expr::And(all) => until(all, false, scope),
        Expr::Or(all) => until(all, true, scope),
        Expr::If(condition, then, other) => {
            let is_met = boolean(evaluate(condition, scope)?)?;
            evaluate(if is_met { then } else { other }, scope)
        }
        Expr::List(all) => {
            all.iter().map(|one| evaluate(one, scope)).collect::<Result<_, _>>().map(Value::List)
        }
        Expr::Map(all) => {
            let mut map: Vec<(Value, Value)> = Vec::new();
            for (key, value) in all {
                let key = evaluate(key, scope)?;
                if map.iter().any(|(known, _)| known.equals(&key)) {
                    return Err("a key stands twice in a map".to_owned());
                }
                map.push((key, evaluate(value, scope)?));
            }
            Ok(Value::Map(map))
        }
        Expr::Call(name, on, arguments) => match (name.as_str(), on, arguments.as_slice()) {
            ("has", None, [Expr::Field(of, field)]) => has(of, field, scope),
            (
                "all" | "exists" | "exists_one" | "filter" | "map",
                Some(on),
                [Expr::Name(variable), body @ ..],
            ) if matches!(body.len(), 1 | 2) => {
                let on = evaluate(on, scope)?;
                comprehension(name, on, variable, body, scope)
            }
            _ => {
                let on = on.as_ref().map(|on| evaluate(on, scope)).transpose()?;
                let arguments =
                    arguments.iter().map(|one| evaluate(one, scope)).collect::<Result<Vec<_>, _>>()?;
                call(name, on.as_ref(), &arguments)
            }
        },
    }
}

pub(super) fn boolean(value: Value) -> Result<bool, String> {
    match value {
        Value::Bool(is) => Ok(is),
        other => Err(format!("a {} is no bool", other.kind())),
    }
}

/// `&&` stops at a false and `||` at a true, and neither minds an error beside it.
fn until(all: &[Expr], stop: bool, scope: &mut Scope) -> Evaluated {
    let mut wrong = None;
    for one in all {
        match evaluate(one, scope).and_then(boolean) {
            Ok(is) if is == stop => return Ok(Value::Bool(stop)),
            Ok(_) => {}
            Err(error) => wrong = wrong.or(Some(error)),
        }
    }
    wrong.map_or(Ok(Value::Bool(!stop)), Err)
}

fn field(of: &Value, name: &str) -> Evaluated {
    match of {
        Value::Map(_) => at(of, &Value::Text(name.to_owned())),
        other => Err(format!("a {} has no field `{name}`", other.kind())),
    }
}

fn has(of: &Expr, name: &str, scope: &mut Scope) -> Evaluated {
    match evaluate(of, scope)? {
        Value::Map(map) => {
            let key = Value::Text(name.to_owned());
            Ok(Value::Bool(map.iter().any(|(known, _)| known.equals(&key))))
        }
        other => Err(format!("a {} has no fields", other.kind())),
    }
}

fn at(of: &Value, index: &Value) -> Evaluated {
    match (of, index) {
        (Value::Map(map), key) => {
            let found = map.iter().find(|(known, _)| known.equals(key));
            found.map(|(_, value)| value.clone()).ok_or_else(|| "there is no such key in the map".to_owned())
        }
        (Value::List(list), Value::Int(_) | Value::Uint(_) | Value::Double(_)) => {
            let place = (0..list.len()).find(|place| Value::Uint(*place as u64).equals(index));
            let found = place.and_then(|place| list.get(place).cloned());
            found.ok_or_else(|| "there is no such place in the list".to_owned())
        }
        (of, index) => Err(format!("a {} can't be asked for a {}", of.kind(), index.kind())),
    }
}

fn comprehension(name: &str, on: Value, variable: &str, body: &[Expr], scope: &mut Scope) -> Evaluated {
    let items = match on {
        Value::List(items) => items,
        Value::Map(map) => map.into_iter().map(|(key, _)| key).collect(),
        other => return Err(format!("a {} has no items", other.kind())),
    };
    let (mut met, mut wrong, mut out) = (0_usize, None, Vec::new());
    let stop = match name {
        "all" => Some(false),
        "exists" => Some(true),
        _ => None,
    };
    for item in items {
        scope.names.push((variable.to_owned(), item.clone()));
        let told = each(name, item, body, scope);
        scope.names.pop();
        match (told, stop) {
            (Ok((is, _)), Some(stop)) if is == stop => return Ok(Value::Bool(stop)),
            (Ok((is, value)), _) => {
                met += usize::from(is);
                out.extend(value.filter(|_| is));
            }
            // One that decides may still follow.
            (Err(error), Some(_)) => wrong = wrong.or(Some(error)),
            (Err(error), None) => return Err(error),
        }
    }
    match (wrong, stop, name) {
        (Some(error), ..) => Err(error),
        (None, Some(stop), _) => Ok(Value::Bool(!stop)),
        (None, None, "exists_one") => Ok(Value::Bool(met == 1)),
        (None, None, _) => Ok(Value::List(out)),
    }
}

/// Whether an item counts, and what it becomes.
fn each(name: &str, item: Value, body: &[Expr], scope: &mut Scope) -> Result<(bool, Option<Value>), String> {
    match (name, body) {
        ("map", [turn]) => Ok((true, Some(evaluate(turn, scope)?))),
        ("map", [filter, turn]) => {
            let is = boolean(evaluate(filter, scope)?)?;
            Ok((is, if is { Some(evaluate(turn, scope)?) } else { None }))
        }
        (_, [predicate]) => Ok((boolean(evaluate(predicate, scope)?)?, Some(item))),
        _ => Err(format!("`{name}` takes a name and an expression")),
    }
}
