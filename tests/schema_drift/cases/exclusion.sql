create extension btree_gist;
create table t (room int, during tsrange, constraint apart exclude using gist (room with =, during with &&) where (room > 0));

-- planted: missing-constraint t: constraint `apart`
alter table t drop constraint apart;
