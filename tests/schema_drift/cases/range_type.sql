create type span as range (subtype = float8, subtype_diff = float8mi);

-- planted: type-differs span
drop type span;
