-- The database as a whole, and the moment that all answers are of. Serves 13 to 18.
select json_build_object(
  'database', current_database(),
  'bytes', pg_database_size(current_database()),
  'large_objects', (select count(*) from pg_largeobject_metadata),
  'taken', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || ', snapshot ' || pg_current_snapshot())::text
