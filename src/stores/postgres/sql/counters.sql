-- Sequences with the columns that they fill: as their owners, or through a default. Serves 13 to 18.
select coalesce(json_agg(distinct jsonb_build_object(
  'sequence', format('%I.%I', n.nspname, c.relname),
  'table', format('%I.%I', tn.nspname, t.relname),
  'column', quote_ident(a.attname),
  'shown', format('%s%I.%I', case when tn.nspname <> 'public' then quote_ident(tn.nspname) || '.' else '' end, t.relname, a.attname),
  'step', s.seqincrement,
  'is_integer', a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype))), '[]')::text
from pg_sequence s
join pg_class c on c.oid = s.seqrelid
join pg_namespace n on n.oid = c.relnamespace
join (
  select d.objid as sequence, d.refobjid as relation, d.refobjsubid as place
  from pg_depend d where d.classid = 'pg_class'::regclass and d.objsubid = 0
    and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i')
  union
  select d.refobjid, f.adrelid, f.adnum
  from pg_depend d join pg_attrdef f on f.oid = d.objid
  where d.classid = 'pg_attrdef'::regclass and d.refclassid = 'pg_class'::regclass
) o on o.sequence = c.oid
join pg_class t on t.oid = o.relation and t.relkind in ('r', 'p')
join pg_namespace tn on tn.oid = t.relnamespace
join pg_attribute a on a.attrelid = t.oid and a.attnum = o.place and not a.attisdropped
where c.relpersistence <> 't' and n.nspname !~ '^pg_'
  and not exists (select from pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e')
