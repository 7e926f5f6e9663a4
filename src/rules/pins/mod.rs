//! Pins: ids that are one and the same everywhere, and ids that go away on a day.
mod facts;

pub use facts::{Dated, PinFacts, Pinned};
use facts::{names, words};

use super::secret::is_secret_key;
use super::{Rule, Sink, rules};
use crate::model::{Cause, Looked, Object, Place, Setting, Settings};

/// The rules over pins.
pub const RULES: &[Rule<PinFacts>] =
    rules!["pins": mismatch, removed, retiring, rollback_retired, undeclared_id];

fn mismatch(facts: &PinFacts, out: &mut Sink<'_>) {
    for cause in &facts.absent {
        out.unknown(facts.object(), cause.clone());
    }
    for pin in &facts.pins {
        let mut seen = vec![false; pin.keys.len()];
        let mut is_unread = false;
        let mut without = 0;
        for path in &pin.files {
            let Some(look) = facts.files.get(path) else { continue };
            let Some(settings) = out.look(Object::file(path), look) else {
                is_unread = true;
                continue;
            };
            unread(path, settings, out);
            let held: Vec<_> = held(pin, settings, &mut seen).collect();
            if held.is_empty() {
                without += 1;
                continue;
            }
            let mut check = out.check(Object::file(path), Looked::at(held.len(), "pinned value"));
            for (key, setting) in held {
                let value = setting.value.reveal();
                if pin.id(value) == pin.declared.value.as_str() {
                    continue;
                }
                let name = &pin.declared.name;
                let is = shown(facts, pin, key, value)
                    .map_or("has another value".to_owned(), |id| format!("is `{id}`"));
                check
                    .find(key, format!("`{key}` {is}, and the pin `{}` says `{}`", **name, *pin.declared.value))
                    .at(Place::new(path, setting.span))
                    .related(pin.place.clone(), "pinned here")
                    .help("give every place the pinned id; or change the pin, and what was made with the old one");
            }
        }
        if without > 0 {
            let (all, name) = (pin.files.len(), &pin.declared.name);
            out.skip(facts.object(), format!("{without} of {all} files hold no key of the pin `{}`", **name));
        }
        let absent = pin.declared.keys.iter().zip(&seen).filter(|(_, seen)| !**seen && !is_unread);
        for (key, _) in absent {
            let cause = Cause::new(format!(
                "no file of the pin `{}` gives a value to `{}`",
                *pin.declared.name, **key
            ));
            out.unknown(facts.object(), cause.hint("mend the key, or name the files that it stands in"));
        }
    }
}

/// The whole values of a pin's keys that are not empty; notes which keys there are.
fn held<'s>(
    pin: &'s Pinned,
    settings: &'s Settings,
    seen: &mut [bool],
) -> impl Iterator<Item = (&'s str, &'s Setting)> {
    let mut held = Vec::new();
    for setting in &settings.list {
        let Some(key) = pin.key_of(setting) else { continue };
        // A value that is itself a key names what is asked for.
        let value = setting.value.reveal().trim();
        let is_key = pin.keys.iter().any(|glob| glob.is_match(value));
        if !setting.is_whole || value.is_empty() || is_key {
            continue;
        }
        for (glob, seen) in pin.keys.iter().zip(seen.iter_mut()) {
            *seen |= setting.keys.iter().any(|key| glob.is_match(key));
        }
        held.push((key, setting));
    }
    held.into_iter()
}

/// What may be printed of a value: an id, but nothing that could be a secret under a key that the globs took by mistake.
fn shown<'v>(facts: &PinFacts, pin: &Pinned, key: &str, value: &'v str) -> Option<&'v str> {
    let id = pin.id(value);
    let family = |id: &str| id.split(['-', '.', '/', ':']).next().unwrap_or("").to_owned();
    let is_known = facts.is_listed(id) || facts.is_of_family(id) || family(id) == family(&pin.declared.value);
    (is_known && id.len() <= 100 && !is_secret_key(key)).then_some(id)
}

/// Says that values of a file may be missing.
fn unread(path: &str, settings: &Settings, out: &mut Sink<'_>) {
    if let Some(problem) = settings.problems.first() {
        out.unknown(Object::file(path), problem.clone());
    }
}

impl PinFacts {
    /// Says, where calendars could not be read, that nobody can tell whether one of them lists an id.
    fn may_be_in_calendar(&self, on: &Object, out: &mut Sink<'_>) -> bool {
        for cause in &self.unread_calendars {
            out.unknown(on.clone(), cause.clone());
        }
        !self.unread_calendars.is_empty()
    }
}

/// Every value that names an id which is to go away, under the rule that speaks for its day.
fn dated(facts: &PinFacts, out: &mut Sink<'_>, is_past: bool) {
    let speaks = |dated: &&Dated| dated.is_past == is_past;
    let ids: Vec<(&str, &Dated)> = facts
        .removals
        .iter()
        .flat_map(|dated| dated.ids.iter().map(move |id| (id.as_str(), dated)))
        .collect();
    if ids.is_empty() && facts.unread_calendars.is_empty() {
        return;
    }
    for (path, look) in &facts.files {
        let Some(settings) = out.look(Object::file(path), look) else { continue };
        unread(path, settings, out);
        let mut found = Vec::new();
        for setting in &settings.list {
            let value = setting.value.reveal();
            let mut named: Vec<&str> = ids.iter().map(|(id, _)| *id).filter(|id| names(value, id)).collect();
            named.sort_unstable();
            named.dedup();
            let dated = named.into_iter().filter_map(|id| Some((id, facts.removal(id).filter(speaks)?)));
            found.extend(dated.map(|(id, dated)| (id, dated, setting.span)));
        }
        if found.is_empty() && !settings.list.is_empty() && facts.may_be_in_calendar(&Object::file(path), out)
        {
            continue;
        }
        let mut check = out.check(Object::file(path), Looked::at(settings.list.len(), "value"));
        for (id, dated, span) in found {
            check.find(id, told(id, dated)).at(Place::new(path, span)).help(advice(dated));
        }
    }
    let is_named = |pin: &Pinned| facts.removal(&pin.declared.value).is_some_and(|dated| speaks(&dated));
    if !facts.pins.iter().any(is_named) && facts.may_be_in_calendar(&facts.object(), out) {
        return;
    }
    let mut check = out.check(facts.object(), Looked::at(facts.pins.len(), "pin"));
    for pin in &facts.pins {
        let id = pin.declared.value.as_str();
        if let Some(dated) = facts.removal(id).filter(speaks) {
            let message = format!("the pin `{}` says `{id}`: {}", *pin.declared.name, told(id, dated));
            check.find(id, message).at(pin.place.clone()).help(advice(dated));
        }
    }
}

fn told(id: &str, dated: &Dated) -> String {
    if dated.is_past {
        format!("`{id}` was removed on {}", dated.day)
    } else {
        format!("`{id}` is removed on {}", dated.day)
    }
}

fn advice(dated: &Dated) -> String {
    match &dated.replacement {
        Some((to, _)) => format!("use `{to}`"),
        None => "choose another one".to_owned(),
    }
}

fn removed(facts: &PinFacts, out: &mut Sink<'_>) {
    dated(facts, out, true);
}

fn retiring(facts: &PinFacts, out: &mut Sink<'_>) {
    dated(facts, out, false);
}

fn rollback_retired(facts: &PinFacts, out: &mut Sink<'_>) {
    let rollbacks = facts.pins.iter().filter_map(|pin| {
        let id = pin.declared.rollback.as_ref()?;
        Some((
            format!("the pin `{}` falls back to", *pin.declared.name),
            id.as_str(),
            pin.rollback_place.as_ref(),
        ))
    });
    let replacements = facts.removals.iter().filter_map(|dated| {
        let (id, place) = dated.replacement.as_ref()?;
        let of = dated.ids.first().map_or("", String::as_str);
        Some((format!("`{of}` is to be replaced by"), id.as_str(), place.as_ref()))
    });
    let all: Vec<_> = rollbacks.chain(replacements).collect();
    let is_retired = all.iter().any(|(_, id, _)| facts.removal(id).is_some());
    if !all.is_empty() && !is_retired && facts.may_be_in_calendar(&facts.object(), out) {
        return;
    }
    let mut check = out.check(facts.object(), Looked::at(all.len(), "rollback"));
    for (lead, id, place) in all {
        if let Some(dated) = facts.removal(id) {
            check
                .find(
                    id,
                    format!("{lead} `{id}`, and {}", told(id, dated).replace(&format!("`{id}` "), "that ")),
                )
                .at(place.cloned())
                .help("name one that stays");
        }
    }
}

fn undeclared_id(facts: &PinFacts, out: &mut Sink<'_>) {
    if facts.families.is_empty() {
        return;
    }
    for (path, look) in &facts.files {
        let Some(settings) = out.look(Object::file(path), look) else { continue };
        unread(path, settings, out);
        let mut found = Vec::new();
        for setting in settings.list.iter().filter(|setting| setting.is_whole) {
            let value = setting.value.reveal().trim();
            // An id is a value by itself, behind a provider at most: `use gemini-x today` is prose.
            let id = value.rsplit([':', '/']).next().unwrap_or(value);
            let is_id = words(id).next() == Some(id) && [id, value].iter().any(|id| facts.is_of_family(id));
            // What a pin's key holds is for `mismatch` to say.
            let is_held =
                facts.pins.iter().any(|pin| pin.files.contains(path) && pin.key_of(setting).is_some());
            if is_id && !is_held && !facts.is_listed(id) && !facts.is_listed(value) && !is_key_secret(setting)
            {
                found.push((id, setting.span));
            }
        }
        if !found.is_empty() && facts.may_be_in_calendar(&Object::file(path), out) {
            continue;
        }
        let mut check = out.check(Object::file(path), Looked::at(settings.list.len(), "value"));
        for (id, span) in found {
            check
                .find(id, format!("`{id}` is of a declared family, and neither a pin nor a removal lists it"))
                .at(Place::new(path, span))
                .help("pin it, or use the pinned id");
        }
    }
}

fn is_key_secret(setting: &Setting) -> bool {
    setting.keys.first().is_some_and(|key| is_secret_key(key))
}
