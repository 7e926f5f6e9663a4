create table t (a int, b text);
create table u (a int, c text);
create view v with (security_barrier) as select t.a, c, (select max(u2.a) from u u2 where u2.a < t.a) m from t join u using (a);

-- planted: missing-table v
drop view v;
