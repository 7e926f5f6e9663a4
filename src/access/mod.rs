//! Floor 2: what a model and its tuples come to: every decision, or one with the path that grants.
//!
//! It computes like an OpenFGA server and without one: the least fixpoint of a model's rewrites over tuples that the
//! model accepts. A cell is yes, no, or *when*: a formula over conditions with their contexts. What the server would
//! refuse to decide is unknown here, as a lower and an upper bound that differ. It judges nothing, and reads no text but
//! conditions.
mod accept;
mod cel;
mod cells;
mod columns;
mod condition;
mod formula;
mod graph;
mod held;
mod names;
mod node;
mod parity;
mod path;
mod question;
mod side;
mod stream;
mod validate;

pub use accept::{Refusal, refusal};
pub use cells::{Bounds, Cells};
pub use condition::Asked;
pub use formula::{Formula, Formulas};
pub use held::{Each, Held, held};
pub use names::Names;
pub use parity::{Compared, Ids, LeftOut, Own, Renames, compare};
pub use path::Step;
pub use question::{Answer, Answerer};
pub use side::Side;
pub use stream::Stream;
pub use validate::{unsatisfiable, validate};

#[cfg(test)]
mod tests;
