//! What an env file says to one reader.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Hidden, Span};

/// Who reads an env file: the same line means different things to each.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// python-dotenv's `load_dotenv`, also behind pydantic-settings: `${X}` is filled in, even in single quotes.
    PythonDotenv,
    /// The npm package dotenv without dotenv-expand: nothing is filled in, a line it can't read is dropped unsaid.
    NodeDotenv,
    /// `docker compose`: the project's `.env` and `env_file:`; `$X` and `${X:-d}` are filled in.
    Compose,
    /// `docker run --env-file`: what stands after `=` is the value, quotes and trailing blanks included.
    EnvFile,
    /// `set -a; . FILE` in a POSIX shell, where bash and dash agree.
    Shell,
}

impl Dialect {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 5] =
        [Self::PythonDotenv, Self::NodeDotenv, Self::Compose, Self::EnvFile, Self::Shell];

    /// The name as manifests write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PythonDotenv => "python-dotenv",
            Self::NodeDotenv => "node-dotenv",
            Self::Compose => "compose",
            Self::EnvFile => "env-file",
            Self::Shell => "shell",
        }
    }
}

/// An env file as one reader reads it. Blank lines and comments have no statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialectFile {
    /// The reader.
    pub dialect: Dialect,
    /// In the order of the file; where a key is set twice, every reader lets the last one win.
    pub statements: Vec<Statement>,
}

/// One thing the reader understood, or didn't.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The key; for what sets none, the text up to the end of its line.
    pub span: Span,
    /// What it means to the reader.
    pub meaning: Meaning,
    /// Its value is filled in before the settings that stand before it in the same command (`export A=1 B=$A`).
    pub at_once: bool,
}

/// What a statement does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// The key gets this value.
    Sets {
        /// The key, empty where a reader really sets an empty one.
        key: String,
        /// The value.
        value: EnvValue,
    },
    /// A bare key: it has the value of the reader's own environment, or none.
    Inherits {
        /// The key.
        key: String,
    },
    /// Dropped without a word.
    Nothing,
    /// The reader reports an error.
    Refused {
        /// How much of the file is lost with it.
        reach: Reach,
        /// Why, without any text of the file.
        why: &'static str,
    },
    /// A program: what it does, and whether the shells agree on it, is not known by reading.
    Runs {
        /// `Rest` where even the end of the program is not known.
        reach: Reach,
        /// Why, without any text of the file.
        why: &'static str,
    },
}

/// How far an error or a program reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// This statement alone.
    Line,
    /// This statement and what follows; what stood before holds (in bash; other shells exit).
    Rest,
    /// The reader takes nothing of the file.
    File,
}

/// A value, in pieces. Equal values mean the same; no two texts stand side by side.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvValue {
    pieces: Vec<Piece>,
}

impl EnvValue {
    /// A value without references.
    pub fn text(text: impl Into<String>) -> Self {
        let mut value = Self::default();
        let text = Hidden::new(text);
        value.push_text(text.reveal());
        value
    }

    /// Adds a piece at the end.
    pub fn push(&mut self, piece: Piece) {
        match piece {
            Piece::Text(text) => self.push_text(text.reveal()),
            other => self.pieces.push(other),
        }
    }

    /// Adds text at the end.
    pub fn push_text(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.pieces.push(Piece::Text(Hidden::new(text))),
        }
    }

    /// The pieces in order; none for an empty value.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The whole value, if nothing has to be filled in.
    pub fn literal(&self) -> Option<Hidden> {
        match self.pieces.as_slice() {
            [] => Some(Hidden::default()),
            [Piece::Text(text)] => Some(text.clone()),
            _ => None,
        }
    }
}

/// A part of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Taken as it stands, after unquoting and unescaping.
    Text(Hidden),
    /// Filled in from another variable.
    Reference(Reference),
    /// An unquoted `~` of a shell: `$HOME`.
    Home,
    /// Only a run tells: a command, arithmetic, `$$`; with the kind.
    Computed(&'static str),
    /// The reader reports an error when it comes to fill this in; with the reason.
    Malformed(&'static str),
}

/// `$NAME` or `${NAME...}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The variable.
    pub name: String,
    /// What the word is for.
    pub operator: Operator,
    /// The word behind the operator: a default, a message, a replacement.
    pub word: EnvValue,
}

/// What a reference does besides naming a variable. Where the source differs the meaning may be the same:
/// python-dotenv's `:-` looks only at whether the variable is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// The value, or nothing if unset.
    Plain,
    /// The word if unset.
    DefaultIfUnset,
    /// The word if unset or empty.
    DefaultIfEmpty,
    /// An error if unset.
    MustBeSet,
    /// An error if unset or empty.
    MustNotBeEmpty,
    /// The word if set, else nothing.
    InsteadIfSet,
    /// The word if set and not empty, else nothing.
    InsteadIfNotEmpty,
}
