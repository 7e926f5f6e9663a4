//! Paths as they are printed, and the same paths as a repository names them.
use std::fs;
use std::path::Path;

use crate::model::path::under;

/// Where a repository lies, and where the program runs; both absolute and without links.
pub(super) struct Places {
    top: String,
    here: String,
}

impl Places {
    /// `top` as git tells it.
    ///
    /// # Errors
    /// The system's, when the current folder is gone.
    pub(super) fn new(top: &Path) -> std::io::Result<Self> {
        let text = |path: &Path| path.to_string_lossy().trim_end_matches('/').to_owned();
        Ok(Self { top: text(top), here: text(&fs::canonicalize(".")?) })
    }

    /// The name inside the repository of a printed path; `None` when it lies outside. The top itself is empty.
    pub(super) fn inside(&self, printed: &str) -> Option<String> {
        let absolute = under(if self.here.is_empty() { "/" } else { &self.here }, printed);
        self.below_top(&absolute).or_else(|| self.below_top(&real(&absolute)?))
    }

    fn below_top(&self, absolute: &str) -> Option<String> {
        let rest = absolute.strip_prefix(&self.top)?;
        if rest.is_empty() { Some(String::new()) } else { Some(rest.strip_prefix('/')?.to_owned()) }
    }

    /// The printed path of a name inside the repository, as a person would type it here.
    pub(super) fn printed(&self, inside: &str) -> String {
        let absolute = self.absolute(inside);
        if let Some(below) = absolute.strip_prefix(&self.here).and_then(|rest| rest.strip_prefix('/')) {
            return below.to_owned();
        }
        match self.below_top(&self.here) {
            Some(from) => "../".repeat(from.split('/').count()) + inside,
            None => absolute,
        }
    }

    /// The whole path of a name inside the repository.
    pub(super) fn absolute(&self, inside: &str) -> String {
        format!("{}/{inside}", self.top)
    }
}

/// The path with the links of its deepest folder that exists resolved.
fn real(absolute: &str) -> Option<String> {
    let mut folder = absolute;
    while let Some((above, _)) = folder.rsplit_once('/') {
        folder = above;
        if let Ok(real) = fs::canonicalize(if above.is_empty() { "/" } else { above }) {
            let rest = absolute.get(above.len()..).unwrap_or_default();
            return Some(format!("{}{rest}", real.to_string_lossy().trim_end_matches('/')));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let places = Places { top: "/r".into(), here: "/r/sub/deep".into() };
        for (printed, inside) in [
            ("x", Some("sub/deep/x")),
            ("../x", Some("sub/x")),
            ("../../x/y", Some("x/y")),
            (".", Some("sub/deep")),
            ("../..", Some("")),
            ("../../../x", None),
            ("/r/x", Some("x")),
            ("/rest/x", None),
        ] {
            assert_eq!(places.inside(printed).as_deref(), inside, "{printed}");
        }
        assert_eq!(places.printed("sub/deep/x"), "x");
        assert_eq!(places.printed("sub/x"), "../../sub/x");
        let outside = Places { top: "/r".into(), here: "/s".into() };
        assert_eq!(outside.printed("x"), "/r/x");
        let root = Places { top: String::new(), here: "/s".into() };
        assert_eq!((root.inside("x").as_deref(), root.printed("s/x").as_str()), (Some("s/x"), "x"));
    }
}
