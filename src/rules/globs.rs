//! Declared globs, compiled once for a rule.
use globset::GlobMatcher;

use crate::manifest::{At, glob};

/// A list of globs, each with where it was declared.
pub(super) struct Globs<'d>(Vec<(GlobMatcher, &'d At<String>)>);

impl<'d> Globs<'d> {
    /// Compiles globs, which were held to their form with the manifest.
    pub(super) fn new(declared: impl IntoIterator<Item = &'d At<String>>) -> Self {
        Self(declared.into_iter().filter_map(|at| Some((glob(at).ok()?, at))).collect())
    }

    /// The first one that matches.
    pub(super) fn of(&self, text: &str) -> Option<&'d At<String>> {
        self.0.iter().find(|(glob, _)| glob.is_match(text)).map(|(_, at)| *at)
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each glob on its own, with its place.
    pub(super) fn each(&self) -> impl Iterator<Item = (&GlobMatcher, &'d At<String>)> {
        self.0.iter().map(|(glob, at)| (glob, *at))
    }
}
