-- needs 18
create table t (a int, constraint given not null a);
-- planted: not-valid-constraint t: constraint `given`
alter table t drop constraint given; alter table t add constraint given not null a not valid;
