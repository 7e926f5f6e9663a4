create table r (id int primary key);
create table e (id int, r int references r, primary key (id)) partition by hash (id);
create table e_0 partition of e for values with (modulus 1, remainder 0);
create index e_r on e (r);

-- planted: extra-index e_0: e_0_more
create index e_0_more on e_0 (r, id);
