create schema audit;
create table audit.log (a int);

-- planted: extra-column audit.log.b
alter table audit.log add b int;
