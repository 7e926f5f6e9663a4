-- Tables in which Alembic keeps what is applied, as SQL writes them. Serves 13 to 18.
select coalesce(json_agg(format('%I.%I', n.nspname, c.relname) order by n.nspname), '[]')::text
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attname = 'version_num' and not a.attisdropped
where c.relname = $TABLE and n.nspname = coalesce($SCHEMA, n.nspname)
  and c.relkind in ('r', 'p') and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
