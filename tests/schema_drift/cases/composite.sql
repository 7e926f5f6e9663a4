create type pair as (a int, b text collate "C");
create table t (p pair);

-- planted: type-differs pair
alter type pair add attribute c int;
