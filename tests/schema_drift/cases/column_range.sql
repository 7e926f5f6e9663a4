-- needs 14
create table t (a int4range, b tstzrange, c nummultirange);

-- planted: type-mismatch t.a
alter table t alter a type int8range using null;
