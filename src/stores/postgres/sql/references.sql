-- Foreign keys, those of partitions through their parents. Serves 13 to 18: what 18 knows more of is asked in a way that 13 takes.
select coalesce(json_agg(json_build_object(
  'name', k.conname,
  'namespace', n.nspname, 'table', c.relname, 'only', case when c.relkind = 'p' then '' else 'ONLY ' end,
  'to_namespace', fn.nspname, 'to_table', f.relname, 'to_only', case when f.relkind = 'p' then '' else 'ONLY ' end,
  'columns', (select json_agg(a.attname order by u.place) from unnest(k.conkey) with ordinality u(num, place)
              join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.num),
  'to_columns', (select json_agg(a.attname order by u.place) from unnest(k.confkey) with ordinality u(num, place)
              join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.num),
  'operators', (select json_agg(format('OPERATOR(%I.%s)', p.nspname, o.oprname) order by u.place)
              from unnest(k.conpfeqop) with ordinality u(oid, place)
              join pg_operator o on o.oid = u.oid join pg_namespace p on p.oid = o.oprnamespace),
  'is_full', k.confmatchtype = 'f', 'is_deferrable', k.condeferrable,
  'is_enforced', coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true),
  'unlooked', case
    when not coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true) then 'it is declared as not enforced'
    when (to_jsonb(k) ->> 'conperiod')::boolean then 'it refers to periods, which this version does not hold' end) order by n.nspname, c.relname, k.conname), '[]')::text
from pg_constraint k
join pg_class c on c.oid = k.conrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_class f on f.oid = k.confrelid
join pg_namespace fn on fn.oid = f.relnamespace
where k.contype = 'f' and k.conparentid = 0 and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
