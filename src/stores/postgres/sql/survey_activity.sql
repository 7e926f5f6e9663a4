-- What else goes on. `$LONG` is a number of seconds. Serves 13 to 18.
-- Connections that say they are trueup's are ours: one that was just left may still be there.
-- How far a replica is, and what a slot keeps, is NULL where nobody says so: greatest() would make 0 of it.
-- Without the right to see others, what a session is and does is NULL; such a session still counts as a connection.
with others as (
  select * from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and application_name is distinct from 'trueup'
    and coalesce(backend_type, 'client backend') = 'client backend'
)
select json_build_object(
  'connections', (select count(*) from others),
  'long_transactions', (select coalesce(json_agg(json_build_object(
      'role', coalesce(usename, ''), 'state', coalesce(state, ''),
      'since', to_char(xact_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) order by xact_start, pid), '[]')
    from others where xact_start < clock_timestamp() - make_interval(secs => $LONG)),
  'prepared', (select coalesce(json_agg(json_build_object(
      'name', gid, 'since', to_char(prepared at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) order by gid collate "C"), '[]')
    from pg_prepared_xacts where database = current_database()),
  'waiting_locks', (select count(*) from pg_locks where not granted
    and (database = (select oid from pg_database where datname = current_database()) or database is null)),
  'strong_locks', (select coalesce(json_agg(line order by line collate "C"), '[]') from (
      select distinct l.relation::regclass::text || ': ' || l.mode as line
      from pg_locks l join pg_class c on c.oid = l.relation
      where l.granted and l.locktype = 'relation' and l.pid is distinct from pg_backend_pid() and c.relkind in ('r', 'p', 'm')
        and l.database = (select oid from pg_database where datname = current_database())
        and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')) s),
  'replicas', (select coalesce(json_agg(json_build_object(
      'name', application_name, 'state', coalesce(state, ''),
      'lag_bytes', case when replay_lsn is not null then greatest(0, pg_wal_lsn_diff(
        case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end, replay_lsn))::bigint end)
      order by application_name collate "C", pid), '[]') from pg_stat_replication),
  'slots', (select coalesce(json_agg(json_build_object(
      'name', slot_name, 'is_active', active,
      'kept_bytes', case when restart_lsn is not null then greatest(0, pg_wal_lsn_diff(
        case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end, restart_lsn))::bigint end)
      order by slot_name collate "C"), '[]') from pg_replication_slots)
)::text
