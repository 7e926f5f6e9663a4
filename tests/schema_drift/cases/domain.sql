create domain positive as int default 1 not null constraint above check (value > 0);

-- planted: type-differs positive
alter domain positive drop constraint above;
