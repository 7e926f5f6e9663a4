//! `volumes` of a service in their short form.
//!
//! Rules of compose-go 2.16 `format/volume.go`.

/// One mount of a short form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ShortMount {
    pub(super) source: String,
    pub(super) target: String,
    pub(super) read_only: bool,
    /// A path of the host, else a name or nothing.
    pub(super) is_bind: bool,
}

/// The mount of `[source:]target[:options]`; `None` when it is none.
pub(super) fn short_mount(text: &str) -> Option<ShortMount> {
    let mut mount = ShortMount::default();
    if text.is_empty() {
        return None;
    }
    if text.len() <= 2 {
        text.clone_into(&mut mount.target);
        return Some(mount);
    }
    let parts = split(text);
    let last = parts.len() - 1;
    for (index, part) in parts.iter().enumerate() {
        if part.is_empty() {
            return None;
        }
        if mount.source.is_empty() && index == last && mount.target.is_empty() {
            mount.target.clone_from(part);
        } else if mount.source.is_empty() {
            mount.source.clone_from(part);
        } else if mount.target.is_empty() {
            mount.target.clone_from(part);
        } else if index < last {
            return None;
        } else {
            for option in part.split(',') {
                match option {
                    "ro" => mount.read_only = true,
                    "rw" => mount.read_only = false,
                    _ => {}
                }
            }
        }
    }
    mount.is_bind = is_file_path(&mount.source);
    Some(mount)
}

/// The parts between colons; a drive's colon and one inside `${...}` divide nothing.
fn split(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut open = 0_u32;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '$' && chars.peek() == Some(&'{') {
            open += 1;
            part.push(c);
        } else if c == '}' && open > 0 {
            open -= 1;
            part.push(c);
        } else if c == ':' && open == 0 && !is_drive(&part) {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(c);
        }
    }
    parts.push(part);
    parts
}

fn is_drive(part: &str) -> bool {
    let mut chars = part.chars();
    chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none()
}

fn is_file_path(source: &str) -> bool {
    let mut chars = source.chars();
    let first = chars.next();
    source.starts_with(['.', '/', '~'])
        || source.starts_with(r"\\")
        || (first.is_some_and(char::is_alphabetic) && chars.next() == Some(':'))
}

/// Go's `path.Clean` of a target.
pub(super) fn cleaned(target: &str) -> String {
    if target.is_empty() {
        return String::new();
    }
    let rooted = target.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in target.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match parts.last() {
            Some(last) if part == ".." && *last != ".." => {
                parts.pop();
            }
            None if part == ".." && rooted => {}
            _ => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}
