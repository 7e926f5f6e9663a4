-- The schemas whose tables are all published. Serves 15 to 18.
'FOR TABLES IN SCHEMA ' || (select string_agg(n.nspname, ', ' order by n.nspname) from pg_publication_namespace m join pg_namespace n on n.oid = m.pnnspid where m.pnpubid = p.oid)
