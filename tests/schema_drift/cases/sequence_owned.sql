create table t (a int);
create sequence s owned by t.a;

-- planted: sequence-differs s
alter sequence s owned by none;
