-- needs pgvector
create extension vector;
create table t (a vector(3), b halfvec(4));

-- planted: type-mismatch t.a
alter table t alter a type vector(4);
