-- Columns that may hold vectors: of pgvector's types (behind domains too), of bits, arrays of numbers. Serves 13 to 18.
select coalesce(json_agg(json_build_object(
  'namespace', n.nspname, 'table', c.relname, 'column', a.attname,
  'type', case when t.typelem <> 0 and t.typcategory = 'A' then 'array' when t.typname = 'varbit' then 'bit' else t.typname end,
  'type_namespace', tn.nspname,
  'declared', format_type(a.atttypid, a.atttypmod),
  'dimension', case when t.typcategory <> 'A' and t.typname <> 'varbit'
    then nullif(case when a.atttypmod > 0 then a.atttypmod else d.modifier end, -1) end)
  order by n.nspname, c.relname, a.attnum), '[]')::text
from pg_attribute a
join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p', 'm') and not c.relispartition
join pg_namespace n on n.oid = c.relnamespace and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
join lateral (
  with recursive b(oid, modifier) as (
    select a.atttypid, a.atttypmod
    union all
    select y.typbasetype, y.typtypmod from b join pg_type y on y.oid = b.oid where y.typtype = 'd'
  )
  select b.oid, b.modifier from b join pg_type y on y.oid = b.oid where y.typtype <> 'd'
) d on true
join pg_type t on t.oid = d.oid
join pg_namespace tn on tn.oid = t.typnamespace
where a.attnum > 0 and not a.attisdropped
  and (t.typelem in ('float4'::regtype, 'float8'::regtype, 'numeric'::regtype) and t.typcategory = 'A'
    or t.oid in ('bit'::regtype, 'varbit'::regtype)
    or t.typname in ('vector', 'halfvec', 'sparsevec')
      and exists (select from pg_depend x where x.classid = 'pg_type'::regclass and x.objid = t.oid and x.deptype = 'e'))
