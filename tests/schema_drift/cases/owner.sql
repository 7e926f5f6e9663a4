create table t (a int);

-- planted: owner t
alter table t owner to pg_monitor;
