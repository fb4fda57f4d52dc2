//! Every state that looks different, of every screen and every dialog: what the
//! snapshots show, what the sweeps go over, what the guards of complaints look at.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use strongroom::crypto::keyring::{RawKey, SlotKind};
use strongroom::error::Error;
use strongroom::secret_text::SecretText;
use strongroom::tui::effect::{Draft, Effect, RawKeyUse, Request};
use strongroom::tui::event::{Answer, Event, Found};
use strongroom::tui::files::Completion;
use strongroom::tui::theirs::Theirs;
use strongroom::vault::catalog::CatalogChange;
use strongroom::vault::generate::{Generated, Recipe};
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::secret::SecretId;
use strongroom::vault::shape::Shape;
use strongroom::vault::usage::Extent;

use super::screen::{Screen, deleted, fields, secrets, tmux_panes};

#[path = "states/dialogs.rs"]
mod dialogs;
#[path = "states/panes.rs"]
mod panes;

pub(crate) use dialogs::dialogs;
pub(crate) use panes::panes;

/// A name, and how to get there.
pub(crate) type State = (&'static str, fn(At) -> Steps);

/// The states of panes, then those of dialogs.
#[expect(clippy::allow_attributes, reason = "not every test goes over both")]
#[allow(dead_code)]
pub(crate) fn states() -> Vec<State> {
    panes().into_iter().chain(dialogs()).collect()
}

/// A screen of a size, before anything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At(pub(crate) u16, pub(crate) u16);

impl At {
    /// Before the vault was looked at.
    pub(crate) fn started(self) -> Steps {
        Steps(Screen::started(self.0, self.1))
    }

    /// There is no vault yet.
    pub(crate) fn setup(self) -> Steps {
        self.started().vault(Answer::Found(Found::Nothing))
    }

    /// A locked vault with these slots.
    pub(crate) fn unlock(self, slots: &[SlotKind]) -> Steps {
        self.started().vault(Answer::Found(Found::Locked(slots.to_vec(), None)))
    }

    /// A dozen secrets, the Stripe key selected, then some keys.
    pub(crate) fn after(self, keys: &str) -> Steps {
        Steps(Screen::unlocked(self.0, self.1)).keys(keys)
    }

    /// In tmux, the Stripe key about to be pasted; its value is like this one.
    pub(crate) fn pasting(self, value: &[u8]) -> Steps {
        let shape = Box::new(Shape::of(&SecretText::copied_from(value)));
        let steps = Steps(Screen::in_tmux(self.0, self.1)).keys("P").event(Event::TmuxPanes(Ok(tmux_panes())));
        steps.vault(Answer::Shaped { id: STRIPE, version: 7, shape })
    }

    /// With the audit log walked to its end.
    pub(crate) fn log_read(self) -> Steps {
        let mut steps = self.after("");
        steps.0.read_log();
        steps
    }

    /// With an audit log that breaks somewhere.
    pub(crate) fn log_broken(self) -> Steps {
        self.after("").vault(Answer::Used {
            uses: Vec::new(),
            extent: Extent::Unknown,
            backups: Default::default(),
            cut_off: None,
        })
    }

    /// With deleted secrets, the list of them open, then some keys.
    pub(crate) fn deleted(self, keys: &str) -> Steps {
        let mut screen = Screen::unlocked(self.0, self.1);
        screen.deleted = deleted();
        Steps(screen).keys("U").keys(keys)
    }

    /// With the checklist of an incident, and these keys after it.
    pub(crate) fn incident(self, keys: &str) -> Steps {
        let steps = self.after("I").typed("alice").keys("Enter");
        if keys.is_empty() { steps } else { steps.keys(keys) }
    }

    /// With a filter that is being typed.
    pub(crate) fn filtered(self, filter: &str) -> Steps {
        self.after("/").typed(filter)
    }

    /// Secrets whose texts are long, wide, or turn the reading direction round; the strangest selected.
    pub(crate) fn strange(self) -> Steps {
        let mut strange = secrets();
        let long = format!("{}/LONGEST_NAME_{}", ["deeply", "nested", "scope"].join("/"), "X".repeat(120));
        strange[3].address = address(&long);
        strange[3].metadata.description = "秘密の鍵 🔑👩‍💻 مفتاح a\u{202e}b\u{7}\u{1b}[31m\n\te\u{301} ".repeat(4);
        strange[3].metadata.owner = "支払いチーム@例え.jp".to_owned();
        strange[3].metadata.tags =
            ["支払い", "🔑", "a-tag-that-is-longer-than-any-tag-needs-to-be"].map(str::to_owned).to_vec();
        strange[3].created_by = "мария@бастион".to_owned();
        Steps(Screen::with(strange, self.0, self.1)).keys("/").typed("LONGEST").keys("Enter")
    }
}

/// An address.
pub(crate) fn address(text: &str) -> Address {
    Address::parse(text, &ScopePath::root()).unwrap()
}

/// A screen on its way to a state.
pub(crate) struct Steps(pub(crate) Screen);

impl Steps {
    /// Presses keys as people write them, separated by blanks.
    pub(crate) fn keys(mut self, keys: &str) -> Self {
        self.0.keys(keys);
        self
    }

    pub(crate) fn typed(mut self, text: &str) -> Self {
        self.0.type_text(text);
        self
    }

    pub(crate) fn pasted(self, text: &[u8]) -> Self {
        self.event(Event::Paste(SecretText::copied_from(text)))
    }

    pub(crate) fn event(mut self, event: Event) -> Self {
        self.0.event(event);
        self.0.state.mark_drawn();
        self
    }

    /// The vault answers.
    pub(crate) fn vault(self, answer: Answer) -> Self {
        self.event(Event::Vault(answer))
    }

    /// From now on the vault answers only what the steps say.
    pub(crate) fn silent(mut self) -> Self {
        self.0.secrets.clear();
        self
    }

    /// Time goes by.
    pub(crate) fn waited(mut self, seconds: u64) -> Self {
        self.0.wait(Duration::from_secs(seconds));
        self
    }

    /// What was asked for failed.
    pub(crate) fn failed(self, error: Error) -> Self {
        self.vault(Answer::Failed(error))
    }

    /// The key does not open the vault.
    pub(crate) fn refused(self, error: Error) -> Self {
        self.vault(Answer::UnlockFailed(error))
    }

    /// A raw key was made.
    pub(crate) fn key(self, made_for: RawKeyUse) -> Self {
        let hex = b"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
        self.event(Event::RawKey(made_for, RawKey::from_text(hex).unwrap()))
    }

    /// A value was made.
    pub(crate) fn generated(self, text: &str, entropy_bits: f64) -> Self {
        let value = SecretText::copied_from(text.as_bytes());
        self.event(Event::Generated(Generated { value, entropy_bits, recipe: Recipe::Uuid }))
    }

    /// The vault opens the Stripe key's fields for an edit.
    pub(crate) fn opened(self, version: u64) -> Self {
        let fields = fields(&secrets()[3]);
        self.vault(Answer::ReadyToEdit { id: STRIPE, version, fields })
    }

    /// The vault tells what another session did to the Stripe key.
    pub(crate) fn told(self, theirs: Theirs) -> Self {
        self.vault(Answer::Theirs(STRIPE, theirs))
    }

    /// The operator's editor has ended.
    pub(crate) fn edited(self, draft: Draft, left: Result<Option<&[u8]>, Error>) -> Self {
        let outcome = left.map(|text| text.map(SecretText::copied_from));
        self.event(Event::Edited { draft, outcome })
    }

    /// The value typed is the current one.
    pub(crate) fn same(mut self) -> Self {
        let asked = self.0.take_effects().into_iter().rev().find_map(|effect| match effect {
            Effect::Vault(Request::FindSame { ticket, .. }) => Some(ticket),
            _ => None,
        });
        let names = vec!["value".parse().unwrap()];
        self.vault(Answer::Same { id: STRIPE, names, ticket: asked.unwrap_or(0) })
    }

    /// Another session writes version 8 of the Stripe key.
    pub(crate) fn written_elsewhere(mut self) -> Self {
        let mut newer = secrets().remove(3);
        newer.version = 8;
        self.0.secrets[3] = newer.clone();
        self.vault(Answer::Changed(CatalogChange { upserted: vec![newer], removed: Vec::new() }))
    }

    /// Another session changes the description meanwhile.
    pub(crate) fn described_elsewhere(mut self) -> Self {
        let mut changed = secrets().remove(3);
        changed.metadata.description = "Charges only; refunds have a key of their own".to_owned();
        self.0.secrets[3] = changed.clone();
        self.vault(Answer::Changed(CatalogChange { upserted: vec![changed], removed: Vec::new() }))
    }

    /// The runtime tells which names there are.
    pub(crate) fn completed(self, typed: &str) -> Self {
        let names = vec!["key-2026.pem".to_owned(), "keys/".to_owned()];
        self.event(Event::PathCompleted(Completion { typed: typed.to_owned(), completed: format!("{typed}ey"), names }))
    }

    /// The runtime has read a file, or could not.
    pub(crate) fn read(self, read: Result<SecretText, Error>) -> Self {
        self.event(Event::FileRead(read))
    }

    /// A key without its name: with Alt, or one that people do not write.
    pub(crate) fn pressed(self, code: KeyCode) -> Self {
        self.event(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    /// Another session brings the selected one of the deleted secrets back.
    pub(crate) fn restored_elsewhere(mut self) -> Self {
        let mut back = self.0.deleted.remove(4);
        back.deleted_at = None;
        self.0.secrets.push(back.clone());
        self.vault(Answer::Changed(CatalogChange { upserted: vec![back], removed: Vec::new() }))
    }

    /// The first of the deleted secrets on the screen is destroyed, as was asked.
    pub(crate) fn purged(mut self) -> Self {
        let gone = self.0.deleted.remove(1);
        let change = CatalogChange { upserted: Vec::new(), removed: vec![gone.id] };
        self.vault(Answer::Purged(gone.address, gone.id)).vault(Answer::Changed(change))
    }

    /// The vault refuses the job it was handed.
    pub(crate) fn job_failed(mut self, error: Error) -> Self {
        let asked = self.0.take_effects().into_iter().find_map(|effect| match effect {
            Effect::Vault(Request::Job(job)) => Some(job),
            _ => None,
        });
        let job = asked.unwrap();
        self.vault(Answer::Job { job, result: Box::new(Err(error)) })
    }

    /// The vault does the job it was handed.
    pub(crate) fn job_done(mut self) -> Self {
        self.0.do_job();
        self.0.state.mark_drawn();
        self
    }
}

/// The Stripe key.
pub(crate) const STRIPE: SecretId = SecretId([4; 16]);
