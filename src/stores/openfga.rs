//! A store of an OpenFGA server over its HTTP API: its authorization model, and all of its tuples or none.
//!
//! The server has no snapshots: what is written while it is read may be seen or not.
use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::http::{Asked, Http, Refused};
use crate::model::access::{AccessModel, TupleFile};
use crate::model::{Cause, Hidden, Span};
use crate::parse::access;

/// The most tuples on a page that the server gives.
const PAGE: u32 = 100;
/// The most tuples that are held.
const MOST: usize = 5_000_000;
const JSON: &str = "application/json";

/// A store that can be read.
#[derive(Debug, Clone)]
pub struct OpenFga {
    name: String,
    url: String,
    store: String,
    model: Option<String>,
    entry: Entry,
}

/// How the server is entered.
#[derive(Debug, Clone)]
pub enum Entry {
    /// It asks for nothing.
    Open,
    /// With a token.
    Token(Hidden),
    /// With a token that an issuer gives to a client.
    Client(Client),
}

/// An OAuth client.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: Hidden,
    /// Where tokens are had.
    pub token_url: String,
    /// What the token is for.
    pub audience: Option<String>,
    /// The scopes, separated by blanks.
    pub scope: Option<String>,
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
        match &entry {
            Entry::Open => {}
            Entry::Token(token) => set(name, "token", token.reveal())?,
            Entry::Client(client) => {
                set(name, "client.id", &client.id)?;
                set(name, "client.secret", client.secret.reveal())?;
                web_url(name, "client.token_url", &client.token_url)?;
            }
        }
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

/// A URL of the web as a server's address: no user, no parameters, no slash at its end.
fn web_url(name: &str, part: &str, url: &str) -> Result<String, Cause> {
    let url = url.trim().trim_end_matches('/');
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or("");
    if rest.is_empty() || rest.starts_with('/') || rest.contains(['?', '#', ' ']) {
        return Err(Cause::new(format!("the `{part}` of {name} is no url of a server"))
            .hint("write it as http://host:8080, or https://host"));
    }
    if rest.contains('@') {
        return Err(Cause::new(format!("the `{part}` of {name} names a user"))
            .hint("give it a `token`, or a `client`"));
    }
    Ok(url.to_owned())
}

fn set(name: &str, part: &str, value: &str) -> Result<(), Cause> {
    if value.trim().is_empty() {
        return Err(Cause::new(format!("the `{part}` of {name} is empty"))
            .hint("is its variable set? `${NAME:?}` says so itself"));
    }
    Ok(())
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

#[derive(Deserialize)]
struct Given {
    access_token: String,
}

/// A store while it is read.
struct Reading<'s> {
    of: &'s OpenFga,
    http: Http,
    token: Option<Hidden>,
}

impl<'s> Reading<'s> {
    fn new(of: &'s OpenFga) -> Result<Self, Cause> {
        let token_url = if let Entry::Client(client) = &of.entry { client.token_url.trim() } else { "" };
        let http = Http::new([of.url.as_str(), token_url].iter().any(|url| url.starts_with("https:")))?;
        let mut reading = Self { of, http, token: None };
        reading.enter()?;
        Ok(reading)
    }

    /// Gets the token that the server is asked with.
    fn enter(&mut self) -> Result<(), Cause> {
        self.token = match &self.of.entry {
            Entry::Open => None,
            Entry::Token(token) => Some(token.clone()),
            Entry::Client(client) => Some(self.given(client)?),
        };
        Ok(())
    }

    fn given(&self, client: &Client) -> Result<Hidden, Cause> {
        let mut body = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            escaped(&client.id),
            escaped(client.secret.reveal())
        );
        for (key, value) in [("&audience=", &client.audience), ("&scope=", &client.scope)] {
            if let Some(value) = value {
                body.push_str(key);
                body.push_str(&escaped(value));
            }
        }
        let body = Some(("application/x-www-form-urlencoded", body.as_str()));
        let url = client.token_url.trim();
        let answer = self.http.ask(&Asked { url, body, bearer: None }).map_err(|refused| {
            let cause = self.about("no token can be had", refused.cause);
            if refused.status.is_some() && cause.hint.is_none() {
                cause.hint("are the `client`'s id, secret, token_url and audience right?")
            } else {
                cause
            }
        })?;
        let given: Given = serde_json::from_str(&answer).map_err(|_| {
            Cause::new(format!("{}: what its `token_url` answers holds no token", self.of.name))
        })?;
        Ok(Hidden::new(given.access_token))
    }

    fn about(&self, what: &str, cause: Cause) -> Cause {
        Cause { message: format!("{}: {what}: {}", self.of.name, cause.message), hint: cause.hint }
    }

    /// What the server answers about its store. A client's token may end in the middle, so it gets another one once.
    fn ask(&mut self, what: &str, path: &str, body: Option<&str>) -> Result<String, Cause> {
        let url = format!("{}/stores/{}{path}", self.of.url, self.of.store);
        let once = |reading: &Self| {
            let body = body.map(|body| (JSON, body));
            reading.http.ask(&Asked { url: &url, body, bearer: reading.token.as_ref() })
        };
        let answer = match once(self) {
            Err(Refused { status: Some(401), .. }) if matches!(self.of.entry, Entry::Client(_)) => {
                self.enter()?;
                once(self)
            }
            answer => answer,
        };
        answer.map_err(|Refused { status, mut cause }| {
            let hint = match status {
                Some(401 | 403) => {
                    Some("is its `token` (or `client`) the right one, and does it still hold?")
                }
                Some(400 | 404) => Some("are its `url`, its `store` and its `model` right?"),
                None => Some("is its `url` right, and does the server run?"),
                Some(_) => None,
            };
            cause.hint = cause.hint.or(hint.map(str::to_owned));
            self.about(what, cause)
        })
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
            let wrong = |message: String| self.about(&what, Cause::new(message));
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

/// A text as a form sends it.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
