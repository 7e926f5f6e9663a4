-- What the ledger keeps of steps that are more than rows of a table. Serves 13 to 18.
create table if not exists trueup_ledger.copy_step (
  scope text not null, name text not null, text text not null, staged text not null, rows bigint not null, epoch bigint not null,
  written timestamptz not null, primary key (scope, name))
