-- needs pgvector
create schema ext;
create extension vector schema ext;
create table t (a ext.vector(3));
create index t_a on t using hnsw (a ext.vector_cosine_ops) with (m = 8);

-- planted: index-differs t: t_a
drop index t_a;
create index t_a on t using hnsw (a ext.vector_l2_ops) with (m = 8);
