//! Tuples against the realm that their users and groups come from, and what a realm loses on a move.
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::AclFacts;
use super::facts::is_json;
use crate::model::access::{ObjectId, Tuple};
use crate::model::realm::{Realm, RealmUser};
use crate::model::{Looked, Object, Place};
use crate::rules::Sink;

/// What a Keycloak of today checks passwords with, unless the manifest says something else.
const ALGORITHMS: &[&str] = &["argon2", "pbkdf2", "pbkdf2-sha256", "pbkdf2-sha512"];

/// The realm, where one is declared and could be read.
fn realm<'f>(facts: &'f AclFacts, out: &mut Sink<'_>) -> Option<(Object, &'f Realm)> {
    let (path, look) = facts.realm.as_ref()?;
    let realm = out.look(Object::file(path), look)?;
    Some((Object::file(path), realm))
}

/// The realm and its people by what tuples may call them; nothing while some tuples could not be read.
fn people<'f>(facts: &'f AclFacts, out: &mut Sink<'_>) -> Option<(Object, People<'f>)> {
    let (on, realm) = realm(facts, out)?;
    for (path, file) in &facts.files {
        out.look(facts.on(path), file)?;
    }
    let declared = facts.declared.realm.as_ref().and_then(|realm| realm.users.as_deref());
    Some((on, People::new(realm, declared.unwrap_or("user"))))
}

/// Who is meant by a subject.
struct People<'f> {
    kind: &'f str,
    ids: HashSet<&'f str>,
    /// By name and by address, in small letters: a realm tells neither by its case.
    names: HashMap<String, &'f RealmUser>,
}

enum Who<'f> {
    /// A user by the id of the realm.
    Id,
    /// A user by another form.
    Name(&'f RealmUser),
    /// Nobody of this realm.
    Nobody,
}

impl<'f> People<'f> {
    fn new(realm: &'f Realm, kind: &'f str) -> Self {
        let ids = realm.users.iter().map(|user| user.id.as_str()).collect();
        let mut names = HashMap::new();
        // A name wins over somebody else's address.
        for user in &realm.users {
            if let Some(email) = &user.email {
                names.insert(email.reveal().to_lowercase(), user);
            }
        }
        for user in &realm.users {
            names.insert(user.name.to_lowercase(), user);
        }
        Self { kind, ids, names }
    }

    /// Who an object of a tuple is; nothing for one of another type, and for all of them.
    fn who(&self, object: &ObjectId) -> Option<Who<'f>> {
        if object.kind != self.kind || object.id == "*" {
            return None;
        }
        if self.ids.contains(object.id.as_str()) {
            return Some(Who::Id);
        }
        Some(self.names.get(&object.id.to_lowercase()).map_or(Who::Nobody, |user| Who::Name(user)))
    }

    /// An object by its id, if it was written in another form.
    fn by_id(&self, object: &ObjectId) -> Option<ObjectId> {
        match self.who(object)? {
            Who::Name(user) => Some(ObjectId { kind: object.kind.clone(), id: user.id.clone() }),
            Who::Id | Who::Nobody => None,
        }
    }

    /// The tuple that says the same of users by their ids, if this one does not.
    fn twin(&self, tuple: &Tuple) -> Option<Tuple> {
        let (subject, object) = (self.by_id(&tuple.subject.object), self.by_id(&tuple.object));
        if subject.is_none() && object.is_none() {
            return None;
        }
        let mut twin = tuple.clone();
        twin.subject.object = subject.unwrap_or(twin.subject.object);
        twin.object = object.unwrap_or(twin.object);
        Some(twin)
    }
}

/// What a tuple says, wherever it stands.
fn said(tuple: &Tuple) -> String {
    let context = tuple.condition.as_ref().map(|condition| {
        // The order of a context's keys says nothing.
        let sorted: BTreeMap<&String, String> =
            condition.context.iter().map(|(key, value)| (key, value.to_string())).collect();
        format!("{sorted:?}")
    });
    format!("{tuple} {}", context.unwrap_or_default())
}

fn count(facts: &AclFacts) -> Option<Looked> {
    Looked::at(facts.tuples().count(), "tuple")
}

pub(super) fn duplicate_subject(facts: &AclFacts, out: &mut Sink<'_>) {
    let Some((on, people)) = people(facts, out) else { return };
    let mut by_id: BTreeMap<&str, usize> = BTreeMap::new();
    let mut by_name: BTreeMap<&str, (&ObjectId, usize, Place)> = BTreeMap::new();
    for (path, tuple) in facts.tuples() {
        let subject = &tuple.subject.object;
        match people.who(subject) {
            Some(Who::Id) => *by_id.entry(&subject.id).or_default() += 1,
            Some(Who::Name(user)) => {
                let first = || (subject, 0, Place::new(path, tuple.span));
                by_name.entry(&user.id).or_insert_with(first).1 += 1;
            }
            Some(Who::Nobody) | None => {}
        }
    }
    let mut check = out.check(on, count(facts));
    for (id, (subject, names, place)) in by_name {
        let Some(ids) = by_id.get(id) else { continue };
        let kind = people.kind;
        let message = format!(
            "`{subject}` and `{kind}:{id}` are one user: {} by the one, {} by the other",
            tuples(names),
            tuples(*ids)
        );
        check
            .find(subject.to_string(), message)
            .at(place)
            .help("keep the form with the id, once each tuple has its twin");
    }
}

fn tuples(count: usize) -> String {
    if count == 1 { "1 tuple".to_owned() } else { format!("{count} tuples") }
}

pub(super) fn no_uuid_twin(facts: &AclFacts, out: &mut Sink<'_>) {
    let Some((on, people)) = people(facts, out) else { return };
    let all: HashSet<String> = facts.tuples().map(|(_, tuple)| said(tuple)).collect();
    let mut check = out.check(on, count(facts));
    for (path, tuple) in facts.tuples() {
        let Some(twin) = people.twin(tuple).filter(|twin| !all.contains(&said(twin))) else { continue };
        let message = format!("`{tuple}` has no twin `{twin}`: who keeps ids alone loses it");
        check
            .find(tuple.to_string(), message)
            .at(Place::new(path, tuple.span))
            .help("write the twin before tuples by name are left out");
    }
}

/// Users whom the realm does not know.
pub(super) fn strangers(facts: &AclFacts, out: &mut Sink<'_>) {
    let Some((on, people)) = people(facts, out) else { return };
    let mut strangers: BTreeMap<&ObjectId, (usize, Place)> = BTreeMap::new();
    for (path, tuple) in facts.tuples() {
        for object in [&tuple.subject.object, &tuple.object] {
            if matches!(people.who(object), Some(Who::Nobody)) {
                strangers.entry(object).or_insert_with(|| (0, Place::new(path, tuple.span))).0 += 1;
            }
        }
    }
    let realm = facts.realm.as_ref().map_or("the realm", |(path, _)| path.as_str());
    let mut check = out.check(on, count(facts));
    for (object, (count, place)) in strangers {
        let message = format!("`{object}` is no user of {realm}, and {} it", names(count));
        check
            .find(object.to_string(), message)
            .at(place)
            .help("take the tuples away, or bring the user into the realm");
    }
}

pub(super) fn names(count: usize) -> String {
    if count == 1 { "1 tuple names".to_owned() } else { format!("{count} tuples name") }
}

pub(super) fn group_id_mismatch(facts: &AclFacts, out: &mut Sink<'_>) {
    let Some(kind) = facts.declared.realm.as_ref().and_then(|realm| realm.groups.as_deref()) else { return };
    let Some((on, realm)) = realm(facts, out) else { return };
    for (path, file) in &facts.files {
        if out.look(facts.on(path), file).is_none() {
            return;
        }
    }
    let shared: Vec<&str> = facts.declared.shared.iter().map(|at| at.as_str()).collect();
    let mut named: BTreeMap<&ObjectId, (usize, Place)> = BTreeMap::new();
    for (path, tuple) in facts.tuples() {
        for object in [&tuple.subject.object, &tuple.object] {
            let is_one =
                object.kind == kind && object.id != "*" && !shared.contains(&object.to_string().as_str());
            if is_one {
                named.entry(object).or_insert_with(|| (0, Place::new(path, tuple.span))).0 += 1;
            }
        }
    }
    let ids: BTreeSet<&str> = realm.groups.iter().map(|group| group.id.as_str()).collect();
    let mut check = out.check(on, Looked::at(named.len() + realm.groups.len(), "group"));
    for (object, (count, place)) in named.iter().filter(|(object, _)| !ids.contains(object.id.as_str())) {
        let last = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let by_name =
            realm.groups.iter().find(|group| group.path == object.id || last(&group.path) == object.id);
        let message = match by_name {
            Some(group) => format!("`{object}` names a group by its name: its id is {}", group.id),
            None => format!("`{object}` is no group of the realm, and {} it", names(*count)),
        };
        check.find(object.to_string(), message).at(place.clone()).help(
            "import the realm with its ids, or write the tuples anew: members of the group have lost it",
        );
    }
    let named: BTreeSet<&str> = named.keys().map(|object| object.id.as_str()).collect();
    for group in realm.groups.iter().filter(|group| !named.contains(group.id.as_str())) {
        let message = format!("no tuple names `{kind}:{}`, the group {}", group.id, group.path);
        check
            .find(format!("{kind}:{}", group.id), message)
            .at(group.place.clone())
            .help("was its id changed? else its members have nothing by it");
    }
}

pub(super) fn realm_without_users(facts: &AclFacts, out: &mut Sink<'_>) {
    let Some((on, realm)) = realm(facts, out) else { return };
    let people = realm.users.iter().filter(|user| user.is_person()).count();
    let place = Place::new(on.name.clone(), crate::model::Span::on_line(1, 1, 1));
    let mut check = out.check(on, Looked::at(realm.users.len().max(1), "user"));
    if people > 0 {
        return;
    }
    let mut message = match realm.users.len() {
        0 => format!("the realm `{}` comes without users", realm.name),
        1 => format!("the realm `{}` has no user but a service account", realm.name),
        services => format!("the realm `{}` has no user but {services} service accounts", realm.name),
    };
    if realm.is_masked {
        message.push_str(", and its secrets are masked: a partial export");
    }
    check
        .find("users", message)
        .at(is_json(&place.path).then_some(place))
        .help("export it with `kc.sh export --dir DIR --users realm_file` or `different_files`");
}

pub(super) fn hash_algorithm_unsupported(facts: &AclFacts, out: &mut Sink<'_>) {
    let Some((on, realm)) = realm(facts, out) else { return };
    let declared = facts.declared.realm.as_ref().and_then(|realm| realm.algorithms.as_ref());
    let takes = |algorithm: &str| match declared {
        Some(declared) => declared.iter().any(|one| one == algorithm),
        None => ALGORITHMS.contains(&algorithm),
    };
    let all = realm.users.iter().flat_map(|user| user.credentials.iter().map(move |one| (user, one)));
    let passwords: Vec<_> = all.filter(|(_, one)| one.kind == "password").collect();
    let mut check = out.check(on, Looked::at(passwords.len(), "password"));
    for (user, password) in passwords {
        let message = match &password.algorithm {
            Some(algorithm) if takes(algorithm) => continue,
            Some(algorithm) => {
                format!(
                    "the password of user {} is hashed with `{algorithm}`, which the target can't check",
                    user.id
                )
            }
            None => format!("what the password of user {} is hashed with is not said", user.id),
        };
        check
            .find(&user.id, message)
            .at(user.place.clone())
            .help("add the algorithm to the target, or have the user set a new password");
    }
}

pub(super) fn webauthn_reenrol(facts: &AclFacts, out: &mut Sink<'_>) {
    let Some((on, realm)) = realm(facts, out) else { return };
    let mut check = out.check(on, Looked::at(realm.users.len(), "user"));
    for user in &realm.users {
        let keys = user.credentials.iter().filter(|one| one.kind.starts_with("webauthn")).count();
        if keys == 0 {
            continue;
        }
        let what = if keys == 1 { "a key".to_owned() } else { format!("{keys} keys") };
        let message =
            format!("user {} signs in with {what} of WebAuthn, bound to the address of this side", user.id);
        check
            .find(&user.id, message)
            .at(user.place.clone())
            .help("tell them: under another address they enrol anew, so leave them a second way in");
    }
}
