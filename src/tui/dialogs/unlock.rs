//! [`UnlockDialog`]: the gate of a locked vault.
//!
//! A passphrase, or a key in its text form where the vault has other slots. Where the key
//! lies in a file that is known, an empty input has that file read; its key is not kept. A
//! wrong key is answered with a pause that doubles, so that guessing at an
//! unattended terminal is slow; what is typed meanwhile is kept, and what is
//! submitted meanwhile is tried when the pause ends.

use std::time::{Duration, Instant};

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::crypto::keyring::{RawKey, SlotKind, UnlockKey};
use crate::error::{Error, Kind};
use crate::tui::action::{Action, Context};
use crate::tui::clock::Now;
use crate::tui::effect::{Effect, Request};
use crate::tui::event::KeyPath;
use crate::tui::keymap::Keys;
use crate::tui::press::Press;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::secret_input::SecretInput;

use super::form::{ask, told};
use super::page::Page;
use super::{Input, Step};

/// The longest pause after a wrong key, in seconds.
const LONGEST_PAUSE: u64 = 30;

/// Asks for the key of a locked vault.
pub struct UnlockDialog {
    vault: String,
    ways: Vec<SlotKind>,
    way: usize,
    /// The file that has a key.
    file: Option<KeyPath>,
    input: SecretInput,
    is_unlocking: bool,
    wrong: u32,
    /// No try before this.
    pause_until: Option<Instant>,
    /// What is typed was submitted during the pause and is tried when that ends.
    is_waiting: bool,
    /// The time of the last input or tick, for the countdown.
    seen: Option<Instant>,
    message: Option<(String, Role)>,
    /// Esc was pressed on an empty input; the next one leaves.
    may_quit: bool,
}

impl UnlockDialog {
    /// For a vault with these key slots; `vault` is shown, so that one knows which it is.
    #[must_use]
    pub fn new(slots: Vec<SlotKind>, vault: String) -> Self {
        let mut ways = Vec::new();
        for kind in [SlotKind::Passphrase, SlotKind::KeyFile, SlotKind::Environment, SlotKind::Recovery] {
            if slots.contains(&kind) {
                ways.push(kind);
            }
        }
        if ways.is_empty() {
            ways.push(SlotKind::Passphrase);
        }
        Self {
            vault,
            ways,
            way: 0,
            file: None,
            input: SecretInput::single_line(),
            is_unlocking: false,
            wrong: 0,
            pause_until: None,
            is_waiting: false,
            seen: None,
            message: None,
            may_quit: false,
        }
    }

    /// With a file that has a key: that is the first way in.
    #[must_use]
    pub fn with_file(mut self, file: Option<KeyPath>) -> Self {
        if let Some(file) = &file {
            // A recovery key may lie in a key file too, so that there need be no slot of that kind.
            let way = self.ways.iter().position(|kind| *kind == file.kind);
            self.way = way.unwrap_or_else(|| {
                self.ways.push(file.kind);
                self.ways.len() - 1
            });
        }
        self.file = file;
        self
    }

    /// The file that is read when nothing is typed for the chosen kind of key.
    fn unread(&self) -> Option<&KeyPath> {
        self.file.as_ref().filter(|file| file.kind == self.kind() && self.input.is_empty())
    }

    /// Takes an input.
    pub fn update(&mut self, input: Input, now: Now) -> Step {
        let due = self.tick(now);
        if !due.effects.is_empty() {
            return due;
        }
        match input {
            Input::Failed(error) => self.failed(&error, now),
            Input::Press(Press::Action(Action::Quit)) => return ask(Effect::Quit(0)),
            _ if self.is_unlocking => {}
            Input::Press(Press::Action(action)) => return self.act(action),
            Input::Press(press) => {
                self.input.press(press);
                self.typed();
            }
            Input::Paste(pasted) => {
                self.input.paste(&pasted);
                self.typed();
            }
            _ => {}
        }
        Step::default()
    }

    /// Lets the countdown run, and tries what waits for its end; to be called at
    /// [`Self::next_deadline`].
    pub fn tick(&mut self, now: Now) -> Step {
        self.seen = Some(now.instant);
        if self.pause_until.is_some_and(|until| until <= now.instant) {
            self.pause_until = None;
            if std::mem::take(&mut self.is_waiting) {
                return self.submit();
            }
        }
        Step::default()
    }

    /// When the countdown shows the next second.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let until = self.pause_until?;
        let left = self.pause_left()?;
        let whole = left.as_secs() - u64::from(left.subsec_nanos() == 0 && left.as_secs() > 0);
        until.checked_sub(Duration::from_secs(whole))
    }

    /// Which keys mean what here.
    #[must_use]
    pub fn context(&self) -> Context {
        Context::Unlock
    }

    /// Something was typed or moved: what was said before is not about it, and what
    /// waits to be tried waits no longer.
    fn typed(&mut self) {
        (self.may_quit, self.is_waiting) = (false, false);
        self.message = None;
    }

    fn act(&mut self, action: Action) -> Step {
        let leaving = std::mem::take(&mut self.may_quit);
        match action {
            Action::Submit => return self.submit(),
            Action::NextChoice | Action::NextField => self.choose(self.way + 1),
            Action::PreviousChoice | Action::PreviousField => self.choose(self.way + self.ways.len() - 1),
            Action::ShowTyped => self.input.show(!self.input.is_shown()),
            Action::Cancel if leaving => return ask(Effect::Quit(0)),
            Action::Cancel if self.input.is_empty() => {
                self.may_quit = true;
                self.message = Some(("Press ⟨cancel⟩ again to leave strongroom.".to_owned(), Role::Text));
            }
            Action::Cancel => {
                self.input.clear();
                self.typed();
            }
            _ => {}
        }
        Step::default()
    }

    /// Another kind of key; what was typed for the other is wiped.
    fn choose(&mut self, way: usize) {
        let way = way % self.ways.len();
        if way != self.way {
            self.way = way;
            self.input.clear();
            self.typed();
        }
    }

    fn submit(&mut self) -> Step {
        let reads_file = self.unread().is_some();
        if self.input.is_empty() && !reads_file {
            self.message = Some((format!("Type or paste the {} first.", noun(self.kind())), Role::Warn));
            return Step::default();
        }
        if self.pause_until.is_some() {
            (self.is_waiting, self.message) = (true, None);
            return Step::default();
        }
        if reads_file {
            (self.is_unlocking, self.message) = (true, None);
            return ask(Effect::Vault(Request::UnlockByFile));
        }
        let raw = |input: &SecretInput| RawKey::from_text(input.secret().expose());
        let key = match self.kind() {
            SlotKind::Passphrase => Ok(UnlockKey::Passphrase(self.input.secret().duplicate())),
            SlotKind::KeyFile => raw(&self.input).map(UnlockKey::KeyFile),
            SlotKind::Environment => raw(&self.input).map(UnlockKey::Environment),
            SlotKind::Recovery => raw(&self.input).map(UnlockKey::Recovery),
        };
        match key {
            Ok(key) => {
                self.input.clear();
                self.message = None;
                self.is_unlocking = true;
                ask(Effect::Vault(Request::Unlock(key)))
            }
            // A slip of the pen, found by the checksum: nothing was tried, nothing is wiped.
            Err(error) => {
                self.message = Some((told(&error), Role::Danger));
                Step::default()
            }
        }
    }

    /// The vault did not open: a wrong key costs time, anything else is only told.
    fn failed(&mut self, error: &Error, now: Now) {
        self.is_unlocking = false;
        self.message = Some((told(error), Role::Danger));
        if error.kind() == Kind::Locked {
            let pause = 1_u64.checked_shl(self.wrong).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE);
            self.wrong = self.wrong.saturating_add(1);
            self.pause_until = now.instant.checked_add(Duration::from_secs(pause));
        }
    }

    /// How long the pause still is.
    fn pause_left(&self) -> Option<Duration> {
        Some(self.pause_until?.saturating_duration_since(self.seen?)).filter(|left| !left.is_zero())
    }

    fn kind(&self) -> SlotKind {
        self.ways.get(self.way).copied().unwrap_or(SlotKind::Passphrase)
    }

    /// What its keys do now.
    #[must_use]
    pub fn foot(&self) -> String {
        if self.is_unlocking {
            return String::new();
        }
        let other = if self.ways.len() > 1 { "⟨previous-choice⟩/⟨next-choice⟩ other key · " } else { "" };
        let show = if self.input.is_shown() { "hide" } else { "show" };
        let submit = if self.unread().is_some() { "read the file" } else { "unlock" };
        format!("⟨submit⟩ {submit} · ⟨quit⟩ quit · {other}⟨show-typed⟩ {show}")
    }

    /// Draws the dialog in the middle of `area`.
    pub fn draw(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        let mut page = Page::new("Unlock", self.foot());
        page.gap();
        page.path("Vault", &self.vault);
        if self.ways.len() > 1 {
            page.choice("Key", self.ways.iter().map(|kind| title(*kind)).collect(), self.way, false);
        }
        if let Some(file) = self.file.as_ref().filter(|file| file.kind == self.kind()) {
            page.path("File", &file.path);
        }
        if self.is_unlocking {
            page.fact(title(self.kind()), "Unlocking…");
        } else {
            let placeholder = if self.unread().is_some() { "from the file, or typed" } else { "" };
            page.secret(title(self.kind()), &self.input, placeholder, true);
        }
        page.gap();
        let countdown = self.pause_left().map(|left| {
            let begins = if self.is_waiting { "Tries" } else { "Next try" };
            format!("{begins} in {}.", text::countdown(left))
        });
        match (&self.message, countdown) {
            (Some((message, role)), None) => page.tell(message, *role),
            (Some((message, role)), Some(countdown)) => page.tell(format!("{message}\n{countdown}"), *role),
            (None, Some(countdown)) => page.tell(countdown, Role::Warn),
            (None, None) => {}
        }
        page.draw(keys, theme, area, frame);
    }
}

/// What a key is called over an input.
fn title(kind: SlotKind) -> &'static str {
    match kind {
        SlotKind::Passphrase => "Passphrase",
        SlotKind::KeyFile => "Key file",
        SlotKind::Environment => "Master key",
        SlotKind::Recovery => "Recovery key",
    }
}

/// What a key is called in a sentence.
fn noun(kind: SlotKind) -> &'static str {
    match kind {
        SlotKind::Passphrase => "passphrase",
        SlotKind::KeyFile => "key file's text",
        SlotKind::Environment => "master key",
        SlotKind::Recovery => "recovery key",
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::secret_text::SecretText;
    use crate::tui::press::Edit;

    fn at(start: Instant, millis: u64) -> Now {
        Now { instant: start + Duration::from_millis(millis), time: Timestamp::UNIX_EPOCH }
    }

    fn press(dialog: &mut UnlockDialog, action: Action, now: Now) -> Step {
        dialog.update(Input::Press(Press::Action(action)), now)
    }

    fn type_in(dialog: &mut UnlockDialog, text: &str, now: Now) {
        for character in text.chars() {
            dialog.update(Input::Press(Press::Type(character)), now);
        }
    }

    #[test]
    fn a_passphrase_is_handed_over_and_wiped() {
        let now = at(Instant::now(), 0);
        let mut dialog = UnlockDialog::new(vec![SlotKind::Passphrase], "v".into());
        assert!(press(&mut dialog, Action::Submit, now).effects.is_empty());
        type_in(&mut dialog, "open sesame", now);
        let step = press(&mut dialog, Action::Submit, now);
        assert!(matches!(
            step.effects.as_slice(),
            [Effect::Vault(Request::Unlock(UnlockKey::Passphrase(text)))] if text.expose() == b"open sesame"
        ));
        assert!(dialog.input.is_empty());
        // Type-ahead while it works is dropped.
        type_in(&mut dialog, "x", now);
        assert!(dialog.input.is_empty() && press(&mut dialog, Action::Submit, now).effects.is_empty());
    }

    #[test]
    fn a_known_file_is_read_when_nothing_is_typed_and_other_keys_are_still_taken() {
        let now = at(Instant::now(), 0);
        let file = KeyPath { kind: SlotKind::KeyFile, path: "/k".into() };
        let slots = vec![SlotKind::Passphrase, SlotKind::KeyFile];
        let mut dialog = UnlockDialog::new(slots, "v".into()).with_file(Some(file.clone()));
        let step = press(&mut dialog, Action::Submit, now);
        assert!(matches!(step.effects.as_slice(), [Effect::Vault(Request::UnlockByFile)]));
        dialog.update(Input::Failed(Error::failure("The key file is gone.")), now);
        assert!(dialog.message.as_ref().unwrap().0.contains("is gone"));
        press(&mut dialog, Action::NextChoice, now);
        assert!(press(&mut dialog, Action::Submit, now).effects.is_empty(), "a passphrase is typed");
        type_in(&mut dialog, "x", now);
        let step = press(&mut dialog, Action::Submit, now);
        assert!(matches!(step.effects.as_slice(), [Effect::Vault(Request::Unlock(UnlockKey::Passphrase(_)))]));
        // A recovery key in a file opens a vault that has no slot for key files.
        let mut dialog = UnlockDialog::new(vec![SlotKind::Recovery], "v".into()).with_file(Some(file));
        let step = press(&mut dialog, Action::Submit, now);
        assert!(matches!(step.effects.as_slice(), [Effect::Vault(Request::UnlockByFile)]));
    }

    #[test]
    fn wrong_keys_cost_ever_more_time() {
        let start = Instant::now();
        let mut dialog = UnlockDialog::new(vec![SlotKind::Passphrase], "v".into());
        let mut clock = 0;
        for pause in [1_u64, 2, 4, 8, 16, 30, 30] {
            type_in(&mut dialog, "x", at(start, clock));
            assert_eq!(press(&mut dialog, Action::Submit, at(start, clock)).effects.len(), 1);
            dialog.update(Input::Failed(Error::locked("No.")), at(start, clock));
            type_in(&mut dialog, "x", at(start, clock));
            clock += pause * 1000 - 1;
            assert!(press(&mut dialog, Action::Submit, at(start, clock)).effects.is_empty(), "{pause}");
            type_in(&mut dialog, "y", at(start, clock));
            assert_eq!(dialog.next_deadline(), Some(at(start, clock + 1).instant));
            clock += 1;
            assert!(dialog.tick(at(start, clock)).effects.is_empty(), "typing took the submission back");
            assert_eq!(dialog.next_deadline(), None);
            dialog.input.clear();
        }
    }

    #[test]
    fn what_is_submitted_during_the_pause_is_tried_at_its_end() {
        let start = Instant::now();
        let mut dialog = UnlockDialog::new(vec![SlotKind::Passphrase], "v".into());
        dialog.update(Input::Failed(Error::locked("No.")), at(start, 0));
        type_in(&mut dialog, "right", at(start, 100));
        assert!(dialog.message.is_none(), "what was wrong is not what is typed now");
        assert!(press(&mut dialog, Action::Submit, at(start, 200)).effects.is_empty());
        assert!(dialog.tick(at(start, 999)).effects.is_empty());
        let step = dialog.tick(at(start, 1000));
        assert!(matches!(
            step.effects.as_slice(),
            [Effect::Vault(Request::Unlock(UnlockKey::Passphrase(text)))] if text.expose() == b"right"
        ));
        assert!(dialog.input.is_empty() && dialog.tick(at(start, 1001)).effects.is_empty());
    }

    #[test]
    fn nothing_waits_where_nothing_is_typed() {
        let start = Instant::now();
        let mut dialog = UnlockDialog::new(vec![SlotKind::Passphrase], "v".into());
        dialog.update(Input::Failed(Error::locked("No.")), at(start, 0));
        press(&mut dialog, Action::Submit, at(start, 100));
        type_in(&mut dialog, "x", at(start, 200));
        press(&mut dialog, Action::Submit, at(start, 300));
        press(&mut dialog, Action::Cancel, at(start, 400));
        assert!(dialog.tick(at(start, 1000)).effects.is_empty());
    }

    #[test]
    fn the_countdown_wakes_once_a_second() {
        let start = Instant::now();
        let mut dialog = UnlockDialog::new(vec![SlotKind::Passphrase], "v".into());
        dialog.wrong = 2;
        dialog.update(Input::Failed(Error::locked("No.")), at(start, 0));
        let mut wakes = Vec::new();
        while let Some(next) = dialog.next_deadline() {
            wakes.push(next.duration_since(start).as_millis());
            dialog.tick(Now { instant: next, time: Timestamp::UNIX_EPOCH });
        }
        assert_eq!(wakes, [1000, 2000, 3000, 4000]);
    }

    #[test]
    fn damage_is_told_without_a_pause() {
        let now = at(Instant::now(), 0);
        let mut dialog = UnlockDialog::new(vec![SlotKind::Passphrase], "v".into());
        dialog.update(Input::Failed(Error::damaged("The file is truncated.")), now);
        assert_eq!(dialog.next_deadline(), None);
        assert!(dialog.message.as_ref().unwrap().0.contains("truncated"));
    }

    #[test]
    fn a_slip_in_a_recovery_key_is_no_try() {
        let now = at(Instant::now(), 0);
        let mut dialog = UnlockDialog::new(vec![SlotKind::Recovery, SlotKind::Passphrase], "v".into());
        press(&mut dialog, Action::NextChoice, now);
        type_in(&mut dialog, "SR1-ABCD", now);
        assert!(press(&mut dialog, Action::Submit, now).effects.is_empty());
        assert!(!dialog.input.is_empty() && dialog.next_deadline().is_none());
        dialog.input.clear();
        let key = RawKey::from_text(&[b'a'; 64]).unwrap();
        dialog.update(Input::Paste(key.to_text()), now);
        dialog.update(Input::Paste(SecretText::copied_from(b"\n")), now);
        let step = press(&mut dialog, Action::Submit, now);
        assert!(matches!(step.effects.as_slice(), [Effect::Vault(Request::Unlock(UnlockKey::Recovery(_)))]));
    }

    #[test]
    fn esc_clears_and_then_leaves() {
        let now = at(Instant::now(), 0);
        let mut dialog = UnlockDialog::new(vec![SlotKind::Passphrase], "v".into());
        type_in(&mut dialog, "x", now);
        assert!(press(&mut dialog, Action::Cancel, now).effects.is_empty() && dialog.input.is_empty());
        assert!(press(&mut dialog, Action::Cancel, now).effects.is_empty());
        dialog.update(Input::Press(Press::Edit(Edit::Left)), now);
        assert!(press(&mut dialog, Action::Cancel, now).effects.is_empty());
        assert!(matches!(press(&mut dialog, Action::Cancel, now).effects.as_slice(), [Effect::Quit(0)]));
        assert!(matches!(press(&mut dialog, Action::Quit, now).effects.as_slice(), [Effect::Quit(0)]));
    }
}
