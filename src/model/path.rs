//! Paths as a person types them: text, with forward slashes, never looked up.

/// `path` inside `base`, without `.` parts. An absolute path stays.
pub fn under(base: &str, path: &str) -> String {
    let root = if path.starts_with('/') || base.starts_with('/') { "/" } else { "" };
    let base = if path.starts_with('/') { "" } else { base };
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')).filter(|part| !part.is_empty() && *part != ".") {
        match parts.last() {
            Some(last) if part == ".." && *last != ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    match parts.as_slice() {
        [] if root.is_empty() => ".".to_owned(),
        parts => format!("{root}{}", parts.join("/")),
    }
}

#[cfg(test)]
mod tests {
    use super::under;

    #[test]
    fn paths() {
        let cases = [
            ("", "a/b", "a/b"),
            ("infra", "./.env.example", "infra/.env.example"),
            ("infra", "../agent/x", "agent/x"),
            ("", "../x", "../x"),
            ("infra", "/abs/x", "/abs/x"),
            ("/abs", "x", "/abs/x"),
            ("..", "../x", "../../x"),
            ("", ".", "."),
            ("a", "..", "."),
            ("", "a\\b", "a\\b"),
        ];
        for (base, path, expected) in cases {
            assert_eq!(under(base, path), expected);
        }
    }
}
