//! The recipe for a token of an HTTP API, against a small one.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use strongroom::rotation::step::How;
use strongroom::secret_text::SecretText;
use strongroom::vault::rotation::StepKind::{Make, Revoke};
use strongroom::vault::secret::Fields;

use super::ready::{Bench, text};

/// What the API knows.
#[derive(Default)]
struct Known {
    /// Tokens by their id.
    tokens: BTreeMap<String, String>,
    made: usize,
    /// Names that new tokens were given.
    names: Vec<String>,
}

/// An API that makes, accepts and takes back tokens, until the test ends.
struct Api {
    port: u16,
    known: Arc<Mutex<Known>>,
}

impl Api {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let api = Self { port: listener.local_addr().unwrap().port(), known: Arc::default() };
        let known = Arc::clone(&api.known);
        known.lock().unwrap().tokens.insert("id-0".to_owned(), "tok/first+\"quoted".to_owned());
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                answer(connection, &known);
            }
        });
        api
    }

    fn bench(&self) -> Bench {
        Bench::new("http-api", &[("url", &format!("http://127.0.0.1:{}", self.port)), ("name", "it's \"strong\"")])
    }

    fn tokens(&self) -> Vec<String> {
        self.known.lock().unwrap().tokens.values().cloned().collect()
    }
}

/// One request.
fn answer(connection: TcpStream, known: &Mutex<Known>) {
    let mut reader = BufReader::new(&connection);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let header = |name: &str| {
        let found = lines.iter().skip(1).filter_map(|line| line.split_once(": "));
        found.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).next()
    };
    let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut known = known.lock().unwrap();
    let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned));
    let is_known = known.tokens.values().any(|token| Some(token) == bearer.as_ref());
    let words: Vec<&str> = lines.first().map(|line| line.split(' ').collect()).unwrap_or_default();
    let (status, body) = match words.as_slice() {
        _ if !is_known => ("401 Unauthorized", "{\"error\": \"hunter2-echo\"}".to_owned()),
        ["POST", "/tokens", ..] => {
            let asked: serde_json::Value = serde_json::from_slice(&body).unwrap();
            known.names.push(asked["name"].as_str().unwrap().to_owned());
            known.made += 1;
            let (id, token) = (format!("id/{}", known.made), format!("tok-made-{}", known.made));
            known.tokens.insert(id.clone(), token.clone());
            ("201 Created", format!("{{\"id\": \"{id}\", \"token\": \"{token}\"}}"))
        }
        ["GET", "/me", ..] => ("200 OK", "{}".to_owned()),
        ["DELETE", path, ..] => {
            let id = path.strip_prefix("/tokens/").unwrap_or_default().replace("%2F", "/");
            let status = if known.tokens.remove(&id).is_some() { "204 No Content" } else { "404 Not Found" };
            (status, String::new())
        }
        _ => ("404 Not Found", String::new()),
    };
    let _ =
        write!(&connection, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
}

fn first() -> Fields {
    let mut fields = Fields::value(SecretText::copied_from(b"tok/first+\"quoted"));
    fields.set("id".parse().unwrap(), SecretText::copied_from(b"id-0"));
    fields
}

#[test]
fn a_token_is_made_with_the_present_one_tried_and_the_old_one_taken_back() {
    let api = Api::start();
    let bench = api.bench();
    let old = first();
    assert!(bench.verifies(&old));
    let new = bench.make(Some(&old));
    assert_eq!((text(&new, "value"), text(&new, "id")), ("tok-made-1".to_owned(), "id/1".to_owned()));
    assert_eq!(api.known.lock().unwrap().names, ["it's \"strong\""]);
    assert!(bench.verifies(&new) && bench.verifies(&old));
    let end = bench.step(Revoke, Some(&old), Some(&new));
    assert_eq!(end.how, How::Exited(0), "{}", end.shown);
    assert_eq!(api.tokens(), ["tok-made-1"]);
    assert!(bench.verifies(&new) && !bench.verifies(&old));
    // The other way round: what was made is taken back.
    let newer = bench.make(Some(&new));
    assert_eq!(bench.step(Revoke, Some(&newer), Some(&new)).how, How::Exited(0));
    assert_eq!(api.tokens(), ["tok-made-1"]);
}

#[test]
fn a_refused_token_makes_nothing_and_nothing_is_shown_of_what_the_api_said() {
    let api = Api::start();
    let bench = api.bench();
    let wrong = Fields::value(SecretText::copied_from(b"not-a-token"));
    let end = bench.step(Make, None, Some(&wrong));
    assert_eq!(end.how, How::Exited(22), "{}", end.shown);
    assert!(end.shown.contains("401") && !end.shown.contains("hunter2") && !end.shown.contains("not-a-token"));
    assert_eq!(api.tokens().len(), 1);
}
