create table t (id bigint primary key, name text not null);

-- planted: extra-column t.more
alter table t add column more int;
