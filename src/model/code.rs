//! What code reads from its environment.
use std::collections::BTreeSet;

use super::{InlineAllow, Place, Span};

/// What one file of code reads, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CodeReads {
    /// Reads of keys that the text tells.
    pub reads: Vec<EnvRead>,
    /// Reads of keys that only a run tells.
    pub computed: Vec<ComputedRead>,
    /// Why some of the file could not be understood; what could be is told all the same.
    pub unclear: Option<Unclear>,
    /// Inline allows.
    pub allows: Vec<InlineAllow>,
    /// The words of its code that could be keys, comments left out.
    pub words: BTreeSet<String>,
}

/// One look at the environment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnvRead {
    /// Where the key stands.
    pub at: CodeSpan,
    /// The key, and the others that would do as well.
    pub names: Vec<String>,
    /// Whether the code goes on with a value of its own when the key is not set.
    pub has_default: bool,
    /// Whether upper and lower case are one to the reader.
    pub ignores_case: bool,
    /// What stands between the key and the parts of its value, which may be set one by one: `__` of `DB__HOST`.
    pub delimiter: Option<String>,
    /// Whether the key is only a part of how the settings are built, which nobody sets by this name.
    pub is_implied: bool,
}

impl EnvRead {
    /// Whether a key of that name answers this read.
    pub fn takes(&self, key: &str) -> bool {
        let same = |name: &str, key: &str| {
            if self.ignores_case { name.to_lowercase() == key.to_lowercase() } else { name == key }
        };
        self.names.iter().any(|name| {
            let part = || {
                let (start, rest) = key.split_at_checked(name.len())?;
                let delimiter = self.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty())?;
                let (between, part) = rest.split_at_checked(delimiter.len())?;
                Some(same(name, start) && same(delimiter, between) && !part.is_empty())
            };
            same(name, key) || part() == Some(true)
        })
    }

    /// The key as people write it.
    pub fn key(&self) -> String {
        let first = self.names.first().map_or("", String::as_str);
        if self.ignores_case { first.to_uppercase() } else { first.to_owned() }
    }
}

/// A read whose key only a run tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ComputedRead {
    /// Where it stands.
    pub at: CodeSpan,
    /// What keeps the text from telling the key: lower case, no full stop.
    pub why: &'static str,
}

/// Something in a file that could not be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclear {
    /// Where it begins.
    pub span: Span,
    /// What is wrong, without any text of the file.
    pub problem: &'static str,
}

/// A stretch of code, with its line as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CodeSpan {
    /// Where.
    pub span: Span,
    /// Its line, with the text of other strings masked; none for a line that is too long to show.
    pub excerpt: Option<String>,
}

impl CodeSpan {
    /// The place in the file at `path`.
    pub fn place(&self, path: &str) -> Place {
        let place = Place::new(path, self.span);
        match &self.excerpt {
            Some(excerpt) => place.showing(excerpt),
            None => place,
        }
    }
}
