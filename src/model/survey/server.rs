//! The server around a database, and what goes on there.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Look;

/// What names a cluster: two databases of one cluster have the same.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Cluster {
    /// The system identifier, which a standby and a physical copy share with their origin; of a file what names it.
    pub id: String,
    /// When the server was started, RFC 3339 in UTC; empty for a file.
    pub started_at: String,
    /// Whether it replays another one's log.
    pub is_standby: bool,
    /// How far a standby has come with that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
}

/// How far a standby has come with the log of its origin.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Replay {
    /// How much of what it received it has yet to replay; none where it receives nothing by itself.
    pub lag_bytes: Option<u64>,
    /// When the last transaction that it replayed was committed, RFC 3339 in UTC.
    pub last: Option<String>,
    /// Whether somebody stopped it.
    pub is_paused: bool,
}

/// Our own session.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Session {
    /// The role; empty where there are none.
    pub role: String,
    /// Whether nothing is refused to it.
    pub superuser: bool,
    /// Tables that it may not read, or not all rows of.
    pub unreadable: u64,
    /// By what it could write, if it were not for the read-only transaction; empty when it cannot write at all.
    pub writes_by: Vec<String>,
    /// Whether it sees what other sessions do.
    pub sees_others: bool,
}

/// What else goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Activity {
    /// Connections of clients to this database, other than ours.
    pub connections: u64,
    /// Transactions on this database that have been open for longer than is declared.
    pub long_transactions: Vec<LongTransaction>,
    /// Transactions that were prepared and wait for their second phase.
    pub prepared: Vec<Prepared>,
    /// Locks that somebody waits for.
    pub waiting_locks: u64,
    /// Tables of this database on which others hold locks that keep readers or writers out, as `TABLE: MODE`.
    pub strong_locks: Vec<String>,
    /// Replicas that are connected.
    pub replicas: Vec<Replica>,
    /// Replication slots.
    pub slots: Vec<Slot>,
}

/// A transaction that has been open for long.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LongTransaction {
    /// Whose it is.
    pub role: String,
    /// What its session says that it does, such as `idle in transaction`.
    pub state: String,
    /// When it began, RFC 3339 in UTC.
    pub since: String,
}

/// A prepared transaction.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Prepared {
    /// Its name.
    pub name: String,
    /// When it was prepared, RFC 3339 in UTC.
    pub since: String,
}

/// A connected replica.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Replica {
    /// Its name.
    pub name: String,
    /// What it does, such as `streaming`.
    pub state: String,
    /// How much of the log it has yet to replay.
    pub lag_bytes: Option<u64>,
}

/// A replication slot, which keeps the log until its reader has come by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Slot {
    /// Its name.
    pub name: String,
    /// Whether somebody reads from it.
    pub is_active: bool,
    /// How much of the log it keeps.
    pub kept_bytes: Option<u64>,
}

/// A chain of revisions that is run on the database.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SurveyedChain {
    /// The endpoint.
    pub endpoint: String,
    /// Its name.
    pub name: String,
    /// The revisions that the version table names; none when nothing was ever stamped.
    pub stamped: Look<Vec<String>>,
    /// Up to which revision the database may safely be stamped, and why no further.
    pub advice: Look<String>,
}
