-- The ledger, empty. Logged: a table that is empty after a crash would forget what was written. Serves 13 to 18.
create schema trueup_ledger;
comment on schema trueup_ledger is '$MARK';
create table trueup_ledger.copy_run (
  id bigint primary key check (id = 1), plan text not null, source text not null, epoch bigint not null, holder text not null,
  is_finished boolean not null, began timestamptz not null default now(), ended timestamptz, version text not null,
  evidence text not null default '');
create table trueup_ledger.copy_range (
  place int primary key, source text not null, target text not null, lower bigint, upper bigint, state text not null,
  rows bigint, digest text, epoch bigint, written timestamptz)
