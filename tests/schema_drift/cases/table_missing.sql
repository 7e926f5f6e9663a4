create table t (id bigint primary key, name text not null);
create table other (a int);

-- planted: missing-table other
drop table other;
