//! Questions over HTTP: one client, its patience with a server that is busy or away, and its words for what went wrong.
//!
//! It follows no redirect, so that a token goes nowhere but where it was declared to go. It waits with a thread, so callers are
//! on one of their own.
use std::io::ErrorKind;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use serde::Deserialize;
use ureq::http::Response;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body, Error};

use crate::model::{Cause, Hidden};

/// How long is waited before a request is made again.
const WAITS: [Duration; 3] = [Duration::from_millis(200), Duration::from_millis(800), Duration::from_secs(3)];
/// The longest wait that a server may ask for.
const LONGEST: Duration = Duration::from_secs(30);
/// An answer of more bytes is none that is understood.
const LARGEST: u64 = 64 << 20;

/// A client.
pub(super) struct Http {
    agent: Agent,
}

/// What is sent.
pub(super) struct Asked<'a> {
    pub(super) url: &'a str,
    /// A body with its type; without one it is a `GET`.
    pub(super) body: Option<(&'a str, &'a str)>,
    pub(super) bearer: Option<&'a Hidden>,
}

/// Why there is no answer.
pub(super) struct Refused {
    /// The status, where the server gave one.
    pub(super) status: Option<u16>,
    /// What happened; neither what was sent nor what came back is in it.
    pub(super) cause: Cause,
}

impl Http {
    /// A client that trusts the machine's certificates.
    ///
    /// # Errors
    /// When there are none and `is_secure` says that they are needed.
    pub(super) fn new(is_secure: bool) -> Result<Self, Cause> {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_global(Some(Duration::from_mins(1)))
            .user_agent(concat!("trueup/", env!("CARGO_PKG_VERSION")));
        if is_secure {
            config = config.tls_config(tls()?);
        }
        Ok(Self { agent: config.build().into() })
    }

    /// The text of a good answer. A server that is busy or away is asked again, a few times.
    pub(super) fn ask(&self, asked: &Asked<'_>) -> Result<String, Refused> {
        let mut waits = WAITS.into_iter();
        loop {
            let (refused, at_least) = match self.once(asked) {
                Ok(text) => return Ok(text),
                Err(again) => again,
            };
            let (Some(at_least), Some(wait)) = (at_least, waits.next()) else { return Err(refused) };
            sleep(wait.max(at_least));
        }
    }

    /// One request; why there is no answer, and, where it may be made again, how long the server wants to be left alone.
    fn once(&self, asked: &Asked<'_>) -> Result<String, (Refused, Option<Duration>)> {
        let bearer = asked.bearer.map(|token| format!("Bearer {}", token.reveal()));
        let sent = match asked.body {
            Some((kind, body)) => {
                let request = self.agent.post(asked.url).header("content-type", kind);
                match bearer {
                    Some(bearer) => request.header("authorization", bearer),
                    None => request,
                }
                .send(body)
            }
            None => match bearer {
                Some(bearer) => self.agent.get(asked.url).header("authorization", bearer),
                None => self.agent.get(asked.url),
            }
            .call(),
        };
        let mut response = sent.map_err(|error| failed(&error))?;
        let text = response.body_mut().with_config().limit(LARGEST).read_to_string();
        let status = response.status();
        if status.is_success() {
            return text.map_err(|error| failed(&error));
        }
        let again = matches!(status.as_u16(), 429 | 500 | 502 | 503 | 504).then(|| retry_after(&response));
        let said =
            text.ok().and_then(|text| said(&text)).map_or_else(String::new, |code| format!(" ({code})"));
        let mut cause = Cause::new(format!("the server answers {}{said}", status.as_u16()));
        if status.is_redirection() {
            cause = cause.hint("redirects are not followed: give it the url that this one leads to");
        }
        Err((Refused { status: Some(status.as_u16()), cause }, again))
    }
}

fn retry_after(response: &Response<Body>) -> Duration {
    let seconds =
        response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Duration::from_secs(seconds.unwrap_or(0)).min(LONGEST)
}

/// The word that a server has for an error; its sentences may repeat what was sent.
fn said(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Said {
        #[serde(alias = "error")]
        code: String,
    }
    let code = serde_json::from_str::<Said>(text).ok()?.code;
    let is_word = code.len() < 50 && code.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    (is_word && !code.is_empty()).then_some(code)
}

fn failed(error: &Error) -> (Refused, Option<Duration>) {
    let (words, may_pass) = match error {
        Error::HostNotFound => ("its host is not found".to_owned(), true),
        Error::Timeout(_) => ("it does not answer in time".to_owned(), true),
        Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
            ("nothing listens there".to_owned(), true)
        }
        Error::Io(error) if error.kind() == ErrorKind::InvalidData => {
            (format!("the connection is not understood: {error}"), false)
        }
        Error::Io(error) => (format!("the connection failed: {}", error.kind()), true),
        Error::ConnectionFailed | Error::Protocol(_) => {
            ("the connection failed, or ended in the middle".to_owned(), true)
        }
        Error::Rustls(error) => (format!("TLS failed: {error}"), false),
        Error::BodyExceedsLimit(_) => ("the answer is too large to be one".to_owned(), false),
        Error::Http(_) | Error::BadUri(_) => {
            ("its url or its token holds what cannot be sent".to_owned(), false)
        }
        Error::InvalidProxyUrl | Error::ConnectProxyFailed(_) => {
            ("the proxy of the environment cannot be used".to_owned(), false)
        }
        _ => ("the request could not be made".to_owned(), false),
    };
    (Refused { status: None, cause: Cause::new(words) }, may_pass.then_some(Duration::ZERO))
}

fn tls() -> Result<TlsConfig, Cause> {
    let found = rustls_native_certs::load_native_certs().certs;
    let roots: Vec<Certificate<'static>> =
        found.iter().map(|one| Certificate::from_der(one).to_owned()).collect();
    if roots.is_empty() {
        return Err(Cause::new("this machine has no certificates to know a server by")
            .hint("install its `ca-certificates`, or name a file of them in SSL_CERT_FILE"));
    }
    Ok(TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .root_certs(RootCerts::new_with_certs(&roots))
        .build())
}
