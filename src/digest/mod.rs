//! Floor 1: canonical bytes of every type, Postgres' hash functions, buckets.
//!
//! A row's digest is made in three steps: each cell becomes a *canonical element* ([`canonical`]), the elements are
//! hashed and combined as Postgres' `hash_record_extended` does ([`hasher`], [`postgres_hash`]), and row hashes are added up in
//! buckets ([`bucket`]). [`expression`] writes the SQL that makes a Postgres server (14 or later) do all three and arrive
//! at the same numbers. This room does no I/O and holds no rows.
//!
//! The digest is for accidents, not for adversaries: a miss has a chance of about 2^-63 a pair, but whoever knows the
//! printed seed can guess rows of low entropy and could construct collisions.
pub mod bucket;
pub mod buckets;
pub mod canonical;
pub mod comparable;
pub mod convert;
pub mod expression;
pub mod hashed_row;
pub mod hasher;
pub mod jsonb;
pub mod kind;
pub mod list;
pub mod numeric;
pub mod passing;
pub mod postgres_hash;
pub mod probe;
pub mod short;
pub mod signature;
pub mod wire;
