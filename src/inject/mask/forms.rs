//! The forms in which a value may turn up in what a program writes: as it is, line by
//! line, and as JSON, in a URL, in base64 and in hex.

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, Encoding, HEXLOWER, HEXUPPER};
use zeroize::Zeroizing;

use super::public;

/// A shorter value is not masked: its bytes are everywhere.
pub(super) const SHORTEST: usize = 4;
/// A line of a value of several lines is looked for alone from this length on.
const SHORTEST_LINE: usize = 16;
/// The same for what is inside of a larger base64 text.
const SHORTEST_INNER: usize = 8;
/// Columns at which `base64`, PEM and `xxd -p` break their lines.
const BASE64_COLUMNS: [usize; 2] = [76, 64];
const HEX_COLUMNS: usize = 60;

/// Bytes to look for.
pub(super) struct Form {
    /// At least [`SHORTEST`] of them.
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// So many of the first stay in front of the mask.
    pub(super) shown: usize,
    /// So many of the first say nothing of the value.
    pub(super) harmless: usize,
}

/// All forms of a value, some of them perhaps twice.
pub(super) fn forms(value: &[u8]) -> Vec<Form> {
    let mut forms = Forms(Vec::new());
    forms.of_whole(value);
    let trimmed = value.trim_ascii();
    if trimmed.len() < value.len() {
        forms.of_whole(trimmed);
    }
    if trimmed.contains(&b'\n') {
        forms.of_lines(trimmed);
    }
    forms.0
}

struct Forms(Vec<Form>);

impl Forms {
    fn of_whole(&mut self, value: &[u8]) {
        let line_end = value.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let bare = &value[..value.len() - line_end];
        // A line end makes a short value no longer.
        if bare.len() < SHORTEST {
            return;
        }
        self.text(bare.to_vec());
        if bare.contains(&b'\n') {
            // As a terminal shows it, and as it is sent over the net.
            self.text(with_returns(bare));
        }
        self.json(value);
        self.url(value);
        self.base64(value);
        self.hex(value);
    }

    fn of_lines(&mut self, value: &[u8]) {
        for line in value.split(|&byte| byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            for line in [line, line.trim_ascii()] {
                if line.len() >= SHORTEST_LINE {
                    self.text(line.to_vec());
                    self.json(line);
                }
            }
        }
    }

    /// A form that begins as the value does.
    fn text(&mut self, bytes: Vec<u8>) {
        let bytes = Zeroizing::new(bytes);
        let (shown, harmless) = (public::shown(&bytes), public::harmless(&bytes));
        self.0.push(Form { bytes, shown, harmless });
    }

    /// A form in which no beginning can be known again.
    fn code(&mut self, bytes: &[u8]) {
        self.0.push(Form { bytes: Zeroizing::new(bytes.to_vec()), shown: 0, harmless: 0 });
    }

    fn json(&mut self, value: &[u8]) {
        let Ok(text) = std::str::from_utf8(value) else { return };
        let plain = Json { slash: false, html: false, ascii: None };
        for style in [
            plain,
            Json { slash: true, ..plain },
            Json { html: true, ..plain },
            Json { ascii: Some("0123456789abcdef"), ..plain },
            Json { ascii: Some("0123456789ABCDEF"), ..plain },
        ] {
            let escaped = style.escaped(text);
            if escaped.as_slice() != value {
                self.text(escaped.to_vec());
            }
        }
    }

    fn url(&mut self, value: &[u8]) {
        for (kept, plus) in [
            ("-._~", false),
            ("-._~", true),
            ("-._~/", false),
            ("-._~!'()*", false),
            ("-._*", true),
            ("-._~!'()*;,/?:@&=+$#", false),
        ] {
            for digits in [b"0123456789ABCDEF", b"0123456789abcdef"] {
                let escaped = percent(value, kept.as_bytes(), plus, digits);
                if escaped.as_slice() != value {
                    self.text(escaped.to_vec());
                }
            }
        }
    }

    /// Alone, with a line end behind it, and at each of the three places at which it can
    /// begin within a larger text: there without the letters that its neighbours decide.
    fn base64(&mut self, value: &[u8]) {
        for encoding in [BASE64_NOPAD, BASE64URL_NOPAD] {
            for behind in [&b""[..], b"\n"] {
                for before in 0..3 {
                    self.base64_at(&encoding, before, value, behind);
                }
            }
        }
        for behind in [&b""[..], b"\n"] {
            let alone = Zeroizing::new([value, behind].concat());
            let padded = Zeroizing::new(padded(&BASE64_NOPAD, &alone));
            for columns in BASE64_COLUMNS {
                self.wrapped(padded.as_bytes(), columns);
            }
        }
    }

    fn base64_at(&mut self, encoding: &Encoding, before: usize, value: &[u8], behind: &[u8]) {
        let whole = Zeroizing::new([&[0; 2][..before], value, behind].concat());
        let text = Zeroizing::new(padded(encoding, &whole));
        let decided_by_others = [0, 2, 3][before];
        let inner_end = (before + value.len()) * 8 / 6;
        let end = text.trim_end_matches('=').len();
        for end in [inner_end, end, text.len()] {
            let piece = text.as_bytes().get(decided_by_others..end).unwrap_or_default();
            let alone = before == 0 && end > inner_end;
            if piece.len() >= SHORTEST_INNER || (alone && piece.len() > SHORTEST) {
                self.code(piece);
            }
        }
    }

    fn hex(&mut self, value: &[u8]) {
        for encoding in [HEXLOWER, HEXUPPER] {
            let text = Zeroizing::new(encoding.encode(value));
            self.code(text.as_bytes());
            self.wrapped(text.as_bytes(), HEX_COLUMNS);
        }
    }

    /// The lines of a text that was broken at so many columns.
    fn wrapped(&mut self, text: &[u8], columns: usize) {
        if text.len() > columns {
            for line in text.chunks(columns).filter(|line| line.len() >= SHORTEST_INNER) {
                self.code(line);
            }
        }
    }
}

/// With `=` at its end, up to a whole group.
fn padded(encoding: &Encoding, bytes: &[u8]) -> String {
    let mut text = encoding.encode(bytes);
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// `\r\n` for each `\n`.
fn with_returns(value: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(value.len() * 2);
    for &byte in value {
        if byte == b'\n' && text.last() != Some(&b'\r') {
            text.push(b'\r');
        }
        text.push(byte);
    }
    text
}

/// What else than quotes, backslashes and control characters a writer of JSON escapes.
#[derive(Clone, Copy)]
struct Json {
    /// `/`, as PHP does.
    slash: bool,
    /// `<`, `>` and `&`, as Go does.
    html: bool,
    /// All but ASCII, as Python does, with these digits.
    ascii: Option<&'static str>,
}

impl Json {
    fn escaped(self, text: &str) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(text.len() * 12));
        for character in text.chars() {
            match character {
                '"' => out.extend(br#"\""#),
                '\\' => out.extend(br"\\"),
                '\n' => out.extend(br"\n"),
                '\r' => out.extend(br"\r"),
                '\t' => out.extend(br"\t"),
                '\u{8}' => out.extend(br"\b"),
                '\u{c}' => out.extend(br"\f"),
                '/' if self.slash => out.extend(br"\/"),
                '<' | '>' | '&' if self.html => self.unit(&mut out, character as u16),
                control if control < ' ' => self.unit(&mut out, control as u16),
                other if self.ascii.is_some() && !other.is_ascii() => {
                    other.encode_utf16(&mut [0; 2]).iter().for_each(|&unit| self.unit(&mut out, unit));
                }
                other => out.extend(other.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        out
    }

    fn unit(self, out: &mut Vec<u8>, unit: u16) {
        let digits = self.ascii.unwrap_or("0123456789abcdef").as_bytes();
        out.extend(br"\u");
        out.extend([12, 8, 4, 0].map(|shift| digits[usize::from(unit >> shift & 15)]));
    }
}

/// Each byte but letters, digits and those in `kept` as `%XX`; a blank as `+` if `plus`.
fn percent(value: &[u8], kept: &[u8], plus: bool, digits: &[u8; 16]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(value.len() * 3));
    for &byte in value {
        match byte {
            b' ' if plus => out.push(b'+'),
            _ if byte.is_ascii_alphanumeric() || kept.contains(&byte) => out.push(byte),
            _ => out.extend([b'%', digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(value: &[u8], form: &[u8]) -> bool {
        forms(value).iter().any(|held| held.bytes.as_slice() == form)
    }

    #[test]
    fn every_form_is_there() {
        for (value, form) in [
            ("plain", "plain"),
            ("a \"b\"\n/<é😀", "a \\\"b\\\"\\n/<é😀"),
            ("a \"b\"\n/<é😀", "a \\\"b\\\"\\n\\/<é😀"),
            ("a \"b\"\n/<é😀", "a \\\"b\\\"\\n/\\u003cé😀"),
            ("a \"b\"\n/<é😀", "a \\\"b\\\"\\n/<\\u00e9\\ud83d\\ude00"),
            ("a \"b\"\n/<é😀", "a \\\"b\\\"\\n/<\\u00E9\\uD83D\\uDE00"),
            ("p@ss w/rd~", "p%40ss%20w%2Frd~"),
            ("p@ss w/rd~", "p%40ss%20w%2frd~"),
            ("p@ss w/rd~", "p%40ss+w%2Frd~"),
            ("p@ss w/rd~", "p%40ss+w%2Frd%7E"),
            ("p@ss w/rd~", "p%40ss%20w/rd~"),
            ("p@ss w/rd~", "p@ss%20w/rd~"),
            ("test", "dGVzdA=="),
            ("test", "dGVzdA"),
            ("test", "dGVzdAo="),
            ("??>>~~", "Pz8+Pn5+"),
            ("??>>~~", "Pz8-Pn5-"),
            ("test", "74657374"),
            ("jkl\u{f}", "6A6B6C0F"),
            ("one\ntwo", "one\r\ntwo"),
            (" padded \n", "padded"),
            ("first line is long\nx", "first line is long"),
        ] {
            assert!(has(value.as_bytes(), form.as_bytes()), "{value:?} as {form}");
        }
        assert!(!has(b"first line is long\nshort line", b"short line"));
        assert!(forms(b"abc").is_empty());
    }

    #[test]
    fn a_value_is_known_wherever_it_stands_in_a_larger_base64_text() {
        let value = b"correct horse battery";
        for before in 0..7 {
            for after in 0..4 {
                let whole = [&b"user:xx"[..before], value, &b"tail"[..after]].concat();
                let text = BASE64_NOPAD.encode(&whole);
                let forms = forms(value);
                let found = forms.iter().filter(|form| {
                    text.as_bytes().windows(form.bytes.len()).any(|window| window == form.bytes.as_slice())
                });
                assert!(found.map(|form| form.bytes.len()).max().unwrap_or(0) >= 25, "{before} {after}");
            }
        }
    }
}
