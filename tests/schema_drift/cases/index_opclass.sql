create extension pg_trgm;
create table t (a text);
create index t_like on t (a text_pattern_ops);
create index t_trgm on t using gin (a gin_trgm_ops);

-- planted: index-differs t: t_like
drop index t_like;
create index t_like on t (a);
