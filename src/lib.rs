//! trueup
pub mod cli;
pub mod diff;
pub mod digest;
pub mod jobs;
pub mod manifest;
pub mod mapping;
pub mod model;
pub mod parse;
pub mod render;
pub mod rules;
pub mod stores;
