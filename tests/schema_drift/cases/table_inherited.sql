create table parent (a int);
create table child (b int) inherits (parent);

-- planted: table-differs child
alter table child no inherit parent;
