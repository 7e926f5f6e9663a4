-- Enums, domains, composite and range types that somebody made. Serves 13 to 18.
select coalesce(json_strip_nulls(json_agg(json_build_object(
  'namespace', n.nspname,
  'name', t.typname,
  'kind', case t.typtype when 'e' then 'enum' when 'd' then 'domain' when 'c' then 'composite' else 'range' end,
  'definition', case t.typtype
    when 'e' then (select string_agg(quote_literal(l.enumlabel), ', ' order by l.enumsortorder) from pg_enum l where l.enumtypid = t.oid)
    when 'd' then concat_ws(' ', format_type(t.typbasetype, t.typtypmod),
      case when t.typcollation <> b.typcollation then 'COLLATE ' || t.typcollation::regcollation::text end,
      case when t.typnotnull then 'NOT NULL' end, 'DEFAULT ' || t.typdefault,
      (select string_agg(format('CONSTRAINT %I ', k.conname) || pg_get_constraintdef(k.oid), ' ' order by k.conname)
       from pg_constraint k where k.contypid = t.oid and k.contype = 'c'))
    when 'c' then (select string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
                     || case when a.attcollation <> ft.typcollation then ' COLLATE ' || a.attcollation::regcollation::text else '' end,
                     ', ' order by a.attnum)
                   from pg_attribute a join pg_type ft on ft.oid = a.atttypid
                   where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped)
    else (select concat_ws(' ', 'SUBTYPE', format_type(r.rngsubtype, null), 'SUBTYPE_OPCLASS', o.opcname,
            'COLLATION ' || nullif(r.rngcollation, 0)::regcollation::text,
            'CANONICAL ' || nullif(r.rngcanonical::oid, 0)::regproc::text, 'SUBTYPE_DIFF ' || nullif(r.rngsubdiff::oid, 0)::regproc::text,
            -- 13 has no multirange types, and later ones derive a name
            'MULTIRANGE_TYPE_NAME ' || case when m.typnamespace <> t.typnamespace
              or m.typname <> case when t.typname like '%range%' then regexp_replace(t.typname, 'range', 'multirange') else t.typname || '_multirange' end
              then m.oid::regtype::text end)
          from pg_range r join pg_opclass o on o.oid = r.rngsubopc left join pg_type m on m.oid = (to_jsonb(r) ->> 'rngmultitypid')::oid where r.rngtypid = t.oid)
    end,
  'held', json_build_object(
    'owner', pg_get_userbyid(t.typowner),
    'grants', $grants(t.typacl; t.typowner; 'T'),
    'comment', d.description)) order by n.nspname, t.typname)), '[]')::text
from pg_type t
join pg_namespace n on n.oid = t.typnamespace
left join pg_type b on b.oid = t.typbasetype
left join pg_class c on c.oid = t.typrelid
left join pg_description d on d.classoid = 'pg_type'::regclass and d.objoid = t.oid and d.objsubid = 0
left join pg_depend e on e.classid = 'pg_type'::regclass and e.objid = t.oid and e.objsubid = 0 and e.deptype = 'e'
where (t.typtype in ('e', 'd', 'r') or t.typtype = 'c' and c.relkind = 'c')
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and e.objid is null
