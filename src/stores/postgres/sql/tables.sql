-- Every table, view and foreign table outside the system's own schemas and outside extensions. Serves 13 to 18.
select coalesce(json_strip_nulls(json_object_agg(c.oid, json_build_object(
  'namespace', n.nspname,
  'name', c.relname,
  'kind', case c.relkind when 'p' then 'partitioned' when 'v' then 'view' when 'm' then 'materialized-view'
                         when 'f' then 'foreign' else 'table' end,
  'columns', '[]'::json,
  'row_security', case when c.relforcerowsecurity and c.relrowsecurity then 'forced' when c.relrowsecurity then 'on' else 'off' end,
  'unlogged', c.relpersistence = 'u',
  'partition_by', case c.relkind when 'p' then pg_get_partkeydef(c.oid) end,
  'parents', (select json_agg(format('%I.%I%s', pn.nspname, p.relname, case when to_jsonb(i) ->> 'inhdetachpending' = 'true' then ' DETACH PENDING' end) order by i.inhseqno)
              from pg_inherits i join pg_class p on p.oid = i.inhparent join pg_namespace pn on pn.oid = p.relnamespace
              where i.inhrelid = c.oid),
  'bound', pg_get_expr(c.relpartbound, c.oid),
  'options', nullif(array_remove((select array_agg(o order by o collate "C") from unnest(c.reloptions) o) || array[
    case c.relreplident when 'f' then 'REPLICA IDENTITY FULL' when 'n' then 'REPLICA IDENTITY NOTHING'
      when 'i' then 'REPLICA IDENTITY USING INDEX ' || (select ri.indexrelid::regclass from pg_index ri where ri.indrelid = c.oid and ri.indisreplident) end,
    case when c.reloftype <> 0 then 'OF ' || format_type(c.reloftype, null) end,
    case when am.amname <> 'heap' then 'USING ' || am.amname end,
    'TABLESPACE ' || sp.spcname,
    'CLUSTER ON ' || (select quote_ident(cc.relname) from pg_index ci join pg_class cc on cc.oid = ci.indexrelid where ci.indrelid = c.oid and ci.indisclustered),
    case when c.relforcerowsecurity and not c.relrowsecurity then 'FORCE ROW LEVEL SECURITY' end,
    'SERVER ' || fs.srvname] || $options(ft.ftoptions)
    || (select array_agg('toast.' || o order by o collate "C") from unnest(tt.reloptions) o), null), '{}'),
  'definition', case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end,
  'held', json_build_object(
    'owner', pg_get_userbyid(c.relowner),
    'grants', $grants(c.relacl; c.relowner; 'r'),
    'comment', d.description)
))), '{}')::text
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_am am on am.oid = c.relam
left join pg_tablespace sp on sp.oid = c.reltablespace
left join pg_class tt on tt.oid = c.reltoastrelid
left join pg_foreign_table ft on ft.ftrelid = c.oid
left join pg_foreign_server fs on fs.oid = ft.ftserver
left join pg_description d on d.classoid = 'pg_class'::regclass and d.objoid = c.oid and d.objsubid = 0
left join pg_depend e on e.classid = 'pg_class'::regclass and e.objid = c.oid and e.objsubid = 0 and e.deptype = 'e'
where c.relkind in ('r', 'p', 'v', 'm', 'f')
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and c.relpersistence <> 't'
  and e.objid is null
