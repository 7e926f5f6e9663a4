//! Floor 1: text into model values with spans.
//!
//! Parsing never fails on content: what makes no sense is returned beside what does, and a rule says so. Nothing here
//! reads a file, and nothing here keeps a secret in a message.
pub mod allow;
pub mod compose;
pub mod env;
pub mod expand;
pub mod snapshot;
