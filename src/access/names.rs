//! Names as numbers, shared by both sides of a comparison so that equal names are equal numbers.
use std::collections::HashMap;

/// A type, a relation, an object or a userset.
#[derive(Debug, Default)]
pub struct Names {
    words: Vec<String>,
    by_word: HashMap<String, u32>,
    /// Objects and usersets, the latter as subjects of a kind of their own.
    entities: Vec<Entity>,
    by_entity: HashMap<(u32, String), u32>,
}

#[derive(Debug)]
struct Entity {
    kind: u32,
    id: String,
}

impl Names {
    /// The number of a type's or relation's name.
    pub fn word(&mut self, word: &str) -> u32 {
        if let Some(number) = self.by_word.get(word) {
            return *number;
        }
        let number = count(self.words.len());
        self.words.push(word.to_owned());
        self.by_word.insert(word.to_owned(), number);
        number
    }

    /// The number of a name that is known.
    pub fn known_word(&self, word: &str) -> Option<u32> {
        self.by_word.get(word).copied()
    }

    /// The name.
    pub fn spelt(&self, word: u32) -> &str {
        self.words.get(word as usize).map_or("", String::as_str)
    }

    /// The number of an object; a userset is an object of the kind `type#relation`.
    pub fn entity(&mut self, kind: &str, id: &str) -> u32 {
        let kind = self.word(kind);
        if let Some(number) = self.by_entity.get(&(kind, id.to_owned())) {
            return *number;
        }
        let number = count(self.entities.len());
        self.entities.push(Entity { kind, id: id.to_owned() });
        self.by_entity.insert((kind, id.to_owned()), number);
        number
    }

    /// The number of an object that is known.
    pub fn known_entity(&self, kind: &str, id: &str) -> Option<u32> {
        self.by_entity.get(&(self.known_word(kind)?, id.to_owned())).copied()
    }

    /// The kind of an object, as a word.
    pub fn kind(&self, entity: u32) -> u32 {
        self.entities.get(entity as usize).map_or(u32::MAX, |entity| entity.kind)
    }

    /// The id of an object, without its kind.
    pub fn id(&self, entity: u32) -> &str {
        self.entities.get(entity as usize).map_or("", |entity| &entity.id)
    }

    /// An object as a tuple writes it: `user:anne`, `group:eng#member`.
    pub fn written(&self, entity: u32) -> String {
        let kind = self.spelt(self.kind(entity));
        match kind.split_once('#') {
            Some((kind, relation)) => format!("{kind}:{}#{relation}", self.id(entity)),
            None => format!("{kind}:{}", self.id(entity)),
        }
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
