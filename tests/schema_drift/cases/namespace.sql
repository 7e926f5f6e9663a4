create schema audit;
create table audit.log (a int);
create table t (a int);

-- planted: namespace-differs more
create schema more;
