//! `generate`.

use crate::support::Room;

#[test]
fn it_needs_no_vault_and_keeps_the_entropy_apart() {
    let room = Room::empty();
    for (line, length) in [
        (&["generate"][..], 24),
        (&["generate", "--length", "40", "--alphabet", "symbols"], 40),
        (&["generate", "--length", "4", "--alphabet", "symbols", "--must-contain", "lower,upper,digit,symbol"], 4),
        (&["generate", "--hex", "16"], 32),
        (&["generate", "--hex", "--length", "8"], 16),
        (&["generate", "--base64"], 44),
        (&["generate", "--uuid"], 36),
        (&["generate", "--alphabet", "custom:ab", "--length", "5"], 5),
    ] {
        let ran = room.good(line);
        assert_eq!(ran.text().trim_end().chars().count(), length, "{line:?}: {}", ran.text());
        assert!(ran.text().ends_with('\n') && ran.err.contains("bits of entropy"), "{}", ran.err);
    }
    assert_eq!(room.good(&["generate", "--words", "5"]).text().trim_end().split('-').count(), 5);
    assert!(room.good(&["generate", "--length", "8", "--must-contain", "digit"]).err.contains("0.4 less for what"));
    assert!(!room.vault().exists());
}

#[test]
fn impossible_recipes_are_usage_errors() {
    let room = Room::empty();
    for line in [
        &["generate", "--length", "0"][..],
        &["generate", "--alphabet", "alphanumerc"],
        &["generate", "--alphabet", "custom:a"],
        &["generate", "--must-contain", "symbol"],
        &["generate", "--must-contain", "upper", "--hex"],
        &["generate", "--length", "3", "--alphabet", "symbols", "--must-contain", "lower,upper,digit,symbol"],
        &["generate", "--hex", "--uuid"],
        &["generate", "--words", "4", "--length", "9"],
        &["generate", "--json"],
    ] {
        let ran = room.run(line);
        assert_eq!((ran.code, ran.out.len()), (2, 0), "{line:?}");
    }
}
