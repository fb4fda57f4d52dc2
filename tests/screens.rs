//! Snapshots of every screen and dialog at three sizes, and a sweep over all sizes.
//!
//! A snapshot holds the three sizes, one after the other: each row's text, then
//! the letters of its styles in the default theme (`c:`) and in mono (`m:`), where
//! it has any; see `letter` in `support/screen.rs`. To accept new ones:
//! `INSTA_UPDATE=always cargo test --test screens`, then read the difference.
#![expect(clippy::unwrap_used, reason = "made-up data is known to be right")]

#[path = "support/screen.rs"]
#[expect(dead_code, reason = "shared with the tests of flows")]
mod screen;
#[path = "support/states.rs"]
#[expect(dead_code, reason = "shared with the tests of dialogs")]
mod states;

use ratatui::style::Modifier;
use strongroom::tui::event::Event;
use strongroom::tui::theme::{Borders, Palette, Theme};

use screen::{DAY, SIZES, Screen, rows, secret, secrets, snapshot, time};
use states::{At, panes};

#[test]
fn every_screen_looks_as_agreed() {
    for (name, make) in panes() {
        snapshot(name, |width, height| make(At(width, height)).0);
    }
}

#[test]
fn every_screen_draws_at_every_size() {
    for (name, make) in panes() {
        let mut screen = make(At(80, 24)).0;
        for (width, height) in (0..=140).step_by(7).flat_map(|w| (0..=45).step_by(3).map(move |h| (w, h))) {
            // The state does not know the new size yet: the view must bear that too.
            screen.drawn(Theme::default(), Some((width, height)));
        }
        for (width, height) in [(0, 0), (1, 1), (39, 7), (40, 8), (41, 9), (79, 8), (80, 8), (119, 12), (120, 9)] {
            screen.event(Event::Resize { width, height });
            for borders in [Borders::Line, Borders::Ascii, Borders::None] {
                screen.drawn(Theme::new(Palette::Dark, borders), Some((width, height)));
            }
            screen.keys("j k PgDn Tab");
            assert!(name.len() < 40);
        }
    }
}

#[test]
fn the_list_and_the_detail_sweep_every_size_with_any_text() {
    let mut strange = secrets();
    let words = ["秘密の鍵 🔑👩‍💻 ", "مفتاح سري ", "a\u{202e}b\u{7}\u{1b}[31m\n\t", "e\u{301}\u{301}\u{301}"];
    strange[3].metadata.description = words.concat().repeat(9);
    strange[3].metadata.owner = words.concat();
    strange[3].metadata.tags = words.map(str::to_owned).to_vec();
    strange[3].created_by = words.concat();
    let mut screen = Screen::with(strange, 80, 24);
    screen.keys("j j j");
    for height in 0..=45 {
        for width in 0..=140 {
            screen.event(Event::Resize { width, height });
            let (buffer, _) = screen.drawn(Theme::default(), Some((width, height)));
            let shown = rows(&buffer).concat();
            assert!(!shown.contains(['\u{202e}', '\u{7}', '\u{1b}', '\n']), "{width}x{height}");
        }
    }
}

#[test]
fn the_selection_is_seen_without_colour() {
    let mut screen = Screen::unlocked(80, 24);
    let (buffer, cursor) = screen.drawn(Theme::new(Palette::Mono, Borders::Ascii), None);
    // The terminal's cursor stands on the selected row, for screen readers.
    let (x, y) = cursor.unwrap();
    assert_eq!(buffer[(x - 1, y)].symbol(), ">");
    assert!(buffer[(x - 1, y)].modifier.contains(Modifier::REVERSED));
}

#[test]
fn the_terminals_cursor_stands_in_every_pane_and_dialog() {
    for (name, make) in panes() {
        for (width, height) in SIZES {
            let mut screen = make(At(width, height)).0;
            for borders in [Borders::Line, Borders::Ascii, Borders::None] {
                let (buffer, cursor) = screen.drawn(Theme::new(Palette::Mono, borders), None);
                // Only what waits for the vault has nothing to stand on.
                let inside = cursor.is_some_and(|cursor| buffer.area.contains(cursor.into()));
                assert_eq!(inside, name != "start", "{name} {width}x{height} {borders:?}");
            }
        }
    }
}

#[test]
fn a_cursor_step_changes_few_cells_of_the_list() {
    let mut screen = Screen::unlocked(80, 24);
    let (before, _) = screen.drawn(Theme::default(), None);
    // Without the answer about the next secret: only the list has changed yet.
    let known = std::mem::take(&mut screen.secrets);
    screen.keys("j");
    screen.secrets = known;
    let (after, _) = screen.drawn(Theme::default(), None);
    // The marker and the reversed name of either row: two markers, STRIPE_KEY and (shortened or not) STRIPE_WEBHOOK_SECRET.
    let changed = before.diff(&after).len();
    assert!((30..=2 + 10 + 21).contains(&changed), "{changed} cells");
}

#[test]
fn ascii_borders_draw_only_ascii() {
    let mut screen = Screen::unlocked(80, 24);
    for keys in ["", "3 j j", "2", "o", "G", ":"] {
        screen.keys(keys);
        let (buffer, _) = screen.drawn(Theme::new(Palette::Mono, Borders::Ascii), None);
        for row in rows(&buffer) {
            assert!(row.replace(['…', '·'], "").is_ascii(), "{row}");
        }
    }
}

#[test]
fn a_hundred_thousand_secrets_show_their_page() {
    let many = (0..3_000_u32).map(|number| {
        let mut made = secret(0, &format!("production/team-{}/KEY_{number}", number % 40), 1, i64::from(number % 300));
        made.id.0[..4].copy_from_slice(&number.to_be_bytes());
        made
    });
    let mut screen = Screen::with(many.collect(), 80, 24);
    screen.keys("G");
    assert!(screen.text().contains("3 000"));
    screen.keys("/");
    screen.type_text("team-7 KEY_7");
    let text = screen.text();
    assert!(text.contains("of 3 000"), "{text}");
    assert_eq!(time(-DAY).as_second() + DAY, screen::NOW);
}
