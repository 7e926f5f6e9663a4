create table t (a varchar(20), b numeric(10, 2), c timestamptz(3), d char(3), e bit varying(8), f interval day to second(2));

-- planted: type-mismatch t.b
alter table t alter b type numeric(10, 3);
