-- Sequences, those of serial and identity columns too. Serves 13 to 18.
select coalesce(json_strip_nulls(json_agg(json_build_object(
  'namespace', n.nspname,
  'name', c.relname,
  'definition', format('AS %s START %s INCREMENT %s MINVALUE %s MAXVALUE %s CACHE %s%s%s',
    format_type(s.seqtypid, null), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
    case when s.seqcycle then ' CYCLE' else '' end,
    -- one of a column is as its table is (15), unless somebody said otherwise
    case when c.relpersistence = coalesce(t.relpersistence, 'p') then '' when c.relpersistence = 'u' then ' UNLOGGED'
      when current_setting('server_version_num')::int >= 150000 then ' LOGGED' else '' end),
  'owned_by', case when a.attname is not null then format('%I.%I.%I', tn.nspname, t.relname, a.attname) end,
  'held', json_build_object(
    'owner', pg_get_userbyid(c.relowner),
    'grants', $grants(c.relacl; c.relowner; 's'),
    'comment', d.description)) order by n.nspname, c.relname)), '[]')::text
from pg_sequence s
join pg_class c on c.oid = s.seqrelid
join pg_namespace n on n.oid = c.relnamespace
left join pg_depend o on o.classid = 'pg_class'::regclass and o.objid = c.oid and o.objsubid = 0
  and o.refclassid = 'pg_class'::regclass and o.refobjsubid > 0 and o.deptype in ('a', 'i')
left join pg_class t on t.oid = o.refobjid
left join pg_namespace tn on tn.oid = t.relnamespace
left join pg_attribute a on a.attrelid = t.oid and a.attnum = o.refobjsubid
left join pg_description d on d.classoid = 'pg_class'::regclass and d.objoid = c.oid and d.objsubid = 0
left join pg_depend e on e.classid = 'pg_class'::regclass and e.objid = c.oid and e.objsubid = 0 and e.deptype = 'e'
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and e.objid is null
