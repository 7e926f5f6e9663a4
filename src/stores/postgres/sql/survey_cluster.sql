-- What names the cluster. Serves 13 to 18.
select json_build_object(
  'id', system_identifier::text,
  'started_at', to_char(pg_postmaster_start_time() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  'is_standby', pg_is_in_recovery())::text
from pg_control_system()
