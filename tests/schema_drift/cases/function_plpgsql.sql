create function f(a int) returns int language plpgsql as $$
begin
  return a + 1;
end
$$;

-- planted: function-differs f(a integer)
create or replace function f(a int) returns int language plpgsql as $$
begin
  return a + 2;
end
$$;
