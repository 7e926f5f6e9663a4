-- Scratch databases of ours whose maker is gone: it held an advisory lock, which is seen from every database. Serves 13 to 18.
select d.datname
from pg_database d
where d.datname ~ '^trueup_scratch_[0-9a-f]{16}$'
  and shobj_description(d.oid, 'pg_database') = '$MARK'
  and pg_get_userbyid(d.datdba) = current_user
  and not exists (select from pg_stat_activity a where a.datid = d.oid)
  and not exists (select from pg_locks l where l.locktype = 'advisory' and l.classid = $KEY and l.objsubid = 2
    and l.objid = ('x' || right(d.datname, 8))::bit(32)::bigint::oid)
