//! A store of an OpenFGA server over its HTTP API: its authorization model, and all of its tuples or none.
//!
//! The server has no snapshots: what is written while it is read may be seen or not.
use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::entry::{Entry, Session, web_url};
use crate::model::access::{AccessModel, TupleFile};
use crate::model::{Cause, Span};
use crate::parse::access;

/// The most tuples on a page that the server gives.
const PAGE: u32 = 100;
/// The most tuples that are held.
const MOST: usize = 5_000_000;

/// A store that can be read.
#[derive(Debug, Clone)]
pub struct OpenFga {
    name: String,
    url: String,
    store: String,
    model: Option<String>,
    entry: Entry,
}

impl OpenFga {
    /// A store by the server's URL and the store's id, with a model by its id or the latest one.
    ///
    /// # Errors
    /// When a part of it cannot be what it stands for. The words hold no part of it.
    pub fn new(
        name: &str,
        url: &str,
        (store, model): (&str, Option<String>),
        entry: Entry,
    ) -> Result<Self, Cause> {
        let url = web_url(name, "url", url)?;
        let is_id = |id: &str| {
            !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        };
        for (part, id) in [("store", Some(store)), ("model", model.as_deref())] {
            if !id.is_none_or(is_id) {
                return Err(Cause::new(format!("the `{part}` of {name} is no id"))
                    .hint("it is 26 letters and digits, as `fga store list` prints it"));
            }
        }
        entry.check(name)?;
        Ok(Self { name: name.to_owned(), url, store: store.to_owned(), model, entry })
    }

    /// The model, and every tuple.
    ///
    /// # Errors
    /// When any part of it cannot be had.
    pub async fn read(&self) -> Result<(AccessModel, TupleFile), Cause> {
        let store = self.clone();
        let read = tokio::task::spawn_blocking(move || {
            let mut reading = Reading::new(&store)?;
            Ok((reading.model()?, reading.tuples()?))
        });
        read.await.unwrap_or_else(|_| Err(Cause::new("the reading ended before its end")))
    }
}

/// A page of tuples. An answer that lacks one of them is none of OpenFGA's.
#[derive(Deserialize)]
struct Page<'t> {
    #[serde(borrow)]
    tuples: Vec<&'t RawValue>,
    continuation_token: String,
}

#[derive(Deserialize)]
struct Models<'t> {
    #[serde(borrow)]
    authorization_models: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
struct Model<'t> {
    #[serde(borrow)]
    authorization_model: &'t RawValue,
}

/// A store while it is read.
struct Reading<'s> {
    of: &'s OpenFga,
    session: Session<'s>,
}

impl<'s> Reading<'s> {
    fn new(of: &'s OpenFga) -> Result<Self, Cause> {
        const WRONG: &str = "are its `url`, its `store` and its `model` right?";
        Ok(Self { of, session: Session::new(&of.name, &of.url, &of.entry, WRONG)? })
    }

    /// What the server answers about its store.
    fn ask(&mut self, what: &str, path: &str, body: Option<&str>) -> Result<String, Cause> {
        self.session.ask(what, &format!("/stores/{}{path}", self.of.store), body)
    }

    fn model(&mut self) -> Result<AccessModel, Cause> {
        const WHAT: &str = "the authorization model cannot be had";
        let strange = |_| Cause::new(format!("{}: {WHAT}: this is no answer of OpenFGA", self.of.name));
        let path = match &self.of.model {
            Some(id) => format!("/authorization-models/{id}"),
            None => "/authorization-models?page_size=1".to_owned(),
        };
        let is_one = self.of.model.is_some();
        let answer = self.ask(WHAT, &path, None)?;
        let model = if is_one {
            serde_json::from_str::<Model<'_>>(&answer).map_err(strange)?.authorization_model
        } else {
            let models = serde_json::from_str::<Models<'_>>(&answer).map_err(strange)?.authorization_models;
            models.into_iter().next().ok_or_else(|| {
                Cause::new(format!("{}: the store has no authorization model", self.of.name))
                    .hint("is this the right `store`?")
            })?
        };
        Ok(access::model(&format!("authorization model of {}", self.of.name), model.get()))
    }

    fn tuples(&mut self) -> Result<TupleFile, Cause> {
        let name = self.of.name.clone();
        let mut all = TupleFile { path: format!("store of {name}"), ..TupleFile::default() };
        let mut seen = HashSet::new();
        let mut token = String::new();
        for number in 1_u64.. {
            let what = format!("page {number} of its tuples");
            let body = serde_json::json!({ "page_size": PAGE, "continuation_token": token,
                "consistency": "HIGHER_CONSISTENCY" });
            let answer = self.ask(&what, "/read", Some(&body.to_string()))?;
            let wrong = |message: String| self.session.about(&what, Cause::new(message));
            let page: Page<'_> = serde_json::from_str(&answer)
                .map_err(|_| wrong("this is no answer of OpenFGA".to_owned()))?;
            all.tuples.append(&mut taken(&page.tuples).map_err(wrong)?);
            if all.tuples.len() > MOST {
                return Err(wrong(format!("the store has more than {MOST} tuples")));
            }
            if page.continuation_token.is_empty() {
                break;
            }
            if !seen.insert(page.continuation_token.clone()) {
                return Err(wrong("its continuation token came before, so the pages have no end".to_owned()));
            }
            token = page.continuation_token;
        }
        Ok(all)
    }
}

/// The tuples of a page; no line is the line of one.
fn taken(page: &[&RawValue]) -> Result<Vec<crate::model::access::Tuple>, String> {
    let lines: Vec<&str> = page.iter().map(|one| one.get()).collect();
    let mut file = access::tuples("page.json", &lines.join("\n"));
    if let Some(problem) = file.problems.first() {
        return Err(format!("a tuple cannot be read: {}", problem.message));
    }
    if file.tuples.len() != page.len() {
        return Err("an entry is no tuple".to_owned());
    }
    for tuple in &mut file.tuples {
        tuple.span = Span::on_line(0, 0, 0);
    }
    Ok(file.tuples)
}
