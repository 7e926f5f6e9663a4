create schema "a.b";
create schema a;
create table "a.b".c (x int);
create table a."b.c" (x int, "y.z" text, "Größe %" int);
-- planted: missing-column a.b.c.y.z
alter table a."b.c" drop column "y.z";
