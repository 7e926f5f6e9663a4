create table t (a text collate "C", b text);

-- planted: type-mismatch t.a
alter table t alter a type text collate "default";
