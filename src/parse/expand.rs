//! References to variables: `${NAME}` and `${NAME:?}` in manifest values, and those that a text names.
use crate::model::Cause;

/// The text with every reference filled in. `${NAME}` of an unset variable is empty, `${NAME:?}` of an unset or empty
/// one is an error, and so is `${` without its end. A `$` that begins no `${` stays.
///
/// # Errors
/// Names the variable, never a value.
pub fn expand(text: &str, get: &dyn Fn(&str) -> Option<String>) -> Result<String, Cause> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((reference, behind)) = after.split_once('}') else {
            return Err(Cause::new("a `${` is never closed").hint("write `${NAME}` or `${NAME:?}`"));
        };
        let (name, required) = match reference.strip_suffix(":?") {
            Some(name) => (name, true),
            None => (reference, false),
        };
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.is_empty();
        if !is_name {
            return Err(Cause::new("a `${...}` does not hold a name").hint("write `${NAME}` or `${NAME:?}`"));
        }
        let value = get(name).unwrap_or_default();
        if required && value.is_empty() {
            return Err(Cause::new(format!("{name} is not set"))
                .hint(format!("set {name} in the environment, or in `.env` beside the manifest")));
        }
        out.push_str(&value);
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

/// The names that stand behind a `$` of a text: `${HOST}`, `$PORT`, `${A:-$B}`. One that is none is empty.
pub fn referred(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).map(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        rest.get(..end).unwrap_or(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn references() {
        let get = |name: &str| (name == "A").then(|| "x".to_owned());
        assert_eq!(expand("a${A}b${B}$c", &get).unwrap(), "axb$c");
        assert_eq!(expand("${A:?}", &get).unwrap(), "x");
        assert!(expand("${B:?}", &get).unwrap_err().message.contains("B is not set"));
        assert!(expand("${A", &get).is_err());
        assert!(expand("${A:-x}", &get).is_err());
    }
}
