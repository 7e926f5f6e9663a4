//! A Keycloak realm, as far as access and a move of it hang on it.
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
