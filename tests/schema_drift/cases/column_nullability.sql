create table t (id bigint primary key, name text not null);

-- planted: nullability t.name
alter table t alter name drop not null;
