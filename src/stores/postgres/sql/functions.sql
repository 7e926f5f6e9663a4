-- Functions, procedures and aggregates that somebody made. Serves 13 to 18.
select coalesce(json_strip_nulls(json_agg(json_build_object(
  'namespace', n.nspname,
  'name', format('%s(%s)', quote_ident(p.proname), pg_get_function_identity_arguments(p.oid)),
  'definition', case when p.prokind <> 'a' then pg_get_functiondef(p.oid)
    else concat_ws(' ', 'AGGREGATE', 'SFUNC', g.aggtransfn::regproc::text, 'STYPE', format_type(g.aggtranstype, null),
      'FINALFUNC ' || nullif(g.aggfinalfn::oid, 0)::regproc::text, 'INITCOND ' || quote_literal(g.agginitval),
      'COMBINEFUNC ' || nullif(g.aggcombinefn::oid, 0)::regproc::text, 'KIND', g.aggkind) end,
  'held', json_build_object(
    'owner', pg_get_userbyid(p.proowner),
    'grants', (select json_agg(x.line order by x.line) from (
      select case a.grantee when 0 then 'PUBLIC' else pg_get_userbyid(a.grantee) end || ': '
        || string_agg(a.privilege_type || case when a.is_grantable then ' WITH GRANT OPTION' else '' end, ', ' order by a.privilege_type) as line
      from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee <> p.proowner group by a.grantee) x),
    'comment', d.description)) order by n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))), '[]')::text
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
left join pg_aggregate g on g.aggfnoid = p.oid
left join pg_description d on d.classoid = 'pg_proc'::regclass and d.objoid = p.oid and d.objsubid = 0
left join pg_depend e on e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.objsubid = 0 and e.deptype in ('e', 'i')
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and e.objid is null
