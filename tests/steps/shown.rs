//! What is shown of what a program writes.

use strongroom::rotation::step::How;

use super::place::{LOGIN, Place, VALUE, shell};

#[test]
fn no_value_is_shown_in_any_form() {
    let place = Place::new();
    let script = "cat; echo; cat <&3; echo; cat <&4; echo
        base64 <&0 || true
        cat <&3 | base64; printf %s \"$TOKEN\" | od -An -tx1 | tr -d ' \\n'; echo
        printf '%s\\n' \"$TOKEN\" >&2; printf '%s' \"$TOKEN\" | head -c 9";
    let end = place.apply(&shell(
        script,
        "stdin = \"{{login}}:{{value}}\"\nfd = { 3 = \"{{value|url}}\", 4 = \"{{secrets.ADMIN|shell}}\" }\n\
         env = { TOKEN = \"{{value}}\" }",
    ));
    assert_eq!(end.how, How::Exited(0), "{}", end.shown);
    let hex: String = VALUE.bytes().map(|byte| format!("{byte:02x}")).collect();
    for form in [VALUE, LOGIN, "adm1n-Secret", "n3w%2F", &hex, &VALUE[..9]] {
        assert!(!end.shown.contains(form), "{form}: {}", end.shown);
    }
    assert!(end.shown.contains("****...****") && end.shown.ends_with("****"), "{}", end.shown);
}

#[test]
fn both_outputs_are_shown_in_their_order_and_nothing_moves_a_cursor() {
    let place = Place::new();
    let end = place.script("echo one; echo two >&2; printf '\\033[2Jthree\\r\\n\\a'");
    assert_eq!(end.shown, "one\ntwo\n\\u{1b}[2Jthree\n\\u{7}");
    let end = place.script("seq 100000");
    assert!(end.shown.starts_with("…\n") && end.shown.ends_with("\n100000") && end.shown.len() <= 4096);
}
