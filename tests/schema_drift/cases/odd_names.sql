create schema "Odd one";
create table "Odd one"."a USING ""b""" ("c.d" int, "select" text);
create index "i ON x USING y" on "Odd one"."a USING ""b""" ("c.d", lower("select"));

-- planted: missing-index Odd one.a USING "b": i ON x USING y
drop index "Odd one"."i ON x USING y";
