-- What every column's type is made of, and the types of a query's columns where their OIDs stand in the place of `{}`. Serves 13 to 18: a multirange type is looked for in a way that 13 takes too.
with recursive used(oid) as (
  select a.atttypid
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'f', 'v', 'm')
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  union
  select unnest('{}'::oid[])
  union
  select p.oid
  from used u join pg_type t on t.oid = u.oid, lateral (
    select t.typelem where t.typsend in ('array_send'::regproc, 'int2vectorsend'::regproc, 'oidvectorsend'::regproc)
    union all select t.typbasetype where t.typtype = 'd'
    union all select r.rngsubtype from pg_range r where r.rngtypid = t.oid
    union all select r.rngsubtype from pg_range r where (to_jsonb(r) ->> 'rngmultitypid')::oid = t.oid
    union all select a.atttypid from pg_attribute a
      where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
  ) p(oid) where p.oid <> 0
)
select json_build_object(
  'encoding', current_setting('server_encoding'),
  'types', (select coalesce(json_object_agg(t.oid, json_build_object(
      'name', t.typname,
      'namespace', n.nspname,
      'sort', t.typtype,
      'is_extension', exists (select from pg_depend x where x.classid = 'pg_type'::regclass and x.objid = t.oid and x.deptype = 'e'),
      'item', case when t.typsend in ('array_send'::regproc, 'int2vectorsend'::regproc, 'oidvectorsend'::regproc) then t.typelem::text end,
      'base', case when t.typtype = 'd' then t.typbasetype::text end,
      'subtype', (select r.rngsubtype::text from pg_range r
                  where t.oid in (r.rngtypid, (to_jsonb(r) ->> 'rngmultitypid')::oid)),
      'fields', (select json_agg(json_build_array(a.attname, a.atttypid::text) order by a.attnum) from pg_attribute a
                 where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped))), '{}')
    from used u join pg_type t on t.oid = u.oid join pg_namespace n on n.oid = t.typnamespace),
  'columns', (select coalesce(json_agg(json_build_object(
      'namespace', n.nspname, 'table', c.relname, 'name', a.attname, 'oid', a.atttypid::text,
      'declared', format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull)), '[]')
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'f', 'v', 'm')
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema')
)::text
