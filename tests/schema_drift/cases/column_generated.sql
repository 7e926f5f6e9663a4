create table t (a int, b int generated always as (a * 2) stored);

-- planted: default t.b
alter table t drop column b;
alter table t add column b int generated always as (a * 3) stored;
