create table t (id bigint primary key, name text not null);

-- planted: extra-table other
create table other (a int);
