//! The comment above a key that has no owner yet.
use crate::manifest::{At, glob};

/// A comment that leaves the owner open, as `[env] owner` asks for one where a placeholder can be put into its form; else
/// in the usual form. It names those who use the key.
pub fn open_owner(owner: Option<&At<String>>, used_by: &[String]) -> String {
    let open = format!("TODO (used by {})", used_by.join(", "));
    let usual = format!("owner: {open}");
    let Some(pattern) = owner else { return usual };
    let is_asked = |text: &String| glob(pattern).is_ok_and(|glob| glob.is_match(text));
    let filled = pattern.replacen('*', &open, 1).replace('*', "");
    [usual.clone(), filled].into_iter().find(is_asked).unwrap_or(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_the_one_that_is_asked_for() {
        let form = |owner: Option<&str>| {
            let owner = owner.map(|owner| At::from(owner.to_owned()));
            open_owner(owner.as_ref(), &["agent".into(), "web".into()])
        };
        for owner in [None, Some("owner: *"), Some("*"), Some("owner: {agent,web}*")] {
            assert_eq!(form(owner), "owner: TODO (used by agent, web)");
        }
        assert_eq!(form(Some("@team-*")), "@team-TODO (used by agent, web)");
        assert_eq!(form(Some("*(team *)")), "TODO (used by agent, web)(team )");
    }
}
