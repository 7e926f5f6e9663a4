//! Exports of a Keycloak realm: one file, or the folder that `--users different_files` writes.
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::raw;
use crate::model::access::AccessProblem;
use crate::model::realm::{Realm, RealmClient, RealmCredential, RealmGroup, RealmRole, RealmUser};
use crate::model::{Hidden, Lines, Place, Span};

/// Groups that nest deeper are not read: the reading is recursive, and each level is read again.
const DEEPEST: usize = 50;

/// What Keycloak writes in the place of a secret that it keeps.
const MASK: &str = "\"**********\"";

/// Whether a file of a folder is part of an export, by its name: `NAME-realm.json`, `NAME-users-0.json` or
/// `NAME-federated-users-0.json`.
pub fn is_realm_part(path: &str) -> bool {
    let stem = path.rsplit('/').next().unwrap_or(path).strip_suffix(".json");
    stem.is_some_and(|stem| stem.ends_with("-realm") || numbered(path).is_some())
}

/// The numbered files of an export: what comes before the number, and the number.
fn numbered(path: &str) -> Option<(&str, u32)> {
    let (before, number) = path.strip_suffix(".json")?.rsplit_once('-')?;
    before.ends_with("-users").then_some(())?;
    Some((before, number.parse().ok()?))
}

/// Reads a realm from the files of its export, each a path and a text. Where they hold several realms, `wanted` says
/// which one.
pub fn realm(files: &[(String, String)], wanted: Option<&str>) -> Realm {
    let mut realm = Realm::default();
    let mut names = BTreeSet::new();
    for (path, text) in files {
        let mut reader = Reader { path, text, lines: Lines::new(text), realm: &mut realm };
        reader.file(wanted, &mut names);
    }
    let start = files.first().map(|(path, _)| Place::new(path, Span::on_line(1, 1, 1)));
    let mut say = |message: String| {
        realm.problems.extend(start.clone().map(|place| AccessProblem { place, message }));
    };
    for missing in gaps(files) {
        say(format!("{missing} is missing: users were lost on the way"));
    }
    match (wanted, names.len()) {
        (Some(wanted), _) if !names.contains(wanted) => {
            say(format!("it holds no realm `{wanted}`, but {}", listed(&names)));
        }
        (None, 2..) => say(format!("it holds the realms {}: say which with `name`", listed(&names))),
        _ => {}
    }
    realm.name = wanted.map(str::to_owned).or_else(|| names.into_iter().next()).unwrap_or_default();
    twice(&mut realm);
    realm
}

fn listed(names: &BTreeSet<String>) -> String {
    if names.is_empty() {
        return "none at all".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Numbered files that ought to stand before the last one and don't.
fn gaps(files: &[(String, String)]) -> Vec<String> {
    let mut series: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for (before, number) in files.iter().filter_map(|(path, _)| numbered(path)) {
        series.entry(before).or_default().insert(number);
    }
    let mut missing = Vec::new();
    for (before, numbers) in series {
        let mut next = 0;
        for number in numbers {
            // However far the numbers are apart, what is missing is told once.
            if number > next {
                missing.push(format!("{before}-{next}.json"));
            }
            next = number.saturating_add(1);
        }
    }
    missing
}

/// Ids and names of one kind that stand there twice.
fn twice(realm: &mut Realm) {
    let users = realm.users.iter().flat_map(|user| {
        let id = (format!("the id {}", user.id), &user.place);
        [id, (format!("the name `{}`", user.name.to_lowercase()), &user.place)]
    });
    let groups = realm.groups.iter().flat_map(|group| {
        [(format!("the id {}", group.id), &group.place), (format!("the path `{}`", group.path), &group.place)]
    });
    let mut found = Vec::new();
    for (what, all) in [("users", users.collect::<Vec<_>>()), ("groups", groups.collect())] {
        let mut seen = BTreeSet::new();
        for (told, place) in all {
            if seen.contains(&told) {
                let message = format!("two {what} have {told}");
                found.push(AccessProblem { place: place.clone(), message });
            }
            seen.insert(told);
        }
    }
    realm.problems.append(&mut found);
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written<'t> {
    realm: Option<String>,
    #[serde(borrow)]
    users: Option<Vec<&'t RawValue>>,
    #[serde(borrow)]
    federated_users: Option<Vec<&'t RawValue>>,
    #[serde(borrow)]
    groups: Option<Vec<&'t RawValue>>,
    roles: Option<WrittenRoles>,
    clients: Option<Vec<WrittenClient>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenUser {
    id: Option<String>,
    username: Option<String>,
    email: Option<String>,
    #[serde(default)]
    enabled: bool,
    service_account_client_id: Option<String>,
    groups: Option<Vec<String>>,
    realm_roles: Option<Vec<String>>,
    client_roles: Option<BTreeMap<String, Vec<String>>>,
    credentials: Option<Vec<WrittenCredential>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenCredential {
    r#type: Option<String>,
    credential_data: Option<String>,
    /// Before version 8 it stood here.
    algorithm: Option<String>,
}

#[derive(Deserialize)]
struct CredentialData {
    algorithm: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenGroup<'t> {
    id: Option<String>,
    name: Option<String>,
    path: Option<String>,
    #[serde(borrow)]
    sub_groups: Option<Vec<&'t RawValue>>,
    realm_roles: Option<Vec<String>>,
    client_roles: Option<BTreeMap<String, Vec<String>>>,
}

#[derive(Deserialize)]
struct WrittenRoles {
    realm: Option<Vec<WrittenRole>>,
    client: Option<BTreeMap<String, Vec<WrittenRole>>>,
}

#[derive(Deserialize)]
struct WrittenRole {
    id: Option<String>,
    name: String,
    composites: Option<WrittenParts>,
}

#[derive(Deserialize)]
struct WrittenParts {
    realm: Option<Vec<String>>,
    client: Option<BTreeMap<String, Vec<String>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenClient {
    id: Option<String>,
    client_id: String,
}

struct Reader<'t, 'r> {
    path: &'t str,
    text: &'t str,
    lines: Lines<'t>,
    realm: &'r mut Realm,
}

impl<'t> Reader<'t, '_> {
    fn place(&self, part: &str) -> Place {
        Place::new(self.path, raw::span(self.text, &self.lines, part))
    }

    fn say(&mut self, part: &str, message: impl Into<String>) {
        let place = self.place(part);
        self.realm.problems.push(AccessProblem { place, message: message.into() });
    }

    fn file(&mut self, wanted: Option<&str>, names: &mut BTreeSet<String>) {
        let text = self.text.strip_prefix('\u{feff}').unwrap_or(self.text);
        let whole: &'t RawValue = match serde_json::from_str(text) {
            Ok(whole) => whole,
            Err(error) => {
                let (span, message) = raw::broken(&self.lines, &error);
                self.realm.problems.push(AccessProblem { place: Place::new(self.path, span), message });
                return;
            }
        };
        self.realm.is_masked |= text.contains(MASK);
        // An export of all realms into one file is a list of them.
        let all: Vec<&'t RawValue> = serde_json::from_str(whole.get()).unwrap_or_else(|_| vec![whole]);
        for one in all {
            let Ok(written) = serde_json::from_str::<Written<'t>>(one.get()) else {
                self.say(one.get(), "this is no realm: something in it has another form than an export's");
                continue;
            };
            let Some(name) = written.realm.clone() else {
                self.say(one.get(), "this is no realm: `realm` is missing");
                continue;
            };
            names.insert(name.clone());
            if wanted.is_none_or(|wanted| wanted == name) {
                self.take(written);
            }
        }
    }

    fn take(&mut self, written: Written<'t>) {
        for raw in [written.users, written.federated_users].into_iter().flatten().flatten() {
            self.user(raw);
        }
        for raw in written.groups.into_iter().flatten() {
            self.group(raw, "", 0);
        }
        let WrittenRoles { realm, client } =
            written.roles.unwrap_or(WrittenRoles { realm: None, client: None });
        let own = realm.into_iter().flatten().map(|role| (None, role));
        let others = client
            .into_iter()
            .flatten()
            .flat_map(|(client, roles)| roles.into_iter().map(move |role| (Some(client.clone()), role)));
        for (client, role) in own.chain(others) {
            let name = client.map_or_else(|| role.name.clone(), |client| format!("{client}/{}", role.name));
            let parts = role.composites.map(|parts| roles(parts.realm, parts.client)).unwrap_or_default();
            self.realm.roles.push(RealmRole { id: role.id.unwrap_or_default(), name, parts });
        }
        let clients = written.clients.into_iter().flatten();
        self.realm.clients.extend(
            clients.map(|client| RealmClient { id: client.id.unwrap_or_default(), name: client.client_id }),
        );
    }

    fn user(&mut self, raw: &'t RawValue) {
        // What the reader of JSON would say may quote a secret.
        let Ok(user) = serde_json::from_str::<WrittenUser>(raw.get()) else {
            self.say(raw.get(), "this user has another form than an export's");
            return;
        };
        let Some(id) = user.id.filter(|id| !id.is_empty()) else {
            self.say(raw.get(), "this user has no `id`, so it gets another one where it is imported");
            return;
        };
        let credentials = user.credentials.into_iter().flatten().map(credential).collect();
        self.realm.users.push(RealmUser {
            name: user.username.unwrap_or_else(|| id.clone()),
            id,
            email: user.email.map(Hidden::new),
            is_enabled: user.enabled,
            service_of: user.service_account_client_id,
            groups: user.groups.unwrap_or_default(),
            roles: roles(user.realm_roles, user.client_roles),
            credentials,
            place: self.place(raw.get()),
        });
    }

    fn group(&mut self, raw: &'t RawValue, above: &str, depth: usize) {
        if depth > DEEPEST {
            self.say(raw.get(), format!("groups nest deeper than {DEEPEST} levels"));
            return;
        }
        let group = serde_json::from_str::<WrittenGroup<'t>>(raw.get());
        let Ok(WrittenGroup { id: Some(id), name, path, sub_groups, realm_roles, client_roles }) = group
        else {
            self.say(raw.get(), "this is no group: an `id` and a `name` are expected");
            return;
        };
        let Some(path) = path.or_else(|| name.map(|name| format!("{above}/{}", name.replace('/', "~/"))))
        else {
            self.say(raw.get(), "this group has neither `path` nor `name`");
            return;
        };
        let place = self.place(raw.get());
        let roles = roles(realm_roles, client_roles);
        self.realm.groups.push(RealmGroup { id, path: path.clone(), roles, place });
        for inner in sub_groups.into_iter().flatten() {
            self.group(inner, &path, depth + 1);
        }
    }
}

/// Roles of a realm and of its clients, as `name` and `client/name`.
fn roles(own: Option<Vec<String>>, of_clients: Option<BTreeMap<String, Vec<String>>>) -> Vec<String> {
    let others = of_clients
        .into_iter()
        .flatten()
        .flat_map(|(client, names)| names.into_iter().map(move |name| format!("{client}/{name}")));
    let mut roles: Vec<String> = own.into_iter().flatten().chain(others).collect();
    roles.sort();
    roles
}

fn credential(written: WrittenCredential) -> RealmCredential {
    let data = written.credential_data.as_deref();
    RealmCredential {
        kind: written.r#type.unwrap_or_default(),
        algorithm: written.algorithm.or_else(|| data.and_then(hashed_with)),
    }
}

/// The algorithm that the data of a credential, which is JSON in a text, names.
pub fn hashed_with(data: &str) -> Option<String> {
    serde_json::from_str::<CredentialData>(data).ok()?.algorithm
}

#[cfg(test)]
mod tests {
    use super::{is_realm_part, realm};

    fn of(text: &str) -> crate::model::realm::Realm {
        realm(&[("kea-realm.json".to_owned(), text.to_owned())], None)
    }

    #[test]
    fn an_export_is_read_with_nested_groups_and_both_forms_of_credentials() {
        let read = of(r#"{"realm": "kea", "users": [
            {"id": "1", "username": "anne", "groups": ["/a/b"], "realmRoles": ["r"], "clientRoles": {"c": ["x"]},
             "credentials": [{"type": "password", "credentialData": "{\"algorithm\":\"argon2\"}"},
                             {"type": "otp", "algorithm": "HmacSHA1"}]},
            {"id": "2", "username": "service-account-c", "serviceAccountClientId": "c"}],
          "groups": [{"id": "g", "name": "a", "subGroups": [{"id": "h", "name": "b/c"}]}],
          "roles": {"realm": [{"id": "q", "name": "r", "composites": {"client": {"c": ["x"]}}}], "client": {"c": [{"name": "x"}]}},
          "clients": [{"id": "k", "clientId": "c"}]}"#);
        assert!(read.problems.is_empty(), "{:?}", read.problems);
        let [anne, service] = read.users.as_slice() else { panic!("two users") };
        assert_eq!(anne.roles, ["c/x", "r"]);
        let algorithms: Vec<_> = anne.credentials.iter().map(|one| one.algorithm.as_deref()).collect();
        assert_eq!(algorithms, [Some("argon2"), Some("HmacSHA1")]);
        assert!(anne.is_person() && !service.is_person());
        let paths: Vec<&str> = read.groups.iter().map(|group| group.path.as_str()).collect();
        assert_eq!(paths, ["/a", "/a/b~/c"]);
    }

    #[test]
    fn what_is_lost_or_double_is_said() {
        let files: Vec<(String, String)> = ["kea-realm.json", "kea-users-0.json", "kea-users-2.json"]
            .into_iter()
            .map(|name| {
                (
                    name.to_owned(),
                    format!(r#"{{"realm": "kea", "users": [{{"id": "{name}", "username": "A"}}]}}"#),
                )
            })
            .collect();
        assert!(files.iter().all(|(path, _)| is_realm_part(path)));
        let told: Vec<String> = realm(&files, None).problems.into_iter().map(|one| one.message).collect();
        assert!(told.iter().any(|one| one.contains("kea-users-1.json is missing")), "{told:?}");
        assert!(told.iter().any(|one| one.contains("two users have the name `a`")), "{told:?}");
    }

    #[test]
    fn several_realms_need_a_name_and_what_is_no_realm_is_said() {
        let both = r#"[{"realm": "master"}, {"realm": "kea", "users": [{"id": "1"}]}]"#;
        assert!(of(both).problems.iter().any(|one| one.message.contains("say which")));
        let files = [("all.json".to_owned(), both.to_owned())];
        let named = realm(&files, Some("kea"));
        assert!(named.problems.is_empty() && named.users.len() == 1, "{:?}", named.problems);
        for wrong in
            ["", "[", "7", "{}", r#"{"realm": "kea", "users": 7}"#, r#"{"realm": "kea", "users": [7]}"#]
        {
            assert!(!of(wrong).problems.is_empty(), "{wrong}");
        }
    }
}
