//! Floor 5: what a command does: get facts through stores, have them judged below, build a report.
//!
//! Jobs are strangers to each other. They hold no SQL, print nothing and know no format.
pub mod access;
pub mod acl;
pub mod chain;
pub mod copy;
pub mod drift;
pub mod guard;
pub mod lint;
pub mod round_trip;
pub mod survey;
pub mod verify;
