//! What people are shown of what a program wrote: masked, printable, and only its end.

use crate::error::Result;
use crate::inject::mask::{CHUNK, Masker, Secrets};
use crate::printable::{escaped, is_deceptive};
use crate::secret_text::SecretText;

/// The most that is shown, in bytes.
const MOST: usize = 4096;
/// In the place of what is not shown.
const CUT: &str = "…";
/// What stands for the beginning of a value with which the output ended.
const MASK: &[u8] = b"****";

/// The last lines of `said`, without any of the `values` in it. Where it was `cut`, not even
/// the few bytes of a value with which it ends by that, and which the mask lets pass.
///
/// # Errors
/// Failure, when the values are too many to be looked for.
pub(super) fn last_lines(said: &SecretText, values: &[SecretText], cut: bool) -> Result<String> {
    let secrets = Secrets::new(values.iter())?;
    let mut masker = Masker::new(&secrets);
    let mut masked = Vec::with_capacity(said.len() + MASK.len());
    for chunk in said.expose().chunks(CHUNK) {
        masker.room()[..chunk.len()].copy_from_slice(chunk);
        masker.take(chunk.len(), &mut |text| masked.extend_from_slice(text));
    }
    // Its end may be half of a value: of a program that was ended, or of a text cut short.
    if !cut {
        masker.pause(&mut |text| masked.extend_from_slice(text));
    }
    if masker.is_holding() {
        masked.extend_from_slice(MASK);
    }
    Ok(end_of(&printable_lines(&masked)))
}

/// Lines in which nothing moves a cursor; what is no text is shown by its numbers.
fn printable_lines(text: &[u8]) -> String {
    let mut shown = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        let mut characters = chunk.valid().chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\n' => shown.push('\n'),
                '\t' => shown.push_str("    "),
                '\r' if characters.peek() == Some(&'\n') => {}
                _ if is_deceptive(character) => shown.extend(escaped(character)),
                _ => shown.push(character),
            }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
    }
    shown
}

/// As many of the last lines as fit, or the end of the last.
fn end_of(text: &str) -> String {
    let text = text.trim_end_matches('\n').trim_start_matches('\n');
    if text.len() <= MOST {
        return text.to_owned();
    }
    let mut from = text.len() - (MOST - CUT.len() - 1);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    match text[from..].find('\n') {
        Some(line) if from + line + 1 < text.len() => format!("{CUT}\n{}", &text[from + line + 1..]),
        _ => format!("{CUT}{}", &text[from..]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(said: &[u8], values: &[&str]) -> String {
        let values: Vec<SecretText> = values.iter().map(|value| SecretText::copied_from(value.as_bytes())).collect();
        last_lines(&SecretText::copied_from(said), &values, false).unwrap()
    }

    /// Output without end is cut anywhere: also where a value has just begun.
    #[test]
    fn where_it_was_cut_no_byte_of_a_value_is_left() {
        let value = "s3cret/Value&more";
        let values = [SecretText::copied_from(value.as_bytes())];
        for length in 0..=value.len() {
            let said = format!("{value}{}", &value[..length]);
            let text = last_lines(&SecretText::copied_from(said.as_bytes()), &values, true).unwrap();
            assert!(!text.contains('s') && !text.contains('3'), "{length}: {text}");
        }
        let text = last_lines(&SecretText::copied_from(b"these"), &values, true).unwrap();
        assert_eq!(text, "these");
    }

    #[test]
    fn nothing_moves_a_cursor_and_lines_stay_lines() {
        assert_eq!(shown(b"\n\na\r\nb\tc\n\n", &[]), "a\nb    c");
        assert_eq!(shown(b"\x1b[31mred\x07 10%\r20%\xff\xc3", &[]), "\\u{1b}[31mred\\u{7} 10%\\r20%\\xff\\xc3");
        assert_eq!(shown("ä\u{202e}b".as_bytes(), &[]), "ä\\u{202e}b");
    }

    #[test]
    fn values_are_masked_in_every_form_and_the_beginning_of_one_at_the_end_too() {
        let value = "s3cret/Value&more";
        for form in ["s3cret/Value&more", "s3cret%2FValue%26more", "czNjcmV0L1ZhbHVlJm1vcmU=", "s3cret\\/Value&more"] {
            let text = shown(format!("a {form} b").as_bytes(), &[value]);
            assert_eq!(text, "a ****...**** b", "{form}");
        }
        for length in 4..value.len() {
            let text = shown(format!("a {}", &value[..length]).as_bytes(), &[value]);
            assert!(!text.contains("s3cr") && text.ends_with("****"), "{length}: {text}");
        }
    }

    #[test]
    fn only_the_end_is_shown() {
        let many: String = (0..2000).map(|line| format!("line {line}\n")).collect();
        let text = shown(many.as_bytes(), &[]);
        assert!(text.len() <= MOST && text.starts_with("…\nline ") && text.ends_with("\nline 1999"), "{text}");
        let long = "ä".repeat(10_000);
        let text = shown(long.as_bytes(), &[]);
        assert!(text.len() <= MOST && text.starts_with("…ä") && text.ends_with('ä'));
    }

    proptest! {
        #[test]
        fn whatever_is_written_what_is_shown_is_short_and_printable(said in any::<Vec<u8>>(), value in "[a-z]{8}", at in 0..200_usize) {
            let mut said = said;
            let at = at.min(said.len());
            said.splice(at..at, value.bytes());
            let text = shown(&said, &[&value]);
            prop_assert!(text.len() <= MOST && !text.contains(&value));
            prop_assert!(!text.chars().any(|c| c != '\n' && is_deceptive(c)));
        }
    }
}
