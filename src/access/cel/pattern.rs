//! Patterns of `matches`: RE2's, in the words of the library that is used here.
//!
//! Both mean the same by most of what is written. Where they do not, a pattern is translated; what cannot be is not read, for
//! a pattern that means another thing decides wrongly.

/// A pattern of RE2 as one that means the same here; nothing when that cannot be said.
pub(super) fn translated(pattern: &str) -> Option<String> {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    // Within a class, and whether it has begun: a `]` that comes first belongs to it.
    let (mut in_class, mut is_first) = (false, false);
    while let Some(c) = chars.next() {
        let was_first = std::mem::take(&mut is_first);
        match c {
            '\\' => out.push_str(&escaped(chars.next()?, in_class)?),
            '[' if !in_class => {
                (in_class, is_first) = (true, true);
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
            }
            // `[[:alpha:]]` is a class in both; any other bracket is itself.
            '[' if chars.peek() == Some(&':') => {
                out.push('[');
                for inner in chars.by_ref() {
                    out.push(inner);
                    if inner == ']' {
                        break;
                    }
                }
            }
            ']' if in_class && was_first => out.push_str("\\]"),
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            // Here these would be sets taken from each other.
            '[' | '&' | '~' if in_class => out.extend(['\\', c]),
            '-' if in_class && chars.peek() == Some(&'-') => return None,
            '(' if !in_class && chars.peek() == Some(&'?') => {
                out.push('(');
                let rest: String = chars.clone().skip(1).collect();
                let flags = rest.split([':', ')', 'P', '<']).next().unwrap_or_default();
                if !flags.chars().all(|flag| "imsU-".contains(flag)) {
                    return None;
                }
            }
            other => out.push(other),
        }
    }
    Some(out)
}

/// What stands for an escape: RE2's classes are those of ASCII.
fn escaped(c: char, in_class: bool) -> Option<String> {
    let (one, all) = match c.to_ascii_lowercase() {
        'd' => ("0-9", "[0-9]"),
        'w' => ("0-9A-Za-z_", "[0-9A-Za-z_]"),
        's' => ("\\t\\n\\f\\r ", "[\\t\\n\\f\\r ]"),
        'b' if in_class => return None,
        'b' => return Some(format!("(?-u:\\{c})")),
        'a' | 'f' | 'n' | 'r' | 't' | 'v' | 'x' | 'z' | 'p' if c != 'X' => return Some(format!("\\{c}")),
        letter if letter.is_ascii_alphanumeric() => return None,
        _ if c == '<' || c == '>' => return Some(c.to_string()),
        _ => return Some(format!("\\{c}")),
    };
    Some(match (c.is_ascii_uppercase(), in_class) {
        (false, true) => one.to_owned(),
        (false, false) => all.to_owned(),
        (true, _) => format!("[^{one}]"),
    })
}
