-- needs 18
create table t (a int, constraint positive check (a > 0) not enforced);
-- planted: constraint-differs t: constraint `positive`
alter table t drop constraint positive; alter table t add constraint positive check (a > 0);
