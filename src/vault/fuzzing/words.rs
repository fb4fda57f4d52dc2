//! What people type: keys, codes, times, addresses and the query line.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::crypto::keyring::RawKey;
use crate::secret_text::SecretText;
use crate::vault::catalog::Catalog;
use crate::vault::freshness::Checkpoint;
use crate::vault::one_time_code::{OneTimeCode, Seed};
use crate::vault::record::{RawMetadata, timestamp};
use crate::vault::scope::{Address, ScopePath};
use crate::vault::search::{Index, Query, complete, is_term};
use crate::vault::when::{parse_duration, parse_expiry, parse_past};

/// A moment, in Unix milliseconds.
const NOW: i64 = 1_700_000_000_000;

/// A key of 32 bytes as text, a checkpoint, the seed of one-time codes, a time, an address.
pub fn typed(data: &[u8]) {
    key(data);
    seed(data);
    let (Ok(text), Ok(now)) = (std::str::from_utf8(data), timestamp(NOW)) else { return };
    if let Ok((number, start)) = Checkpoint::read_code(text) {
        let code = format!("{number}-{}", data_encoding::HEXLOWER.encode(&start));
        assert!(Checkpoint::read_code(&code).is_ok_and(|again| again == (number, start)), "a code reads as another");
    }
    assert!(parse_duration(text).is_ok_and(|duration| !duration.is_negative()) || parse_duration(text).is_err());
    // What is told in words is not before now, or after it; a date may be.
    let is_duration = parse_duration(text).is_ok();
    let expires = parse_expiry(text, now).ok().flatten();
    assert!(!is_duration || expires.is_none_or(|moment| moment >= now), "a duration leads back");
    assert!(!is_duration || parse_past(text, now).is_ok_and(|moment| moment <= now) || text.len() > 4);
    if let Ok(address) = Address::parse(text, &ScopePath::root()) {
        let again = Address::parse(&address.to_string(), &ScopePath::root());
        assert!(again.is_ok_and(|again| again == address), "an address reads as another");
    }
}

/// A key that is read is written as one that reads the same, and is the text that was read.
fn key(text: &[u8]) {
    let Ok(key) = RawKey::from_text(text) else { return };
    let written = key.to_text();
    let again = RawKey::from_text(written.expose());
    assert!(again.is_ok_and(|again| again.bytes() == key.bytes()), "a key reads as another");
    let letters = |text: &[u8]| -> Vec<u8> {
        let blank = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'-' | b'"' | b'\'');
        text.iter().filter(|byte| !blank(byte)).map(u8::to_ascii_uppercase).collect()
    };
    // 56 letters and what stands before them, or another spelling of 32 bytes.
    let (given, ours) = (letters(text), letters(written.expose()));
    assert!(given == ours || given.len() != ours.len(), "two texts are one key");
}

/// A seed gives a code of as many digits as services take, for a time within its bounds.
fn seed(text: &[u8]) {
    let (Ok(seed), Ok(now)) = (Seed::read(&SecretText::copied_from(text)), timestamp(NOW)) else { return };
    match seed.code(now) {
        OneTimeCode::Code(code, left) => {
            assert!((6..=8).contains(&code.len()) && code.expose().iter().all(u8::is_ascii_digit), "no code");
            assert!(left.as_secs() <= 60 * 60, "a code is good for too long");
        }
        OneTimeCode::FreshIn(left) => assert!(left.as_secs() <= 5, "a fresh code is far away"),
    }
}

/// The query line: the index finds what a plain search finds, however it was typed, and
/// what is offered for the word before the cursor is another word.
pub fn query(data: &[u8]) {
    let (Ok(text), Ok(now)) = (std::str::from_utf8(data), timestamp(NOW)) else { return };
    let catalog = catalog();
    let index = Index::build(&catalog);
    let mut before = None;
    let ends = text.char_indices().map(|(at, character)| at + character.len_utf8());
    for end in ends.rev().take(8).collect::<Vec<_>>().into_iter().rev() {
        let Ok(query) = Query::parse(&text[..end], now) else { continue };
        let (fresh, typed) =
            (index.filter(&catalog, &query, None, now), index.filter(&catalog, &query, before.as_ref(), now));
        assert_eq!(fresh.order, typed.order, "what was typed before makes a difference");
        found(&catalog, &query, &fresh.order, now);
        before = Some(typed.survivors);
    }
    let word = text.split_whitespace().next_back().unwrap_or("");
    for offered in complete(word, &catalog) {
        assert!(offered != word && !offered.is_empty(), "a word is offered for itself");
        assert!(!offered.contains(':') || is_term(&offered), "no term is offered: {offered}");
    }
}

fn found(catalog: &Catalog, query: &Query, order: &[u32], now: Timestamp) {
    let plain: BTreeSet<usize> = query.select(catalog, now).into_iter().collect();
    let quick: BTreeSet<usize> = order.iter().map(|position| *position as usize).collect();
    assert_eq!(quick.len(), order.len(), "a secret is found twice");
    assert_eq!(quick, plain, "the index finds others than a plain search");
    assert!(!query.is_empty() || plain.len() == catalog.listed().len(), "nothing is asked, and not all are there");
    for (position, secret) in catalog.listed().iter().enumerate() {
        assert_eq!(plain.contains(&position), query.matches(catalog, secret, now), "one answer differs");
        let marks = query.marks(&secret.name);
        assert!(marks.is_sorted() && marks.last().is_none_or(|last| *last < secret.name.chars().count()));
    }
}

/// A few secrets of many kinds.
fn catalog() -> Catalog {
    let secrets = [
        ("", "ROOT_KEY", "", "value", ""),
        ("prod", "DATABASE_URL", "db eu", "value username", "pay"),
        ("prod/pay", "STRIPE_KEY", "db", "value totp", "pay"),
        ("~alice", "note-to.self", "x", "value", "größe"),
        ("staging", "A_LONG_NAME_OF_MORE_BYTES_THAN_A_SHORT_ONE_HAS_ROOM_FOR", "", "pem", "ops"),
    ];
    let mut catalog = Catalog::default();
    for (number, (scope, name, tags, fields, owner)) in (1_u8..).zip(secrets) {
        let days = i64::from(number) * 86_400_000;
        let raw = RawMetadata {
            scope,
            name,
            tags,
            fields,
            owner,
            created_by: "ops@host",
            rotation_days: u64::from(number) * 20,
            updated_at: NOW - days,
            value_changed_at: NOW - 30 * days,
            last_rotated: (number > 2).then_some(NOW - 30 * days),
            expires_at: (number % 2 == 0).then_some(NOW + (days - 172_800_000)),
            ..RawMetadata::default()
        };
        catalog.push([number; 16], number.into(), NOW - 60 * days, &raw);
    }
    catalog.sort();
    catalog
}
