//! `trueup verify` between SQLite files, run as the program a user runs.
mod cells;
mod files;
mod mapping;
mod properties;
mod size;
mod tables;
mod world;
