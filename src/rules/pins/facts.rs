//! What the pin rules judge.
use std::collections::BTreeMap;

use globset::GlobMatcher;

use crate::manifest::{At, Calendar, Manifest, Pin, Pins, Removal, Source, date, glob};
use crate::model::{Cause, InlineAllow, Look, Object, Place, Setting, Settings};
use crate::parse::settings::settings;
use crate::rules::Tree;
use crate::rules::files::files;

/// The pins of a project and the files that they stand in.
pub struct PinFacts {
    /// The pins, with the files that each is looked for in.
    pub pins: Vec<Pinned>,
    /// Every removal, of the manifest and of the calendars.
    pub removals: Vec<Dated>,
    /// What ids of the declared families look like.
    pub families: Vec<GlobMatcher>,
    /// Every file once, by its printed path.
    pub files: BTreeMap<String, Look<Settings>>,
    /// What is declared and is nowhere.
    pub absent: Vec<Cause>,
    /// Why calendars could not be read: any id may be listed there.
    pub unread_calendars: Vec<Cause>,
    /// Where it is declared, as printed.
    pub declared_in: String,
    /// `YYYY-MM-DD`
    pub today: String,
}

/// A pin.
pub struct Pinned {
    /// What is declared.
    pub declared: Pin,
    /// Where its id is declared.
    pub place: Option<Place>,
    /// Where its rollback is declared.
    pub rollback_place: Option<Place>,
    /// Its keys.
    pub keys: Vec<GlobMatcher>,
    /// Its files, by their printed paths.
    pub files: Vec<String>,
}

/// A removal.
pub struct Dated {
    /// The ids that go away.
    pub ids: Vec<String>,
    /// The first day without them, `YYYY-MM-DD`.
    pub day: String,
    /// Whether that day has come.
    pub is_past: bool,
    /// What to use instead, and where that is said.
    pub replacement: Option<(String, Option<Place>)>,
}

impl PinFacts {
    /// Reads the calendars and every file that a pin may stand in.
    pub fn new(manifest: &Manifest, source: &Source, today: &str, tree: &dyn Tree) -> Self {
        let shared = manifest.pins.clone().unwrap_or_default();
        let Pins { files: patterns, families, calendars, removal } = &shared;
        let mut facts = Self {
            pins: Vec::new(),
            removals: removal.iter().map(|removal| Dated::new(removal, source, today)).collect(),
            families: families.iter().filter_map(|pattern| glob(pattern).ok()).collect(),
            files: BTreeMap::new(),
            absent: Vec::new(),
            unread_calendars: Vec::new(),
            declared_in: source.path.clone(),
            today: today.to_owned(),
        };
        for path in calendars {
            facts.calendar(&source.path_of(path), today, tree);
        }
        let common = facts.read(patterns, source, tree);
        for pin in &manifest.pin {
            let files =
                if pin.files.is_empty() { common.clone() } else { facts.read(&pin.files, source, tree) };
            facts.pins.push(Pinned {
                place: source.place_of(&pin.value),
                rollback_place: pin.rollback.as_ref().and_then(|rollback| source.place_of(rollback)),
                keys: pin.keys.iter().filter_map(|pattern| glob(pattern).ok()).collect(),
                declared: pin.clone(),
                files,
            });
        }
        facts
    }

    fn calendar(&mut self, path: &str, today: &str, tree: &dyn Tree) {
        let cause = match tree.text(path) {
            Look::Got(text) => match Calendar::read(&text) {
                Ok(calendar) => {
                    let source = Source { path: path.to_owned(), text };
                    let dated = calendar.removal.iter().map(|removal| Dated::new(removal, &source, today));
                    self.removals.extend(dated);
                    return;
                }
                Err(mistakes) => {
                    let source = Source { path: path.to_owned(), text };
                    let first = mistakes.into_iter().next();
                    let (line, message) = first.map_or((1, String::new()), |mistake| {
                        (source.place(mistake.range).span.start.line, mistake.message)
                    });
                    Cause::new(format!("the calendar {path} is wrong in line {line}: {message}"))
                }
            },
            Look::NotAsked(reason) => Cause::new(reason.0),
            Look::Failed(cause) => {
                Cause { message: format!("the calendar {path} can't be read: {}", cause.message), ..cause }
            }
        };
        self.unread_calendars.push(cause.hint("mend it, or take it out of `calendars`"));
    }

    /// Reads the files of some patterns, and returns their paths.
    fn read(&mut self, patterns: &[At<String>], source: &Source, tree: &dyn Tree) -> Vec<String> {
        let found = files(patterns, "", source, tree);
        self.absent.extend(found.absent);
        let mut paths = Vec::new();
        for (path, _) in found.found {
            if !self.files.contains_key(&path) {
                let look = tree.text(&path).map(|text| settings(&path, &text));
                self.files.insert(path.clone(), look);
            }
            paths.push(path);
        }
        paths
    }

    /// The inline allows of every file that could be read, with the file's path.
    pub fn allows(&self) -> impl Iterator<Item = (&str, &InlineAllow)> {
        let read = self.files.iter().filter_map(|(path, look)| Some((path.as_str(), look.got()?)));
        read.flat_map(|(path, settings)| settings.allows.iter().map(move |allow| (path, allow)))
    }

    /// The removal of an id.
    pub fn removal(&self, id: &str) -> Option<&Dated> {
        let mut all: Vec<_> =
            self.removals.iter().filter(|dated| dated.ids.iter().any(|one| one == id)).collect();
        // Of several days the first counts.
        all.sort_by(|one, other| one.day.cmp(&other.day));
        all.first().copied()
    }

    /// Whether an id is listed: by a pin, or by a removal as what goes or what comes.
    pub fn is_listed(&self, id: &str) -> bool {
        let in_pin = |pin: &Pinned| {
            *pin.declared.value == *id
                || pin.declared.rollback.as_ref().is_some_and(|rollback| **rollback == *id)
        };
        let in_removal = |dated: &Dated| {
            dated.ids.iter().any(|one| one == id)
                || dated.replacement.as_ref().is_some_and(|(to, _)| to == id)
        };
        self.pins.iter().any(in_pin) || self.removals.iter().any(in_removal)
    }

    /// Whether an id belongs to a declared family.
    pub fn is_of_family(&self, id: &str) -> bool {
        self.families.iter().any(|family| family.is_match(id))
    }

    /// What the checks about the declarations are on.
    pub fn object(&self) -> Object {
        if self.declared_in.is_empty() { Object::run("lint") } else { Object::file(&self.declared_in) }
    }
}

impl Pinned {
    /// The key of this pin that a value is given to.
    pub fn key_of<'s>(&self, setting: &'s Setting) -> Option<&'s str> {
        let mut keys = setting.keys.iter().map(String::as_str);
        keys.find(|key| self.keys.iter().any(|glob| glob.is_match(key)))
    }

    /// A value without the prefix that it may have.
    pub fn id<'v>(&self, value: &'v str) -> &'v str {
        let value = value.trim();
        self.declared.prefixes.iter().find_map(|prefix| value.strip_prefix(prefix.as_str())).unwrap_or(value)
    }
}

impl Dated {
    fn new(removal: &Removal, source: &Source, today: &str) -> Self {
        let is_past = match (date(&removal.removed), date(today)) {
            (Some(day), Some(today)) => day <= today,
            _ => true,
        };
        let replacement = removal.replacement.as_ref().map(|id| (id.to_string(), source.place_of(id)));
        Self {
            ids: removal.ids.iter().map(|id| id.to_string()).collect(),
            day: String::from(&**removal.removed),
            is_past,
            replacement,
        }
    }
}

/// The ids that stand in a value as whole words: `gemini-2.5-flash` is not in `gemini-2.5-flash-lite`.
pub(super) fn words(value: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '+'));
    value.split(ends).map(|word| word.trim_matches(['.', '-'])).filter(|word| !word.is_empty())
}

/// Whether an id stands in a value as a whole word, also one that has other signs in it.
pub(super) fn names(value: &str, id: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '@' | '+');
    value.match_indices(id).any(|(at, _)| {
        let before = value.get(..at).and_then(|before| before.chars().next_back());
        let mut after = value.get(at + id.len()..).unwrap_or("").chars();
        let next = after.next();
        let is_end = match next {
            // A dot ends a sentence, unless the word goes on behind it.
            Some('.' | '-') => !after.next().is_some_and(char::is_alphanumeric),
            next => !next.is_some_and(joins),
        };
        is_end && !before.is_some_and(|c| joins(c) || matches!(c, '.' | '-'))
    })
}

#[cfg(test)]
mod tests {
    use super::{names, words};

    #[test]
    fn whole_words() {
        for value in ["m-2.5", "google:m-2.5", "models/m-2.5", "use m-2.5.", "(m-2.5)", "m-2.5:free"] {
            assert!(names(value, "m-2.5"), "{value}");
            assert!(words(value).any(|word| word == "m-2.5"), "{value}");
        }
        for value in ["m-2.5-lite", "m-2.5.1", "xm-2.5", "x-m-2.5", "m-2.5@001", "m-2.55"] {
            assert!(!names(value, "m-2.5"), "{value}");
            assert!(!words(value).any(|word| word == "m-2.5"), "{value}");
        }
        assert!(names("x meta/m:8b y", "meta/m:8b"));
    }
}
