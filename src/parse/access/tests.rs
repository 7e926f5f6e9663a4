//! Models and tuples as they are written, and what they become.
