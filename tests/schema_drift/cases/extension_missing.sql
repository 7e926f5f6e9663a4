create extension pg_trgm;
create table t (a int);

-- planted: extension-missing pg_trgm
drop extension pg_trgm;
