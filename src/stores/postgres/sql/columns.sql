-- The columns of every such table, by the table's oid. Serves 13 to 18.
-- A type that an extension brought is written without its schema: where an extension lives is a fact of the extension.
select coalesce(json_strip_nulls(json_object_agg(t.relid, t.parts)), '{}')::text
from (
  select a.attrelid as relid, json_agg(json_build_object(
    'name', a.attname,
    'type', case when x.objid is null then format_type(a.atttypid, a.atttypmod)
                 else replace(format_type(a.atttypid, a.atttypmod), quote_ident(tn.nspname) || '.', '') end,
    'not_null', a.attnotnull,
    'default', pg_get_expr(f.adbin, f.adrelid),
    'identity', case a.attidentity when 'a' then 'ALWAYS' when 'd' then 'BY DEFAULT' end,
    'collation', case when a.attcollation <> t.typcollation then format('%I.%I', cn.nspname, co.collname) end,
    'role', case a.attgenerated when 's' then 'generated' when 'v' then 'generated-virtual' else 'stored' end,
    'options', case when cardinality(a.attoptions) > 1 or a.attoptions[1] !~ '^pg_attver=' or a.attfdwoptions is not null or a.attislocal and a.attinhcount > 0 or a.attstorage <> t.typstorage
        or coalesce(a.attstattarget, -1) <> -1 or $COMPRESSION is not null then nullif(array_remove(array[
        case when a.attstorage <> t.typstorage then 'STORAGE ' || case a.attstorage when 'p' then 'PLAIN' when 'e' then 'EXTERNAL' when 'm' then 'MAIN' else 'EXTENDED' end end,
        $COMPRESSION, 'STATISTICS ' || nullif(a.attstattarget, -1),
        -- of a table that inherits it and stays without its parent's
        case when a.attislocal and a.attinhcount > 0 then 'LOCAL' end]
        -- a number that the latest minor versions keep there for themselves is no option
        || (select array_agg(o order by o collate "C") from unnest(a.attoptions) o where o !~ '^pg_attver=') || $options(a.attfdwoptions), null), '{}') end,
    'grants', case when a.attacl is not null then $grants(a.attacl; c.relowner; 'c') end,
    'comment', d.description) order by a.attnum) as parts
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
  join pg_type t on t.oid = a.atttypid
  join pg_namespace tn on tn.oid = t.typnamespace
  left join pg_depend x on x.classid = 'pg_type'::regclass and x.deptype = 'e'
    and x.objid = case when t.typelem <> 0 and t.typcategory = 'A' then t.typelem else t.oid end
  left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
  left join pg_collation co on co.oid = a.attcollation
  left join pg_namespace cn on cn.oid = co.collnamespace
  left join pg_description d on d.classoid = 'pg_class'::regclass and d.objoid = a.attrelid and d.objsubid = a.attnum
  where a.attnum > 0 and not a.attisdropped
    and c.relkind in ('r', 'p', 'v', 'm', 'f')
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  group by a.attrelid
) t
