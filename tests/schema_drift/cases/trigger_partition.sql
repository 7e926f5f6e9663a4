create function f() returns trigger language plpgsql as 'begin return new; end';
create table t (a int primary key, b int references t) partition by range (a);
create table t_1 partition of t for values from (0) to (10) partition by range (a);
create table t_2 partition of t_1 for values from (0) to (5);
create trigger g after insert on t for each row execute function f();
create constraint trigger h after insert on t_2 deferrable for each row execute function f();

-- planted: trigger-differs t_2: g
alter table t_2 disable trigger g;
