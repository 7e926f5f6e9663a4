-- Namespaces, extensions, and the names of what is of a sort that nothing else here reads. Serves 13 to 18.
select json_strip_nulls(json_build_object(
  'version', current_setting('server_version'),
  'namespaces', (select json_agg(json_build_object('name', n.nspname, 'held', json_build_object(
      'owner', pg_get_userbyid(n.nspowner),
      'grants', $grants(n.nspacl; n.nspowner; 'n'),
      'comment', d.description)) order by n.nspname)
    from pg_namespace n
    left join pg_description d on d.classoid = 'pg_namespace'::regclass and d.objoid = n.oid and d.objsubid = 0
    left join pg_depend e on e.classid = 'pg_namespace'::regclass and e.objid = n.oid and e.deptype = 'e'
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and e.objid is null),
  'extensions', (select json_agg(json_build_object('name', x.extname, 'version', x.extversion, 'namespace', n.nspname, 'comment', d.description) order by x.extname)
    from pg_extension x join pg_namespace n on n.oid = x.extnamespace
    left join pg_description d on d.classoid = 'pg_extension'::regclass and d.objoid = x.oid and d.objsubid = 0),
  'locale', (select concat_ws(' ', pg_encoding_to_char(encoding), datcollate, nullif(datctype, datcollate), to_jsonb(b) ->> 'daticulocale', to_jsonb(b) ->> 'datlocale')
    from pg_database b where datname = current_database()),
  'unread', (select json_agg(u.name order by u.name) from (
    select 'comment on ' || pg_describe_object(d.classoid, d.objoid, d.objsubid) as name
    from pg_description d
    left join pg_class c on d.classoid = 'pg_class'::regclass and c.oid = d.objoid
    left join pg_type t on d.classoid = 'pg_type'::regclass and t.oid = d.objoid
    left join pg_constraint k on d.classoid = 'pg_constraint'::regclass and k.oid = d.objoid
    where d.objoid >= 16384 and (
        c.relkind = 'c' and d.objsubid > 0
        or c.relkind in ('i', 'I') and exists (select from pg_constraint b where b.conindid = c.oid and b.contype in ('p', 'u', 'x'))
        or t.typtype not in ('e', 'd', 'r', 'c', 'b') or t.typtype = 'c' and exists (select from pg_class r where r.oid = t.typrelid and r.relkind <> 'c')
        or k.contypid <> 0 or k.contype = 'n' and k.convalidated or k.contype = 'f' and k.conparentid <> 0
        or d.classoid = 'pg_trigger'::regclass and exists (select from pg_trigger g where g.oid = d.objoid and g.tgparentid <> 0))
      and not exists (select from pg_depend e where e.classid = d.classoid and e.objid = d.objoid and e.deptype = 'e')
    union all select format('constraint %I of %s.%I, NOT NULL', k.conname, k.conrelid::regclass, a.attname)
    from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum = k.conkey[1]
    where k.contype = 'n' and (k.conname <> left(c.relname || '_' || a.attname || '_not_null', 63) or k.connoinherit) and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    union all select format('what extension %I brought, beyond its version and privileges', extname) from pg_extension where extname <> 'plpgsql'
    union all select format('%s.%s, in a schema of the server''s own', n.nspname, o.name) from (
      select relnamespace as namespace, relname as name, 'pg_class'::regclass::oid as catalog, oid from pg_class where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      union all select pronamespace, proname, 'pg_proc'::regclass, oid from pg_proc
      union all select typnamespace, typname, 'pg_type'::regclass, oid from pg_type where typtype in ('e', 'd', 'r')) o
    join pg_namespace n on n.oid = o.namespace
    where o.oid >= 16384 and (n.nspname ~ '^pg_' and n.nspname !~ '^pg_(toast|temp)' or n.nspname = 'information_schema')
      and not exists (select from pg_depend e where e.classid = o.catalog and e.objid = o.oid and e.deptype = 'e')
    union all select format('the options of the user mapping of %s for server %I', usename, srvname) from pg_user_mappings
    union all select 'the connection and the options of subscription ' || subname from pg_subscription where subdbid = (select oid from pg_database where datname = current_database())
    union all select 'the value of ' || split_part(o.option, '=', 1) || ' of ' || o.name from (
      select unnest($options(srvoptions)) as option, 'foreign server ' || srvname as name from pg_foreign_server
      union all select unnest($options(fdwoptions)), 'foreign data wrapper ' || fdwname from pg_foreign_data_wrapper
      union all select unnest($options(ftoptions)), 'foreign table ' || ftrelid::regclass from pg_foreign_table
      union all select unnest($options(attfdwoptions)), format('%s.%I', attrelid::regclass, attname) from pg_attribute where attfdwoptions is not null) o
    where o.option like '%=(hidden)'
    union all select unnest(array_remove(array[case when datacl is not null then 'privileges on this database' end,
      case when datconnlimit <> -1 then 'connection limit of this database' end, case when datistemplate then 'mark of this database as a template' end,
      case when shobj_description(oid, 'pg_database') is not null then 'comment on this database' end], null)) from pg_database where datname = current_database()
    union all select format('setting %s of this database%s', split_part(v, '=', 1), (select ' for role ' || rolname from pg_roles r where r.oid = s.setrole))
    from pg_db_role_setting s, unnest(s.setconfig) v where s.setdatabase = (select oid from pg_database where datname = current_database())
  ) u)
))::text
