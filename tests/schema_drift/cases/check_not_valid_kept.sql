create table t (a int);
alter table t add constraint kept check (a > 0) not valid;

-- planted: extra-constraint t: constraint `more`
alter table t add constraint more check (a > 1);
