create table t (a int);
create index t_i on t (a);

-- planted: index-differs t: t_i
alter index t_i rename to t_j;
