//! Floor 2: two of a kind, compared.
//!
//! Pure: what is compared was read before, and what differs is told to whoever asked. Nothing here judges.
pub mod fingerprint;
pub mod realm;
pub mod rows;
pub mod schema;
