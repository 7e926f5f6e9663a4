//! Floor 1: text into model values with spans.
//!
//! Parsing never fails on content: what makes no sense is returned beside what does, and a rule says so. Nothing here
//! reads a file, and nothing here keeps a secret in a message.
pub mod access;
pub mod alembic;
pub mod allow;
pub mod code;
pub mod compose;
pub mod condition;
pub mod config;
pub mod dockerfile;
pub mod env;
mod excerpt;
pub mod expand;
pub mod expression;
pub mod hosts;
pub mod image;
pub mod ini;
pub mod python;
pub mod settings;
pub mod snapshot;
pub mod sql;
pub mod sqlite_table;
pub mod timestamp;
mod yaml;
