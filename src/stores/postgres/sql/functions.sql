-- Functions, procedures and aggregates that somebody made. Serves 13 to 18.
select coalesce(json_strip_nulls(json_agg(json_build_object(
  'namespace', n.nspname,
  'name', format('%s(%s)', quote_ident(p.proname), pg_get_function_identity_arguments(p.oid)),
  'definition', case when p.prokind <> 'a' then pg_get_functiondef(p.oid)
    else concat_ws(' ', 'AGGREGATE', 'KIND', g.aggkind, 'DIRECT', g.aggnumdirectargs, 'SFUNC', g.aggtransfn::regproc::text, 'STYPE', format_type(g.aggtranstype, null),
      'SSPACE ' || nullif(g.aggtransspace, 0), 'FINALFUNC ' || nullif(g.aggfinalfn::oid, 0)::regproc::text,
      case when g.aggfinalextra then 'FINALFUNC_EXTRA' end, 'FINALFUNC_MODIFY ' || g.aggfinalmodify::text,
      'COMBINEFUNC ' || nullif(g.aggcombinefn::oid, 0)::regproc::text, 'SERIALFUNC ' || nullif(g.aggserialfn::oid, 0)::regproc::text,
      'DESERIALFUNC ' || nullif(g.aggdeserialfn::oid, 0)::regproc::text, 'INITCOND ' || quote_literal(g.agginitval),
      'MSFUNC ' || nullif(g.aggmtransfn::oid, 0)::regproc::text, 'MINVFUNC ' || nullif(g.aggminvtransfn::oid, 0)::regproc::text,
      'MSTYPE ' || nullif(g.aggmtranstype, 0)::regtype::text, 'MSSPACE ' || nullif(g.aggmtransspace, 0),
      'MFINALFUNC ' || nullif(g.aggmfinalfn::oid, 0)::regproc::text, case when g.aggmfinalextra then 'MFINALFUNC_EXTRA' end,
      'MFINALFUNC_MODIFY ' || g.aggmfinalmodify::text, 'MINITCOND ' || quote_literal(g.aggminitval),
      'SORTOP ' || nullif(g.aggsortop, 0)::regoperator::text, 'PARALLEL ' || p.proparallel::text) end,
  'held', json_build_object(
    'owner', pg_get_userbyid(p.proowner),
    'grants', $grants(p.proacl; p.proowner; 'f'),
    'comment', d.description)) order by n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))), '[]')::text
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
left join pg_aggregate g on g.aggfnoid = p.oid
left join pg_description d on d.classoid = 'pg_proc'::regclass and d.objoid = p.oid and d.objsubid = 0
left join pg_depend e on e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.objsubid = 0 and e.deptype in ('e', 'i')
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and e.objid is null
