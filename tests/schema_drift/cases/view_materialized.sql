create table t (a int);
create materialized view m as select a, count(*) n from t group by a;
create unique index m_a on m (a);

-- planted: missing-index m: m_a
drop index m_a;
