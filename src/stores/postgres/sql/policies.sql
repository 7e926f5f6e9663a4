-- The policies of every table, by the table's oid. Serves 13 to 18.
select coalesce(json_strip_nulls(json_object_agg(t.relid, t.parts)), '{}')::text
from (
  select p.polrelid as relid, json_agg(json_build_object(
    'name', p.polname,
    'definition', concat_ws(' ',
      case when p.polpermissive then 'PERMISSIVE' else 'RESTRICTIVE' end,
      'FOR', case p.polcmd when 'r' then 'SELECT' when 'a' then 'INSERT' when 'w' then 'UPDATE' when 'd' then 'DELETE' else 'ALL' end,
      'TO', (select string_agg(case r.role when 0 then 'PUBLIC' else pg_get_userbyid(r.role) end, ', ' order by r.role = 0, pg_get_userbyid(r.role))
             from unnest(p.polroles) as r(role)),
      'USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
      'WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'),
    'comment', d.description) order by p.polname) as parts
  from pg_policy p
  left join pg_description d on d.classoid = 'pg_policy'::regclass and d.objoid = p.oid and d.objsubid = 0
  group by p.polrelid
) t
