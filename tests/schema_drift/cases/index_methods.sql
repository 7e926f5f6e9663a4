create table t (a int, j jsonb, ts tsvector, p point);
create index t_h on t using hash (a);
create index t_b on t using brin (a);
create index t_j on t using gin (j jsonb_path_ops);
create index t_p on t using spgist (p);

-- planted: index-differs t: t_b
drop index t_b;
create index t_b on t using btree (a);
