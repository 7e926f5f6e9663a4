-- What names this database. Serves 13 to 18.
-- A server that was restored from a copy has its system identifier too, so the moment it was started counts as well.
select format('%s %s', pg_postmaster_start_time(), (select oid from pg_database where datname = current_database()))
