//! Two realms: whether they are the same, part by part.
use crate::model::realm::RealmPart;
use crate::model::{Cause, Looked, Object, Place};
use crate::rules::{Rule, Sink, rules};

/// The rules over two realms.
pub const REALM_RULES: &[Rule<RealmFacts>] = rules!["access": realm_differs];

/// One part of two realms, compared.
pub struct RealmFacts {
    /// What is compared.
    pub on: String,
    /// The part.
    pub part: RealmPart,
    /// How many there are, on the side that has more.
    pub looked: usize,
    /// Why it can't be told whether they are the same.
    pub unknown: Vec<String>,
    /// What differs, one of a sort.
    pub findings: Vec<RealmFinding>,
    /// The manifest line.
    pub declared: Option<Place>,
}

/// All that differs in one way.
pub struct RealmFinding {
    /// What is said of them, such as `users in the source alone`.
    pub about: String,
    /// How many, of what, and the first of them.
    pub message: String,
    /// Where the first is written.
    pub place: Option<Place>,
}

fn realm_differs(facts: &RealmFacts, out: &mut Sink<'_>) {
    let on = || Object::endpoint(&facts.on);
    for why in &facts.unknown {
        let hint = "export both realms whole (`kc.sh export --dir DIR --users realm_file`), or declare under `except` why not";
        out.unknown(on(), Cause::new(why.as_str()).hint(hint));
    }
    if facts.findings.is_empty() && !facts.unknown.is_empty() {
        return;
    }
    if facts.looked == 0 && facts.findings.is_empty() {
        return out.skip(on(), format!("neither realm has {}, which proves nothing", facts.part.word()));
    }
    let noun = facts.part.word().trim_end_matches('s');
    let mut check = out.check(on(), Looked::at(facts.looked.max(1), noun));
    for finding in &facts.findings {
        let found = check.find(&finding.about, &finding.message);
        let found = match &finding.place {
            Some(place) => found.at(place.clone()).related(facts.declared.clone(), "declared here"),
            None => found.at(facts.declared.clone()),
        };
        found.help(help(facts.part));
    }
}

fn help(part: RealmPart) -> &'static str {
    match part {
        RealmPart::Credentials => {
            "import it again with its credentials; who lost one must set it anew, or declare under `except` why it is meant"
        }
        _ => "import the whole export, ids included, or declare under `except` why it is meant",
    }
}
