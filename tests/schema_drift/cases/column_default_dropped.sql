create table t (a text default 'x');

-- planted: default t.a
alter table t alter a drop default;
