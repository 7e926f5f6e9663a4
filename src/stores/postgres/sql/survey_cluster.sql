-- What names the cluster. Serves 13 to 18.
select json_strip_nulls(json_build_object(
  'id', system_identifier::text,
  'started_at', to_char(pg_postmaster_start_time() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  'is_standby', pg_is_in_recovery(),
  'replay', case when pg_is_in_recovery() then json_build_object(
    'lag_bytes', case when pg_last_wal_receive_lsn() is not null then greatest(0, pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()))::bigint end,
    'last', to_char(pg_last_xact_replay_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'is_paused', pg_is_wal_replay_paused()) end))::text
from pg_control_system()
