//! Becoming another program.
use std::ffi::OsString;
use std::process::Command;

use crate::model::Cause;

/// Replaces this process with `command` (a program and its arguments): same pid, same environment, signals intact. It
/// returns only when that failed.
pub fn exec(command: &[OsString]) -> Cause {
    use std::os::unix::process::CommandExt;
    let Some((program, arguments)) = command.split_first() else {
        return Cause::new("there is no command to run");
    };
    let error = Command::new(program).args(arguments).exec();
    Cause::new(format!("{} cannot be run: {error}", program.to_string_lossy()))
        .hint("is it installed and executable?")
}
