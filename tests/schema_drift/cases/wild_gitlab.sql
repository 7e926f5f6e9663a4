create schema more;
create function trigger_1bd97da9c1a4() returns trigger language plpgsql as $$
begin
  new."id_convert_to_bigint" := new."id";
  return new;
end;
$$;
create table p_ci_builds (id bigint not null, partition_id bigint not null, status character varying, id_convert_to_bigint bigint default 0 not null, options text,
  constraint check_1e2fbd1b39 check ((lock_version is not null)), lock_version integer default 0, tags bigint[] default '{}'::bigint[] not null) partition by list (partition_id);
create table more.ci_builds_100 partition of p_ci_builds for values in ('100', '101') with (autovacuum_vacuum_scale_factor = 0.02);
create table more.ci_builds_102 (partition_id bigint default 102 not null, id bigint not null, status character varying, id_convert_to_bigint bigint default 0 not null, options text, lock_version integer default 0, tags bigint[] default '{}'::bigint[] not null, constraint check_1e2fbd1b39 check ((lock_version is not null)));
alter table p_ci_builds attach partition more.ci_builds_102 for values in ('102');
alter table p_ci_builds add constraint p_ci_builds_pkey primary key (id, partition_id);
create index p_ci_builds_status_idx on only p_ci_builds using btree (status, id) where ((status)::text = any ((array['pending'::character varying, 'running'::character varying])::text[]));
create index ci_builds_100_status on more.ci_builds_100 using btree (status, id) where ((status)::text = any ((array['pending'::character varying, 'running'::character varying])::text[]));
create index ci_builds_102_status on more.ci_builds_102 using btree (status, id) where ((status)::text = any ((array['pending'::character varying, 'running'::character varying])::text[]));
alter index p_ci_builds_status_idx attach partition more.ci_builds_100_status;
alter index p_ci_builds_status_idx attach partition more.ci_builds_102_status;
create table p_ci_metadata (build_id bigint not null, partition_id bigint not null, constraint fk_rails_e20479742e foreign key (build_id, partition_id) references p_ci_builds (id, partition_id) on update cascade on delete cascade) partition by hash (build_id);
create table more.p_ci_metadata_00 partition of p_ci_metadata for values with (modulus 2, remainder 0);
create table more.p_ci_metadata_01 partition of p_ci_metadata for values with (modulus 2, remainder 1);
create trigger trigger_1bd97da9c1a4 before insert or update on p_ci_builds for each row execute function trigger_1bd97da9c1a4();
create sequence shared_audit_event_id_seq;
create table audit_events (id bigint default nextval('shared_audit_event_id_seq'::regclass) not null, created_at timestamp without time zone not null) partition by range (created_at);
create table more.audit_events_000000 partition of audit_events for values from (minvalue) to ('2024-01-01 00:00:00');
comment on column audit_events.id is 'shared';
-- planted: table-differs more.ci_builds_100
alter table more.ci_builds_100 set (autovacuum_vacuum_scale_factor = 0.05);
