create type color as enum ('red', 'green');
create table t (a color default 'red', b color[]);

-- planted: default t.a
alter table t alter a set default 'green';
