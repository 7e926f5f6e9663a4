-- About how many rows a table has, with those of its partitions and of the tables that inherit from it: as many a page as when each was
-- looked at last. NULL where one never was, or is no table. Serves 13 to 18.
WITH RECURSIVE part (oid) AS (
  SELECT '$TABLE'::regclass::oid
  UNION
  SELECT i.inhrelid FROM pg_inherits AS i JOIN part AS p ON p.oid = i.inhparent
)
SELECT CASE WHEN bool_and(c.relkind = 'p' OR c.relkind = 'r' AND (s.pages = 0 OR c.reltuples > 0 AND c.relpages > 0))
  THEN sum(CASE WHEN c.relkind = 'r' AND c.relpages > 0 THEN greatest(c.reltuples, 0)::float8 / c.relpages * s.pages ELSE 0 END)::int8 END
FROM part AS p
JOIN pg_class AS c ON c.oid = p.oid
CROSS JOIN LATERAL (SELECT pg_relation_size(c.oid) / current_setting('block_size')::int8 AS pages) AS s
