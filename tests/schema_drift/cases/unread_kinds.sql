create table t (a int, b int);
create statistics st on a, b from t;
create rule quiet as on delete to t do instead nothing;

-- planted: extra-column t.c
alter table t add c int;
