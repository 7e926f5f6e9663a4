-- What has no columns and is no type, function or sequence: each with a definition that is the same for the same. Serves 13 to 18.
-- `hangs_on` is the table that it comes and goes with. A secret is no part of a definition.
with found(catalog, oid, kind, namespace, name, hangs_on, definition, owner, grants) as (
  select 'pg_event_trigger'::regclass, oid, 'event trigger', null::oid, quote_ident(evtname), null::oid,
    concat_ws(' ', 'ON', evtevent, 'WHEN TAG IN (' || array_to_string(evttags, ', ') || ')', 'EXECUTE FUNCTION', evtfoid::regproc,
      case evtenabled when 'D' then 'DISABLED' when 'R' then 'REPLICA' when 'A' then 'ALWAYS' end), evtowner, null::json
  from pg_event_trigger
  union all select 'pg_publication'::regclass, p.oid, 'publication', null, quote_ident(p.pubname), null,
    concat_ws(' ', case when puballtables then 'FOR ALL TABLES' end,
      'FOR TABLE ' || (select string_agg($PUBLISHED_TABLE, ', ' order by r.prrelid::regclass::text) from pg_publication_rel r where r.prpubid = p.oid),
      $PUBLISHED_SCHEMAS,
      'WITH', case when pubinsert then 'insert' end, case when pubupdate then 'update' end, case when pubdelete then 'delete' end,
      case when pubtruncate then 'truncate' end, case when pubviaroot then 'publish_via_partition_root' end,
      case when to_jsonb(p) ->> 'pubgencols' = 's' then 'publish_generated_columns' end), p.pubowner, null
  from pg_publication p
  union all select 'pg_subscription'::regclass, (select a.subid from pg_stat_subscription a left join pg_description c on c.classoid = 'pg_subscription'::regclass and c.objoid = a.subid
      where a.subname = s.subname order by c.objoid is null limit 1), 'subscription', null, quote_ident(s.subname), null,
    concat_ws(' ', 'PUBLICATION', array_to_string(array(select unnest(s.subpublications) order by 1), ', '), 'SLOT', s.subslotname, case when not s.subenabled then 'DISABLED' end), s.subowner, null
  from (select subdbid, subname, subowner, subenabled, subslotname, subpublications from pg_subscription) s
  where s.subdbid = (select oid from pg_database where datname = current_database())
  union all select 'pg_foreign_data_wrapper'::regclass, oid, 'foreign data wrapper', null, quote_ident(fdwname), null,
    concat_ws(' ', 'HANDLER', nullif(fdwhandler::oid, 0)::regproc, 'VALIDATOR', nullif(fdwvalidator::oid, 0)::regproc, 'OPTIONS', $options(fdwoptions)::text),
    fdwowner, $grants(fdwacl; fdwowner; 'F')
  from pg_foreign_data_wrapper
  union all select 'pg_foreign_server'::regclass, s.oid, 'foreign server', null, quote_ident(s.srvname), null,
    concat_ws(' ', 'TYPE ' || s.srvtype, 'VERSION ' || s.srvversion, 'FOREIGN DATA WRAPPER', quote_ident(w.fdwname), 'OPTIONS', $options(s.srvoptions)::text),
    s.srvowner, $grants(s.srvacl; s.srvowner; 'S')
  from pg_foreign_server s join pg_foreign_data_wrapper w on w.oid = s.srvfdw
  union all select 'pg_user_mapping'::regclass, umid, 'user mapping', null, format('%s for server %I', usename, srvname), null, 'USER MAPPING', null, null
  from pg_user_mappings
  union all select 'pg_statistic_ext'::regclass, oid, 'statistics object', stxnamespace, quote_ident(stxname), stxrelid,
    concat_ws(' ', pg_get_statisticsobjdef(oid), 'STATISTICS ' || nullif(stxstattarget, -1)), stxowner, null
  from pg_statistic_ext where oid >= 16384
  union all select 'pg_rewrite'::regclass, r.oid, 'rule', c.relnamespace, format('%I: %I', c.relname, r.rulename), c.oid,
    concat_ws(' ', pg_get_ruledef(r.oid), case r.ev_enabled when 'D' then 'DISABLED' when 'R' then 'REPLICA' when 'A' then 'ALWAYS' end), null, null
  from pg_rewrite r join pg_class c on c.oid = r.ev_class where r.rulename <> '_RETURN' and r.oid >= 16384
  union all select 'pg_operator'::regclass, oid, 'operator', oprnamespace, regexp_replace(oid::regoperator::text, '^("([^"]|"")+"|[a-z_][a-z0-9_$]*)[.]', ''), null,
    concat_ws(' ', 'FUNCTION', oprcode, 'COMMUTATOR ' || nullif(oprcom, 0)::regoperator::text, 'NEGATOR ' || nullif(oprnegate, 0)::regoperator::text,
      'RESTRICT ' || nullif(oprrest::oid, 0)::regproc::text, 'JOIN ' || nullif(oprjoin::oid, 0)::regproc::text,
      case when oprcanhash then 'HASHES' end, case when oprcanmerge then 'MERGES' end), oprowner, null
  from pg_operator where oid >= 16384
  union all select 'pg_opclass'::regclass, o.oid, 'operator class', o.opcnamespace, format('%I using %s', o.opcname, m.amname), null,
    concat_ws(' ', case when o.opcdefault then 'DEFAULT' end, 'FOR TYPE', o.opcintype::regtype, 'FAMILY', f.opfname, 'STORAGE ' || nullif(o.opckeytype, 0)::regtype::text), o.opcowner, null
  from pg_opclass o join pg_am m on m.oid = o.opcmethod join pg_opfamily f on f.oid = o.opcfamily where o.oid >= 16384
  union all select 'pg_opfamily'::regclass, f.oid, 'operator family', f.opfnamespace, format('%I using %s', f.opfname, m.amname), null,
    concat_ws(E'\n', 'OPERATOR FAMILY',
      (select string_agg(format('OPERATOR %s %s%s', a.amopstrategy, a.amopopr::regoperator, ' FOR ORDER BY ' || (select y.opfname from pg_opfamily y where y.oid = a.amopsortfamily)),
         E'\n' order by a.amoplefttype::regtype::text, a.amoprighttype::regtype::text, a.amopstrategy) from pg_amop a where a.amopfamily = f.oid),
      (select string_agg(format('FUNCTION %s (%s, %s) %s', a.amprocnum, a.amproclefttype::regtype, a.amprocrighttype::regtype, a.amproc),
         E'\n' order by a.amproclefttype::regtype::text, a.amprocrighttype::regtype::text, a.amprocnum) from pg_amproc a where a.amprocfamily = f.oid)), f.opfowner, null
  from pg_opfamily f join pg_am m on m.oid = f.opfmethod where f.oid >= 16384
  union all select 'pg_cast'::regclass, oid, 'cast', null, format('from %s to %s', format_type(castsource, null), format_type(casttarget, null)), null,
    concat_ws(' ', 'METHOD', castmethod, 'CONTEXT', castcontext, 'FUNCTION ' || nullif(castfunc, 0)::regprocedure::text), null, null
  from pg_cast where oid >= 16384
  union all select 'pg_ts_config'::regclass, c.oid, 'text search configuration', c.cfgnamespace, quote_ident(c.cfgname), null,
    concat_ws(E'\n', 'PARSER ' || p.prsname, (select string_agg(m.line, E'\n' order by m.alias) from (
      select k.alias, k.alias || ' WITH ' || string_agg(x.mapdict::regdictionary::text, ', ' order by x.mapseqno) as line
      from pg_ts_config_map x join ts_token_type(c.cfgparser) k on k.tokid = x.maptokentype where x.mapcfg = c.oid group by k.alias) m)), c.cfgowner, null
  from pg_ts_config c join pg_ts_parser p on p.oid = c.cfgparser where c.oid >= 16384
  union all select 'pg_ts_dict'::regclass, d.oid, 'text search dictionary', d.dictnamespace, quote_ident(d.dictname), null,
    concat_ws(' ', 'TEMPLATE', t.tmplname, d.dictinitoption), d.dictowner, null
  from pg_ts_dict d join pg_ts_template t on t.oid = d.dicttemplate where d.oid >= 16384
  union all select 'pg_ts_parser'::regclass, oid, 'text search parser', prsnamespace, quote_ident(prsname), null,
    concat_ws(' ', prsstart, prstoken, prsend, prsheadline, prslextype), null, null
  from pg_ts_parser where oid >= 16384
  union all select 'pg_ts_template'::regclass, oid, 'text search template', tmplnamespace, quote_ident(tmplname), null,
    concat_ws(' ', tmplinit, tmpllexize), null, null
  from pg_ts_template where oid >= 16384
  union all select 'pg_conversion'::regclass, oid, 'conversion', connamespace, quote_ident(conname), null,
    concat_ws(' ', case when condefault then 'DEFAULT' end, 'FROM', pg_encoding_to_char(conforencoding), 'TO', pg_encoding_to_char(contoencoding), 'BY', conproc), conowner, null
  from pg_conversion where oid >= 16384
  union all select 'pg_collation'::regclass, oid, 'collation', collnamespace, quote_ident(collname), null,
    -- the locale has had three names, and since 16 it is made canonical
    concat_ws(' ', 'PROVIDER', collprovider, 'LOCALE', regexp_replace(coalesce(to_jsonb(k) ->> 'colllocale', to_jsonb(k) ->> 'colliculocale', collcollate), '-true(?=-|$)', '', 'g'),
      'LC_CTYPE ' || case when collprovider = 'c' then nullif(collctype, collcollate) end, case when not collisdeterministic then 'NONDETERMINISTIC' end,
      'RULES ' || coalesce(to_jsonb(k) ->> 'collicurules')), collowner, null
  from pg_collation k where oid >= 16384
  union all select 'pg_type'::regclass, oid, 'base type', typnamespace, quote_ident(typname), null,
    case when not typisdefined then 'NOT YET DEFINED' else concat_ws(' ', 'INPUT', typinput, 'OUTPUT', typoutput, 'RECEIVE', typreceive, 'SEND', typsend, 'TYPMOD', typmodin, typmodout,
      'ANALYZE', typanalyze, 'LENGTH', typlen, case when typbyval then 'PASSEDBYVALUE' end, 'ALIGNMENT', typalign, 'STORAGE', typstorage, 'CATEGORY', typcategory,
      case when typispreferred then 'PREFERRED' end, 'DEFAULT ' || typdefault, 'DELIMITER', typdelim, 'ELEMENT ' || nullif(typelem, 0)::regtype::text,
      case when typcollation <> 0 then 'COLLATABLE' end, 'SUBSCRIPT ' || nullif(to_jsonb(y) ->> 'typsubscript', '-')) end, typowner, $grants(typacl; typowner; 'T')
  from pg_type y where oid >= 16384 and (typtype = 'b' and typcategory <> 'A' or not typisdefined)
  union all select 'pg_language'::regclass, oid, 'language', null, quote_ident(lanname), null,
    concat_ws(' ', case when lanpltrusted then 'TRUSTED' end, 'HANDLER', nullif(lanplcallfoid, 0)::regproc, 'INLINE', nullif(laninline, 0)::regproc, 'VALIDATOR', nullif(lanvalidator, 0)::regproc),
    lanowner, $grants(lanacl; lanowner; 'l')
  from pg_language where oid >= 16384
  union all select 'pg_am'::regclass, oid, 'access method', null, quote_ident(amname), null, concat_ws(' ', 'TYPE', amtype, 'HANDLER', amhandler), null, null
  from pg_am where oid >= 16384
  union all select 'pg_transform'::regclass, t.oid, 'transform', null, format('for %s language %I', format_type(t.trftype, null), l.lanname), null,
    concat_ws(' ', 'FROM SQL', nullif(t.trffromsql::oid, 0)::regprocedure, 'TO SQL', nullif(t.trftosql::oid, 0)::regprocedure), null, null
  from pg_transform t join pg_language l on l.oid = t.trflang where t.oid >= 16384
  union all select 'pg_default_acl'::regclass, d.oid, 'default privileges', nullif(d.defaclnamespace, 0),
    format('of %s on %s%s', pg_get_userbyid(d.defaclrole), case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' when 'n' then 'schemas' else 'large objects' end,
      (select ' in schema ' || quote_ident(nspname) from pg_namespace where pg_namespace.oid = d.defaclnamespace)), null,
    concat_ws(E'\n', 'DEFAULT PRIVILEGES', (select string_agg(a.line, E'\n' order by a.line collate "C") from (
      select case e.grantee when 0 then 'PUBLIC' else pg_get_userbyid(e.grantee) end || ': '
        || string_agg(e.privilege_type || case when e.is_grantable then ' WITH GRANT OPTION' else '' end, ', ' order by e.privilege_type collate "C") as line
      from aclexplode(d.defaclacl) e group by e.grantee) a)), null, null
  from pg_default_acl d
  union all select classoid::regclass, objoid, 'security label', null, pg_describe_object(classoid, objoid, objsubid) || ' by ' || provider, null, label, null, null
  from pg_seclabel
  union all select x.classid::regclass, x.objid, 'dependence', null, format('of %s on extension %I', pg_describe_object(x.classid, x.objid, x.objsubid), e.extname), null, 'DEPENDS ON EXTENSION', null, null
  from pg_depend x join pg_extension e on x.refclassid = 'pg_extension'::regclass and e.oid = x.refobjid where x.deptype = 'x'
), granted(catalog, oid, part, acl, owner, kind) as (
  -- what the server or an extension brought, where somebody granted or revoked since; the public schema has its own place
  select 'pg_class'::regclass::oid, oid, 0, relacl, relowner, case relkind when 'S' then 's' else 'r' end::"char" from pg_class where relacl is not null or exists (select from pg_init_privs i where i.objoid = pg_class.oid and i.classoid = 'pg_class'::regclass)
  union all select 'pg_proc'::regclass, oid, 0, proacl, proowner, 'f' from pg_proc where proacl is not null or exists (select from pg_init_privs i where i.objoid = pg_proc.oid and i.classoid = 'pg_proc'::regclass)
  union all select 'pg_type'::regclass, oid, 0, typacl, typowner, 'T' from pg_type where typacl is not null
  union all select 'pg_language'::regclass, oid, 0, lanacl, lanowner, 'l' from pg_language where lanacl is not null
  union all select 'pg_namespace'::regclass, oid, 0, nspacl, nspowner, 'n' from pg_namespace where nspacl is not null and nspname <> 'public'
  union all select 'pg_class'::regclass, a.attrelid, a.attnum, a.attacl, c.relowner, 'c' from pg_attribute a join pg_class c on c.oid = a.attrelid where a.attacl is not null and a.attrelid < 16384
  union all select 'pg_class'::regclass, a.attrelid, a.attnum, a.attacl, c.relowner, 'c' from pg_depend e join pg_class c on c.oid = e.objid join pg_attribute a on a.attrelid = c.oid
    where e.classid = 'pg_class'::regclass and e.deptype = 'e' and e.objsubid = 0 and c.oid >= 16384 and a.attacl is not null
), revised as (
  select g.catalog, g.oid, g.part, $grants(g.acl; g.owner; g.kind)::text as now, $grants(i.initprivs; g.owner; g.kind)::text as before
  from granted g left join pg_init_privs i on i.classoid = g.catalog and i.objoid = g.oid and i.objsubid = g.part
  where g.acl is distinct from i.initprivs
    -- what the information schema grants is not recorded, and nobody changes it
    and not exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where g.catalog = 'pg_class'::regclass and c.oid = g.oid and n.nspname = 'information_schema')
    and not (g.catalog = 'pg_namespace'::regclass and g.oid = 'information_schema'::regnamespace)
    and (g.oid < 16384 or exists (select from pg_depend e where e.classid = g.catalog and e.objid = g.oid and e.deptype = 'e'))
)
select coalesce(json_strip_nulls(json_agg(json_build_object(
  'kind', f.kind, 'namespace', n.nspname, 'name', f.name, 'hangs_on', tn.nspname || '.' || t.relname,
  'definition', f.definition, 'held', json_build_object('owner', pg_get_userbyid(f.owner), 'grants', f.grants, 'comment', d.description)))), '[]')::text
from (
  select * from found
  union all select r.catalog::regclass, 0, 'privileges', null, 'on ' || pg_describe_object(r.catalog, r.oid, r.part), null,
    concat_ws(E'\n', 'PRIVILEGES', (select string_agg(v.line, E'\n') from json_array_elements_text(coalesce(r.now, '[]')::json) v(line))), null, null
  from revised r where r.now is distinct from r.before
) f
left join pg_namespace n on n.oid = f.namespace
left join pg_class t on t.oid = f.hangs_on
left join pg_namespace tn on tn.oid = t.relnamespace
left join pg_description d on d.classoid = f.catalog and d.objoid = f.oid and d.objsubid = 0
where (n.nspname is null or n.nspname !~ '^pg_' and n.nspname <> 'information_schema')
  and not exists (select from pg_depend e where e.classid = f.catalog and e.objid = f.oid and e.deptype in ('e', 'i'))
