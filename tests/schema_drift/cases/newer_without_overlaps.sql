-- needs 18
create extension btree_gist;
create table t (a int, during tstzrange, constraint one primary key (a, during without overlaps));
-- planted: constraint-differs t: constraint `one`
alter table t drop constraint one; alter table t add constraint one primary key (a, during);
