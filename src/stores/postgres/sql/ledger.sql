-- The ledger of a copy; the run is null before there is one. Serves 13 to 18.
select json_build_object(
  'run', (select json_build_object('plan', plan, 'source', source, 'epoch', epoch, 'holder', holder, 'is_finished', is_finished,
      'began', to_char(began at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'ended', to_char(ended at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'version', version, 'evidence', evidence)
    from trueup_ledger.copy_run where id = 1),
  'ranges', (select coalesce(json_agg(json_build_object('place', place, 'source', source, 'target', target,
      'lower', lower, 'upper', upper, 'state', state, 'rows', rows, 'digest', digest) order by place), '[]')
    from trueup_ledger.copy_range))::text
