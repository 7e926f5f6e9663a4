//! What a Dockerfile says, as far as where things come from.
use super::{Hidden, Span};

/// A Dockerfile, instruction by instruction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dockerfile {
    /// The image that `# syntax=` names, and where.
    pub syntax: Option<(String, Span)>,
    /// Its instructions in the order of the file.
    pub instructions: Vec<Instruction>,
}

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// Its first word in upper case: `FROM`, `RUN`.
    pub word: String,
    /// What follows it: continued lines joined, comments left out, here-documents behind it on lines of their own.
    pub text: Hidden,
    /// Where its first word stands.
    pub span: Span,
}

/// An image that a build takes something from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseImage {
    /// The image; `None` when a variable without a value hides it.
    pub image: Option<String>,
    /// Where it is named.
    pub span: Span,
}
