//! Floor 0: plain data that every other room shares.
//!
//! It owns the words of the house: what was looked at ([`Look`], [`Looked`]), what was judged ([`Check`],
//! [`Verdict`], [`Finding`]), where ([`Place`], [`Object`]) and the facts that rules judge. It imports nothing of the
//! house, touches nothing outside the process and decides nothing.
pub mod access;
pub mod chain;
mod check;
mod code;
pub mod compose;
mod config;
pub mod copy;
mod dialect;
mod dockerfile;
pub mod drawing;
mod env;
mod exit;
mod guard;
mod host;
pub mod integrity;
pub mod ledger;
mod lines;
mod live_chain;
mod look;
mod mode;
pub mod naming;
pub mod operation;
pub mod parity;
pub mod part;
pub mod path;
mod place;
pub mod realm;
mod report;
mod role;
mod round_trip;
mod rule_id;
pub mod schema;
mod setting;
pub mod sql;
pub mod survey;
mod table_diff;
pub mod value;
pub mod vectors;

pub use check::{Allowed, Check, Finding, Fix, Looked, Object, ObjectKind, Related, Verdict};
pub use code::{CodeReads, CodeSpan, ComputedRead, EnvRead, Unclear};
pub use config::{ConfigFile, ConfigProblem, ConfigValue};
pub use dialect::{Dialect, DialectFile, EnvValue, Meaning, Operator, Piece, Reach, Reference, Statement};
pub use dockerfile::{BaseImage, Dockerfile, Instruction};
pub use env::{Assignment, EnvFile, Hidden, InlineAllow, KeyState, Unparsable};
pub use exit::Exit;
pub use host::Host;
pub use lines::{Lines, line_number};
pub use live_chain::{Answer, LiveChain, Stamped};
pub use look::{Cause, Look, Reason};
pub use mode::Mode;
pub use part::{Part, PartTable, Shard, Share};
pub use place::{Place, Position, Span};
pub use report::{Gap, GapKind, Report, RunInfo, Tally};
pub use role::{Role, purpose};
pub use round_trip::{RoundTrip, Tried, Turn};
pub use rule_id::{RuleId, Severity};
pub use schema::{Column, ColumnRole, Schema, Table, TableKind, TableName};
pub use setting::{Setting, Settings};
pub use table_diff::{
    ColumnTypes, Difference, Differing, DifferingRow, KeyPart, Narrowed, TableDiff, TypeClash,
};
