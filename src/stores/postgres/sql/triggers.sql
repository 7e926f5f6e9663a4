-- The triggers of every table, by the table's oid, without those that the server made for constraints, or copied to
-- partitions and left as they are. Serves 13 to 18.
select coalesce(json_strip_nulls(json_object_agg(t.relid, t.parts)), '{}')::text
from (
  select g.tgrelid as relid, json_agg(json_build_object(
    'name', g.tgname,
    'definition', pg_get_triggerdef(g.oid),
    'fires', case g.tgenabled when 'D' then 'DISABLED' when 'R' then 'REPLICA' when 'A' then 'ALWAYS' end,
    'comment', d.description) order by g.tgname) as parts
  from pg_trigger g
  left join pg_trigger p on p.oid = g.tgparentid
  left join pg_description d on d.classoid = 'pg_trigger'::regclass and d.objoid = g.oid and d.objsubid = 0
  -- until 15 a copy in a partition was marked as the server's own, as are those of constraints
  where (not g.tgisinternal or g.tgparentid <> 0 and not exists (select from pg_constraint k where k.oid = g.tgconstraint and k.contype <> 't'))
    and (g.tgparentid = 0 or g.tgenabled <> p.tgenabled)
  group by g.tgrelid
) t
