create extension citext;
create extension hstore;
create table t (a citext, b hstore);

-- planted: extra-extension pg_trgm
create extension pg_trgm;
