-- What holds rows and is no table of the schema that is compared: tables of extensions, and large objects. Serves 13 to 18.
select json_build_object(
  'tables', (select coalesce(json_agg(json_build_object('namespace', n.nspname, 'name', c.relname, 'extension', e.extname)
      order by n.nspname, c.relname), '[]')
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.objsubid = 0 and d.deptype = 'e'
    join pg_extension e on d.refclassid = 'pg_extension'::regclass and e.oid = d.refobjid
    where c.relkind in ('r', 'p', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'),
  'large_objects', (select count(*) from pg_largeobject_metadata),
  'are_readable', has_table_privilege('pg_catalog.pg_largeobject', 'select'))::text
