create schema audit;
create function audit.uid() returns uuid language sql stable as $$select nullif(current_setting('request.jwt.claim.sub', true), '')::uuid$$;
create table audit.users (id uuid primary key, email varchar(255), raw jsonb);
comment on table audit.users is 'Auth: Stores user login data within a secure schema.';
create unique index users_email_partial_key on audit.users (email) where raw is null;
create table profiles (id uuid primary key references audit.users on delete cascade, handle text unique, tags text[] not null default array[]::text[],
  constraint handle_length check (char_length(handle) >= 3), updated_at timestamptz default timezone('utc'::text, now()) not null);
alter table profiles enable row level security;
create policy "Public profiles are viewable by everyone." on profiles for select using (true);
create policy "Users can update own profile." on profiles for update using ((select audit.uid()) = id) with check ((select audit.uid()) = id);
create function handle_new_user() returns trigger language plpgsql security definer set search_path to '' as $$
begin insert into public.profiles (id, handle) values (new.id, new.raw ->> 'handle'); return new; end; $$;
create trigger on_auth_user_created after insert on audit.users for each row execute procedure handle_new_user();
create publication realtime for table profiles with (publish = 'insert, update');
alter table profiles replica identity full;
create view members with (security_barrier) as select id, handle from profiles where handle is not null;
alter default privileges in schema public grant select on tables to public;
-- planted: function-differs handle_new_user()
alter function handle_new_user() reset search_path;
