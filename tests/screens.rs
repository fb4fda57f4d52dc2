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

use std::time::Duration;

use ratatui::style::Modifier;
use strongroom::error::Error;
use strongroom::tui::event::{Answer, ClipboardNews, Event, Found};
use strongroom::tui::theme::{Borders, Palette, Theme};
use strongroom::vault::audit::AuditVerdict;
use strongroom::vault::scope::{Address, ScopePath};

use screen::{DAY, Screen, dump, rows, secret, secrets, time};

const SIZES: [(u16, u16); 3] = [(80, 24), (40, 15), (140, 45)];

/// Takes a snapshot of one screen at every size, in one file.
fn snapshot(name: &str, make: impl Fn(u16, u16) -> Screen) {
    let dumps: Vec<String> =
        SIZES.iter().map(|(width, height)| format!("{width}x{height}\n{}", dump(&mut make(*width, *height)))).collect();
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, dumps.join("\n"));
    });
}

/// An unlocked screen after some keys.
fn after(keys: &'static str) -> impl Fn(u16, u16) -> Screen {
    move |width, height| {
        let mut screen = Screen::unlocked(width, height);
        screen.keys(keys);
        screen
    }
}

fn address(text: &str) -> Address {
    Address::parse(text, &ScopePath::root()).unwrap()
}

fn sent(screen: &mut Screen) {
    screen.event(Event::Clipboard(ClipboardNews::Sent {
        address: address("production/payments/STRIPE_KEY"),
        route: "terminal clipboard (OSC 52)",
        confirmed: false,
        clear_after: Duration::from_secs(30),
    }));
}

fn filtered(filter: &'static str) -> impl Fn(u16, u16) -> Screen {
    move |width, height| {
        let mut screen = Screen::unlocked(width, height);
        screen.keys("/");
        screen.type_text(filter);
        screen
    }
}

type Make = Box<dyn Fn(u16, u16) -> Screen>;

/// Every screen and dialog.
fn screens() -> Vec<(&'static str, Make)> {
    let mut screens: Vec<(&'static str, Make)> = vec![
        ("start", Box::new(Screen::started)),
        (
            "setup",
            Box::new(|w, h| {
                let mut screen = Screen::started(w, h);
                screen.event(Event::Vault(Answer::Found(Found::Nothing)));
                screen
            }),
        ),
        (
            "unlock",
            Box::new(|w, h| {
                let mut screen = Screen::locked(w, h);
                screen.type_text("half-typed");
                screen
            }),
        ),
        ("list", Box::new(after(""))),
        ("empty", Box::new(|w, h| Screen::with(Vec::new(), w, h))),
        ("filter", Box::new(filtered("strp"))),
        ("filter_nothing", Box::new(filtered("zzz"))),
        ("jump", Box::new(after("p k p Tab Tab Tab f"))),
        (
            "jump_found",
            Box::new(|w, h| {
                let mut screen = after("f")(w, h);
                screen.type_text("key");
                screen
            }),
        ),
        ("jump_nothing", Box::new(after("f"))),
        ("tree", Box::new(after("`"))),
        ("tree_scope", Box::new(after("` h h"))),
        ("tree_scope_detail", Box::new(after("` - 2"))),
        (
            "tree_filtered",
            Box::new(|w, h| {
                let mut screen = after("`")(w, h);
                screen.keys("/");
                screen.type_text("key");
                screen
            }),
        ),
        ("filter_unfinished", Box::new(filtered("pay tag:"))),
        (
            "filter_candidates",
            Box::new(|w, h| {
                let mut screen = filtered("sc")(w, h);
                screen.keys("Tab Tab Tab");
                screen
            }),
        ),
        ("filter_error", Box::new(filtered("pay colour:red"))),
        ("detail", Box::new(after("2 j"))),
        ("detail_revealed", Box::new(after("2 s"))),
        ("detail_blind", Box::new(after("2 S"))),
        ("detail_expired", Box::new(after("k 2"))),
        ("history", Box::new(after("3 j j"))),
        ("audit", Box::new(after("3 ]"))),
        ("history_zoomed", Box::new(after("3 z"))),
        ("roll_back_reason", Box::new(after("3 j j Enter"))),
        ("roll_back", Box::new(after("3 j j Enter Enter"))),
        ("write_out", Box::new(after("2 j w"))),
        (
            "write_out_work_tree",
            Box::new(|w, h| {
                let mut screen = Screen::unlocked(w, h);
                screen.keys("w");
                screen.type_text("./stripe.key");
                screen.keys("Enter");
                screen.event(Event::Vault(Answer::InWorkTree("/srv/ops/infra".to_owned())));
                screen
            }),
        ),
        ("history_marked", Box::new(after("3 Space j j"))),
        ("compare", Box::new(after("3 j j Space j d"))),
        ("purge", Box::new(after("D"))),
        ("expired_copy", Box::new(after("k y"))),
        ("overview", Box::new(after("o"))),
        ("overview_week", Box::new(after("o Tab Tab Tab l l"))),
        ("overview_followed", Box::new(after("o Enter"))),
        ("help", Box::new(after("?"))),
        ("palette", Box::new(after(":"))),
        ("add", Box::new(after("a"))),
        ("edit", Box::new(after("e"))),
        ("rotate", Box::new(after("r"))),
    ];
    screens.push((
        "clipboard",
        Box::new(|w, h| {
            let mut screen = Screen::unlocked(w, h);
            sent(&mut screen);
            screen.wait(Duration::from_secs(3));
            screen
        }),
    ));
    screens.push((
        "locked_with_clipboard",
        Box::new(|w, h| {
            let mut screen = Screen::unlocked(w, h);
            sent(&mut screen);
            screen.keys("C-l");
            screen
        }),
    ));
    screens.push((
        "failed",
        Box::new(|w, h| {
            let mut screen = Screen::unlocked(w, h);
            let error = Error::busy("The vault is in use by another process, pid 4711, since 02:10.")
                .hint("Wait for it, or look at it with strongroom doctor.");
            screen.event(Event::Vault(Answer::Failed(error)));
            screen
        }),
    ));
    screens.push((
        "marked",
        Box::new(|w, h| {
            let mut screen = Screen::unlocked(w, h);
            screen.keys("Space Space j v j k k");
            screen
        }),
    ));
    screens.push((
        "bulk_rotate",
        Box::new(|w, h| {
            let mut screen = Screen::unlocked(w, h);
            screen.keys("C-a r");
            screen
        }),
    ));
    screens.push((
        "bulk_plan",
        Box::new(|w, h| {
            let mut screen = Screen::unlocked(w, h);
            screen.keys("C-a m");
            screen.type_text("staging");
            screen.keys("Enter Down Down Down");
            screen
        }),
    ));
    screens.push((
        "bulk_tags",
        Box::new(|w, h| {
            let mut screen = Screen::unlocked(w, h);
            screen.keys("Space Space Space t");
            screen.type_text("+db -pci");
            screen
        }),
    ));
    screens.push((
        "bulk_work",
        Box::new(|w, h| {
            let mut screen = Screen::unlocked(w, h);
            screen.keys("C-a d y");
            screen.elapse(Duration::from_secs(2));
            screen.event(Event::Vault(Answer::Progress { done: 5, total: 12 }));
            screen
        }),
    ));
    screens.push((
        "tree_marked",
        Box::new(|w, h| {
            let mut screen = Screen::unlocked(w, h);
            screen.keys("Space ` g j Space");
            screen
        }),
    ));
    screens.push((
        "deleted",
        Box::new(|w, h| {
            let mut screen = Screen::unlocked(w, h);
            screen.keys("d");
            screen.do_job();
            screen
        }),
    ));
    screens.push((
        "damaged",
        Box::new(|w, h| {
            let mut screen = Screen::locked(w, h);
            screen.secrets = secrets();
            let catalog = std::sync::Arc::new(screen.secrets.iter().cloned().collect());
            let read_only = Some("the list and the file do not agree.".to_owned());
            screen.event(Event::Vault(Answer::Unlocked { catalog, failed_unlocks: 3, read_only }));
            let cause = "it was altered after it was written.".to_owned();
            screen.event(Event::Vault(Answer::AuditVerified(AuditVerdict::Broken { first_bad: 17, cause })));
            screen
        }),
    ));
    screens.push((
        "locks_soon",
        Box::new(|w, h| {
            let mut screen = Screen::unlocked(w, h);
            screen.wait(Duration::from_secs(258));
            screen
        }),
    ));
    screens
}

#[test]
fn every_screen_looks_as_agreed() {
    for (name, make) in screens() {
        snapshot(name, make);
    }
}

#[test]
fn every_screen_draws_at_every_size() {
    for (name, make) in screens() {
        let mut screen = make(80, 24);
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
    for (name, make) in screens() {
        for (width, height) in SIZES {
            let mut screen = make(width, height);
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
