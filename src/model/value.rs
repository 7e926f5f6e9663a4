//! One cell of a row.
