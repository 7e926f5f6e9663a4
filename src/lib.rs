//! trueup: one binary that says whether two things that should agree do agree.
#![forbid(unsafe_code)]
pub mod digest;
pub mod model;
pub mod render;
