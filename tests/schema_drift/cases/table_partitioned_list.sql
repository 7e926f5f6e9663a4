create table e (kind text, x int) partition by list (kind);
create table e_a partition of e for values in ('a', 'b');

-- planted: table-differs e_a
alter table e detach partition e_a;
