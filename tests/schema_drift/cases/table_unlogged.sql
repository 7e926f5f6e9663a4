create table t (id bigint primary key, name text not null);
create unlogged table cache (k text);

-- planted: table-differs cache
alter table cache set logged;
