//! Floor 8: one file per subcommand: arguments -> settings -> job -> render.
//!
//! Flags and manifest meet here and nowhere else; what goes to the terminal goes through here and nowhere else.
mod access;
mod acls;
mod against;
mod baseline;
mod chains;
mod copy;
mod demo;
mod drift;
mod explain;
mod fingerprint;
mod fix;
mod graph;
mod guard;
mod init;
mod lint;
mod lock;
mod manifest;
mod output;
mod program;
mod report;
mod schema;
mod servers;
mod shard;
mod stop;
mod survey;
mod verify;

use std::ffi::OsString;

use clap::{Parser, Subcommand};

use crate::model::Exit;

/// Says whether two things that should agree do agree, and refuses to go on when they don't.
#[derive(Debug, Parser)]
#[command(name = "trueup", version, max_term_width = 100, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 all held; 1 a check failed or a gate refused; 2 usage or manifest error; \
                        3 could not look."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play the main job on a small project with planted faults; needs nothing
    Demo(demo::Args),
    /// Write a commented trueup.toml from what this repository holds
    Init(init::Args),
    /// Hold files to declared expectations
    Lint(Box<lint::Args>),
    /// Judge an environment or an env file, and let CMD start only when it keeps the boot contract
    Guard(guard::Args),
    /// Say what databases are before anything is moved: sizes, counts, preconditions
    Survey(survey::Args),
    /// Copy rows from a source into a target, step by step
    #[command(subcommand)]
    Copy(copy::Command),
    /// Reconcile the rows of a source and a target
    Verify(verify::Args),
    /// Ask what a model and its tuples decide, without a server
    #[command(subcommand)]
    Access(access::Command),
    /// Save a portable picture of an endpoint
    Fingerprint(fingerprint::Args),
    /// Record today's lint findings, with a reason, so that only new ones count
    Baseline(baseline::Args),
    /// Draw a chain of revisions, with its heads and branches
    Graph(graph::Args),
    /// Record the revisions that may be applied somewhere, so that an edit of one is found
    Lock(lock::Args),
    /// Render a saved JSON report in any format
    Report(report::Args),
    /// List every rule
    Rules,
    /// Show what a rule is about, with examples
    Explain(explain::Args),
    /// Print the JSON Schema of a file that trueup reads or writes
    JsonSchema(schema::Args),
}

/// Runs the program on its arguments, the first being its own name, and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no mistakes. A closed pipe has nobody to tell.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Held };
        }
    };
    let ended = match cli.command {
        Command::Demo(args) => demo::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Lint(args) => lint::run(*args),
        Command::Guard(args) => guard::run(args),
        Command::Survey(args) => survey::run(args),
        Command::Copy(command) => copy::run(&command),
        Command::Verify(args) => verify::run(&args),
        Command::Access(command) => access::run(command),
        Command::Fingerprint(args) => fingerprint::run(&args),
        Command::Baseline(args) => baseline::run(args),
        Command::Graph(args) => graph::run(args),
        Command::Lock(args) => lock::run(&args),
        Command::Report(args) => report::run(args),
        Command::Rules => explain::list(),
        Command::Explain(args) => explain::run(&args),
        Command::JsonSchema(args) => schema::run(&args),
    };
    ended.unwrap_or_else(stop::Stop::say)
}
