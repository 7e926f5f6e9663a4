create table e (id int) partition by hash (id);
create table e_0 partition of e for values with (modulus 2, remainder 0);
create table e_1 partition of e for values with (modulus 2, remainder 1);

-- planted: missing-table e_1
drop table e_1;
