//! The contents of git's objects, through one process that is asked again and again.
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use super::call::Git;
use crate::model::Cause;
use crate::stores::files::{LARGEST_BYTES, too_large};

/// A running `git cat-file --batch`.
pub(super) struct Batch {
    git: Git,
    child: Child,
    /// Closed first, so that the process ends.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Batch {
    pub(super) fn start(git: Git) -> Result<Self, Cause> {
        let mut command = git.command(&["cat-file", "--batch"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let cannot = |error: io::Error| Cause::new(format!("git cannot be run: {error}"));
        let mut child = command.spawn().map_err(cannot)?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (input, output) = pipes.ok_or_else(|| Cause::new("git cat-file has no pipes"))?;
        Ok(Self { git, child, input: Some(input), output: BufReader::new(output) })
    }

    /// The content of a file's object.
    pub(super) fn content(&mut self, object: &str) -> Result<Vec<u8>, Cause> {
        self.ask(object).unwrap_or_else(|_| {
            // In a partial clone older versions of git end when an object is lacking.
            *self = Self::start(self.git.clone())?;
            Err(lacking())
        })
    }

    /// The outer error leaves the process of no use; the inner one is about this object alone.
    fn ask(&mut self, object: &str) -> io::Result<Result<Vec<u8>, Cause>> {
        let Some(input) = &mut self.input else { return Err(io::ErrorKind::BrokenPipe.into()) };
        writeln!(input, "{object}")?;
        input.flush()?;
        let mut head = String::new();
        if self.output.read_line(&mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // `<object> SP <type> SP <size>`, or `<object> SP missing`
        let Some(size) = head.trim_end().split(' ').nth(2).and_then(|size| size.parse::<u64>().ok()) else {
            return Ok(Err(lacking()));
        };
        // A line end follows the content.
        let mut rest = self.output.by_ref().take(size + 1);
        if size > LARGEST_BYTES {
            io::copy(&mut rest, &mut io::sink())?;
            return Ok(Err(too_large(LARGEST_BYTES)));
        }
        let mut content = Vec::new();
        rest.read_to_end(&mut content)?;
        content.pop();
        Ok(Ok(content))
    }
}

fn lacking() -> Cause {
    Cause::new("git does not give its content")
        .hint("a partial clone may lack it: `git fetch --refetch --no-filter origin`")
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.input = None;
        // Nobody is left to tell how it ended.
        let _ = self.child.wait();
    }
}
