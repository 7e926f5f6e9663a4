-- Who holds the lock of this database. Serves 13 to 18.
select json_build_object('pid', a.pid, 'user', coalesce(a.usename, '?'), 'application', coalesce(a.application_name, '?'),
  'since', coalesce(to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '?'))::text
from pg_locks l join pg_stat_activity a on a.pid = l.pid
where l.locktype = 'advisory' and l.granted and l.classid::bigint = $FIRST and l.objid::bigint = $SECOND and l.objsubid = 2
  and l.database = (select oid from pg_database where datname = current_database())
