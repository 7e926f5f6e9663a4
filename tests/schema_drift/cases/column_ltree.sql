create extension ltree;
create table t (p ltree, q ltree[]);
create index t_p on t using gist (p);

-- planted: missing-index t: t_p
drop index t_p;
