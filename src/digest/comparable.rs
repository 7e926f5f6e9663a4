//! Which kinds can be compared with which.
//!
//! Owns the pairs of kinds whose canonical forms are of one layout, so that equal values have equal bytes. Refuses the rest:
//! a `timestamp` and a `timestamptz` are of one shape and mean different things.
use super::kind::Kind;

/// What a column of the source and its counterpart in the target are compared as; `None` when they cannot be compared.
pub fn comparable(source: &Kind, target: &Kind) -> Option<(Kind, Kind)> {
    let both = |kind: Kind| Some((kind.clone(), kind));
    match (source, target) {
        (Kind::Dynamic, Kind::Dynamic) => both(Kind::Dynamic),
        // A cell of a store without types is read as what the other side has.
        (Kind::Dynamic, typed) | (typed, Kind::Dynamic) => {
            is_plain(typed).then(|| (typed.clone(), typed.clone()))
        }
        (Kind::Sent(one), Kind::Sent(other)) => {
            // An extension may live in another schema on each side.
            (one.function() == other.function()).then(|| (source.clone(), target.clone()))
        }
        (Kind::Array(one), Kind::Array(other)) => within(one, other, Kind::Array),
        (Kind::Range(one), Kind::Range(other)) => within(one, other, Kind::Range),
        (Kind::Multirange(one), Kind::Multirange(other)) => within(one, other, Kind::Multirange),
        (Kind::Record(one), Kind::Record(other)) if one.len() == other.len() => {
            let (mut left, mut right) = (Vec::new(), Vec::new());
            for ((name, kind), (other_name, other_kind)) in one.iter().zip(other) {
                // What is the same by its place would mean something else by its name.
                if name != other_name {
                    return None;
                }
                let (kind, other_kind) = comparable(kind, other_kind)?;
                left.push((name.clone(), kind));
                right.push((other_name.clone(), other_kind));
            }
            Some((Kind::Record(left), Kind::Record(right)))
        }
        _ if source == target => both(source.clone()),
        _ => match (width(source), width(target)) {
            (Some(one), Some(other)) => both(if one > other { source.clone() } else { target.clone() }),
            (Some(_), None) if *target == Kind::Numeric => both(Kind::Numeric),
            (None, Some(_)) if *source == Kind::Numeric => both(Kind::Numeric),
            _ if is_float(source) && is_float(target) => both(Kind::Float8),
            _ => (is_text(source) && is_text(target)).then(|| (source.clone(), target.clone())),
        },
    }
}

/// What a column is compared as while nobody knows its counterpart: the widest kind of its family, so that a narrower
/// counterpart can be compared as the same.
pub fn widest(kind: &Kind) -> Kind {
    let inner = |kind: &Kind| Box::new(widest(kind));
    match kind {
        Kind::Int2 | Kind::Int4 => Kind::Int8,
        Kind::Float4 => Kind::Float8,
        Kind::Array(item) => Kind::Array(inner(item)),
        Kind::Range(item) => Kind::Range(inner(item)),
        Kind::Multirange(item) => Kind::Multirange(inner(item)),
        Kind::Record(fields) => {
            Kind::Record(fields.iter().map(|(name, kind)| (name.clone(), widest(kind))).collect())
        }
        other => other.clone(),
    }
}

/// What a column must be read as to be held to one that was digested as `digested`; `None` when it cannot be.
pub fn read_as(own: &Kind, digested: &Kind) -> Option<Kind> {
    comparable(own, digested).filter(|(_, kind)| kind == digested).map(|(own, _)| own)
}

fn within(one: &Kind, other: &Kind, container: fn(Box<Kind>) -> Kind) -> Option<(Kind, Kind)> {
    let (one, other) = comparable(one, other)?;
    Some((container(Box::new(one)), container(Box::new(other))))
}

fn width(kind: &Kind) -> Option<u8> {
    match kind {
        Kind::Int2 => Some(2),
        Kind::Int4 => Some(4),
        Kind::Int8 => Some(8),
        _ => None,
    }
}

fn is_float(kind: &Kind) -> bool {
    matches!(kind, Kind::Float4 | Kind::Float8)
}

/// All of these are compared by their UTF-8.
fn is_text(kind: &Kind) -> bool {
    matches!(kind, Kind::Text | Kind::BlankPadded | Kind::Printed)
}

/// Kinds that a cell without a type can be read as.
fn is_plain(kind: &Kind) -> bool {
    !matches!(kind, Kind::Sent(_) | Kind::Array(_) | Kind::Range(_) | Kind::Multirange(_) | Kind::Record(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_one_layout() {
        let list = |kind| Kind::Array(Box::new(kind));
        for (source, target, expected) in [
            (Kind::Int4, Kind::Int8, Some(Kind::Int8)),
            (list(Kind::Int8), list(Kind::Int2), Some(list(Kind::Int8))),
            (Kind::Int4, Kind::Numeric, Some(Kind::Numeric)),
            (Kind::Float4, Kind::Float8, Some(Kind::Float8)),
            (Kind::Dynamic, Kind::Uuid, Some(Kind::Uuid)),
            (Kind::Timestamp, Kind::TimestampTz, None),
            (Kind::Text, Kind::Int4, None),
            (Kind::Text, Kind::Bytea, None),
            (Kind::Dynamic, list(Kind::Int4), None),
            (Kind::Int4, list(Kind::Int4), None),
            (Kind::Oid, Kind::Int4, None),
        ] {
            let found = comparable(&source, &target);
            assert_eq!(found.map(|(source, _)| source), expected, "{source:?} {target:?}");
        }
        let (source, target) =
            (Kind::extension("a", "vector").unwrap(), Kind::extension("b", "vector").unwrap());
        assert_eq!(comparable(&source, &target), Some((source, target)));
        assert_eq!(comparable(&Kind::Text, &Kind::Printed), Some((Kind::Text, Kind::Printed)));
    }
}
