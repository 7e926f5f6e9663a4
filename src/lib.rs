//! trueup says whether two things that should agree do agree, and refuses to go on when they don't.
//!
//! This page is the map of the house. A room is a folder; its floor says what it may know. Imports point down only, and
//! the rooms of one floor do not know each other (`tests/tidy.rs` holds the code to that). Floor 6 is for what is still to
//! come.
//!
//! | floor | room | owns | has no |
//! |---|---|---|---|
//! | 8 | [`cli`] | one file per subcommand: arguments, then settings, job, render; the terminal | judgement |
//! | 7 | [`render`] | a report as bytes, one file per format | printing, files, opinions |
//! | 5 | [`jobs`] | `lint`, `drift`, `guard`, `survey`, `copy`, `verify`: facts fetched, judged, reported | SQL, formats, each other |
//! | 4 | [`stores`] | files, processes, databases: the only sockets and the only I/O | judgement, secrets in errors |
//! | 3 | [`rules`] | facts, and pure checks over them, a room per subject with its table | stores: files come through a trait |
//! | 3 | [`plan`] | what is to be done, decided: the volume of a move, the order of tables | facts of its own |
//! | 2 | [`access`] | what a model and its tuples decide: the whole matrix, single questions, the path that grants | text, but for conditions |
//! | 2 | [`chain`] | the revisions of an Alembic chain as a graph | judgement |
//! | 2 | [`mapping`] | which source table and column becomes which | rows |
//! | 2 | [`diff`] | two of a kind, compared | expectations |
//! | 1 | [`parse`] | text (env files in five dialects, compose, SQL scripts, source code, the settings of any file) into values with spans | failure on content |
//! | 1 | [`manifest`] | `trueup.toml` into validated settings with spans | files, secrets |
//! | 1 | [`digest`] | canonical bytes of every type, hashes, buckets | rows, stores |
//! | 0 | [`model`] | plain data: looks, checks, findings, reports, schemas; how verdicts fold | imports |
//!
//! # The way of a fact
//!
//! Data goes one way: facts, expectations, checks, report, bytes. Follow one line of an env template:
//!
//! 1. `src/cli/lint.rs` reads the flags of `trueup lint` and the manifest, and makes one [`manifest::Manifest`] of them:
//!    which files, which globs, each an [`manifest::At`] that knows its manifest line, or that a flag gave it.
//! 2. [`jobs::lint::lint`] is given that and a tree of files ([`rules::Tree`]). It never opens one itself, so that a
//!    checkout ([`stores::checkout`]), a merge that git makes ([`stores::git::Merge`]) and the examples in the rules' Markdown
//!    run through the same function.
//! 3. [`rules::env::EnvFacts`] is made: each file is a [`model::Look`]. Either [`parse::env::env_file`] made
//!    [`model::Assignment`]s with spans of its text, or there is a cause why it could not be read.
//! 4. [`rules::judge`] runs the table [`rules::env::RULES`]. A rule is a function of facts and a [`rules::Sink`]: it opens a
//!    check on an object ([`rules::Judging`]) and adds what it finds. The sink stamps the id, and the severity that the
//!    rule's Markdown ([`rules::doc`]) or the manifest gives. A failed look becomes `unknown`, whatever the rule would have
//!    said; [`model::Check::settle`] makes the verdict of the findings.
//! 5. [`rules::allow::apply`] lets findings stand for which somebody gave a reason (a comment, the manifest, the baseline),
//!    and settles again.
//! 6. [`render::render`] turns the [`model::Report`] into bytes, and `src/cli/output.rs` writes them where they were asked for.
//!
//! # What holds everywhere
//!
//! - A check passes only on something that was looked at: [`model::Looked`] cannot be zero, and a run that judged nothing
//!   says `unknown`. No failed query, empty list, missing table or unknown type ends as a pass.
//! - The exit code ([`model::Exit`]) and every format fold over the same checks.
//! - What was not compared is in the report ([`model::Gap`]), with the reason.
//! - A value that may be secret is [`model::Hidden`] or a [`model::value::Value`], which `Debug` masks; excerpts are masked
//!   when they are made, so that no format can forget to.
//! - Order is fixed: same input, same bytes. What varies (time, seed, digests) is in [`model::RunInfo`].
//! - Nothing is listed twice. A rule's Markdown is its documentation and its metadata; a manifest's JSON Schema and its
//!   check for unknown keys are made from its types.
pub mod access;
pub mod chain;
pub mod cli;
pub mod diff;
pub mod digest;
pub mod jobs;
pub mod manifest;
pub mod mapping;
pub mod model;
pub mod parse;
pub mod plan;
pub mod render;
pub mod rules;
pub mod stores;
