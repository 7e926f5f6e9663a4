//! Secrets that anybody may know: never filled in, kept in git, or easy to guess. A secret is found by the first of the
//! three that fits, so that one cause is one finding.
use super::GuardFacts;
use super::committed::Text;
use super::reading::Variable;
use super::{placeholder, strength};
use crate::model::{Looked, Place};
use crate::rules::Sink;
use crate::rules::secret::{in_url, is_beside_secret};

/// A text that nobody else may know.
struct Secret<'f> {
    variable: &'f Variable,
    text: &'f str,
    /// The user that it belongs to; none for a whole value.
    user: Option<&'f str>,
}

impl Secret<'_> {
    fn subject(&self) -> String {
        match self.user {
            Some(_) => format!("the password in `{}`", self.variable.key),
            None => format!("`{}`", self.variable.key),
        }
    }
}

/// The secrets whose texts are known.
fn secrets(facts: &GuardFacts) -> Vec<Secret<'_>> {
    let mut all = Vec::new();
    for variable in facts.judged().filter(|variable| !facts.is_public(&variable.key)) {
        let Some(value) = variable.known() else { continue };
        let text = value.trim();
        let is_whole = facts.is_secret(&variable.key) && !is_beside_secret(&variable.key);
        if is_whole && holds_secret(text) {
            all.push(Secret { variable, text, user: None });
        }
        let password = in_url(text).filter(|(_, password)| holds_secret(password));
        all.extend(password.map(|(user, text)| Secret { variable, text, user: Some(user) }));
    }
    all
}

/// Whether a text is a secret itself: no switch, no word for none, no reference to another variable or to a store, no path.
fn holds_secret(text: &str) -> bool {
    let is_switch = ["true", "false", "yes", "no", "on", "off", "null", "none"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word));
    let elsewhere = ["arn:", "ref+", "secretref:", "vault:"].iter().any(|start| text.starts_with(start));
    let rooted = text.starts_with('/') && (text.contains('.') || text.matches('/').count() > 1);
    let is_path = rooted || ["./", "../", "~/"].iter().any(|start| text.starts_with(start));
    let is_text = !text.is_empty() && !text.contains("${") && !text.contains("://");
    is_text && !is_switch && !elsewhere && !is_path
}

/// The variables that hold secrets or must have a value: where one is not known, nobody can say whether it will do.
fn wanted(facts: &GuardFacts) -> impl Iterator<Item = &Variable> {
    facts.judged().filter(|variable| facts.is_secret(&variable.key) || facts.demand(&variable.key).is_some())
}

/// Why a value is a placeholder; a password in a URL counts as a secret.
fn made_up(facts: &GuardFacts, variable: &Variable) -> Option<String> {
    let key = &variable.key;
    let value = variable.known()?;
    let declared = &facts.placeholders;
    let is_secret = facts.is_secret(key) && !facts.is_public(key);
    if let Some(why) = placeholder::of(is_secret, value, declared) {
        return Some(format!("`{key}` {why}"));
    }
    let (_, password) = in_url(value).filter(|_| !facts.is_public(key))?;
    let why = placeholder::of(true, password, declared)?;
    Some(format!("the password in `{key}` {why}"))
}

pub(super) fn placeholder_value(facts: &GuardFacts, out: &mut Sink<'_>) {
    let variables: Vec<&Variable> = facts.judged().filter(|variable| variable.known().is_some()).collect();
    let mut check = facts.check(wanted(facts), Looked::at(variables.len(), "value"), out);
    for variable in variables {
        let Some(message) = made_up(facts, variable) else { continue };
        check
            .find(&variable.key, message)
            .at(variable.place.clone())
            .help("put the real value in; a placeholder that boots is an open door");
    }
}

/// Where in git a secret stands.
fn in_git<'f>(facts: &'f GuardFacts, secret: &Secret<'_>) -> Option<&'f Text> {
    let mut files = facts.committed.iter().filter_map(|file| file.texts.got());
    files.find_map(|texts| texts.find(&secret.variable.key, secret.text))
}

pub(super) fn committed_secret(facts: &GuardFacts, out: &mut Sink<'_>) {
    let secrets = secrets(facts);
    let mut looked = 0;
    for file in &facts.committed {
        if out.look(file.on.clone(), &file.texts).is_some() {
            looked += secrets.len();
        }
    }
    let known = if looked > 0 { secrets.len() } else { 0 };
    let unknown = wanted(facts).filter(|variable| looked > 0 && facts.is_secret(&variable.key));
    let mut check = facts.check(unknown, Looked::at(known, "secret"), out);
    for secret in secrets.iter().filter(|secret| made_up(facts, secret.variable).is_none()) {
        let Some(text) = in_git(facts, secret) else { continue };
        let subject = secret.subject();
        let path = &text.place.path;
        let place: Option<Place> = secret.variable.place.clone();
        check
            .find(&secret.variable.key, format!("{subject} has a value that stands in {path}"))
            .at(place.or_else(|| Some(text.place.clone())))
            .related(Some(text.place.clone()), text.label)
            .help("everyone with the repository knows it: make a new one, for the deployed file alone");
    }
}

pub(super) fn weak_secret(facts: &GuardFacts, out: &mut Sink<'_>) {
    let secrets = secrets(facts);
    let least = facts.contract.guard.min_secret_length.unwrap_or(12);
    let mut check = facts.check(
        wanted(facts).filter(|variable| facts.is_secret(&variable.key)),
        Looked::at(secrets.len(), "secret"),
        out,
    );
    for secret in &secrets {
        let Some(why) = strength::weakness(&secret.variable.key, secret.user, secret.text, least) else {
            continue;
        };
        if made_up(facts, secret.variable).is_some() || in_git(facts, secret).is_some() {
            continue;
        }
        check
            .find(&secret.variable.key, format!("{} {why}", secret.subject()))
            .at(secret.variable.place.clone())
            .help("make a random one: `openssl rand -hex 32`");
    }
}
