//! Python text, read and never run: what a revision file declares, and what its functions would do.
mod asked;
mod body;
mod builtins;
mod calls;
mod canonical;
mod columns;
mod ddl;
mod env_script;
mod imports;
mod meaning;
mod naming;
mod operations;
mod orm;
mod revision;
mod sql;
mod syntax;
mod value;
mod walk;

pub use canonical::canonical;
pub use ddl::schema_changes;
pub use env_script::{ASYNC_DRIVERS, env_script};
pub use imports::{Part, Wanted, part};
pub use meaning::meaning;
pub use naming::{Naming, Sought, env_naming, naming};
pub use revision::{revision_file, sets_schema};
pub use sql::index_columns;
