-- Options of what reaches another server. What may be a secret is told by name alone. Serves 13 to 18.
(select array_agg(case when option ~* '^[^=]*(pass|secret|token|key|cred|auth|cert|command|program)' then split_part(option, '=', 1) || '=(hidden)' else option end order by option collate "C")
 from unnest($OPTIONS) option)
