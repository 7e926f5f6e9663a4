create foreign data wrapper w;
create server s foreign data wrapper w;
create foreign table t (a int) server s options (schema_name 'x');
-- planted: table-differs t
alter foreign table t options (set schema_name 'y');
