create table t (id bigint primary key, name text not null);
comment on table t is 'people';
create function f() returns int language sql as 'select 1';
comment on function f() is 'one';

-- planted: comment t
comment on table t is null;
