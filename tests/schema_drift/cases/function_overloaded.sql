create function f(a int) returns int language sql as 'select a';
create function f(a text) returns text language sql as 'select a';
create procedure p() language sql as 'select 1';

-- planted: function-differs f(a text)
drop function f(text);
