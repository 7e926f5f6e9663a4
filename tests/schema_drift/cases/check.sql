create table t (a int, constraint a_small check (a < 10 and a > 0), check (a <> 5));

-- planted: constraint-differs t: constraint `a_small`
alter table t drop constraint a_small;
alter table t add constraint a_small check (a < 11 and a > 0);
