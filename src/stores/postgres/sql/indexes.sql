-- The indexes of every table, by the table's oid, without those of constraints unless they are broken. Serves 13 to 18.
select coalesce(json_strip_nulls(json_object_agg(t.relid, t.parts)), '{}')::text
from (
  select i.indrelid as relid, json_agg(json_build_object(
    'name', c.relname,
    'unique', i.indisunique,
    'definition', concat(regexp_replace(pg_get_indexdef(i.indexrelid),
      '^CREATE (UNIQUE )?INDEX ("([^"]|"")+"|[^ ]+) ON (ONLY )?("([^"]|"")+"|[^ ."]+)(\.("([^"]|"")+"|[^ ."]+))? USING ', ''),
      ' TABLESPACE ' || sp.spcname,
      (select ' STATISTICS (' || string_agg(a.attnum || ': ' || a.attstattarget, ', ' order by a.attnum) || ')'
       from pg_attribute a where a.attrelid = c.oid and nullif(a.attstattarget, -1) is not null),
      (select ' PARTITION OF ' || h.inhparent::regclass from pg_inherits h where h.inhrelid = c.oid)),
    'invalid', not (i.indisvalid and i.indisready),
    'comment', d.description) order by c.relname) as parts
  from pg_index i
  join pg_class c on c.oid = i.indexrelid
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_tablespace sp on sp.oid = c.reltablespace
  left join pg_description d on d.classoid = 'pg_class'::regclass and d.objoid = c.oid and d.objsubid = 0
  left join pg_constraint k on k.conindid = i.indexrelid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')
  where (k.oid is null or not (i.indisvalid and i.indisready))
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  group by i.indrelid
) t
