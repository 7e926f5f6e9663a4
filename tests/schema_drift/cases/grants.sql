create table t (a int);
grant select on t to public;

-- planted: grant t
grant insert on t to public;
