//! Two realms, part by part: what is the same is known by its id, and by its name where no id is the same.
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::model::realm::{Realm, RealmChange, RealmDifference, RealmPart, RealmPartDiff, RealmUser};
use crate::model::{Hidden, Place};

/// Something that has an id and a name.
struct Listed<'r> {
    id: &'r str,
    name: &'r str,
    place: Option<&'r Place>,
}

/// What of both sides belongs together, as indices.
#[derive(Default)]
struct Pairs {
    both: Vec<(usize, usize)>,
    missing: Vec<usize>,
    extra: Vec<usize>,
}

/// How two realms differ in each part, in the order of [`RealmPart::ALL`].
pub fn realms(source: &Realm, target: &Realm) -> Vec<RealmPartDiff> {
    let sides = [source, target];
    let users = Kind::new("user", RealmPart::Users, sides.map(users));
    let groups = Kind::new("group", RealmPart::Groups, sides.map(groups));
    let roles = Kind::new("role", RealmPart::Roles, sides.map(roles));
    let clients = Kind::new("client", RealmPart::Clients, sides.map(clients));
    let memberships = memberships(sides, [&users, &groups, &roles]);
    let credentials = credentials(sides, &users);
    let mut of_users = users.diff();
    if without_users(sides).is_empty() {
        for (left, right) in &users.pairs.both {
            if let (Some(left), Some(right)) = (source.users.get(*left), target.users.get(*right)) {
                changed_user(left, right, &mut of_users.differences);
            }
        }
    } else {
        of_users.differences.clear();
        of_users.unknown = without_users(sides);
    }
    let (mut of_roles, mut of_clients) = (roles.diff(), clients.diff());
    for part in [&mut of_roles, &mut of_clients] {
        if part.looked == 0 {
            let why = format!("neither export holds {}, and every realm has some", part.part.word());
            part.unknown.push(why);
        }
    }
    of_clients.unknown.extend(masked(sides));
    vec![of_users, groups.diff(), of_roles, memberships, of_clients, credentials]
}

fn users(realm: &Realm) -> Vec<Listed<'_>> {
    let all = realm.users.iter();
    all.map(|user| Listed { id: &user.id, name: &user.name, place: Some(&user.place) }).collect()
}

fn groups(realm: &Realm) -> Vec<Listed<'_>> {
    let all = realm.groups.iter();
    all.map(|group| Listed { id: &group.id, name: &group.path, place: Some(&group.place) }).collect()
}

fn roles(realm: &Realm) -> Vec<Listed<'_>> {
    realm.roles.iter().map(|role| Listed { id: &role.id, name: &role.name, place: None }).collect()
}

fn clients(realm: &Realm) -> Vec<Listed<'_>> {
    realm.clients.iter().map(|client| Listed { id: &client.id, name: &client.name, place: None }).collect()
}

/// The sides whose export holds no people: a partial one, which proves nothing about them.
fn without_users(sides: [&Realm; 2]) -> Vec<String> {
    let lacks = |realm: &Realm| !realm.users.iter().any(RealmUser::is_person);
    told(sides, lacks, "comes without users: a partial export")
}

fn masked(sides: [&Realm; 2]) -> Vec<String> {
    told(sides, |realm| realm.is_masked, "has masked secrets: a partial export")
}

fn told(sides: [&Realm; 2], is_so: impl Fn(&Realm) -> bool, what: &str) -> Vec<String> {
    let named = ["source", "target"].into_iter().zip(sides).filter(|(_, realm)| is_so(realm));
    named.map(|(side, realm)| format!("the {side}, realm `{}`, {what}", realm.name)).collect()
}

/// All of one kind on both sides.
struct Kind<'r> {
    noun: &'static str,
    part: RealmPart,
    sides: [Vec<Listed<'r>>; 2],
    pairs: Pairs,
    /// Why they can't be told apart.
    unknown: Vec<String>,
}

impl<'r> Kind<'r> {
    fn new(noun: &'static str, part: RealmPart, sides: [Vec<Listed<'r>>; 2]) -> Self {
        let mut unknown = Vec::new();
        for (side, all) in ["source", "target"].into_iter().zip(&sides) {
            let names: HashSet<String> = all.iter().map(|one| folded(noun, one.name)).collect();
            let ids: HashSet<&str> = all.iter().map(|one| one.id).filter(|id| !id.is_empty()).collect();
            let with_id = all.iter().filter(|one| !one.id.is_empty()).count();
            if names.len() < all.len() || ids.len() < with_id {
                unknown.push(format!("two {noun}s of the {side} have one id, or one name"));
            }
        }
        let pairs = if unknown.is_empty() { pairs(noun, &sides) } else { Pairs::default() };
        Self { noun, part, sides, pairs, unknown }
    }

    fn difference(
        &self,
        change: RealmChange,
        said: &str,
        [left, right]: [Option<usize>; 2],
    ) -> Option<RealmDifference> {
        let [source, target] = &self.sides;
        let left = left.and_then(|left| source.get(left));
        let right = right.and_then(|right| target.get(right));
        let one = right.or(left)?;
        let id = |one: Option<&Listed<'_>>| one.map_or_else(String::new, |one| one.id.to_owned());
        let ids = if change == RealmChange::Id {
            [id(left), id(right)]
        } else {
            [one.id.to_owned(), String::new()]
        };
        Some(RealmDifference {
            part: self.part,
            change,
            said: said.to_owned(),
            noun: self.noun,
            name: left.unwrap_or(one).name.to_owned(),
            ids,
            of: right
                .filter(|right| left.is_some_and(|left| left.name != right.name))
                .map(|one| one.name.to_owned()),
            place: one.place.cloned(),
        })
    }

    fn diff(&self) -> RealmPartDiff {
        let [source, target] = &self.sides;
        let mut differences = Vec::new();
        let alone = self
            .pairs
            .missing
            .iter()
            .map(|left| (RealmChange::Missing, "in the source alone", [Some(*left), None]));
        let alone = alone.chain(
            self.pairs
                .extra
                .iter()
                .map(|right| (RealmChange::Extra, "in the target alone", [None, Some(*right)])),
        );
        for (change, said, which) in alone {
            differences.extend(self.difference(change, said, which));
        }
        let mut without_id = 0;
        for (left, right) in &self.pairs.both {
            let (Some(one), Some(other)) = (source.get(*left), target.get(*right)) else { continue };
            let which = [Some(*left), Some(*right)];
            if one.id.is_empty() || other.id.is_empty() {
                without_id += 1;
            } else if one.id != other.id {
                differences.extend(self.difference(RealmChange::Id, "under another id", which));
            }
            if one.name != other.name {
                differences.extend(self.difference(RealmChange::Changed, "under another name", which));
            }
        }
        let looked = source.len().max(target.len());
        RealmPartDiff { part: self.part, looked, without_id, unknown: self.unknown.clone(), differences }
    }

    /// Names of one side as what they are on the other: the target's index of what both have.
    fn known(&self, side: usize) -> HashMap<&'r str, Option<usize>> {
        let all = self.sides.get(side).into_iter().flatten();
        let mut known: HashMap<&str, Option<usize>> = all.map(|one| (one.name, None)).collect();
        for pair in &self.pairs.both {
            let own = if side == 0 { pair.0 } else { pair.1 };
            if let Some(one) = self.sides.get(side).and_then(|all| all.get(own)) {
                known.insert(one.name, Some(pair.1));
            }
        }
        known
    }
}

/// A name as it is told from others: a realm does not tell users by case.
fn folded(noun: &str, name: &str) -> String {
    if noun == "user" { name.to_lowercase() } else { name.to_owned() }
}

fn pairs(noun: &str, [source, target]: &[Vec<Listed<'_>>; 2]) -> Pairs {
    let by_id: HashMap<&str, usize> = target
        .iter()
        .enumerate()
        .filter(|(_, one)| !one.id.is_empty())
        .map(|(at, one)| (one.id, at))
        .collect();
    let mut taken = HashSet::new();
    let mut pairs = Pairs::default();
    let mut rest = Vec::new();
    for (left, one) in source.iter().enumerate() {
        match by_id.get(one.id) {
            Some(right) => {
                taken.insert(*right);
                pairs.both.push((left, *right));
            }
            None => rest.push((left, one)),
        }
    }
    let left_over = target.iter().enumerate().filter(|(at, _)| !taken.contains(at));
    let by_name: HashMap<String, usize> = left_over.map(|(at, one)| (folded(noun, one.name), at)).collect();
    for (left, one) in rest {
        match by_name.get(&folded(noun, one.name)) {
            Some(right) => {
                taken.insert(*right);
                pairs.both.push((left, *right));
            }
            None => pairs.missing.push(left),
        }
    }
    pairs.both.sort_unstable();
    pairs.extra = (0..target.len()).filter(|at| !taken.contains(at)).collect();
    pairs
}

fn changed_user(left: &RealmUser, right: &RealmUser, found: &mut Vec<RealmDifference>) {
    let email = |user: &RealmUser| user.email.as_ref().map(Hidden::reveal).map(str::to_lowercase);
    let addresses = match (email(left), email(right)) {
        (Some(_), None) => Some("without their e-mail address"),
        (None, Some(_)) => Some("with an e-mail address that the source does not have"),
        (Some(one), Some(other)) if one != other => Some("with another e-mail address"),
        _ => None,
    };
    let enabled = match (left.is_enabled, right.is_enabled) {
        (true, false) => Some("disabled in the target"),
        (false, true) => Some("enabled in the target, and disabled in the source"),
        _ => None,
    };
    let service = (left.service_of != right.service_of).then_some("serving another client, or none");
    for said in [addresses, enabled, service].into_iter().flatten() {
        found.push(of_user(RealmPart::Users, RealmChange::Changed, said.to_owned(), right));
    }
}

fn of_user(part: RealmPart, change: RealmChange, said: String, user: &RealmUser) -> RealmDifference {
    RealmDifference {
        part,
        change,
        said,
        noun: "user",
        name: user.name.clone(),
        ids: [user.id.clone(), String::new()],
        of: None,
        place: Some(user.place.clone()),
    }
}

/// What holders have of one kind, on both sides.
struct Held<'k, 'r> {
    kind: &'k Kind<'r>,
    known: [HashMap<&'r str, Option<usize>>; 2],
    count: [usize; 2],
    /// Names that the export of a side does not list, by side.
    nowhere: [BTreeSet<String>; 2],
}

impl<'k, 'r> Held<'k, 'r> {
    fn new(kind: &'k Kind<'r>) -> Self {
        Self { kind, known: [kind.known(0), kind.known(1)], count: [0, 0], nowhere: Default::default() }
    }

    /// Names of one side, each as the target's index where both have it.
    fn of(&mut self, side: usize, names: &[String]) -> BTreeMap<(Option<usize>, String), String> {
        let mut all = BTreeMap::new();
        for name in names {
            let known = self.known.get(side).and_then(|known| known.get(name.as_str()));
            if let (None, Some(nowhere)) = (known, self.nowhere.get_mut(side)) {
                nowhere.insert(name.clone());
            }
            let both = known.copied().flatten();
            all.insert((both, if both.is_some() { String::new() } else { name.clone() }), name.clone());
        }
        if let Some(count) = self.count.get_mut(side) {
            *count += all.len();
        }
        all
    }

    /// What one holder lost and was given.
    fn compare(
        &mut self,
        holder: &RealmDifference,
        [left, right]: [&[String]; 2],
        found: &mut Vec<RealmDifference>,
    ) {
        let (left, right) = (self.of(0, left), self.of(1, right));
        let noun = self.kind.noun;
        let lost = left.iter().filter(|(key, _)| !right.contains_key(*key));
        let lost = lost.map(|(_, name)| (RealmChange::Missing, format!("without {noun} `{name}`"), name));
        let gained = right.iter().filter(|(key, _)| !left.contains_key(*key));
        let gained =
            gained.map(|(_, name)| (RealmChange::Extra, format!("with {noun} `{name}` added"), name));
        for (change, said, name) in lost.chain(gained) {
            found.push(RealmDifference { change, said, of: Some(name.clone()), ..holder.clone() });
        }
    }
}

fn memberships(sides: [&Realm; 2], [users, groups, roles]: [&Kind<'_>; 3]) -> RealmPartDiff {
    let [source, target] = sides;
    let mut unknown = without_users(sides);
    unknown.extend([users, groups, roles].into_iter().flat_map(|kind| kind.unknown.clone()));
    let mut found = Vec::new();
    let (mut in_groups, mut with_roles) = (Held::new(groups), Held::new(roles));
    let part = RealmPart::Memberships;
    let without_people = !without_users(sides).is_empty();
    for (left, right) in users.pairs.both.iter().filter(|_| !without_people) {
        let (Some(left), Some(right)) = (source.users.get(*left), target.users.get(*right)) else { continue };
        let holder = of_user(part, RealmChange::Changed, String::new(), right);
        in_groups.compare(&holder, [&left.groups, &right.groups], &mut found);
        with_roles.compare(&holder, [&left.roles, &right.roles], &mut found);
    }
    for (left, right) in &groups.pairs.both {
        let holder = groups.difference(RealmChange::Changed, "", [Some(*left), Some(*right)]);
        let (Some(left), Some(right)) = (source.groups.get(*left), target.groups.get(*right)) else {
            continue;
        };
        let Some(holder) = holder.map(|holder| RealmDifference { part, ..holder }) else { continue };
        with_roles.compare(&holder, [&left.roles, &right.roles], &mut found);
    }
    for (left, right) in &roles.pairs.both {
        let holder = roles.difference(RealmChange::Changed, "", [Some(*left), Some(*right)]);
        let (Some(left), Some(right)) = (source.roles.get(*left), target.roles.get(*right)) else { continue };
        let Some(holder) = holder.map(|holder| RealmDifference { part, ..holder }) else { continue };
        with_roles.compare(&holder, [&left.parts, &right.parts], &mut found);
    }
    for held in [&in_groups, &with_roles] {
        for (side, nowhere) in ["source", "target"].into_iter().zip(&held.nowhere) {
            if let Some(first) = nowhere.first() {
                let (noun, count) = (held.kind.noun, nowhere.len());
                let why = format!(
                    "the export of the {side} names {noun}s that it does not hold: {count}, such as `{first}`"
                );
                unknown.push(why);
            }
        }
    }
    let looked =
        [0, 1].map(|side| in_groups.count.get(side).unwrap_or(&0) + with_roles.count.get(side).unwrap_or(&0));
    RealmPartDiff {
        part,
        looked: looked.into_iter().max().unwrap_or(0),
        without_id: 0,
        unknown,
        differences: found,
    }
}

fn credentials(sides: [&Realm; 2], users: &Kind<'_>) -> RealmPartDiff {
    let [source, target] = sides;
    let mut unknown = without_users(sides);
    unknown.extend(masked(sides));
    unknown.extend(users.unknown.iter().cloned());
    let count = |realm: &Realm| realm.users.iter().map(|user| user.credentials.len()).sum::<usize>();
    if count(source) == 0 {
        unknown
            .push("no user of the source has anything to sign in with: was it exported without it?".into());
    }
    let mut differences = Vec::new();
    for (left, right) in users.pairs.both.iter().filter(|_| without_users(sides).is_empty()) {
        let (Some(left), Some(right)) = (source.users.get(*left), target.users.get(*right)) else { continue };
        let (before, after) = (kinds(left), kinds(right));
        let part = RealmPart::Credentials;
        for (kind, many) in &before {
            if after.get(kind).unwrap_or(&0) < many {
                let said = format!("without {kind}");
                differences.push(of_user(part, RealmChange::Missing, said, right));
            }
        }
        for (kind, many) in &after {
            if before.get(kind).unwrap_or(&0) < many {
                differences.push(of_user(part, RealmChange::Extra, format!("with {kind} added"), right));
            }
        }
    }
    let looked = count(source).max(count(target));
    RealmPartDiff { part: RealmPart::Credentials, looked, without_id: 0, unknown, differences }
}

/// What a user signs in with, and how many of each.
fn kinds(user: &RealmUser) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for one in &user.credentials {
        let algorithm =
            one.algorithm.as_ref().map_or_else(String::new, |algorithm| format!(" ({algorithm})"));
        *all.entry(format!("`{}`{algorithm}", one.kind)).or_default() += 1;
    }
    all
}
