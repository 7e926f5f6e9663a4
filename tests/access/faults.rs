//! A server that goes wrong, where a real one cannot be asked to.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use trueup::parse::access::model as read_model;

use crate::command::{MODEL, verify};
use crate::server::model_json;

/// A request: its first line, its head in small letters, its body.
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// What is done with one.
pub(crate) enum Deed {
    Answer(u16, String),
    /// The answer begins, and the connection ends.
    HalfOf(String),
    HangUp,
}

const STORE: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const PER_PAGE: usize = 100;

fn tuples() -> Vec<Value> {
    (0..450)
        .map(|n| json!({ "user": format!("user:u{n}"), "relation": "owner", "object": format!("doc:d{n}") }))
        .collect()
}

/// What a sound server answers.
fn sound(request: &Request) -> Deed {
    if request.line.starts_with(&format!("GET /stores/{STORE}/authorization-models?page_size=1 ")) {
        let model = model_json(&read_model("model.fga", MODEL));
        return Deed::Answer(
            200,
            json!({ "authorization_models": [model], "continuation_token": "" }).to_string(),
        );
    }
    if !request.line.starts_with(&format!("POST /stores/{STORE}/read ")) {
        return Deed::Answer(
            404,
            json!({ "code": "undefined_endpoint", "message": "Not Found" }).to_string(),
        );
    }
    let asked: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(asked["consistency"], "HIGHER_CONSISTENCY");
    assert_eq!(asked["page_size"], 100);
    let from: usize = asked["continuation_token"].as_str().unwrap().parse().unwrap_or(0);
    page(from, &token_behind(from))
}

fn token_behind(from: usize) -> String {
    if from + PER_PAGE < tuples().len() { (from + PER_PAGE).to_string() } else { String::new() }
}

fn page(from: usize, token: &str) -> Deed {
    let keys: Vec<Value> = tuples()
        .into_iter()
        .skip(from)
        .take(PER_PAGE)
        .map(|key| json!({ "key": key, "timestamp": "2026-01-01T00:00:00Z" }))
        .collect();
    Deed::Answer(200, json!({ "tuples": keys, "continuation_token": token }).to_string())
}

pub(crate) fn serve(deed: impl Fn(&Request) -> Deed + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let deed = Arc::new(deed);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let deed = deed.clone();
            std::thread::spawn(move || answer(stream, &*deed));
        }
    });
    url
}

fn answer(mut stream: TcpStream, deed: &dyn Fn(&Request) -> Deed) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut line, mut head) = (String::new(), String::new());
    reader.read_line(&mut line).unwrap();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
    let head = head.to_lowercase();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let body = String::from_utf8(body).unwrap();
    let (status, text, sent) = match deed(&Request { line, head, body }) {
        Deed::Answer(status, text) => (status, text, usize::MAX),
        Deed::HalfOf(text) => (200, text, 100),
        Deed::HangUp => return,
    };
    let more = if status == 302 { "location: http://127.0.0.1:1/login\r\n" } else { "" };
    let head =
        format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{more}connection: close\r\n\r\n", text.len());
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&text.as_bytes()[..sent.min(text.len())]);
}

fn compared(url: &str, more: &str, variables: &[(&str, &str)]) -> (i32, String) {
    let endpoint = format!("url = \"{url}\"\nstore = \"{STORE}\"\n{more}");
    verify(&endpoint, &json!(tuples()).to_string(), variables)
}

/// Whether a page of tuples from that one on is asked.
fn is_page(request: &Request, from: usize) -> bool {
    request.line.contains("/read ") && request.body.contains(&format!("\"continuation_token\":\"{from}\""))
}

#[test]
fn a_sound_server_is_equal() {
    let (code, said) = compared(&serve(sound), "", &[]);
    assert_eq!(code, 0, "{said}");
}

/// A page that is missing is never a shorter list.
#[test]
fn a_page_that_fails_fails_the_whole() {
    const TOKEN: (&str, &str) = ("FGA_TOKEN", "hunter2-of-the-store");
    type Fault = fn() -> Deed;
    let faults: [(&str, Fault); 8] = [
        ("the connection failed", || Deed::HangUp),
        ("the connection", || match page(200, "300") {
            Deed::Answer(_, text) => Deed::HalfOf(text),
            other => other,
        }),
        ("the server answers 503", || Deed::Answer(503, "hunter2-of-the-store".into())),
        ("the server answers 429 (rate_limit)", || {
            Deed::Answer(429, json!({ "code": "rate_limit" }).to_string())
        }),
        ("the server answers 302", || Deed::Answer(302, String::new())),
        ("no answer of OpenFGA", || Deed::Answer(200, "<html>sign in</html>".into())),
        ("no answer of OpenFGA", || Deed::Answer(200, json!({ "tuples": [] }).to_string())),
        ("a tuple cannot be read", || {
            Deed::Answer(
                200,
                json!({ "tuples": [{ "key": { "user": "user:a" } }], "continuation_token": "" }).to_string(),
            )
        }),
    ];
    // Side by side, for those that are tried again take their time.
    std::thread::scope(|scope| {
        for (words, fault) in faults {
            scope.spawn(move || {
                let url = serve(move |request| if is_page(request, 200) { fault() } else { sound(request) });
                let (code, said) = compared(&url, "token = \"${FGA_TOKEN}\"", &[TOKEN]);
                assert_eq!(code, 3, "{words}: {said}");
                assert!(
                    said.contains("target: fga: page 3 of its tuples: ") && said.contains(words),
                    "{words}: {said}"
                );
                assert!(!said.contains("hunter2"), "{said}");
            });
        }
    });
}

#[test]
fn pages_without_an_end_are_unknown() {
    let round = |request: &Request| if is_page(request, 300) { page(300, "100") } else { sound(request) };
    let (code, said) = compared(&serve(round), "", &[]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("its continuation token came before"), "{said}");
}

/// An empty page with a token is no end.
#[test]
fn an_empty_page_is_followed() {
    let late = |request: &Request| match is_page(request, 100) {
        true => Deed::Answer(200, json!({ "tuples": [], "continuation_token": "100 again" }).to_string()),
        false if request.body.contains("100 again") => page(100, "200"),
        false => sound(request),
    };
    let (code, said) = compared(&serve(late), "", &[]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_busy_server_is_asked_again() {
    let (busy, hung) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let url = serve(move |request| {
        if is_page(request, 100) && busy.fetch_add(1, Ordering::SeqCst) < 2 {
            return Deed::Answer(429, String::new());
        }
        if is_page(request, 300) && hung.fetch_add(1, Ordering::SeqCst) < 1 {
            return Deed::HangUp;
        }
        sound(request)
    });
    let (code, said) = compared(&url, "", &[]);
    assert_eq!(code, 0, "{said}");
}

const CLIENT: &str = "client = { id = \"trueup\", secret = \"${FGA_SECRET:?}\", token_url = \"${ISSUER}/token\", audience = \"https://fga/ & more\" }";

/// Tokens of the client end after three requests.
fn issuing() -> String {
    let (issued, left) = (AtomicUsize::new(0), AtomicUsize::new(0));
    serve(move |request| {
        if request.line.starts_with("POST /token ") {
            let sent = "grant_type=client_credentials&client_id=trueup&client_secret=hunter2%26%2B&audience=https%3A%2F%2Ffga%2F%20%26%20more";
            if request.body != sent {
                return Deed::Answer(
                    401,
                    json!({ "error": "invalid_client", "error_description": request.body }).to_string(),
                );
            }
            left.store(3, Ordering::SeqCst);
            let token = format!("t{}", issued.fetch_add(1, Ordering::SeqCst) + 1);
            return Deed::Answer(
                200,
                json!({ "access_token": token, "token_type": "Bearer", "expires_in": 9 }).to_string(),
            );
        }
        let token = format!("authorization: bearer t{}\r\n", issued.load(Ordering::SeqCst));
        if !request.head.contains(&token) || left.load(Ordering::SeqCst) == 0 {
            return Deed::Answer(401, json!({ "code": "unauthenticated" }).to_string());
        }
        left.fetch_sub(1, Ordering::SeqCst);
        sound(request)
    })
}

#[test]
fn a_client_gets_its_tokens() {
    let url = issuing();
    let (code, said) = compared(&url, CLIENT, &[("FGA_SECRET", "hunter2&+"), ("ISSUER", &url)]);
    assert_eq!(code, 0, "{said}");
    let (code, said) = compared(&url, CLIENT, &[("FGA_SECRET", "hunter3"), ("ISSUER", &url)]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("no token can be had: the server answers 401 (invalid_client)"), "{said}");
    assert!(!said.contains("hunter3"), "{said}");
}

#[test]
fn a_server_that_is_not_there_is_unknown() {
    let (code, said) = compared("http://127.0.0.1:1", "", &[]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("nothing listens there"), "{said}");
    for url in ["ftp://h", "http://user:hunter2@h", "h:8080", "http://h?token=hunter2"] {
        let (code, said) = compared("${FGA_URL}", "", &[("FGA_URL", url)]);
        assert_eq!(code, 3, "{url}: {said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
