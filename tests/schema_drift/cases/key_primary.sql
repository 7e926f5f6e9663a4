create table t (a int not null, b int not null, constraint t_pk primary key (a, b));

-- planted: constraint-differs t: constraint `t_pk`
alter table t drop constraint t_pk;
alter table t add constraint t_pk primary key (b, a);
