create table t (a int, b int, c int);
create index t_i on t (a desc nulls last, b) include (c) with (fillfactor = 80);

-- planted: index-differs t: t_i
drop index t_i;
create index t_i on t (a desc, b) include (c) with (fillfactor = 80);
