create function f(a int, b int default 2) returns int language sql immutable as 'select a + b';

-- planted: function-differs f(a integer, b integer)
create or replace function f(a int, b int default 2) returns int language sql stable as 'select a + b';
