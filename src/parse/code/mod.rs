//! Source code into what it reads from its environment.
//!
//! Python is parsed, JavaScript, Rust and Go are read by tokens. Nothing is run or guessed: a read whose key the text
//! does not tell is computed, and says so; a text that makes no sense is read as far as it does, and says so too.
mod calls;
mod functions;
mod go;
mod javascript;
mod lexer;
mod python;
mod rust;
mod spots;
mod tokens;
mod words;

use std::collections::BTreeSet;

use crate::model::CodeReads;
use calls::Calls;

/// Adds the words of a text that could be keys: those in capitals.
pub fn capitals(text: &str, found: &mut BTreeSet<String>) {
    words::words(text, found);
}

/// The languages that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// `.py`, `.pyi` left out: stubs are not run.
    Python,
    /// JavaScript and TypeScript.
    JavaScript,
    /// The scripts of `.vue` and `.svelte`.
    Component,
    /// `.rs`
    Rust,
    /// `.go`
    Go,
}

impl Language {
    /// The language of the file at a path, by its ending.
    pub fn of(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let (_, ending) = name.rsplit_once('.')?;
        match ending {
            "py" => Some(Self::Python),
            "ts" | "mts" | "cts" if name.ends_with(&format!(".d.{ending}")) => None,
            "js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx" => Some(Self::JavaScript),
            "vue" | "svelte" => Some(Self::Component),
            "rs" => Some(Self::Rust),
            "go" => Some(Self::Go),
            _ => None,
        }
    }
}

/// The code of one service, file by file.
#[derive(Default)]
pub struct Service {
    files: Vec<(Language, CodeReads, Calls)>,
    python: python::Classes,
}

impl Service {
    /// Reads one more file.
    pub fn add(&mut self, path: &str, language: Language, text: &str) {
        let (reads, calls) = match language {
            Language::Python => self.python.read(self.files.len(), path, text),
            Language::Component => javascript::read_markup(text),
            Language::JavaScript => javascript::read(text),
            Language::Rust => rust::read(text),
            Language::Go => go::read(text),
        };
        // Functions are called across the two.
        let language = if language == Language::Component { Language::JavaScript } else { language };
        self.files.push((language, reads, calls));
    }

    /// What each file reads, in the order in which they were added, once all of them are known.
    pub fn finish(self) -> Vec<CodeReads> {
        let mut files = self.files;
        for (file, read) in self.python.reads() {
            if let Some((_, reads, _)) = files.get_mut(file) {
                match read {
                    Ok(read) => reads.reads.push(read),
                    Err(computed) => reads.computed.push(computed),
                }
            }
        }
        let languages: BTreeSet<Language> = files.iter().map(|(language, ..)| *language).collect();
        for wanted in languages {
            calls::follow(
                files
                    .iter_mut()
                    .filter(|(language, ..)| *language == wanted)
                    .map(|(_, reads, calls)| (reads, calls)),
            );
        }
        let mut all: Vec<CodeReads> = files.into_iter().map(|(_, reads, _)| reads).collect();
        for reads in &mut all {
            // No environment has a key without a name.
            for read in &mut reads.reads {
                read.names.retain(|name| !name.is_empty());
            }
            reads.reads.retain(|read| !read.names.is_empty());
            reads.reads.sort();
            reads.reads.dedup();
            reads.computed.sort();
            reads.computed.dedup();
        }
        all
    }
}
