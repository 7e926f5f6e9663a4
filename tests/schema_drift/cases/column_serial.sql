create table t (id serial primary key, a int);

-- planted: default t.id
alter table t alter id drop default;
