//! Floor 3: pure decisions about what is to be done: what a move would carry.
pub mod estimate;
