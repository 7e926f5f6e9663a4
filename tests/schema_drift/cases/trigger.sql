create table t (a int);
create function g() returns trigger language plpgsql as 'begin return new; end';
create trigger stamp before insert or update of a on t for each row when (new.a > 0) execute function g('x');

-- planted: trigger-differs t: stamp
alter table t disable trigger stamp;
