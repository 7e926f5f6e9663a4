create table t (a int);
alter table t enable row level security;

-- planted: policy-differs t
alter table t disable row level security;
