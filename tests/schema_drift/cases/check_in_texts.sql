create domain state as varchar(9) check (value in ('on', 'off'));
create table t (a varchar(9) check (a in ('x', 'y')), b varchar(9) not null default 'x', c text generated always as (case when a in ('x', 'y') then 'in' else 'out' end) stored);
alter table t enable row level security;
create policy own on t using (a in ('x', 'it''s'));
create view v as select a from t where b not in ('p', 'q');
create function f() returns trigger language plpgsql as 'begin return new; end';
create trigger g before insert on t for each row when (new.a in ('x', 'y')) execute function f();
create rule r as on update to t where old.a in ('x', 'y') do instead nothing;
-- planted: constraint-differs t: constraint `t_a_check`
alter table t drop constraint t_a_check, add constraint t_a_check check (a in ('x', 'z'));
