//! The outcome of trying to get facts.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What came of looking. A rule never sees a failed look as an empty one: `judge` turns `NotAsked` into a skip and
/// `Failed` into an unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Look<T> {
    /// The facts, all of them.
    Got(T),
    /// Nobody asked for this, and why.
    NotAsked(Reason),
    /// Somebody asked, and it could not be seen.
    Failed(Cause),
}

/// Nothing of the kind was there to be looked at.
impl<T> Default for Look<T> {
    fn default() -> Self {
        Self::NotAsked(Reason::nothing())
    }
}

/// What an attempt came to.
impl<T> From<Result<T, Cause>> for Look<T> {
    fn from(outcome: Result<T, Cause>) -> Self {
        match outcome {
            Ok(facts) => Self::Got(facts),
            Err(cause) => Self::Failed(cause),
        }
    }
}

impl<T> Look<T> {
    /// Whether nobody asked.
    pub fn is_not_asked(&self) -> bool {
        matches!(self, Self::NotAsked(_))
    }

    /// The facts, when there are any.
    pub fn got(&self) -> Option<&T> {
        match self {
            Self::Got(facts) => Some(facts),
            Self::NotAsked(_) | Self::Failed(_) => None,
        }
    }

    /// The same outcome with the facts turned into something else.
    pub fn map<U>(self, turn: impl FnOnce(T) -> U) -> Look<U> {
        match self {
            Self::Got(facts) => Look::Got(turn(facts)),
            Self::NotAsked(reason) => Look::NotAsked(reason),
            Self::Failed(cause) => Look::Failed(cause),
        }
    }
}

/// Why something was rightly not looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Reason(pub String);

impl Reason {
    const NOTHING: &str = "nothing here to look at";

    /// There was nothing of the kind.
    pub fn nothing() -> Self {
        Self(Self::NOTHING.to_owned())
    }

    /// Whether there was nothing of the kind, so that nobody misses it.
    pub fn is_nothing(&self) -> bool {
        self.0 == Self::NOTHING
    }
}

impl<T: Into<String>> From<T> for Reason {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

/// Why something could not be looked at, and what to do about it. Holds no secret: whoever makes one redacts first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// What went wrong: lower case, no full stop.
    pub message: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Cause {
    /// A cause without advice.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// The same cause with what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
