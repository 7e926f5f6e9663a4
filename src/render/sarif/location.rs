//! Where a SARIF result is: places as physical locations, objects as logical ones.
//!
//! Code scanning drops a result without a file, so an object that is no file stands in as one: an address like
//! `live/table/books`, relative to nothing and described as what it is. It names the object where the file name is
//! shown and can't be mistaken for a file of the repository; a made-up line of `trueup.toml` could.
use super::super::said;
use super::super::text::plain;
use super::shape::{ArtifactLocation, Location, LogicalLocation, PhysicalLocation, Region, Text};
use crate::model::{Object, ObjectKind, Place};

/// The base that relative paths are relative to.
pub(super) const ROOT: &str = "%SRCROOT%";

/// The location of a result: its place, or else its object; the object by its name in any case.
pub(super) fn of(on: &Object, place: Option<&Place>) -> Location {
    let physical = place.map_or_else(|| stand_in(on), physical);
    Location { physical: Some(physical), logical: vec![logical(on)], ..Location::default() }
}

/// A place with a word about it.
pub(super) fn labelled(place: &Place, id: usize, label: &str) -> Location {
    Location { id: Some(id), message: Some(Text { text: plain(label).into_owned() }), ..at(place) }
}

/// A place alone.
pub(super) fn at(place: &Place) -> Location {
    Location { physical: Some(physical(place)), ..Location::default() }
}

fn logical(on: &Object) -> LogicalLocation {
    LogicalLocation { fully_qualified_name: plain(&on.name).into_owned(), kind: said::kind(on.kind) }
}

fn physical(place: &Place) -> PhysicalLocation {
    let (start, end) = (place.span.start, place.span.end);
    let (line, column) = (start.line.max(1), start.column.max(1));
    let forward = (end.line, end.column) > (line, column);
    let region = Region {
        start_line: line,
        start_column: column,
        end_line: forward.then_some(end.line),
        end_column: forward.then_some(end.column.max(1)),
    };
    PhysicalLocation { artifact_location: artifact(&place.path), region }
}

fn stand_in(on: &Object) -> PhysicalLocation {
    let artifact_location = match on.kind {
        ObjectKind::File => artifact(&on.name),
        kind @ (ObjectKind::Run
        | ObjectKind::Environment
        | ObjectKind::Endpoint
        | ObjectKind::Table
        | ObjectKind::Column) => ArtifactLocation {
            uri: Some(format!("live/{}/{}", said::kind(kind), encoded(&on.name, false))),
            uri_base_id: None,
            description: Some(Text { text: format!("not a file: {}", plain(&said::object(on))) }),
        },
    };
    let region = Region { start_line: 1, start_column: 1, end_line: None, end_column: None };
    PhysicalLocation { artifact_location, region }
}

/// A path as an address: relative to the root, or a `file:` address when it is absolute.
fn artifact(path: &str) -> ArtifactLocation {
    let path = path.strip_prefix("./").unwrap_or(path);
    let drive = matches!(path.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic());
    let (uri, base) = match path.strip_prefix('/') {
        Some(rest) => (format!("file:///{}", encoded(rest.trim_start_matches('/'), true)), None),
        None if drive => (format!("file:///{}", encoded(path, true)), None),
        None => (encoded(path, true), Some(ROOT)),
    };
    ArtifactLocation { uri: Some(uri), uri_base_id: base, description: None }
}

/// Percent-encoding of everything that RFC 3986 does not call unreserved; the slash is kept in paths.
fn encoded(text: &str, keep_slashes: bool) -> String {
    let mut uri = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            b'/' if keep_slashes => uri.push('/'),
            _ => {
                let escape = format!("%{byte:02X}");
                uri.push_str(&escape);
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(path: &str) -> (String, Option<&'static str>) {
        let location = artifact(path);
        (location.uri.unwrap(), location.uri_base_id)
    }

    #[test]
    fn paths_become_addresses() {
        assert_eq!(uri("./infra/.env example"), ("infra/.env%20example".to_owned(), Some(ROOT)));
        assert_eq!(uri("c:x/größe%"), ("c%3Ax/gr%C3%B6%C3%9Fe%25".to_owned(), Some(ROOT)));
        assert_eq!(uri("/etc/a?b"), ("file:///etc/a%3Fb".to_owned(), None));
        assert_eq!(uri("C:/a b"), ("file:///C%3A/a%20b".to_owned(), None));
    }
}
