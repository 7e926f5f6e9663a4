-- Who may do what with one thing, by role: `$ACL` is its list, `$OWNER` its owner, `$KIND` its sort as acldefault names it.
-- The owner may do everything unless somebody took that away, which is then told. Serves 13 to 18.
(select json_agg(granted.line order by granted.line collate "C") from (
  select case entry.grantee when 0 then 'PUBLIC' else pg_get_userbyid(entry.grantee) end || ': '
    || string_agg(entry.privilege_type || case when entry.is_grantable then ' WITH GRANT OPTION' else '' end, ', ' order by entry.privilege_type collate "C") as line
  from aclexplode(coalesce($ACL, acldefault($KIND, $OWNER))) entry where entry.grantee <> $OWNER group by entry.grantee
  union all
  select pg_get_userbyid($OWNER) || ', the owner: ' || coalesce(string_agg(entry.privilege_type, ', ' order by entry.privilege_type collate "C"), 'nothing')
  from aclexplode($ACL) entry where $ACL is not null and entry.grantee = $OWNER
  having $ACL is not null and string_agg(entry.privilege_type, ', ' order by entry.privilege_type collate "C") is distinct from
    (select string_agg(usual.privilege_type, ', ' order by usual.privilege_type collate "C") from aclexplode(acldefault($KIND, $OWNER)) usual where usual.grantee = $OWNER)
) granted)
