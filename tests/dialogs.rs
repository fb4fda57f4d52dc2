//! The dialogs that take input, driven by keys as people press them: snapshots
//! at two sizes, a sweep over all sizes, and a search for what must not be seen.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use strongroom::crypto::keyring::{RawKey, SlotKind};
use strongroom::error::Error;
use strongroom::secret_text::SecretText;
use strongroom::tui::clock::Now;
use strongroom::tui::dialogs::edit::EditDialog;
use strongroom::tui::dialogs::rotate::RotateDialog;
use strongroom::tui::dialogs::setup::SetupDialog;
use strongroom::tui::dialogs::unlock::UnlockDialog;
use strongroom::tui::dialogs::{Input, Step};
use strongroom::tui::effect::RawKeyUse;
use strongroom::tui::files::Completion;
use strongroom::tui::keymap::{Keymap, Keys};
use strongroom::tui::theirs::Theirs;
use strongroom::tui::theme::{Borders, Palette, Theme};
use strongroom::vault::compare::{FieldDiff, ShapeDiff, Side};
use strongroom::vault::generate::{Generated, Recipe};
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::secret::{Fields, Metadata, Origin, Secret, SecretId, Version};
use strongroom::vault::shape::Shape;

/// A value that must never be seen while it is masked.
const VALUE: &[u8] = b"sk_live_51Nv0QkLmZ7example";

enum Open {
    Setup(Box<SetupDialog>),
    Unlock(Box<UnlockDialog>),
    Edit(Box<EditDialog>),
    Rotate(Box<RotateDialog>),
}

macro_rules! each {
    ($self:expr, $dialog:ident => $call:expr) => {
        match $self {
            Open::Setup($dialog) => $call,
            Open::Unlock($dialog) => $call,
            Open::Edit($dialog) => $call,
            Open::Rotate($dialog) => $call,
        }
    };
}

/// A dialog, a keymap and a clock that stands still.
struct Screen {
    dialog: Open,
    keymap: Keymap,
    start: Instant,
}

impl Screen {
    fn new(dialog: Open) -> Self {
        Self { dialog, keymap: Keymap::default(), start: Instant::now() }
    }

    fn setup() -> Self {
        Self::new(Open::Setup(Box::new(
            SetupDialog::new().at("/home/ops/.local/share/strongroom/vault.db", "/home/ops/.config/strongroom/key"),
        )))
    }

    fn unlock(slots: &[SlotKind]) -> Self {
        Self::new(Open::Unlock(Box::new(UnlockDialog::new(slots.to_vec(), "/srv/ops/vault.db".to_owned()))))
    }

    fn add() -> Self {
        Self::new(Open::Edit(Box::new(EditDialog::add("production/payments".parse().unwrap()))))
    }

    fn edit() -> Self {
        Self::new(Open::Edit(Box::new(EditDialog::edit(secret()))))
    }

    /// The vault opens the fields that were asked for.
    fn opened(mut self, version: u64) -> Self {
        let mut fields = Fields::value(SecretText::copied_from(VALUE));
        fields.set("username".parse().unwrap(), SecretText::copied_from(b"billing@example.com"));
        let until = self.start + Duration::from_secs(10);
        self.give(Input::Opened { id: secret().id, version, fields, until });
        self
    }

    /// The vault tells what another session did.
    fn told(mut self, theirs: Theirs) -> Self {
        self.give(Input::Theirs(secret().id, theirs));
        self
    }

    /// The runtime tells which names there are.
    fn completed(mut self, typed: &str) -> Self {
        let names = vec!["key-2026.pem".to_owned(), "keys/".to_owned()];
        let completion = Completion { typed: typed.to_owned(), completed: format!("{typed}ey"), names };
        self.give(Input::Completed(completion));
        self
    }

    /// The runtime has read a file, or could not.
    fn read(mut self, read: Result<SecretText, Error>) -> Self {
        self.give(Input::FileRead(read));
        self
    }

    /// Another session wrote version 8 while the dialog is open.
    fn written_elsewhere(mut self) -> Self {
        self.give(Input::Elsewhere(secret().id, Some(Box::new(newer()))));
        self
    }

    fn rotate() -> Self {
        Self::new(Open::Rotate(Box::new(RotateDialog::new(&secret()))))
    }

    fn give(&mut self, input: Input) -> Step {
        let now = Now { instant: self.start, time: Timestamp::from_second(1_773_108_840).unwrap() };
        each!(&mut self.dialog, dialog => dialog.update(input, now))
    }

    /// Presses keys as people write them, separated by blanks.
    fn keys(mut self, keys: &str) -> Self {
        for key in keys.split_whitespace() {
            self.press(key_event(key));
        }
        self
    }

    fn typed(mut self, text: &str) -> Self {
        for character in text.chars() {
            self.press(KeyEvent::new(KeyCode::Char(character), KeyModifiers::NONE));
        }
        self
    }

    fn press(&mut self, event: KeyEvent) {
        let context = each!(&self.dialog, dialog => dialog.context());
        if let Some(press) = self.keymap.press(context, event) {
            self.give(Input::Press(press));
        }
    }

    fn pasted(mut self, text: &[u8]) -> Self {
        self.give(Input::Paste(SecretText::copied_from(text)));
        self
    }

    fn failed(mut self, error: Error) -> Self {
        self.give(Input::Failed(error));
        self
    }

    fn key(mut self, made_for: RawKeyUse) -> Self {
        let hex = b"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
        self.give(Input::RawKey(made_for, RawKey::from_text(hex).unwrap()));
        self
    }

    fn generated(mut self, text: &str, bits: f64) -> Self {
        let value = SecretText::copied_from(text.as_bytes());
        self.give(Input::Generated(Generated { value, entropy_bits: bits, recipe: Recipe::Uuid }));
        self
    }

    fn drawn(&self, theme: Theme, width: u16, height: u16) -> (Buffer, Option<(u16, u16)>) {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        // The header and the hints keep a row each.
        let area = Rect::new(0, 1.min(height), width, height.saturating_sub(2));
        terminal.draw(|frame| each!(&self.dialog, dialog => dialog.draw(Keys::new(&self.keymap, dialog.context()), &theme, area, frame))).unwrap();
        let cursor = terminal.backend().cursor_visible().then(|| terminal.backend().cursor_position().into());
        (terminal.backend().buffer().clone(), cursor)
    }
}

/// The version of another session.
fn newer() -> Version {
    Version {
        number: 8,
        created_at: Timestamp::from_second(1_773_108_720).unwrap(),
        created_by: "ana@bastion1".to_owned(),
        reason: "Leaked in a build log".to_owned(),
        origin: Origin::Rotated,
    }
}

/// What another session wrote, by shape.
fn theirs() -> Theirs {
    let side = |text: &[u8]| Side { shape: Shape::of(&SecretText::copied_from(text)), same_as: None };
    let field = |name: &str, before: Option<&[u8]>, after: Option<&[u8]>| FieldDiff {
        name: name.parse().unwrap(),
        same: before == after,
        before: before.map(side),
        after: after.map(side),
    };
    let fields = vec![
        field("value", Some(b"sk_live_old"), Some(VALUE)),
        field("username", Some(b"billing@example.com"), Some(b"billing@example.com")),
    ];
    let before = Version { number: 7, ..newer() };
    Theirs::Newer(Box::new(ShapeDiff { id: secret().id, before, after: newer(), current: 8, fields }))
}

fn secret() -> Secret {
    let time = Timestamp::from_second(1_770_000_000).unwrap();
    Secret {
        id: SecretId([4; 16]),
        address: Address::parse("production/payments/STRIPE_KEY", &ScopePath::root()).unwrap(),
        version: 7,
        fields: ["value", "username"].map(|name| name.parse().unwrap()).to_vec(),
        metadata: Metadata {
            description: "Stripe production API key, restricted to charges and refunds".to_owned(),
            tags: vec!["payments".to_owned(), "tier1".to_owned()],
            rotation_days: Some(90),
            ..Metadata::default()
        },
        created_at: time,
        created_by: "ana@bastion1".to_owned(),
        updated_at: time,
        value_changed_at: time,
        last_rotated: Some(time),
        deleted_at: None,
    }
}

fn key_event(text: &str) -> KeyEvent {
    let (modifiers, rest) = match text.strip_prefix("C-") {
        Some(rest) => (KeyModifiers::CONTROL, rest),
        None => (KeyModifiers::NONE, text),
    };
    let code = match rest {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "S-Tab" => KeyCode::BackTab,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        other => KeyCode::Char(other.chars().next().unwrap()),
    };
    KeyEvent::new(code, modifiers)
}

const WORDS: &str = "velvet-orbit-canyon-mustard-lantern-pilot";
const PEM: &[u8] = b"-----BEGIN PRIVATE KEY-----\r\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\r\n-----END PRIVATE KEY-----\r\n";

/// Every dialog in every state that looks different.
fn screens() -> Vec<(&'static str, Screen)> {
    use SlotKind::{Passphrase, Recovery};
    let passphrase = || Screen::setup().keys("Enter").typed(WORDS).keys("Enter").typed(WORDS).keys("Enter");
    let recovery = || passphrase().keys("Enter").key(RawKeyUse::Recovery);
    let taken = || Error::version_conflict("production/payments/STRIPE_KEY has version 8 meanwhile.", 8);
    let conflict = || Screen::edit().typed("new").keys("Enter").failed(taken());
    let wrong =
        || Error::locked("The passphrase does not open this vault.").hint("Check the keyboard layout and try again.");
    vec![
        ("setup_welcome", Screen::setup().keys("Down")),
        ("setup_passphrase", Screen::setup().keys("Enter").typed("correct horse battery")),
        (
            "setup_passphrase_weak",
            Screen::setup().keys("Enter").typed("hunter2").keys("Tab").typed("hunter2").keys("Enter"),
        ),
        ("setup_passphrase_words", Screen::setup().keys("Enter C-g").generated(WORDS, 66.0)),
        ("setup_key_file", Screen::setup().keys("Down Enter").key(RawKeyUse::KeyFile)),
        ("setup_environment", Screen::setup().keys("Up Enter").key(RawKeyUse::Environment)),
        ("setup_recovery", passphrase()),
        ("setup_recovery_shown", recovery()),
        ("setup_recovery_asked", recovery().keys("Enter").typed("ABCD EFGH").keys("Enter")),
        ("setup_recovery_without", passphrase().keys("Down Enter")),
        ("setup_consent", passphrase().keys("Down Enter y")),
        ("setup_creating", passphrase().keys("Down Enter y y")),
        (
            "setup_failed",
            passphrase().keys("Down Enter y y").failed(
                Error::denied("The folder /home/ops/.local/share/strongroom cannot be written.")
                    .hint("Check who owns it."),
            ),
        ),
        ("unlock_passphrase", Screen::unlock(&[Passphrase]).typed("open")),
        ("unlock_choice", Screen::unlock(&[Passphrase, Recovery]).keys("Down")),
        ("unlock_wrong", Screen::unlock(&[Passphrase, Recovery]).typed("open").keys("Enter").failed(wrong())),
        ("unlock_unlocking", Screen::unlock(&[Passphrase]).typed("open").keys("Enter")),
        ("unlock_leave", Screen::unlock(&[Passphrase]).keys("Esc")),
        ("add_empty", Screen::add()),
        ("add_generated", Screen::add().typed("STRIPE_KEY").keys("Tab C-g").generated("x7Kq9vWm", 190.5)),
        ("add_bad_name", Screen::add().pasted("STRIPE\u{202e}YEK".as_bytes()).keys("Enter")),
        ("add_pem", Screen::add().typed("TLS_KEY").keys("Tab C-t").pasted(PEM)),
        (
            "add_field",
            Screen::add()
                .typed("DB")
                .keys("Tab")
                .typed("x")
                .keys("Tab Enter")
                .typed("username")
                .keys("Tab")
                .typed("ops "),
        ),
        ("edit_prefilled", Screen::edit()),
        ("edit_opened", Screen::edit().keys("C-t").opened(7)),
        ("edit_replaced", Screen::edit().typed("new").keys("Tab C-u")),
        ("edit_read_file", Screen::edit().keys("C-o").typed("/etc/ssl/k").completed("/etc/ssl/k")),
        (
            "edit_file_read",
            Screen::edit().keys("C-o").typed("/k").keys("Enter").read(Ok(SecretText::copied_from(&[0xff, 0xfe, 0]))),
        ),
        (
            "edit_file_refused",
            Screen::edit()
                .keys("C-o")
                .typed("/k")
                .keys("Enter")
                .read(Err(
                    Error::denied("The file /k cannot be read: permission denied.").hint("Check who may read it.")
                )),
        ),
        ("edit_conflict_moved", conflict().told(Theirs::Moved { to: secret().address, version: 7 })),
        ("edit_renamed", Screen::edit().keys("Tab C-r")),
        ("edit_written_elsewhere", Screen::edit().typed("new").written_elsewhere()),
        ("edit_past_expiry", Screen::edit().keys("Tab Tab Tab Tab Tab").typed("2020-01-01").keys("Enter")),
        ("add_trap", Screen::add().typed("KEY").keys("Tab").pasted("\u{feff}a\r\nb".as_bytes())),
        ("add_offer", Screen::add().pasted(b"DB_USER=ops\nDB_PASSWORD='hunter2'\n")),
        ("add_offer_taken", Screen::add().pasted(b"DB_USER=ops\nDB_PASSWORD='hunter2'\n").keys("Enter")),
        ("edit_conflict", conflict()),
        ("edit_conflict_told", conflict().told(theirs())),
        ("edit_conflict_both", conflict().told(theirs()).keys("Enter")),
        ("edit_conflict_shown", conflict().told(theirs()).keys("Enter C-t").opened(8)),
        (
            "edit_conflict_deleted",
            conflict().told(Theirs::Deleted { by: "ana@bastion1".to_owned(), at: newer().created_at }),
        ),
        (
            "edit_conflict_destroyed",
            conflict().told(Theirs::Destroyed { by: "ana@bastion1".to_owned(), at: newer().created_at }),
        ),
        ("edit_unsaved", Screen::edit().keys("C-u").typed("new").keys("Esc")),
        ("rotate_generate", Screen::rotate().keys("Tab")),
        ("rotate_made", Screen::rotate().keys("C-g").generated("x7Kq9vWm-shown", 190.5).keys("C-t Tab Tab")),
        ("rotate_type", Screen::rotate().keys("Right Tab").typed("new").keys("Enter").typed("nex").keys("Enter")),
        ("rotate_paste", Screen::rotate().pasted(PEM)),
        ("rotate_conflict", Screen::rotate().pasted(b"mine").keys("Enter").failed(taken()).told(theirs())),
    ]
}

#[test]
fn every_dialog_looks_as_it_should() {
    for (name, screen) in screens() {
        let dumps: Vec<String> = [(80, 24), (40, 15)].map(|(width, height)| dump(&screen, width, height)).to_vec();
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("dialog_{name}"), dumps.join("\n"));
        });
    }
}

#[test]
fn no_size_is_too_small() {
    let themes = [(Palette::Default, Borders::Line), (Palette::Mono, Borders::None), (Palette::Dark, Borders::Ascii)];
    for (number, (_, screen)) in screens().into_iter().enumerate() {
        let (palette, borders) = themes[number % themes.len()];
        for (width, height) in (0..=140).flat_map(|width| (0..=45).map(move |height| (width, height))) {
            // Every small size, and every larger one with some of the dialogs.
            let is_small = width < 24 && height < 10;
            if is_small || (usize::from(width) + 7 * usize::from(height) + number) % 16 == 0 {
                screen.drawn(Theme::new(palette, borders), width, height);
            }
        }
    }
}

#[test]
fn the_focus_is_on_the_screen_however_small_it_is() {
    for make in [Screen::add, Screen::edit, Screen::rotate] {
        for tabs in 0..16 {
            let screen = make().keys(&"Tab ".repeat(tabs));
            let (buffer, _) = screen.drawn(Theme::default(), 40, 8);
            assert!(rows(&buffer).iter().any(|row| row.contains('▸')), "{tabs}\n{}", rows(&buffer).join("\n"));
        }
    }
}

#[test]
fn masked_values_are_not_on_the_screen() {
    let taken = || Error::version_conflict("production/payments/STRIPE_KEY has version 8 meanwhile.", 8);
    let masked = [
        Screen::edit(),
        Screen::edit().keys("C-t").opened(7).keys("C-t"),
        Screen::edit().typed("sk_live_51Nv0QkLmZ7example").keys("Enter").failed(taken()).told(theirs()).keys("Enter"),
        Screen::edit().typed("x").keys("Enter").failed(taken()).told(theirs()).keys("Enter C-t").opened(8).keys("C-t"),
        Screen::rotate().pasted(VALUE),
        Screen::rotate().keys("Right Tab").typed("sk_live_51Nv0QkLmZ7example"),
        Screen::unlock(&[SlotKind::Passphrase]).pasted(VALUE),
        Screen::setup().keys("Enter").pasted(VALUE),
        Screen::add().keys("Tab").pasted(VALUE).failed(Error::failure("The disk is full.")),
    ];
    for screen in masked {
        let (buffer, _) = screen.drawn(Theme::default(), 120, 40);
        let text = rows(&buffer).join("\n");
        assert!(text.contains("••••••••") && !text.contains("sk_live") && !text.contains("billing@"), "{text}");
    }
    let in_conflict =
        Screen::edit().typed("x").keys("Enter").failed(taken()).told(theirs()).keys("Enter C-t").opened(8);
    for shown in [Screen::edit().keys("C-t").opened(7), in_conflict] {
        let (buffer, _) = shown.drawn(Theme::default(), 120, 40);
        assert!(rows(&buffer).join("\n").contains("sk_live"), "shown when asked for");
    }
}

#[test]
fn ascii_borders_leave_ascii_only_but_for_punctuation() {
    for (name, screen) in screens() {
        let (buffer, _) = screen.drawn(Theme::new(Palette::Mono, Borders::Ascii), 80, 24);
        let text = rows(&buffer).join("\n");
        let odd: Vec<char> = text.chars().filter(|c| !c.is_ascii() && !matches!(c, '…' | '·')).collect();
        assert!(odd.is_empty(), "{name}: {odd:?}");
    }
}

#[test]
fn the_unlock_countdown_runs_down_on_the_screen() {
    let mut screen = Screen::unlock(&[SlotKind::Passphrase]);
    for _ in 0..4 {
        screen = screen.typed("x").keys("Enter").failed(Error::locked("No."));
        screen.start += Duration::from_secs(60);
    }
    let Open::Unlock(dialog) = &mut screen.dialog else { unreachable!() };
    let wake = dialog.next_deadline().unwrap();
    dialog.tick(Now { instant: wake, time: Timestamp::UNIX_EPOCH });
    assert!(rows(&screen.drawn(Theme::default(), 80, 24).0).join("\n").contains("Next try in 0:07."));
}

/// The text of each row; the cell after a wide glyph is skipped.
fn rows(buffer: &Buffer) -> Vec<String> {
    cells(buffer, |cell| cell.symbol().to_owned())
}

fn cells(buffer: &Buffer, show: impl Fn(&Cell) -> String) -> Vec<String> {
    let area = buffer.area;
    let row = |y| {
        let mut row = String::new();
        let mut x = area.left();
        while x < area.right() {
            let cell = &buffer[(x, y)];
            row.push_str(&show(cell));
            let wide = unicode_width::UnicodeWidthStr::width(cell.symbol()).max(1);
            x = x.saturating_add(u16::try_from(wide).unwrap());
        }
        row
    };
    (area.top()..area.bottom()).map(row).collect()
}

/// `#` reverse, `d` dim, `u` underlined, `B` bold, a colour's first letter, capital when bold.
fn letter(cell: &Cell) -> char {
    let bold = cell.modifier.contains(Modifier::BOLD);
    let colour = match cell.fg {
        Color::Cyan => 'c',
        Color::Green => 'g',
        Color::Yellow => 'y',
        Color::Red => 'r',
        Color::Magenta => 'm',
        _ => ' ',
    };
    match () {
        () if cell.modifier.contains(Modifier::REVERSED) => '#',
        () if cell.modifier.contains(Modifier::DIM) => 'd',
        () if cell.modifier.contains(Modifier::UNDERLINED) && colour == ' ' => 'u',
        () if bold && colour == ' ' => 'B',
        () if bold => colour.to_ascii_uppercase(),
        () => colour,
    }
}

/// Text, and under it the style letters where a row has any.
fn dump(screen: &Screen, width: u16, height: u16) -> String {
    let (buffer, cursor) = screen.drawn(Theme::default(), width, height);
    let mut dump = format!("{width}x{height}\n");
    for (text, styles) in rows(&buffer).into_iter().zip(cells(&buffer, |cell| letter(cell).to_string())) {
        dump.push_str(&format!("  |{text}|\n"));
        if !styles.trim().is_empty() {
            dump.push_str(&format!("c: {}\n", styles.trim_end()));
        }
    }
    let cursor = cursor.map_or_else(|| "hidden".to_owned(), |(x, y)| format!("column {x}, row {y}"));
    format!("{dump}cursor: {cursor}\n")
}
