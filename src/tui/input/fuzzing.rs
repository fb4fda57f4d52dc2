//! Bytes of a terminal, let at by a fuzzer.

use crate::fuzzing::Feed;
use crate::tui::event::Event;

use super::parser::Parser;

/// Keys, pastes, clicks and answers: in whatever pieces they come they are the same events,
/// and after a silence the next key is one of its own.
pub fn terminal(data: &[u8]) {
    let mut feed = Feed(data);
    let step = 1 + usize::from(feed.byte());
    let (mut parser, whole) = taken(feed.0, feed.0.len().max(1));
    assert!(whole == taken(feed.0, step).1, "a piece of {step} bytes makes a difference");
    assert!(whole == taken(feed.0, 1).1, "each byte by itself makes a difference");
    let pasted = whole.iter().map(|word| if let Word::Paste(bytes) = word { bytes.len() } else { 1 });
    assert!(pasted.sum::<usize>() <= feed.0.len(), "more came out than went in");
    if parser.patience().is_none() {
        // Nothing is begun, or a paste, which ends where it says.
        assert!(parser.silence().is_none() || feed.0.windows(4).any(|bytes| bytes == b"200~"));
        return;
    }
    parser.silence();
    assert!(parser.patience().is_none(), "after a silence nothing is waited for");
    assert!(words(&parser.take(b"y")) == words(&Parser::default().take(b"y")), "a key is lost after a silence");
}

/// A parser that has taken `bytes` in pieces of `step`, and what came of them.
fn taken(bytes: &[u8], step: usize) -> (Parser, Vec<Word>) {
    let mut parser = Parser::default();
    let events: Vec<Event> = bytes.chunks(step).flat_map(|piece| parser.take(piece)).collect();
    (parser, words(&events))
}

/// An event, to be compared.
#[derive(PartialEq, Eq)]
enum Word {
    Paste(Vec<u8>),
    Other(String),
}

fn words(events: &[Event]) -> Vec<Word> {
    let word = |event: &Event| match event {
        Event::Paste(text) => Word::Paste(text.expose().to_vec()),
        Event::Key(key) => Word::Other(format!("{:?} {:?}", key.code, key.modifiers)),
        Event::Mouse(mouse) => Word::Other(format!("{mouse:?}")),
        Event::Focus(focus) => Word::Other(format!("focus {focus}")),
        _ => Word::Other("no event of a terminal".to_owned()),
    };
    events.iter().map(word).collect()
}
