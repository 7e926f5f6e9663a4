-- Namespaces, extensions, and the names of what is of a sort that nothing else here reads. Serves 13 to 18.
select json_strip_nulls(json_build_object(
  'version', current_setting('server_version'),
  'namespaces', (select json_agg(json_build_object('name', n.nspname, 'held', json_build_object(
      'owner', pg_get_userbyid(n.nspowner),
      'grants', (select json_agg(g.line order by g.line) from (
        select case a.grantee when 0 then 'PUBLIC' else pg_get_userbyid(a.grantee) end || ': '
          || string_agg(a.privilege_type || case when a.is_grantable then ' WITH GRANT OPTION' else '' end, ', ' order by a.privilege_type) as line
        from aclexplode(n.nspacl) a where a.grantee <> n.nspowner group by a.grantee) g),
      'comment', d.description)) order by n.nspname)
    from pg_namespace n
    left join pg_description d on d.classoid = 'pg_namespace'::regclass and d.objoid = n.oid and d.objsubid = 0
    left join pg_depend e on e.classid = 'pg_namespace'::regclass and e.objid = n.oid and e.deptype = 'e'
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and e.objid is null),
  'extensions', (select json_agg(json_build_object('name', x.extname, 'version', x.extversion, 'namespace', n.nspname) order by x.extname)
    from pg_extension x join pg_namespace n on n.oid = x.extnamespace),
  'unread', (select json_agg(u.name order by u.name) from (
    select 'pg_event_trigger'::regclass as catalog, oid, 'event trigger ' || evtname as name from pg_event_trigger
    union all select 'pg_publication'::regclass, oid, 'publication ' || pubname from pg_publication
    union all select 'pg_foreign_server'::regclass, oid, 'foreign server ' || srvname from pg_foreign_server
    union all select 'pg_statistic_ext'::regclass, oid, 'statistics object ' || stxname from pg_statistic_ext
    union all select 'pg_rewrite'::regclass, oid, format('rule %s of %s', rulename, ev_class::regclass) from pg_rewrite where rulename <> '_RETURN'
    union all select 'pg_operator'::regclass, oid, format('operator %s', oid::regoperator) from pg_operator
    union all select 'pg_opclass'::regclass, oid, 'operator class ' || opcname from pg_opclass
    union all select 'pg_cast'::regclass, oid, format('cast from %s to %s', format_type(castsource, null), format_type(casttarget, null)) from pg_cast
    union all select 'pg_ts_config'::regclass, oid, 'text search configuration ' || cfgname from pg_ts_config
    union all select 'pg_ts_dict'::regclass, oid, 'text search dictionary ' || dictname from pg_ts_dict
    union all select 'pg_conversion'::regclass, oid, 'conversion ' || conname from pg_conversion
    union all select 'pg_collation'::regclass, oid, 'collation ' || collname from pg_collation
    union all select 'pg_type'::regclass, oid, 'base type ' || typname from pg_type where typtype = 'b' and typcategory <> 'A'
    union all select 'pg_default_acl'::regclass, oid, 'default privileges of ' || pg_get_userbyid(defaclrole) from pg_default_acl
    union all select distinct 'pg_class'::regclass, attrelid, format('grants on columns of %s', attrelid::regclass) from pg_attribute where attacl is not null
    union all select 'pg_class'::regclass, a.attrelid, format('storage, compression, statistics or options of %s.%I', a.attrelid::regclass, a.attname)
      from pg_attribute a join pg_type t on t.oid = a.atttypid join pg_class c on c.oid = a.attrelid and c.relkind <> 't'
      where a.attrelid >= 16384 and a.attnum > 0 and not a.attisdropped
        and (a.attstorage <> t.typstorage or coalesce(a.attstattarget, -1) <> -1 or a.attoptions is not null or a.attfdwoptions is not null or $COMPRESSED)
    union all select 'pg_class'::regclass, oid, format('tablespace of %s', oid::regclass) from pg_class where reltablespace <> 0 and relkind <> 't'
    union all select 'pg_class'::regclass, indrelid, format('the index that %s is clustered on', indrelid::regclass) from pg_index where indisclustered
    union all select d.classoid, d.objoid, 'comment on ' || pg_describe_object(d.classoid, d.objoid, d.objsubid) from pg_description d
      left join pg_class c on d.classoid = 'pg_class'::regclass and c.oid = d.objoid
      where d.objoid >= 16384 and d.classoid not in ('pg_type'::regclass, 'pg_proc'::regclass, 'pg_namespace'::regclass, 'pg_extension'::regclass)
        and (c.oid is null or c.relkind in ('i', 'I', 'c'))
    union all select classoid, objoid, 'security label of ' || pg_describe_object(classoid, objoid, objsubid) from pg_seclabel
    union all select 'pg_subscription'::regclass, subid, 'subscription ' || subname from pg_stat_subscription
    union all select 'pg_user_mapping'::regclass, umid, format('user mapping of %s for server %s', usename, srvname) from pg_user_mappings
    union all select 'pg_foreign_data_wrapper'::regclass, oid, 'foreign data wrapper ' || fdwname from pg_foreign_data_wrapper
    union all select 'pg_language'::regclass, oid, 'language ' || lanname from pg_language
    union all select 'pg_am'::regclass, oid, 'access method ' || amname from pg_am
    union all select 'pg_transform'::regclass, oid, format('transform for %s', trftype::regtype) from pg_transform
    union all select 'pg_opfamily'::regclass, oid, 'operator family ' || opfname from pg_opfamily
    union all select 'pg_ts_parser'::regclass, oid, 'text search parser ' || prsname from pg_ts_parser
    union all select 'pg_ts_template'::regclass, oid, 'text search template ' || tmplname from pg_ts_template
    union all select 'pg_database'::regclass, 4294967295, 'settings of this database' from pg_db_role_setting where setdatabase = (select oid from pg_database where datname = current_database())
  ) u
  where u.oid >= 16384
    and not exists (select from pg_depend e where e.classid = u.catalog and e.objid = u.oid and e.deptype = 'e'))
))::text
