//! A Keycloak realm, as far as access and a move of it hang on it.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::AccessProblem;
use super::{Hidden, Place};

/// A realm, read from its export.
#[derive(Debug, Clone, Default)]
pub struct Realm {
    /// Its name.
    pub name: String,
    /// The users, service accounts among them, in the order of the export.
    pub users: Vec<RealmUser>,
    /// The groups, each before those inside it.
    pub groups: Vec<RealmGroup>,
    /// The roles of the realm and of its clients.
    pub roles: Vec<RealmRole>,
    /// The clients.
    pub clients: Vec<RealmClient>,
    /// Whether secrets were masked, as an administrator's partial export does.
    pub is_masked: bool,
    /// What could not be read.
    pub problems: Vec<AccessProblem>,
}

/// A user of a realm.
#[derive(Debug, Clone)]
pub struct RealmUser {
    /// Its id, which tokens carry as `sub`.
    pub id: String,
    /// The name to sign in with.
    pub name: String,
    /// An address to sign in with. Never printed.
    pub email: Option<Hidden>,
    /// Whether it may sign in.
    pub is_enabled: bool,
    /// The client whose service account it is.
    pub service_of: Option<String>,
    /// Groups by their paths.
    pub groups: Vec<String>,
    /// Roles: `name`, or `client/name`.
    pub roles: Vec<String>,
    /// What it signs in with.
    pub credentials: Vec<RealmCredential>,
    /// Where it is written.
    pub place: Place,
}

/// Something that a user signs in with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RealmCredential {
    /// Its type in Keycloak's words: `password`, `otp`, `webauthn` ...
    pub kind: String,
    /// What a password is hashed with, or a one-time password made with.
    pub algorithm: Option<String>,
}

/// A group of a realm.
#[derive(Debug, Clone)]
pub struct RealmGroup {
    /// Its id.
    pub id: String,
    /// Its path, such as `/staff/kitchen`.
    pub path: String,
    /// Roles of its members: `name`, or `client/name`.
    pub roles: Vec<String>,
    /// Where it is written.
    pub place: Place,
}

/// A role of a realm, or of a client.
#[derive(Debug, Clone)]
pub struct RealmRole {
    /// Its id.
    pub id: String,
    /// `name`, or `client/name`.
    pub name: String,
    /// Roles that come with it.
    pub parts: Vec<String>,
}

/// A client of a realm.
#[derive(Debug, Clone)]
pub struct RealmClient {
    /// Its id.
    pub id: String,
    /// The name that it shows itself with.
    pub name: String,
}

impl RealmUser {
    /// Whether a person is behind it.
    pub fn is_person(&self) -> bool {
        self.service_of.is_none()
    }
}

/// A part of a realm, as far as two are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RealmPart {
    /// Users: id, name, address, whether they are enabled.
    Users,
    /// Groups: id and path.
    Groups,
    /// Roles of the realm and of its clients: id and name.
    Roles,
    /// Who is in which group and has which role; roles of groups, and roles that come with roles.
    Memberships,
    /// Clients: id and name.
    Clients,
    /// What users sign in with: kinds and algorithms.
    Credentials,
}

/// In which way something of a realm differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RealmChange {
    /// The source alone has it.
    Missing,
    /// The target alone has it.
    Extra,
    /// It has another id.
    Id,
    /// Something else of it is otherwise.
    Changed,
}

/// One difference of two realms.
#[derive(Debug, Clone)]
pub struct RealmDifference {
    /// What differs.
    pub part: RealmPart,
    /// In which way.
    pub change: RealmChange,
    /// What is said of all that differ so, such as `are not in the target`.
    pub said: String,
    /// What it is about: `user`, `group`, `role` or `client`.
    pub noun: &'static str,
    /// The name of the one that differs.
    pub name: String,
    /// Its id, and the other side's where that is another; both may be empty.
    pub ids: [String; 2],
    /// What else an exception may name: the other side's name, or the group or role that was given or taken.
    pub of: Option<String>,
    /// Where it is written.
    pub place: Option<Place>,
}

/// One difference of two realms, as a line of a file of differences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DifferingRealm {
    /// What the declaration is called.
    pub realm: String,
    /// What differs.
    pub part: RealmPart,
    /// In which way.
    pub way: RealmChange,
    /// `user`, `group`, `role` or `client`.
    pub kind: &'static str,
    /// Its name, as names may be printed.
    pub name: String,
    /// Its id in the source, or in the target where that is the only one; as names may be printed.
    pub id: String,
    /// What is said of it, such as `without group /staff`.
    pub said: String,
}

/// How two realms differ in one part.
#[derive(Debug, Clone)]
pub struct RealmPartDiff {
    /// The part.
    pub part: RealmPart,
    /// How many there are, on the side that has more.
    pub looked: usize,
    /// How many were compared by their names alone, because a side has no id for them.
    pub without_id: usize,
    /// Why it can't be told whether they are the same, though nothing may differ.
    pub unknown: Vec<String>,
    /// What differs.
    pub differences: Vec<RealmDifference>,
}

impl RealmPart {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Users, Self::Groups, Self::Roles, Self::Memberships, Self::Clients, Self::Credentials];

    /// Its word in a manifest.
    pub fn word(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Groups => "groups",
            Self::Roles => "roles",
            Self::Memberships => "memberships",
            Self::Clients => "clients",
            Self::Credentials => "credentials",
        }
    }
}
