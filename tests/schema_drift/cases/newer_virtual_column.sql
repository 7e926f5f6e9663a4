-- needs 18
create table t (a int, b int generated always as (a * 2) virtual);
-- planted: default t.b
alter table t alter column b set expression as (a * 3);
