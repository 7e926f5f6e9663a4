create table t (a int, b text);
create view v as select a, b from t where b <> 'x' order by a;

-- planted: view-differs v
create or replace view v as select a, b from t where b <> 'y' order by a;
