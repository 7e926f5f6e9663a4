create table t (a int, b int, unique (a) include (b));

-- planted: missing-constraint t: constraint `t_a_b_key`
alter table t drop constraint t_a_b_key;
