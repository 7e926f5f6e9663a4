-- Who we are and what we may do: what could be written says by which privilege. Serves 13 to 18.
with tables as (
  select c.oid, c.relkind, n.nspname, n.oid as nspoid
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'm', 'f', 'v') and c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
), written as (
  select count(*) as tables from tables
  where relkind <> 'm' and (has_table_privilege(oid, 'insert') or has_table_privilege(oid, 'update')
    or has_table_privilege(oid, 'delete') or has_table_privilege(oid, 'truncate') or has_any_column_privilege(oid, 'insert, update'))
), made as (
  select nspname from pg_namespace
  where nspname !~ '^pg_' and nspname <> 'information_schema' and has_schema_privilege(oid, 'create')
)
select json_build_object(
  'role', current_user,
  'superuser', (select rolsuper from pg_roles where rolname = current_user),
  'unreadable', (select count(*) from tables where relkind <> 'v'
    and (not has_schema_privilege(nspoid, 'usage') or not has_table_privilege(oid, 'select') or row_security_active(oid))),
  'writes_by', array_remove(array[
    (select 'being a superuser' from pg_roles where rolname = current_user and rolsuper),
    (select 'privileges on ' || tables || ' table(s)' from written where tables > 0),
    (select 'creating in ' || count(*) || ' schema(s)' from made having count(*) > 0),
    case when has_database_privilege(current_database(), 'create') then 'creating schemas' end], null),
  'sees_others', pg_has_role(current_user, 'pg_read_all_stats', 'usage')
)::text
