//! Between the oldest version of the server and a newer one.
use crate::types::{MADE, TYPES, tables};
use crate::world::{Database, verify};

#[test]
fn every_type_is_the_same_on_both() {
    // It has no multiranges, and this build no XML.
    let types: Vec<_> =
        TYPES.iter().filter(|(name, ..)| *name != "xml" && !name.contains("multirange")).copied().collect();
    let script = |changed| format!("{MADE}{}", tables(&types, changed));
    let old = Database::new("TRUEUP_TEST_POSTGRES13", &script(false));
    let new = Database::new("TRUEUP_TEST_POSTGRES", &script(false));
    verify(&old.url, &new.url, &[]).is_equal();
    let changed = Database::new("TRUEUP_TEST_POSTGRES", &script(true));
    let said = verify(&old.url, &changed.url, &["--jobs", "2"]);
    assert_eq!((said.lines().len(), said.code), (types.len(), 1), "{:?}", said.lines());
    assert_eq!(said.fact("readers"), "2");
}
