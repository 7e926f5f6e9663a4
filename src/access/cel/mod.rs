//! CEL, the language of conditions, as OpenFGA runs it: its standard functions and macros, and OpenFGA's addresses.
//!
//! An expression that goes wrong is an error and never a false. It refuses what the server's environment lacks.
mod call;
mod convert;
mod evaluate;
mod lex;
mod operate;
mod parse;
mod pattern;
mod time;
mod value;

pub(super) use convert::typed;
pub(super) use evaluate::{Scope, evaluate};
pub(super) use parse::{Expr, parse};
pub(super) use value::Value;

#[cfg(test)]
mod tests;
