-- The version of the database's own collation. Serves 15 to 18; before, it was not recorded.
select json_strip_nulls(json_build_object('name', 'database ' || d.datname, 'recorded', d.datcollversion,
  'actual', pg_database_collation_actual_version(d.oid)))::text
from pg_database d where d.datname = current_database()
