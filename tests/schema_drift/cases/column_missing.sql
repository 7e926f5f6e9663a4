create table t (id bigint primary key, name text not null);

-- planted: missing-column t.name
alter table t drop column name;
