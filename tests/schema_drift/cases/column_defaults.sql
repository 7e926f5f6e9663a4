create table t (a text default 'it''s', b timestamptz default now(), c jsonb default '{}', d int default 1 + 1, e uuid default gen_random_uuid(), f text[] default array['x'], g bool default true, h varchar(3) default null);

-- planted: default t.g
alter table t alter g set default false;
