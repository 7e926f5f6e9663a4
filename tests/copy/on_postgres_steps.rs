//! Steps that are more than rows of a table.
