-- The steps of a copy that are done. Serves 13 to 18.
select coalesce(json_agg(json_build_object('scope', scope, 'name', name, 'text', text, 'staged', staged, 'rows', rows) order by scope, name), '[]')::text
from trueup_ledger.copy_step
