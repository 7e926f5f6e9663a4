-- needs 15
create table t (a int, constraint t_a unique nulls not distinct (a));

-- planted: constraint-differs t: constraint `t_a`
alter table t drop constraint t_a;
alter table t add constraint t_a unique (a);
