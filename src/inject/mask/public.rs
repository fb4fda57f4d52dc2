//! What everybody may see of a value: the beginning that tells which kind of key it is.

/// How well-known keys begin. A part of it tells the reader which key stood there.
const BEGINNINGS: [&str; 27] = [
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "rk_test_",
    "pk_live_",
    "pk_test_",
    "whsec_",
    "sk-proj-",
    "sk-ant-",
    "sk-",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "AKIA",
    "ASIA",
    "SG.",
    "npm_",
    "pypi-",
    "dop_v1_",
    "hvs.",
    "AIza",
    "eyJ",
];
/// So many bytes must be behind a beginning for it to be shown.
const LONG: usize = 16;
/// A scheme of an address is no longer than this, `://` included.
const SCHEME: usize = 24;

/// How many bytes of `text` stay in front of the mask: a known beginning of a long value.
pub(super) fn shown(text: &[u8]) -> usize {
    let known = BEGINNINGS.iter().filter(|known| text.starts_with(known.as_bytes()));
    let longest = known.map(|known| known.len()).max().unwrap_or(0);
    if text.len() - longest >= LONG { longest } else { 0 }
}

/// How many bytes at the beginning of `text` say nothing of the value: a known beginning,
/// the scheme of an address, the first line of a PEM file.
pub(super) fn harmless(text: &[u8]) -> usize {
    let scheme = text.iter().take(SCHEME).position(|&byte| !(byte.is_ascii_alphanumeric() || b"+.-".contains(&byte)));
    let scheme = scheme.filter(|&at| at > 0 && text[at..].starts_with(b"://")).map_or(0, |at| at + 3);
    let heading = text.strip_prefix(b"-----BEGIN ").and_then(|rest| rest.windows(5).position(|five| five == b"-----"));
    shown(text).max(scheme).max(heading.map_or(0, |at| "-----BEGIN ".len() + at + 5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_beginning_is_shown_of_a_long_value_only() {
        for (text, length) in [
            ("sk-0123456789abcdef", 3),
            ("sk-0123456789abcde", 0),
            ("sk_live_0123456789abcdef", 8),
            ("sk-ant-0123456789abcdef", 7),
            ("github_pat_0123456789abcdef", 11),
            ("hunter2hunter2hunter2", 0),
            ("AKIA", 0),
            ("", 0),
        ] {
            assert_eq!(shown(text.as_bytes()), length, "{text}");
        }
    }

    #[test]
    fn schemes_and_headings_say_nothing() {
        for (text, length) in [
            ("postgres://user:pw@host/db", 11),
            ("://", 0),
            ("correct horse://", 0),
            ("-----BEGIN PRIVATE KEY-----\nMIIE", 27),
            ("-----BEGIN ", 0),
            ("sk-0123456789abcdef", 3),
        ] {
            assert_eq!(harmless(text.as_bytes()), length, "{text}");
        }
    }
}
