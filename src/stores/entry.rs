//! How a server is entered over HTTP: openly, with a token, or with one that an issuer gives to a client or to a user.
use serde::Deserialize;

use super::http::{Asked, Http, Refused};
use crate::model::{Cause, Hidden};

/// How a server is entered.
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
    /// Its secret; a public client has none.
    pub secret: Option<Hidden>,
    /// The user who signs in with it, and their password; without, the client is itself the one who enters.
    pub user: Option<(String, Hidden)>,
    /// Where tokens are had.
    pub token_url: String,
    /// What the token is for.
    pub audience: Option<String>,
    /// The scopes, separated by blanks.
    pub scope: Option<String>,
}

impl Entry {
    /// Whether nothing of it is empty. The words hold no part of it.
    pub(super) fn check(&self, name: &str) -> Result<(), Cause> {
        match self {
            Self::Open => Ok(()),
            Self::Token(token) => set(name, "token", token.reveal()),
            Self::Client(client) => {
                set(name, "client.id", &client.id)?;
                if let Some(secret) = &client.secret {
                    set(name, "client.secret", secret.reveal())?;
                }
                if let Some((user, password)) = &client.user {
                    set(name, "client.user", user)?;
                    set(name, "client.password", password.reveal())?;
                }
                web_url(name, "client.token_url", &client.token_url).map(drop)
            }
        }
    }
}

/// A URL of the web as a server's address: no user, no parameters, no slash at its end.
pub(super) fn web_url(name: &str, part: &str, url: &str) -> Result<String, Cause> {
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

/// A server that was entered.
pub(super) struct Session<'s> {
    name: &'s str,
    url: &'s str,
    entry: &'s Entry,
    /// What to look at where the server knows nothing of what it is asked for.
    wrong: &'static str,
    http: Http,
    token: Option<Hidden>,
}

#[derive(Deserialize)]
struct Given {
    access_token: String,
}

impl<'s> Session<'s> {
    pub(super) fn new(
        name: &'s str,
        url: &'s str,
        entry: &'s Entry,
        wrong: &'static str,
    ) -> Result<Self, Cause> {
        let token_url = if let Entry::Client(client) = entry { client.token_url.trim() } else { "" };
        let http = Http::new([url, token_url].iter().any(|url| url.starts_with("https:")))?;
        let mut session = Self { name, url, entry, wrong, http, token: None };
        session.enter()?;
        Ok(session)
    }

    /// Gets the token that the server is asked with.
    fn enter(&mut self) -> Result<(), Cause> {
        self.token = match self.entry {
            Entry::Open => None,
            Entry::Token(token) => Some(token.clone()),
            Entry::Client(client) => Some(self.given(client)?),
        };
        Ok(())
    }

    fn given(&self, client: &Client) -> Result<Hidden, Cause> {
        let mut body = match &client.user {
            Some((user, password)) => format!(
                "grant_type=password&username={}&password={}",
                escaped(user),
                escaped(password.reveal())
            ),
            None => "grant_type=client_credentials".to_owned(),
        };
        let secret = client.secret.as_ref().map(Hidden::reveal);
        let parts = [
            ("&client_id=", Some(client.id.as_str())),
            ("&client_secret=", secret),
            ("&audience=", client.audience.as_deref()),
            ("&scope=", client.scope.as_deref()),
        ];
        for (key, value) in parts.into_iter().filter_map(|(key, value)| Some((key, value?))) {
            body.push_str(key);
            body.push_str(&escaped(value));
        }
        let body = Some(("application/x-www-form-urlencoded", body.as_str()));
        let url = client.token_url.trim();
        let answer = self.http.ask(&Asked { url, body, bearer: None }).map_err(|refused| {
            let cause = self.about("no token can be had", refused.cause);
            if refused.status.is_some() && cause.hint.is_none() {
                cause.hint("are the `client`'s id, its secret or user, token_url and audience right?")
            } else {
                cause
            }
        })?;
        let given: Given = serde_json::from_str(&answer)
            .map_err(|_| Cause::new(format!("{}: what its `token_url` answers holds no token", self.name)))?;
        Ok(Hidden::new(given.access_token))
    }

    /// A cause with the server's name, and what was asked of it.
    pub(super) fn about(&self, what: &str, cause: Cause) -> Cause {
        Cause { message: format!("{}: {what}: {}", self.name, cause.message), hint: cause.hint }
    }

    /// What the server answers to a path: to a `POST` of JSON, or without it to a `GET`. A client's token may end in the middle, so
    /// it gets another one once.
    pub(super) fn ask(&mut self, what: &str, path: &str, body: Option<&str>) -> Result<String, Cause> {
        let url = format!("{}{path}", self.url);
        let once = |session: &Self| {
            let body = body.map(|body| ("application/json", body));
            session.http.ask(&Asked { url: &url, body, bearer: session.token.as_ref() })
        };
        let answer = match once(self) {
            Err(Refused { status: Some(401), .. }) if matches!(self.entry, Entry::Client(_)) => {
                self.enter()?;
                once(self)
            }
            answer => answer,
        };
        answer.map_err(|Refused { status, mut cause }| {
            let hint = match status {
                Some(401 | 403) => Some(
                    "is its `token` (or `client`) the right one, does it still hold, and may it read this?",
                ),
                Some(400 | 404) => Some(self.wrong),
                None => Some("is its `url` right, and does the server run?"),
                Some(_) => None,
            };
            cause.hint = cause.hint.or(hint.map(str::to_owned));
            self.about(what, cause)
        })
    }
}

/// A text as a form or a path sends it.
pub(super) fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
