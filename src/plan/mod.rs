//! Floor 3: what is to be done, decided from facts, without a store. It does nothing of it.
pub mod copy;
pub mod estimate;
pub mod groups;
pub mod order;
pub mod steps;
pub mod tuples;
