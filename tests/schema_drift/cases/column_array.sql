create table t (a int[], b text[][]);

-- planted: type-mismatch t.a
alter table t alter a type bigint[];
