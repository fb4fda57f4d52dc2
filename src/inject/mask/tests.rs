//! What is masked, against the plainest possible masker; and what a pause may show.

use proptest::prelude::*;

use super::forms::{Form, forms};
use super::stretches::MASK;
use super::*;

fn secrets(values: &[&[u8]]) -> Secrets {
    let values: Vec<SecretText> = values.iter().map(|value| SecretText::copied_from(value)).collect();
    Secrets::new(values.iter()).unwrap()
}

/// Through the real one, in these chunks.
fn masked(values: &[&[u8]], chunks: &[&[u8]]) -> Vec<u8> {
    let secrets = secrets(values);
    let mut masker = Masker::new(&secrets);
    let mut out = Vec::new();
    for chunk in chunks {
        for part in chunk.chunks(CHUNK) {
            masker.room()[..part.len()].copy_from_slice(part);
            masker.take(part.len(), &mut |bytes| out.extend_from_slice(bytes));
        }
    }
    masker.finish(&mut |bytes| out.extend_from_slice(bytes));
    out
}

/// Every byte of every occurrence, found by trying every place.
fn plainly(values: &[&[u8]], text: &[u8]) -> Vec<u8> {
    let forms: Vec<Form> = values.iter().flat_map(|value| forms(value)).collect();
    let mut cover = vec![false; text.len()];
    let mut shown = vec![0; text.len() + 1];
    for form in &forms {
        for at in 0..text.len() {
            if text[at..].starts_with(&form.bytes) {
                cover[at..at + form.bytes.len()].fill(true);
                shown[at] = shown[at].max(form.shown);
            }
        }
    }
    let mut out = Vec::new();
    for at in 0..text.len() {
        if !cover[at] {
            out.push(text[at]);
        } else if at == 0 || !cover[at - 1] {
            out.extend_from_slice(&text[at..at + shown[at]]);
            out.extend_from_slice(MASK);
        }
    }
    out
}

#[track_caller]
fn shows(values: &[&str], text: &str, expected: &str) {
    let values: Vec<&[u8]> = values.iter().map(|value| value.as_bytes()).collect();
    assert_eq!(String::from_utf8_lossy(&masked(&values, &[text.as_bytes()])), expected);
    let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
    assert_eq!(String::from_utf8_lossy(&masked(&values, &bytes)), expected, "byte by byte");
}

#[test]
fn run_masks_values_where_they_stand() {
    shows(&["hunter2"], "the hunter2, hunter2 and hunter", "the ****...****, ****...**** and hunter");
    shows(&["hunter2"], "hunter2", "****...****");
    shows(&["abc"], "abc abc", "abc abc");
    shows(&["abcd"], "", "");
    shows(&[], "nothing", "nothing");
}

#[test]
fn run_masks_overlapping_values_as_one() {
    shows(&["abcdef", "defghi"], "xabcdefghix", "x****...****x");
    shows(&["abcd", "abcdefgh"], "abcdefgx abcdefgh", "****...****efgx ****...****");
    shows(&["aaaa"], "baaaaaaab aaa", "b****...****b aaa");
    shows(&["abcd", "efgh"], "-abcdefgh-", "-****...****-");
    shows(&["wxyz", "abcdwxyz1234"], "abcdwxyz123 abcdwxyz1234", "abcd****...****123 ****...****");
}

#[test]
fn run_masks_after_a_public_beginning() {
    let key = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";
    shows(&[key], &format!("key={key};"), "key=sk_live_****...****;");
    shows(&["sk-short"], "sk-short", "****...****");
    shows(&[key, "=sk_live_"], &format!("key={key};"), "key****...****;");
}

#[test]
fn run_masks_each_long_line_of_a_value_of_several() {
    let pem = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\nshort\n-----END KEY-----\n";
    shows(&[pem], &format!("<{pem}>"), "<****...****\n>");
    shows(&[pem], &pem.replace('\n', "\r\n"), "****...****\r\n");
    shows(&[pem], "| MIIEvQIBADANBgkqhkiG |\n| short |", "| ****...**** |\n| short |");
    shows(&[pem], &format!("{{\"k\":\"{}\"}}", pem.replace('\n', "\\n")), "{\"k\":\"****...****\"}");
}

#[test]
fn run_masks_encoded_values() {
    let value = "p@ss w/rd \"1\" over the lazy dog";
    for text in [
        "p%40ss%20w%2Frd%20%221%22%20over%20the%20lazy%20dog",
        "p%40ss+w%2frd+%221%22+over+the+lazy+dog",
        "p@ss w/rd \\\"1\\\" over the lazy dog",
        "cEBzcyB3L3JkICIxIiBvdmVyIHRoZSBsYXp5IGRvZw==",
        "cEBzcyB3L3JkICIxIiBvdmVyIHRoZSBsYXp5IGRvZwo=",
        "7040737320772f726420223122206f76657220746865206c617a7920646f67",
    ] {
        shows(&[value], &format!("x={text}!"), "x=****...****!");
    }
    let basic = data_encoding::BASE64.encode(format!("alice:{value}").as_bytes());
    let shown = String::from_utf8(masked(&[value.as_bytes()], &[basic.as_bytes()])).unwrap();
    assert_eq!(shown, "YWxpY2U6****...****");
}

#[test]
fn run_masks_what_is_longer_than_any_chunk() {
    let value: Vec<u8> = (0..300_000_u32).map(|n| b'a' + (n.wrapping_mul(2_654_435_761) >> 13) as u8 % 26).collect();
    let text = [b"<", &value[..], b"><", &value[..299_999], b">"].concat();
    let out = masked(&[&value], &[&text]);
    assert_eq!(out, [b"<****...****><", &value[..299_999], b">"].concat());
}

#[test]
fn a_prompt_is_held_back_no_longer_than_a_pause() {
    let secrets = secrets(&[b"swordfish", b"https://hooks.example/T0/B0"]);
    let mut masker = Masker::new(&secrets);
    let mut say = |text: &str, pauses: bool| {
        let mut out = Vec::new();
        masker.room()[..text.len()].copy_from_slice(text.as_bytes());
        masker.take(text.len(), &mut |bytes| out.extend_from_slice(bytes));
        if pauses {
            masker.pause(&mut |bytes| out.extend_from_slice(bytes));
        }
        String::from_utf8(out).unwrap()
    };
    assert_eq!(say("Password: ", false), "Password: ");
    assert_eq!(say("user s", false), "user ");
    assert_eq!(say("", true), "s");
    assert_eq!(say("w", true), "w");
    assert_eq!(say("o", true), "o");
    assert_eq!(say("r", true), "");
    assert_eq!(say("d", true), "");
    assert_eq!(say("fish", true), "****...****");
    assert_eq!(say("swordf", true), "swo");
    assert_eq!(say("ight", true), "rdfight");
    assert_eq!(say("https://hooks", true), "https://hoo");
    assert_eq!(say("!", true), "ks!");
}

/// Few letters, so that much overlaps.
fn letters(length: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(prop_oneof![4 => b'a'..=b'c', 1 => Just(b'\n'), 1 => Just(b'"')], length)
}

/// Values, and a text in which they and their parts turn up often.
fn story() -> impl Strategy<Value = (Vec<Vec<u8>>, Vec<u8>)> {
    let values = proptest::collection::vec(prop_oneof![6 => letters(0..12), 1 => letters(190..260)], 0..4);
    values.prop_flat_map(|values| {
        let all: Vec<Vec<u8>> = values.iter().flat_map(|value| forms(value)).map(|form| form.bytes.to_vec()).collect();
        let part = if all.is_empty() {
            letters(0..6).boxed()
        } else {
            let piece = (proptest::sample::select(all), any::<prop::sample::Index>(), any::<bool>());
            let piece = piece.prop_map(
                |(form, cut, whole)| {
                    if whole { form.clone() } else { form[..cut.index(form.len())].to_vec() }
                },
            );
            prop_oneof![letters(0..6), piece].boxed()
        };
        (Just(values), proptest::collection::vec(part, 0..12).prop_map(|parts| parts.concat()))
    })
}

#[test]
fn no_text_is_looked_through_again_for_each_of_its_bytes() {
    // One sieve is stopped by every zero, another one by none.
    let values: [&[u8]; 3] = [b"0ld-Value of it", b"n3w/Value&of=it", b"n3w%2FValue%26of%3Dit"];
    let text = vec![0; 4 * 1024 * 1024];
    let start = std::time::Instant::now();
    assert_eq!(masked(&values, &[&text]), text);
    assert!(start.elapsed() < std::time::Duration::from_secs(10), "{:?}", start.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn run_masking_does_not_depend_on_chunks(
        (values, text) in story(),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
        prop_assert_eq!(masked(&values, &chunks), plainly(&values, &text));
    }

    #[test]
    fn pauses_show_no_more_than_three_bytes_of_a_value((values, text) in story(), step in 1_usize..5) {
        let slices: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        let secrets = secrets(&slices);
        let mut masker = Masker::new(&secrets);
        let mut out = Vec::new();
        for part in text.chunks(step) {
            masker.room()[..part.len()].copy_from_slice(part);
            masker.take(part.len(), &mut |bytes| out.extend_from_slice(bytes));
            masker.pause(&mut |bytes| out.extend_from_slice(bytes));
        }
        masker.finish(&mut |bytes| out.extend_from_slice(bytes));
        for value in values.iter().filter(|value| !is_too_short(&SecretText::copied_from(value))) {
            prop_assert!(!out.windows(value.len()).any(|window| window == value.as_slice()));
        }
    }
}
