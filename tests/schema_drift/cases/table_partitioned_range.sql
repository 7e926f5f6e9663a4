create table e (at date not null, x int) partition by range (at);
create table e_1 partition of e for values from ('2024-01-01') to ('2025-01-01');
create table e_rest partition of e default;

-- planted: table-differs e_1
alter table e detach partition e_1;
alter table e attach partition e_1 for values from ('2024-01-01') to ('2024-07-01');
