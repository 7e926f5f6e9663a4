create domain email as text check (value like '%@%');
create table t (a email);

-- planted: type-mismatch t.a
alter table t alter a type text;
