//! Floor 3: what is to be done, decided from facts, without a store. It does nothing of it.
pub mod approval;
pub mod copy;
pub mod estimate;
pub mod order;
