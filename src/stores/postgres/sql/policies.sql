-- The policies of every table, by the table's oid. Serves 13 to 18.
select coalesce(json_strip_nulls(json_object_agg(t.relid, t.parts)), '{}')::text
from (
  select p.polrelid as relid, json_agg(json_build_object(
    'name', p.polname,
    'definition', concat_ws(' ',
      case when p.polpermissive then 'PERMISSIVE' else 'RESTRICTIVE' end,
      'FOR', case p.polcmd when 'r' then 'SELECT' when 'a' then 'INSERT' when 'w' then 'UPDATE' when 'd' then 'DELETE' else 'ALL' end,
      'TO', (select string_agg(case r.role when 0 then 'PUBLIC' else pg_get_userbyid(r.role) end, ', ' order by 1)
             from unnest(p.polroles) as r(role)),
      'USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
      'WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')) order by p.polname) as parts
  from pg_policy p
  group by p.polrelid
) t
