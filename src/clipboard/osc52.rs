//! The terminal's clipboard by OSC 52: bytes to the operator's own machine,
//! through SSH, with no answer. Nobody can know whether they arrived.
//!
//! Used by [`super::Clipboard`] when there is no display to own a selection on.

use data_encoding::BASE64;
use zeroize::Zeroize;

use crate::error::{Error, Result};
use crate::secret_text::SecretText;

/// More than this is cut or dropped on the way by common terminals and multiplexers.
pub const MAX_BYTES: usize = 8 * 1024;

/// Exactly `c`, and ST at the end: what every terminal that knows OSC 52 accepts.
const START: &[u8] = b"\x1b]52;c;";
const END: &[u8] = b"\x1b\\";

/// Empties the clipboard.
const CLEAR: &[u8] = b"\x1b]52;c;\x1b\\";
/// tmux never passes an empty payload on, so there a blank takes the secret's place.
const CLEAR_IN_TMUX: &[u8] = b"\x1b]52;c;IA==\x1b\\";

/// The sequence that puts `value` on the terminal's clipboard.
pub fn copy(value: &SecretText) -> Result<SecretText> {
    if value.len() > MAX_BYTES {
        return Err(Error::usage("The value is over 8 KiB, which terminals cut off when it is copied over OSC 52.")
            .hint("Show it with s, or write it to a file with strongroom reveal."));
    }
    let mut sequence = SecretText::with_capacity(START.len() + BASE64.encode_len(value.len()) + END.len());
    let mut text = vec![0; BASE64.encode_len(value.len())];
    BASE64.encode_mut(value.expose(), &mut text);
    sequence.push(START);
    sequence.push(&text);
    sequence.push(END);
    text.zeroize();
    Ok(sequence)
}

/// The sequence that takes a copied value away again.
#[must_use]
pub fn clear(in_tmux: bool) -> &'static [u8] {
    if in_tmux { CLEAR_IN_TMUX } else { CLEAR }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_exact() {
        let sequence = copy(&SecretText::copied_from(b"hi\n")).unwrap();
        assert_eq!(sequence.expose(), b"\x1b]52;c;aGkK\x1b\\");
        assert_eq!(clear(false), b"\x1b]52;c;\x1b\\");
        assert_eq!(clear(true), copy(&SecretText::copied_from(b" ")).unwrap().expose());
    }

    #[test]
    fn long_values_are_refused_with_another_way() {
        assert!(copy(&SecretText::from(vec![b'a'; MAX_BYTES])).is_ok());
        let error = copy(&SecretText::from(vec![b'a'; MAX_BYTES + 1])).err().unwrap();
        assert!(error.next_step().unwrap().contains("reveal"));
    }
}
