-- Every sequence with the columns that it fills: as their owner, or through a default. A partition's column is told by its parent's
-- where both are filled by one. Serves 13 to 18.
with fills(sequence, relation, place) as (
  select d.objid, d.refobjid, d.refobjsubid::int
  from pg_depend d where d.classid = 'pg_class'::regclass and d.objsubid = 0
    and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i')
  union
  select d.refobjid, f.adrelid, f.adnum::int
  from pg_depend d join pg_attrdef f on f.oid = d.objid
  where d.classid = 'pg_attrdef'::regclass and d.refclassid = 'pg_class'::regclass
)
select coalesce(json_agg(json_build_object(
  'sequence', format('%I.%I', n.nspname, c.relname),
  'step', s.seqincrement,
  'ends', case when s.seqincrement > 0 then s.seqmax else s.seqmin end,
  'is_cyclic', s.seqcycle,
  'filled', (select coalesce(json_agg(json_build_object(
      'namespace', tn.nspname, 'table', t.relname, 'column', a.attname,
      'shown', format('%s%I.%I', case when tn.nspname <> 'public' then quote_ident(tn.nspname) || '.' else '' end, t.relname, a.attname),
      'is_integer', a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)) order by tn.nspname, t.relname, a.attnum), '[]')
    from fills o
    join pg_class t on t.oid = o.relation and t.relkind in ('r', 'p')
    join pg_namespace tn on tn.oid = t.relnamespace
    join pg_attribute a on a.attrelid = t.oid and a.attnum = o.place and not a.attisdropped
    where o.sequence = c.oid and not (t.relispartition and exists (
      select from pg_partition_ancestors(t.oid) p join fills u on u.relation = p.relid
      where p.relid <> t.oid and u.sequence = c.oid)))) order by n.nspname, c.relname), '[]')::text
from pg_sequence s
join pg_class c on c.oid = s.seqrelid
join pg_namespace n on n.oid = c.relnamespace
where c.relpersistence <> 't' and n.nspname !~ '^pg_'
  and not exists (select from pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e')
