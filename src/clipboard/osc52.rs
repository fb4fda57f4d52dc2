//! The sequences of OSC 52: bytes to the terminal's clipboard, on the operator's own
//! machine, through SSH, with no answer. Nobody can know whether they arrived.
//!
//! `ESC ] 52 ; c ; BASE64 ST` (xterm's control sequences, "Operating System Commands"),
//! with exactly `c` and the padded alphabet of RFC 4648: what every terminal accepts.

use data_encoding::BASE64;
use zeroize::Zeroize;

use crate::config::Osc52Clear;
use crate::error::{Error, Result};
use crate::secret_text::SecretText;

/// More than this is cut or dropped on the way by common terminals and multiplexers.
pub const MAX_BYTES: usize = 8 * 1024;

const START: &[u8] = b"\x1b]52;c;";
/// ST. Within a wrapping it would end that, so there it is BEL.
const END: &[u8] = b"\x1b\\";
const BEL: &[u8] = b"\x07";
const BLANK: &[u8] = b" ";

/// GNU screen drops a string of more than about 750 bytes.
const SCREEN_TAKES: usize = 250;

/// Who stands between us and the terminal, and passes on only what is wrapped for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrap {
    /// Nobody.
    Plain,
    /// GNU screen: device control strings, in pieces.
    Screen,
    /// tmux, where `allow-passthrough` is on: one device control string, escapes doubled.
    Tmux,
}

/// The sequence that puts `value` on the terminal's clipboard.
///
/// # Errors
/// Usage, when it is longer than [`MAX_BYTES`].
pub fn copy(value: &SecretText, wrap: Wrap) -> Result<SecretText> {
    check(value)?;
    Ok(sequence(value.expose(), wrap))
}

/// Refuses what would not arrive whole.
///
/// # Errors
/// Usage, when it is longer than [`MAX_BYTES`].
pub fn check(value: &SecretText) -> Result<()> {
    if value.len() > MAX_BYTES {
        return Err(Error::usage("The value is over 8 KiB, which terminals cut off when it is copied over OSC 52."));
    }
    Ok(())
}

/// The sequences that take a copied value away again, to be sent with a pause between them.
#[must_use]
pub fn clear(how: Osc52Clear, wrap: Wrap) -> Vec<SecretText> {
    let payloads: &[&[u8]] = match how {
        Osc52Clear::Empty => &[b""],
        Osc52Clear::Space => &[BLANK],
        Osc52Clear::SpaceThenEmpty => &[BLANK, b""],
    };
    payloads.iter().map(|payload| sequence(payload, wrap)).collect()
}

fn sequence(payload: &[u8], wrap: Wrap) -> SecretText {
    let mut text = vec![0; BASE64.encode_len(payload.len())];
    BASE64.encode_mut(payload, &mut text);
    let mut plain = SecretText::with_capacity(START.len() + text.len() + END.len());
    plain.push(START);
    plain.push(&text);
    plain.push(if wrap == Wrap::Plain { END } else { BEL });
    text.zeroize();
    match wrap {
        Wrap::Plain => plain,
        Wrap::Screen => for_screen(&plain),
        Wrap::Tmux => for_tmux(&plain),
    }
}

fn for_screen(plain: &SecretText) -> SecretText {
    let pieces = plain.expose().chunks(SCREEN_TAKES);
    let mut wrapped = SecretText::with_capacity(plain.len() + 4 * pieces.len());
    for piece in pieces {
        wrapped.push(b"\x1bP");
        wrapped.push(piece);
        wrapped.push(b"\x1b\\");
    }
    wrapped
}

/// Only the first byte is an escape.
fn for_tmux(plain: &SecretText) -> SecretText {
    let mut wrapped = SecretText::with_capacity(plain.len() + 12);
    wrapped.push(b"\x1bPtmux;\x1b");
    wrapped.push(plain.expose());
    wrapped.push(b"\x1b\\");
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(value: &[u8], wrap: Wrap) -> Vec<u8> {
        copy(&SecretText::copied_from(value), wrap).unwrap().expose().to_vec()
    }

    fn cleared(how: Osc52Clear, wrap: Wrap) -> Vec<Vec<u8>> {
        clear(how, wrap).iter().map(|sequence| sequence.expose().to_vec()).collect()
    }

    #[test]
    fn the_bytes_are_exact() {
        assert_eq!(copied(b"hi\n", Wrap::Plain), b"\x1b]52;c;aGkK\x1b\\");
        assert_eq!(copied(b"hi\n", Wrap::Screen), b"\x1bP\x1b]52;c;aGkK\x07\x1b\\");
        assert_eq!(copied(b"hi\n", Wrap::Tmux), b"\x1bPtmux;\x1b\x1b]52;c;aGkK\x07\x1b\\");
    }

    #[test]
    fn clearing_sends_nothing_or_a_blank() {
        assert_eq!(cleared(Osc52Clear::Empty, Wrap::Plain), [b"\x1b]52;c;\x1b\\"]);
        assert_eq!(cleared(Osc52Clear::Space, Wrap::Plain), [b"\x1b]52;c;IA==\x1b\\"]);
        let both = cleared(Osc52Clear::SpaceThenEmpty, Wrap::Plain);
        assert_eq!(both, [b"\x1b]52;c;IA==\x1b\\".to_vec(), b"\x1b]52;c;\x1b\\".to_vec()]);
        assert_eq!(cleared(Osc52Clear::Empty, Wrap::Screen), [b"\x1bP\x1b]52;c;\x07\x1b\\"]);
    }

    #[test]
    fn screen_gets_pieces_that_make_the_whole() {
        let value: Vec<u8> = (0..3000_u32).map(|n| b'a' + u8::try_from(n % 26).unwrap()).collect();
        let wrapped = String::from_utf8(copied(&value, Wrap::Screen)).unwrap();
        let pieces: Vec<&str> =
            wrapped.split_terminator("\x1b\\").map(|piece| piece.strip_prefix("\x1bP").unwrap()).collect();
        assert!(pieces.len() > 10 && pieces.iter().all(|piece| piece.len() <= SCREEN_TAKES));
        assert_eq!(pieces.concat(), format!("\x1b]52;c;{}\x07", BASE64.encode(&value)));
    }

    #[test]
    fn long_values_are_refused() {
        assert!(copy(&SecretText::from(vec![b'a'; MAX_BYTES]), Wrap::Plain).is_ok());
        assert!(copy(&SecretText::from(vec![b'a'; MAX_BYTES + 1]), Wrap::Plain).is_err());
    }
}
