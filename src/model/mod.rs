//! Floor 0: plain data that every other room shares. It imports nothing of the house and does nothing.
pub mod value;
