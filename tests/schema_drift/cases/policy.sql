create table t (a int, owner name);
alter table t enable row level security;
alter table t force row level security;
create policy own on t as restrictive for update to current_user using (a > 0) with check (a > 1);

-- planted: policy-differs t: own
alter policy own on t using (a > 2);
