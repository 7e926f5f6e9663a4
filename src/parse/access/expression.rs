//! What stands behind `define NAME:`: direct types, relations, and the operators between them.
use super::cursor::Cursor;
use crate::model::access::{DirectForm, DirectType, Rewrite};

/// Deeper parentheses are not read: the reading is recursive.
const DEEPEST: usize = 40;

/// Reads an expression; the direct types that stand in it go to `direct`.
pub(super) fn expression(
    cursor: &mut Cursor<'_>,
    direct: &mut Vec<DirectType>,
    depth: usize,
) -> Result<Rewrite, String> {
    if depth > DEEPEST {
        return Err("the parentheses are nested too deeply to be read".to_owned());
    }
    let mut all = vec![operand(cursor, direct, depth)?];
    let mut joined: Option<&str> = None;
    while let Some(operator) = operator(cursor)? {
        if joined.is_some_and(|joined| joined != operator || operator == "but not") {
            return Err(format!("`{operator}` follows another operator: put parentheses around one of them"));
        }
        joined = Some(operator);
        all.push(operand(cursor, direct, depth)?);
    }
    let last = all.pop().ok_or("an expression is expected")?;
    Ok(match joined {
        None => last,
        Some("or") => Rewrite::Union(with(all, last)),
        Some("and") => Rewrite::Intersection(with(all, last)),
        Some(_) => {
            let base = all.pop().ok_or("an expression is expected")?;
            Rewrite::Exclusion(Box::new(base), Box::new(last))
        }
    })
}

fn with(mut all: Vec<Rewrite>, last: Rewrite) -> Vec<Rewrite> {
    all.push(last);
    all
}

fn operator(cursor: &mut Cursor<'_>) -> Result<Option<&'static str>, String> {
    Ok(match cursor.peek().map(|token| token.text) {
        Some("or") => {
            cursor.next();
            Some("or")
        }
        Some("and") => {
            cursor.next();
            Some("and")
        }
        Some("but") => {
            cursor.next();
            if !cursor.take("not") {
                return Err("`but` is followed by `not`".to_owned());
            }
            Some("but not")
        }
        _ => None,
    })
}

fn operand(cursor: &mut Cursor<'_>, direct: &mut Vec<DirectType>, depth: usize) -> Result<Rewrite, String> {
    if cursor.take("(") {
        let inner = expression(cursor, direct, depth + 1)?;
        return if cursor.take(")") { Ok(inner) } else { Err("a `)` is missing".to_owned()) };
    }
    if cursor.take("[") {
        direct_types(cursor, direct)?;
        return Ok(Rewrite::Direct);
    }
    let name = cursor.name().ok_or("a relation, `[types]` or `(` is expected")?;
    if !cursor.take("from") {
        return Ok(Rewrite::Computed(name.text.to_owned()));
    }
    let tupleset = cursor.name().ok_or("`from` is followed by a relation")?;
    Ok(Rewrite::From { relation: name.text.to_owned(), tupleset: tupleset.text.to_owned() })
}

fn direct_types(cursor: &mut Cursor<'_>, direct: &mut Vec<DirectType>) -> Result<(), String> {
    loop {
        let name = cursor.name().ok_or("a type is expected")?;
        let place = cursor.place(name);
        let form = if cursor.take(":") {
            if !cursor.take("*") {
                return Err("`:` is followed by `*`".to_owned());
            }
            DirectForm::Wildcard
        } else if cursor.take("#") {
            DirectForm::Userset(cursor.name().ok_or("`#` is followed by a relation")?.text.to_owned())
        } else {
            DirectForm::Object
        };
        let condition = if cursor.take("with") {
            Some(cursor.name().ok_or("`with` is followed by a condition")?.text.to_owned())
        } else {
            None
        };
        direct.push(DirectType { name: name.text.to_owned(), form, condition, place });
        if cursor.take("]") {
            return Ok(());
        }
        if !cursor.take(",") {
            return Err("a `,` or `]` is expected".to_owned());
        }
    }
}
