-- A published table with its columns and the condition on its rows. Serves 15 to 18.
concat(r.prrelid::regclass,
  ' (' || (select string_agg(quote_ident(a.attname), ', ' order by a.attname) from pg_attribute a where a.attrelid = r.prrelid and a.attnum = any (r.prattrs)) || ')',
  ' WHERE (' || pg_get_expr(r.prqual, r.prrelid) || ')')
