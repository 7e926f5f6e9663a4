//! Tests that need the server; `tests/run` leaves this module out, and says so, where there is none.
mod collisions;
mod functions;
mod kinds;
mod rows;
