-- What tables take on disk, how many rows the server thinks they have, and why they cannot be read. Serves 13 to 18.
-- Asking for the size of a table that another session keeps readers out of would wait for that session.
-- A partitioned table is its leaves; an estimate lacks where one of them was never analysed.
with locked as (
  select distinct relation as oid from pg_locks
  where locktype = 'relation' and granted and mode = 'AccessExclusiveLock' and pid is distinct from pg_backend_pid()
    and database = (select oid from pg_database where datname = current_database())
)
select coalesce(json_agg(json_build_object(
  'namespace', n.nspname, 'name', c.relname,
  'bytes', case when c.relkind in ('r', 'p', 'm') and not s.locked then s.bytes end,
  'estimated_rows', case when c.relkind in ('r', 'p', 'm') then s.estimate end,
  'unreadable', case
    when not has_schema_privilege(n.oid, 'usage') then 'the role may not use the schema'
    when not has_table_privilege(c.oid, 'select') then 'the role may not read it'
    when s.locked then 'another session keeps readers out of it'
    when row_security_active(c.oid) then 'row-level security would hide rows from the role'
    when c.relkind = 'm' and not c.relispopulated then 'the materialized view was never filled' end)), '[]')::text
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join lateral (
  select sum(case when k.oid is null then pg_table_size(l.oid) end)::bigint as bytes, bool_or(k.oid is not null) as locked,
    case when count(*) = 0 then 0 when bool_and(l.reltuples >= 0) then sum(l.reltuples)::bigint end as estimate
  from (select t.relid from pg_partition_tree(c.oid) t where c.relkind = 'p' and t.isleaf union all select c.oid where c.relkind <> 'p') p
  join pg_class l on l.oid = p.relid and l.relkind in ('r', 'm')
  left join locked k on k.oid = l.oid
) s on true
where c.relkind in ('r', 'p', 'm', 'f', 'v') and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
