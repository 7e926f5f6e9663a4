//! What a file of any sort sets.
use super::{Cause, Hidden, InlineAllow, Span};

/// The values of a file that was read for the ids in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// Its values, in order. What stands in a comment is none.
    pub list: Vec<Setting>,
    /// Inline allows.
    pub allows: Vec<InlineAllow>,
    /// Why values may be missing.
    pub problems: Vec<Cause>,
}

/// A value, and what it is given to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The keys, fields, arguments and variables that it is the value of, the nearest first; none when it is only named.
    pub keys: Vec<String>,
    /// The value.
    pub value: Hidden,
    /// Whether it is all of the value, and not put together with something else.
    pub is_whole: bool,
    /// Where it stands, or its key.
    pub span: Span,
}
