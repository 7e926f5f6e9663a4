create aggregate total(int) (sfunc = int4pl, stype = int, initcond = '0');

-- planted: function-differs total(integer)
drop aggregate total(int);
create aggregate total(int) (sfunc = int4mul, stype = int, initcond = '0');
