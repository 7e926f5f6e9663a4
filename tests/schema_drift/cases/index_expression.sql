create table t (email text);
create unique index t_email on t (lower(email)) where email is not null;

-- planted: index-differs t: t_email
drop index t_email;
create unique index t_email on t (email) where email is not null;
