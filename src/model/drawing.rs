//! A graph to be drawn: boxes and lines.

/// A graph to be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drawing {
    /// What it is of.
    pub title: String,
    /// The boxes; what they stand on comes before them.
    pub nodes: Vec<DrawnNode>,
    /// The lines.
    pub edges: Vec<DrawnEdge>,
}

/// A box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawnNode {
    /// Its first line.
    pub name: String,
    /// Its second line.
    pub detail: String,
    /// What is special about it.
    pub mark: Mark,
}

/// What is special about a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Nothing.
    Plain,
    /// Nothing follows it.
    Head,
    /// Several follow it.
    Branch,
    /// It joins several.
    Merge,
    /// Something that is named and is not there.
    Missing,
}

/// A line between two boxes, by their indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawnEdge {
    /// Where it begins.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// Whether it is a weaker tie, which is dashed.
    pub is_dashed: bool,
}
