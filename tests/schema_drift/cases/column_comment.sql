create table t (a int);
comment on column t.a is 'the first';

-- planted: comment t.a
comment on column t.a is 'the second';
