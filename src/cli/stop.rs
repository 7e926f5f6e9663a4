//! Why a command ended before it had a report.
use std::io::{self, Write};

use crate::manifest::{Mistake, Source};
use crate::model::{Cause, Exit};

/// Why a command ended before it had a report.
#[derive(Debug)]
pub(super) enum Stop {
    /// The call is wrong.
    Usage(Cause),
    /// The manifest or the baseline is wrong.
    Mistakes(Source, Vec<Mistake>),
    /// Something that was asked for could not be seen or written.
    CouldNotLook(Cause),
    /// Something must not be done as things stand.
    Refused(Cause),
    /// Whoever read the output went away.
    Closed(Exit),
}

impl Stop {
    pub(super) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage(Cause::new(message).hint(hint))
    }

    /// Says it on stderr, and gives the exit code.
    pub(super) fn say(self) -> Exit {
        match self {
            Self::Usage(cause) => {
                error(&cause);
                Exit::Usage
            }
            Self::Mistakes(source, mistakes) => {
                for mistake in mistakes {
                    let place = source.place(mistake.range);
                    let start = place.span.start;
                    let message =
                        format!("{}:{}:{}: {}", place.path, start.line, start.column, mistake.message);
                    error(&Cause { message, hint: mistake.help });
                }
                Exit::Usage
            }
            Self::CouldNotLook(cause) => {
                error(&cause);
                Exit::CouldNotLook
            }
            Self::Refused(cause) => {
                error(&cause);
                Exit::Failed
            }
            Self::Closed(exit) => exit,
        }
    }
}

/// A line for whoever watches, on stderr.
pub(super) fn note(text: &str) {
    line(&format!("note: {text}"));
}

fn error(cause: &Cause) {
    line(&format!("error: {}", cause.message));
    if let Some(hint) = &cause.hint {
        line(&format!("  hint: {hint}"));
    }
}

fn line(text: &str) {
    // When stderr is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "{text}");
}
