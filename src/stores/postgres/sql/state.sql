-- Where its sequences stand, which views are empty, which collations are in use. Serves 13 to 18.
select json_strip_nulls(json_build_object(
  'sequences', (select json_agg(json_build_object(
      'sequence', format('%I.%I', n.nspname, c.relname),
      'table', format('%I.%I', tn.nspname, t.relname),
      'column', quote_ident(a.attname),
      'start', s.seqstart, 'step', s.seqincrement,
      'last', pg_sequence_last_value(c.oid),
      'readable', has_sequence_privilege(c.oid, 'select, usage') and has_column_privilege(t.oid, a.attnum, 'select') and not row_security_active(t.oid),
      'empty', t.relkind = 'r' and pg_relation_size(t.oid) = 0,
      'indexed', exists (select from pg_index i where i.indrelid = t.oid and i.indkey[0] = a.attnum and i.indisvalid and i.indpred is null)
        or t.reltuples between 0 and 10000) order by n.nspname, c.relname)
    from pg_sequence s
    join pg_class c on c.oid = s.seqrelid
    join pg_namespace n on n.oid = c.relnamespace
    join pg_depend o on o.classid = 'pg_class'::regclass and o.objid = c.oid and o.objsubid = 0
      and o.refclassid = 'pg_class'::regclass and o.refobjsubid > 0 and o.deptype in ('a', 'i')
    join pg_class t on t.oid = o.refobjid and t.relkind in ('r', 'p')
    join pg_namespace tn on tn.oid = t.relnamespace
    join pg_attribute a on a.attrelid = t.oid and a.attnum = o.refobjsubid
    where c.relpersistence <> 't' and a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)),
  'unpopulated', (select json_agg(format('%I.%I', n.nspname, c.relname) order by n.nspname, c.relname)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'm' and not c.relispopulated),
  'views', (select count(*) from pg_class where relkind = 'm'),
  'collations', (select json_agg(json_build_object('name', k.collname, 'recorded', k.collversion, 'actual', pg_collation_actual_version(k.oid)) order by k.collname)
    from pg_collation k
    where k.collversion is not null and k.oid in (
      select a.attcollation from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relkind in ('r', 'p', 'm') and c.oid >= 16384 and a.attnum > 0 and not a.attisdropped))
))::text
