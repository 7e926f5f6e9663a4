create table t (a int, active bool);
create unique index t_active on t (a) where active;

-- planted: index-differs t: t_active
drop index t_active;
create unique index t_active on t (a);
