-- The constraints of every table, by the table's oid. Serves 13 to 18.
-- NOT NULL is a fact of its column (18 lists it here as well), unless it is not known to hold. A foreign key that only
-- mirrors that of a partitioned table is left out, for its name is the server's choice, unless it is switched off there.
select coalesce(json_strip_nulls(json_object_agg(t.relid, t.parts)), '{}')::text
from (
  select c.conrelid as relid, json_agg(json_build_object(
    'name', c.conname,
    'kind', case c.contype when 'p' then 'primary' when 'u' then 'unique' when 'f' then 'foreign' when 'x' then 'exclude'
                           when 'n' then 'not-null' else 'check' end,
    'columns', (select json_agg(a.attname order by k.place)
                from unnest(c.conkey) with ordinality as k(number, place)
                join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.number),
    'definition', concat(regexp_replace(x.definition, ' NOT VALID$', ''), ' WITH (' || array_to_string(i.reloptions, ', ') || ')',
      ' USING INDEX TABLESPACE ' || sp.spcname, case when c.contype = 'c' and c.conislocal and c.coninhcount > 0 then ' LOCAL' end,
      -- what its own triggers don't check nobody checks
      (select ' TRIGGERS ' || string_agg(distinct case g.tgenabled when 'D' then 'DISABLED' when 'R' then 'REPLICA' else 'ALWAYS' end, ', ')
       from pg_trigger g where g.tgconstraint = c.oid and g.tgisinternal and g.tgenabled <> 'O')),
    -- what is not enforced (18) is never valid, and says so in its definition
    'not_valid', not c.convalidated and right(x.definition, 12) <> 'NOT ENFORCED',
    'comment', d.description) order by c.conname, c.oid) as parts
  from pg_constraint c
  cross join lateral (select pg_get_constraintdef(c.oid) as definition) x
  join pg_namespace n on n.oid = c.connamespace
  left join pg_class i on i.oid = c.conindid and c.contype in ('p', 'u', 'x')
  left join pg_tablespace sp on sp.oid = i.reltablespace
  left join pg_description d on d.classoid = 'pg_constraint'::regclass and d.objoid = c.oid and d.objsubid = 0
  where c.conrelid <> 0
    and (c.contype in ('p', 'u', 'x', 'c') or c.contype = 'f' and (c.conparentid = 0
      or exists (select from pg_trigger g where g.tgconstraint = c.oid and g.tgisinternal and g.tgenabled <> 'O')) or c.contype = 'n' and not c.convalidated)
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  group by c.conrelid
) t
