create table t (id bigint primary key, name text not null);
alter table t set (fillfactor = 70, autovacuum_enabled = false);

-- planted: table-differs t
alter table t reset (fillfactor);
