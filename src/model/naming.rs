//! Names of constraints and indexes, as an operation says them, and the convention that makes others of them.
use std::collections::BTreeMap;

/// The name of a constraint or an index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Name {
    /// None is said, and a naming convention may make one.
    #[default]
    Unsaid,
    /// One is said, of which a naming convention may make another.
    Said(String),
    /// This one, whatever the convention.
    Exact(String),
    /// This one, which the convention made: whoever ran the revision before there was one has another.
    Convention(String),
    /// The database makes one up.
    Made,
    /// Nobody can tell.
    Untold,
}

impl Name {
    /// The name, when one can be told.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Said(name) | Self::Exact(name) | Self::Convention(name) => Some(name),
            Self::Unsaid | Self::Made | Self::Untold => None,
        }
    }
}

/// What a `MetaData` makes of names: templates by `ix`, `uq`, `ck`, `fk` and `pk`, and the tokens of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Convention {
    /// By their words; nothing where only running it would tell.
    pub templates: BTreeMap<String, Option<String>>,
}

impl Default for Convention {
    /// That of a `MetaData` to which none is given.
    fn default() -> Self {
        let index = ("ix".to_owned(), Some("ix_%(column_0_label)s".to_owned()));
        Self { templates: BTreeMap::from([index]) }
    }
}
