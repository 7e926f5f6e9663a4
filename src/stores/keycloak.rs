//! A realm of a Keycloak server over its Admin API: what its export would say of access, or nothing.
//!
//! The server has no snapshots: what is changed while it is read may be seen or not. Secrets are not asked for.
use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::entry::{Entry, Session, escaped, web_url};
use crate::model::realm::{Realm, RealmClient, RealmCredential, RealmGroup, RealmRole, RealmUser};
use crate::model::{Cause, Hidden, Place, Span};
use crate::parse::access::hashed_with;

/// The most that are asked for at once.
const PAGE: usize = 100;
/// The most of one kind that are held.
const MOST: usize = 1_000_000;
/// Groups that nest deeper are not read.
const DEEPEST: usize = 50;

/// A realm that can be read.
#[derive(Debug, Clone)]
pub struct Keycloak {
    name: String,
    url: String,
    realm: String,
    entry: Entry,
}

impl Keycloak {
    /// A realm by the server's URL and its own name.
    ///
    /// # Errors
    /// When a part of it cannot be what it stands for. The words hold no part of it.
    pub fn new(name: &str, url: &str, realm: &str, entry: Entry) -> Result<Self, Cause> {
        let url = web_url(name, "url", url)?;
        if realm.trim().is_empty() {
            return Err(Cause::new(format!("the `realm` of {name} is empty")));
        }
        entry.check(name)?;
        Ok(Self { name: name.to_owned(), url, realm: realm.to_owned(), entry })
    }

    /// All of it: clients, roles, groups, and users with what they have and what they sign in with. Asks three times for each user.
    ///
    /// # Errors
    /// When any part of it cannot be had.
    pub async fn read(&self) -> Result<Realm, Cause> {
        let own = self.clone();
        let read = tokio::task::spawn_blocking(move || {
            const WRONG: &str = "are its `url` and its `realm` right?";
            let session = Session::new(&own.name, &own.url, &own.entry, WRONG)?;
            let place = Place::new(format!("realm of {}", own.name), Span::on_line(0, 0, 0));
            Reading { of: &own, session, place, clients: HashMap::new() }.read()
        });
        read.await.unwrap_or_else(|_| Err(Cause::new("the reading ended before its end")))
    }
}

#[derive(Deserialize)]
struct Whole {
    realm: String,
    /// Only who may view the realm is told.
    enabled: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Client {
    id: String,
    #[serde(rename = "clientId")]
    name: String,
    #[serde(default)]
    service_accounts_enabled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Role {
    id: String,
    name: String,
    #[serde(default, rename = "composite")]
    is_composite: bool,
    #[serde(default, rename = "clientRole")]
    is_of_client: bool,
    container_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    id: String,
    path: String,
    /// Before version 23 all of them were in `sub_groups`.
    sub_group_count: Option<usize>,
    #[serde(default)]
    sub_groups: Vec<Group>,
}

#[derive(Deserialize)]
struct User {
    id: String,
    username: String,
    email: Option<String>,
    #[serde(default)]
    enabled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credential {
    r#type: String,
    credential_data: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct OfClient {
    mappings: Vec<Named>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mappings {
    #[serde(default)]
    realm_mappings: Vec<Named>,
    #[serde(default)]
    client_mappings: BTreeMap<String, OfClient>,
}

/// What has an id, so that a page that came before is known.
trait Identified {
    fn id(&self) -> &str;
}

impl Identified for Client {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for Role {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for Group {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for User {
    fn id(&self) -> &str {
        &self.id
    }
}

/// A realm while it is read.
struct Reading<'s> {
    of: &'s Keycloak,
    session: Session<'s>,
    /// What stands for the place of a user or group.
    place: Place,
    /// The names of clients by their ids.
    clients: HashMap<String, String>,
}

impl Reading<'_> {
    fn read(mut self) -> Result<Realm, Cause> {
        let whole: Whole = self.ask("the realm", "")?;
        if whole.enabled.is_none() {
            let cause = Cause::new("its name alone is told");
            let hint = "whoever asks needs the roles view-realm, view-users and view-clients of it";
            return Err(self.session.about("the realm", cause.hint(hint)));
        }
        let mut realm = Realm { name: whole.realm, ..Realm::default() };
        let clients: Vec<Client> = self.all("clients", "/clients")?;
        self.clients = clients.iter().map(|client| (client.id.clone(), client.name.clone())).collect();
        realm.roles = self.roles(&clients)?;
        for group in self.all("groups", "/groups?briefRepresentation=true")? {
            self.group(group, 0, &mut realm.groups)?;
        }
        let mut users: Vec<(User, Option<String>)> = self
            .all("users", "/users?briefRepresentation=true")?
            .into_iter()
            .map(|user| (user, None))
            .collect();
        let counted: usize = self.ask("the number of users", "/users/count")?;
        if counted > users.len() {
            let message = format!("the server counts {counted}, and tells {}", users.len());
            let cause =
                Cause::new(message).hint("may whoever asks view all of them? and leave no writer running");
            return Err(self.session.about("users", cause));
        }
        for client in clients.iter().filter(|client| client.service_accounts_enabled) {
            let path = format!("/clients/{}/service-account-user", escaped(&client.id));
            users.push((self.ask("a service account", &path)?, Some(client.name.clone())));
        }
        for (user, service_of) in users {
            realm.users.push(self.user(user, service_of)?);
        }
        realm.clients =
            clients.into_iter().map(|client| RealmClient { id: client.id, name: client.name }).collect();
        Ok(realm)
    }

    fn ask<T: DeserializeOwned>(&mut self, what: &str, path: &str) -> Result<T, Cause> {
        let path = format!("/admin/realms/{}{path}", escaped(&self.of.realm));
        let answer = self.session.ask(what, &path, None)?;
        // What the reader of JSON would say may quote a secret.
        let strange = || self.session.about(what, Cause::new("this is no answer of Keycloak"));
        serde_json::from_str(&answer).map_err(|_| strange())
    }

    /// All pages of a list, until one is empty.
    fn all<T: DeserializeOwned + Identified>(&mut self, what: &str, path: &str) -> Result<Vec<T>, Cause> {
        let mut all: Vec<T> = Vec::new();
        let mut seen = HashSet::new();
        for number in 0_usize.. {
            let and = if path.contains('?') { '&' } else { '?' };
            let page: Vec<T> = self.ask(what, &format!("{path}{and}first={}&max={PAGE}", number * PAGE))?;
            if page.is_empty() {
                break;
            }
            let wrong = |message: String| Err(self.session.about(what, Cause::new(message)));
            if let Some(one) = page.iter().find(|one| !seen.insert(one.id().to_owned())) {
                return wrong(format!("{} came before, so the pages are not those of one list", one.id()));
            }
            all.extend(page);
            if all.len() > MOST {
                return wrong(format!("the realm has more than {MOST}"));
            }
        }
        Ok(all)
    }

    fn roles(&mut self, clients: &[Client]) -> Result<Vec<RealmRole>, Cause> {
        let mut all: Vec<Role> = self.all("roles", "/roles?briefRepresentation=true")?;
        for client in clients {
            let path = format!("/clients/{}/roles?briefRepresentation=true", escaped(&client.id));
            all.extend(self.all::<Role>("roles of a client", &path)?);
        }
        let mut roles = Vec::with_capacity(all.len());
        for role in all {
            let mut parts = Vec::new();
            if role.is_composite {
                let path = format!("/roles-by-id/{}/composites", escaped(&role.id));
                let within: Vec<Role> = self.ask("roles within a role", &path)?;
                parts = within.iter().map(|part| self.called(part)).collect::<Result<_, _>>()?;
                parts.sort();
            }
            roles.push(RealmRole { name: self.called(&role)?, id: role.id, parts });
        }
        Ok(roles)
    }

    /// `name`, or `client/name`.
    fn called(&self, role: &Role) -> Result<String, Cause> {
        if !role.is_of_client {
            return Ok(role.name.clone());
        }
        let client = role.container_id.as_ref().and_then(|id| self.clients.get(id)).ok_or_else(|| {
            let cause = Cause::new(format!("`{}` is of a client that is not told", role.name));
            self.session.about("roles", cause.hint("may whoever asks view all clients?"))
        })?;
        Ok(format!("{client}/{}", role.name))
    }

    /// A group, and those inside it behind it.
    fn group(&mut self, group: Group, depth: usize, found: &mut Vec<RealmGroup>) -> Result<(), Cause> {
        if depth > DEEPEST {
            let cause = Cause::new(format!("they nest deeper than {DEEPEST} levels"));
            return Err(self.session.about("groups", cause));
        }
        let roles = self.mappings(&format!("/groups/{}", escaped(&group.id)))?;
        let place = self.place.clone();
        found.push(RealmGroup { id: group.id.clone(), path: group.path, roles, place });
        let mut inside = group.sub_groups;
        if group.sub_group_count.is_some_and(|count| count > inside.len()) {
            let path = format!("/groups/{}/children?briefRepresentation=true", escaped(&group.id));
            inside = self.all("groups", &path)?;
        }
        inside.into_iter().try_for_each(|inner| self.group(inner, depth + 1, found))
    }

    /// The roles that something was given itself.
    fn mappings(&mut self, of: &str) -> Result<Vec<String>, Cause> {
        let Mappings { realm_mappings, client_mappings } =
            self.ask("roles of users and groups", &format!("{of}/role-mappings"))?;
        let own = realm_mappings.into_iter().map(|role| role.name);
        let others = client_mappings.into_iter().flat_map(|(client, of)| {
            of.mappings.into_iter().map(move |role| format!("{client}/{}", role.name))
        });
        let mut all: Vec<String> = own.chain(others).collect();
        all.sort();
        Ok(all)
    }

    fn user(&mut self, user: User, service_of: Option<String>) -> Result<RealmUser, Cause> {
        let of = format!("/users/{}", escaped(&user.id));
        let groups: Vec<Group> =
            self.all("groups of a user", &format!("{of}/groups?briefRepresentation=true"))?;
        let credentials: Vec<Credential> = self.ask("credentials of a user", &format!("{of}/credentials"))?;
        let credential = |one: Credential| RealmCredential {
            algorithm: one.credential_data.as_deref().and_then(hashed_with),
            kind: one.r#type,
        };
        Ok(RealmUser {
            roles: self.mappings(&of)?,
            name: user.username,
            id: user.id,
            email: user.email.map(Hidden::new),
            is_enabled: user.enabled,
            service_of,
            groups: groups.into_iter().map(|group| group.path).collect(),
            credentials: credentials.into_iter().map(credential).collect(),
            place: self.place.clone(),
        })
    }
}
