//! [`SetupDialog`]: a new vault in four steps: how it is protected, the key
//! itself, the recovery key, and what one must know before it is made.
//!
//! Esc goes one step back and loses nothing. The vault thread makes the file;
//! until then there is nothing on the disk.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::crypto::keyring::{RawKey, UnlockKey};
use crate::secret_text::SecretText;
use crate::tui::action::{Action, Context};
use crate::tui::clock::Now;
use crate::tui::effect::{Effect, RawKeyUse, Request};
use crate::tui::keymap::Keys;
use crate::tui::press::Press;
use crate::tui::theme::{Role, Theme};
use crate::vault::generate::Recipe;

use super::form::{ask, told};
use super::page::Page;
use super::{Input, Step};

mod passphrase;
mod recovery;

use passphrase::PassphraseStep;
use recovery::RecoveryStep;

/// What a step wants after an input.
enum Turn {
    /// Nothing.
    Stay,
    /// A generated passphrase.
    Generate(Recipe),
    /// A new key.
    MakeKey(RawKeyUse),
    /// To leave the application.
    Quit,
    /// It is settled.
    Next,
    /// One step back.
    Back,
}

/// What protects the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protection {
    Passphrase,
    KeyFile,
    Environment,
}

const PROTECTIONS: [Protection; 3] = [Protection::Passphrase, Protection::KeyFile, Protection::Environment];

/// Where the dialog is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Welcome,
    Key,
    Recovery,
    Consent,
    Creating,
}

/// Makes a new vault.
pub struct SetupDialog {
    vault: String,
    key_file: String,
    at: At,
    protection: usize,
    passphrase: PassphraseStep,
    /// The generated key with its text, and what it was made for.
    master: Option<(RawKeyUse, RawKey, SecretText)>,
    recovery: RecoveryStep,
    message: Option<String>,
    /// Esc was pressed at the beginning; the next one leaves.
    may_quit: bool,
}

impl Default for SetupDialog {
    fn default() -> Self {
        Self::new()
    }
}

impl SetupDialog {
    /// At its first step.
    #[must_use]
    pub fn new() -> Self {
        Self {
            vault: String::new(),
            key_file: String::new(),
            at: At::Welcome,
            protection: 0,
            passphrase: PassphraseStep::default(),
            master: None,
            recovery: RecoveryStep::default(),
            message: None,
            may_quit: false,
        }
    }

    /// Says where the vault will be, and where its key file would be.
    #[must_use]
    pub fn at(self, vault: impl Into<String>, key_file: impl Into<String>) -> Self {
        Self { vault: vault.into(), key_file: key_file.into(), ..self }
    }

    /// Takes an input.
    pub fn update(&mut self, input: Input, _now: Now) -> Step {
        let input = match input {
            Input::Failed(error) => {
                self.message = Some(told(&error));
                if self.at == At::Creating {
                    self.at = At::Consent;
                }
                return Step::default();
            }
            Input::RawKey(made_for, key) if made_for != RawKeyUse::Recovery => {
                let text = key.to_text();
                self.master = Some((made_for, key, text));
                return Step::default();
            }
            input => input,
        };
        let may_quit = std::mem::take(&mut self.may_quit);
        if self.at != At::Creating && matches!(input, Input::Press(_) | Input::Unbound) {
            self.message = None;
        }
        let turn = match self.at {
            At::Welcome => self.welcome(&input, may_quit),
            At::Key if self.protects_by() == Protection::Passphrase => self.passphrase.update(input),
            At::Key => self.master(&input),
            At::Recovery => self.recovery.update(input),
            At::Consent => Self::consent(&input),
            At::Creating => Turn::Stay,
        };
        self.turn(turn)
    }

    /// Which keys mean what now.
    #[must_use]
    pub fn context(&self) -> Context {
        match self.at {
            At::Key if self.protects_by() == Protection::Passphrase => Context::Form,
            At::Welcome | At::Key | At::Creating => Context::Choice,
            At::Recovery => self.recovery.context(),
            At::Consent => Context::Confirm,
        }
    }

    fn protects_by(&self) -> Protection {
        PROTECTIONS.get(self.protection).copied().unwrap_or(Protection::Passphrase)
    }

    /// What the raw key is for, when one protects the vault.
    fn master_use(&self) -> Option<RawKeyUse> {
        match self.protects_by() {
            Protection::Passphrase => None,
            Protection::KeyFile => Some(RawKeyUse::KeyFile),
            Protection::Environment => Some(RawKeyUse::Environment),
        }
    }

    /// The generated key, once it is there.
    fn master_key(&self) -> Option<(&RawKey, &SecretText)> {
        let wanted = self.master_use()?;
        self.master.as_ref().filter(|(made_for, ..)| *made_for == wanted).map(|(_, key, text)| (key, text))
    }

    fn welcome(&mut self, input: &Input, may_quit: bool) -> Turn {
        let Input::Press(Press::Action(action)) = input else {
            return Turn::Stay;
        };
        let count = PROTECTIONS.len();
        match action {
            Action::NextChoice | Action::NextField => self.protection = (self.protection + 1) % count,
            Action::PreviousChoice | Action::PreviousField => self.protection = (self.protection + count - 1) % count,
            Action::Submit => return Turn::Next,
            Action::Cancel if may_quit => return Turn::Quit,
            Action::Cancel => {
                self.may_quit = true;
                self.message = Some("Press ⟨cancel⟩ again to leave. Nothing is made.".to_owned());
            }
            _ => {}
        }
        Turn::Stay
    }

    fn master(&self, input: &Input) -> Turn {
        match input {
            Input::Press(Press::Action(Action::Cancel)) => Turn::Back,
            Input::Press(Press::Action(Action::Submit)) if self.master_key().is_some() => Turn::Next,
            _ => Turn::Stay,
        }
    }

    fn consent(input: &Input) -> Turn {
        match input {
            Input::Press(Press::Action(Action::Yes)) => Turn::Next,
            Input::Press(Press::Action(Action::Cancel)) => Turn::Back,
            _ => Turn::Stay,
        }
    }

    /// Goes where a step sends it.
    fn turn(&mut self, turn: Turn) -> Step {
        match (turn, self.at) {
            (Turn::Stay, _) => {}
            (Turn::Generate(recipe), _) => return ask(Effect::Generate(recipe)),
            (Turn::MakeKey(wanted), _) => return ask(Effect::GenerateRawKey(wanted)),
            (Turn::Quit, _) => return ask(Effect::Quit(0)),
            (Turn::Next, At::Welcome) => {
                self.at = At::Key;
                if let Some(wanted) = self.master_use().filter(|_| self.master_key().is_none()) {
                    return ask(Effect::GenerateRawKey(wanted));
                }
            }
            (Turn::Next, At::Key) => {
                self.recovery.rewind();
                self.at = At::Recovery;
            }
            (Turn::Next, At::Recovery) => self.at = At::Consent,
            (Turn::Next, At::Consent) => return self.create(),
            (Turn::Back, At::Key) => self.at = At::Welcome,
            (Turn::Back, At::Recovery) => self.at = At::Key,
            (Turn::Back, At::Consent) => {
                self.recovery.rewind();
                self.at = At::Recovery;
            }
            (Turn::Next | Turn::Back, _) => {}
        }
        Step::default()
    }

    /// Hands copies of the keys over; these stay, in case it fails.
    fn create(&mut self) -> Step {
        let raw = self.master_key().map(|(key, _)| key.duplicate());
        let key = match (self.protects_by(), raw) {
            (Protection::Passphrase, _) => UnlockKey::Passphrase(self.passphrase.passphrase()),
            (Protection::KeyFile, Some(key)) => UnlockKey::KeyFile(key),
            (Protection::Environment, Some(key)) => UnlockKey::Environment(key),
            (_, None) => return Step::default(),
        };
        let key_file = match &key {
            UnlockKey::KeyFile(key) => Some(key.duplicate()),
            _ => None,
        };
        let keys = std::iter::once(key).chain(self.recovery.key().map(UnlockKey::Recovery)).collect();
        self.at = At::Creating;
        ask(Effect::Vault(Request::Create { keys, key_file }))
    }

    /// Draws the step in the middle of `area`.
    pub fn draw(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        let mut page = Page::new(self.title(), self.foot());
        page.gap();
        match self.at {
            At::Welcome => self.show_welcome(&mut page),
            At::Key => match self.protects_by() {
                Protection::Passphrase => self.passphrase.show(&mut page),
                Protection::KeyFile => self.show_key_file(&mut page),
                Protection::Environment => self.show_environment(&mut page),
            },
            At::Recovery => self.recovery.show(&mut page),
            At::Consent => self.show_consent(&mut page),
            At::Creating => {
                page.prose("Creating the vault…", Role::Accent);
                page.gap();
                page.prose("This takes a few seconds: the key is made expensive to guess.", Role::Text);
            }
        }
        page.gap();
        if let Some(message) = &self.message {
            page.tell(message, Role::Danger);
        }
        page.draw(keys, theme, area, frame);
    }

    fn title(&self) -> &'static str {
        match self.at {
            At::Welcome => "New vault · 1 of 4 · Protection",
            At::Key => match self.protects_by() {
                Protection::Passphrase => "New vault · 2 of 4 · Passphrase",
                Protection::KeyFile => "New vault · 2 of 4 · Key file",
                Protection::Environment => "New vault · 2 of 4 · Master key",
            },
            At::Recovery => "New vault · 3 of 4 · Recovery key",
            At::Consent => "New vault · 4 of 4 · Before it is made",
            At::Creating => "New vault",
        }
    }

    /// What its keys do now.
    #[must_use]
    pub fn foot(&self) -> String {
        let foot = match self.at {
            At::Welcome => "⟨submit⟩ go on · ⟨cancel⟩ leave · ⟨previous-choice⟩/⟨next-choice⟩ choose",
            At::Key => match self.protects_by() {
                Protection::Passphrase => self.passphrase.foot(),
                Protection::KeyFile => "⟨submit⟩ go on · ⟨cancel⟩ back",
                Protection::Environment => "⟨submit⟩ I have it · ⟨cancel⟩ back",
            },
            At::Recovery => self.recovery.foot(),
            At::Consent => "⟨yes⟩ make the vault · ⟨cancel⟩ back",
            At::Creating => "",
        };
        foot.to_owned()
    }

    fn show_welcome<'a>(&'a self, page: &mut Page<'a>) {
        page.prose(
            "There is no vault yet. One encrypted file will hold your secrets, their versions and who used them.",
            Role::Text,
        );
        if !self.vault.is_empty() {
            page.gap();
            page.path("Vault", &self.vault);
        }
        page.gap();
        page.prose("What shall open it?", Role::Text);
        let details = [
            ("Passphrase", "you type it; best for people"),
            ("Key file", "only you can read it; opens without asking"),
            ("Environment key", "a key for an environment file; best for services"),
        ];
        for (number, (name, detail)) in details.into_iter().enumerate() {
            page.option(name, detail, number == self.protection);
        }
    }

    fn show_key_file<'a>(&'a self, page: &mut Page<'a>) {
        page.prose("A random key will be written, readable by you alone, when the vault is made.", Role::Text);
        if !self.key_file.is_empty() {
            page.gap();
            page.path("Key file", &self.key_file);
        }
        page.gap();
        page.prose("Whoever has this file and the vault has every secret. Keep a copy of it offline, never beside the vault and never in version control.", Role::Text);
    }

    fn show_environment<'a>(&'a self, page: &mut Page<'a>) {
        let Some((_, text)) = self.master_key() else {
            page.prose("Making the key…", Role::Text);
            return;
        };
        page.prose(
            "Paste this line into the environment file of your service. It is shown now and never again.",
            Role::Text,
        );
        page.gap();
        page.line("STRONGROOM_MASTER_KEY=", text);
        page.gap();
        page.prose("It must stay one line without blanks, also where your terminal breaks it. Keep the file readable by the service alone (0600), out of version control and out of images.", Role::Text);
    }

    fn show_consent<'a>(&'a self, page: &mut Page<'a>) {
        let way = match self.protects_by() {
            Protection::Passphrase => "a passphrase",
            Protection::KeyFile => "a key file",
            Protection::Environment => "an environment key",
        };
        let keys = if self.recovery.key().is_some() { "and a recovery key" } else { "alone" };
        if !self.vault.is_empty() {
            page.path("Vault", &self.vault);
        }
        page.fact("Keys", format!("{way} {keys}"));
        page.gap();
        page.prose("Losing every key loses every secret. There is no reset and nobody who could help.", Role::Danger);
        page.gap();
        page.prose("Back the file up, and try a backup before you need one.", Role::Text);
        page.prose("Keep keys and passphrases out of version control, and away from the backup.", Role::Text);
        page.gap();
        page.prose("Press ⟨yes⟩ to make the vault.", Role::Focus);
    }
}

#[cfg(test)]
mod tests;
