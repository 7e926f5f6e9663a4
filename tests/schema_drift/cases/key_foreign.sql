create table r (id int primary key);
create table t (r int, constraint t_r foreign key (r) references r on delete cascade on update set null deferrable initially deferred);

-- planted: constraint-differs t: constraint `t_r`
alter table t drop constraint t_r;
alter table t add constraint t_r foreign key (r) references r on delete cascade on update set null;
