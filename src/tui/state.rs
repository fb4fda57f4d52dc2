//! [`State`]: all that the screen can show, and every deadline.
//!
//! `update` changes it, `view` reads it, the loop asks it when it wants to be
//! woken. What comes from the vault lives in [`OpenVault`], which a lock drops
//! whole; only [`Place`] stays, so that an unlock returns to where one was.

use std::time::{Duration, Instant};

use ratatui::layout::Rect;

use crate::crypto::keyring::SlotKind;
use crate::error::Error;
use crate::secret_text::SecretText;
use crate::vault::ReadOnly;
use crate::vault::audit::AuditVerdict;
use crate::vault::scope::Address;
use crate::vault::secret::SecretId;

use super::action::{Action, Context};
use super::clock::Now;
use super::command_line::Lines;
use super::dialogs::Dialog;
use super::dialogs::incident::IncidentDialog;
use super::effect::Draft;
use super::event::KeyPath;
use super::job::Job;
use super::keymap::Keymap;
use super::layout::{Areas, Pane, SizeClass, inside, size_class};
use super::notice::Notice;
use super::panes::detail::{DetailPane, Shown};
use super::panes::history::HistoryPane;
use super::panes::overview::{Damaged, Lead, OverviewPane, Standing};
use super::panes::secrets::SecretsPane;
use super::rotating::Log;
use super::sequence::CopySequence;
use super::undo::UndoStack;

mod place;

pub use place::Place;

/// From when the idle lock counts down on the screen.
const COUNTED: Duration = Duration::from_secs(60);

/// What the application is started with.
pub struct StateOptions {
    /// The vault's path, as shown.
    pub vault: String,
    /// Where a new vault's own key file would be, as shown.
    pub key_file: String,
    /// `user@host`, as shown.
    pub who: String,
    /// What the keys mean.
    pub keymap: Keymap,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Lock after so long without a key; `None` for never.
    pub idle_lock: Option<Duration>,
    /// Hide a shown value after so long.
    pub reveal_for: Duration,
    /// Lock when the process is stopped (Ctrl-Z).
    pub lock_on_suspend: bool,
    /// What stands below the panes when nothing else does; `None` for first steps in a vault that is nearly empty.
    pub tip: Option<String>,
    /// On whose vault the palette's command lines are to work.
    pub lines: Lines,
    /// There are panes around us to paste into.
    pub in_tmux: bool,
    /// The theme has no colours to hide a value by.
    pub colourless: bool,
    /// The time of the start.
    pub now: Now,
}

impl StateOptions {
    /// The options as shipped.
    #[must_use]
    pub fn new(vault: impl Into<String>, who: impl Into<String>, size: (u16, u16), now: Now) -> Self {
        Self {
            vault: vault.into(),
            key_file: String::new(),
            who: who.into(),
            keymap: Keymap::default(),
            size,
            idle_lock: Some(Duration::from_secs(300)),
            reveal_for: Duration::from_secs(10),
            lock_on_suspend: true,
            tip: None,
            lines: Lines::Usual,
            in_tmux: false,
            colourless: false,
            now,
        }
    }
}

/// Everything the screen can show.
pub struct State {
    pub(super) options: StateOptions,
    pub(super) size: (u16, u16),
    /// The time of the last event.
    pub(super) now: Now,
    pub(super) dialog: Option<Dialog>,
    /// Over everything else and only to be read: what lies below it stays as it is.
    pub(super) over: Option<Dialog>,
    pub(super) notice: Option<Notice>,
    /// When the notice came.
    pub(super) told_at: Instant,
    /// A key was taken up by a notice: what is typed before the screen shows that goes the same way.
    pub(super) swallowed: bool,
    /// `None` while locked.
    pub(super) vault: Option<Box<OpenVault>>,
    pub(super) lease: Option<Lease>,
    pub(super) place: Place,
    /// The vault's key slots, once known.
    pub(super) slots: Option<Vec<SlotKind>>,
    /// The file that opens the vault again after a lock, if one does.
    pub(super) key_path: Option<KeyPath>,
    /// Why the vault was locked, told on the locked screen.
    pub(super) locked_because: Option<String>,
    /// What the shell is told when one leaves now: the lock has cut a rotation off.
    pub(super) halfway: Option<Error>,
    pub(super) last_key: Instant,
    /// The context that is on the screen; a question accepts keys only once it is there.
    pub(super) drawn: Option<Context>,
    /// A dialog stayed open at Esc, or leaving was warned of, and has not been drawn since.
    pub(super) esc_unseen: bool,
    /// When the detail follows a filter that is being typed.
    pub(super) detail_at: Option<Instant>,
    /// The operator's editor has the terminal.
    pub(super) editor: Option<InEditor>,
    /// What came from the editor after a lock, until the next unlock.
    pub(super) kept: Option<Kept>,
    /// The dialog has asked the vault for something and waits for the answer.
    pub(super) submitted: bool,
    pub(super) changed: bool,
}

/// What an unlocked vault shows; dropped whole by a lock.
pub struct OpenVault {
    pub(super) secrets: SecretsPane,
    pub(super) detail: DetailPane,
    pub(super) history: HistoryPane,
    pub(super) focus: Pane,
    /// Over the panes while it is open.
    pub(super) overview: Option<OverviewPane>,
    /// The filter line has the keyboard.
    pub(super) filtering: bool,
    pub(super) zoomed: bool,
    pub(super) read_only: Option<ReadOnly>,
    /// That an older file put back could not be told, and why.
    pub(super) unkept: Option<String>,
    /// Secrets that were found damaged, in that order.
    pub(super) damaged: Vec<Damaged>,
    pub(super) failed_unlocks: u64,
    pub(super) audit: Option<(AuditVerdict, jiff::Timestamp)>,
    /// What a key asked for before the secret's detail was there.
    pub(super) waiting: Option<(SecretId, Action)>,
    /// The secret whose detail was asked for last; answers about another come too late.
    pub(super) wanted_detail: Option<SecretId>,
    /// The value asked for; an answer about another comes too late.
    pub(super) asked: Option<Asked>,
    /// What one key copies, one thing after the other.
    pub(super) sequence: Option<CopySequence>,
    /// What `u` takes back.
    pub(super) undo: UndoStack,
    /// When a key that deletes was pressed last.
    pub(super) delete_pressed: Option<Instant>,
    /// What this session has seen of the rotation that it opened last.
    pub(super) rotation: Option<Log>,
    /// The checklist of an incident while something else is on the screen.
    pub(super) incident: Option<Parked>,
    /// The job that the vault is at, and since when.
    pub(super) working: Option<(Job, Instant)>,
    /// What this session asked to delete or purge and has no answer about yet.
    pub(super) removing: Vec<Address>,
    /// To be selected as soon as it is listed.
    pub(super) expected: Option<Address>,
    /// What was opened since the start, the last one first.
    pub(super) opened: Vec<SecretId>,
}

/// A checklist out of sight.
pub struct Parked {
    pub(super) dialog: Box<IncidentDialog>,
    /// It comes back once the screen is free.
    pub(super) comes_back: bool,
}

/// A value that is to be shown when it comes.
pub struct Asked {
    pub(super) id: SecretId,
    pub(super) field: String,
    pub(super) how: Shown,
}

/// What is edited while the operator's editor has the terminal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InEditor {
    /// Of which secret; `None` for one that is being added.
    pub(super) secret: Option<SecretId>,
    /// A lock has wiped more of the form than what is in the editor.
    pub(super) lost_form: bool,
}

/// A text from the operator's editor that found the vault locked: it is no value, so it waits.
pub struct Kept {
    pub(super) secret: Option<SecretId>,
    pub(super) draft: Draft,
    pub(super) text: SecretText,
}

/// A value on the clipboard, until it is cleared.
#[derive(Debug, Clone)]
pub struct Lease {
    pub(super) address: Address,
    pub(super) route: &'static str,
    pub(super) confirmed: bool,
    pub(super) until: Instant,
    /// Clearing was asked for, of a terminal that may not have listened.
    pub(super) pending: bool,
}

impl State {
    /// The state before the vault was looked at.
    #[must_use]
    pub fn new(options: StateOptions) -> Self {
        let now = options.now;
        Self {
            size: options.size,
            now,
            dialog: None,
            over: None,
            notice: None,
            told_at: now.instant,
            swallowed: false,
            vault: None,
            lease: None,
            place: Place::default(),
            slots: None,
            key_path: None,
            locked_because: None,
            halfway: None,
            last_key: now.instant,
            drawn: None,
            esc_unseen: false,
            detail_at: None,
            editor: None,
            kept: None,
            submitted: false,
            changed: true,
            options,
        }
    }

    /// True while no vault is open.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.vault.is_none()
    }

    /// What is to be said after leaving, with its exit code: a rotation was left halfway.
    #[must_use]
    pub fn halfway(&self) -> Option<&Error> {
        self.halfway.as_ref()
    }

    /// The dialog that has the keyboard.
    #[must_use]
    pub fn dialog(&self) -> Option<&Dialog> {
        self.over.as_ref().or(self.dialog.as_ref())
    }

    /// What has the keyboard; `None` while there is nothing to type into.
    #[must_use]
    pub fn context(&self) -> Option<Context> {
        self.over.as_ref().map(Dialog::context).or_else(|| self.context_below())
    }

    /// What has the keyboard once nothing lies over it.
    pub(super) fn context_below(&self) -> Option<Context> {
        if let Some(dialog) = &self.dialog {
            return Some(dialog.context());
        }
        let vault = self.vault.as_ref()?;
        Some(match vault.focus {
            _ if vault.overview.is_some() => Context::Overview,
            _ if vault.filtering => Context::Filter,
            Pane::Secrets => Context::Secrets,
            Pane::Detail => Context::Detail,
            Pane::History => Context::History,
        })
    }

    /// Where everything goes on a screen of the present size.
    #[must_use]
    pub fn areas(&self) -> Areas {
        self.areas_in(Rect::new(0, 0, self.size.0, self.size.1))
    }

    /// Where everything goes in `area`.
    pub(super) fn areas_in(&self, area: Rect) -> Areas {
        let (focus, zoomed) = self.vault.as_ref().map_or_else(Default::default, |vault| (vault.focus, vault.zoomed));
        Areas::new(area, focus, zoomed)
    }

    /// True when only one line fits.
    #[must_use]
    pub fn is_too_small(&self) -> bool {
        size_class(self.size.0, self.size.1) == SizeClass::TooSmall
    }

    /// When `update` wants an `Event::Tick` at the latest.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let revealed = self.vault.as_ref().and_then(|vault| vault.detail.revealed()).map(|revealed| revealed.until);
        let counted = [self.lease.as_ref().filter(|lease| !lease.pending).map(|lease| lease.until), revealed];
        let counted = counted.into_iter().flatten().filter(|until| *until > self.now.instant);
        let counted = counted.map(|until| self.next_second(until));
        [
            self.notice.as_ref().and_then(Notice::until),
            self.vault.as_ref().and_then(|vault| vault.sequence.as_ref()?.fresh_at()),
            self.idle_wake(),
            self.detail_at,
            self.overview_wake(),
            self.dialog.as_ref().and_then(Dialog::next_deadline),
        ]
        .into_iter()
        .flatten()
        .chain(counted)
        .min()
    }

    /// True once after each change that may show: the loop draws then.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// The loop has drawn this state; questions on the screen may be answered now.
    pub fn mark_drawn(&mut self) {
        self.drawn = self.context();
        self.esc_unseen = false;
        self.swallowed = false;
    }

    /// The rows of a page in the pane in focus.
    pub(super) fn page(&self) -> usize {
        let areas = self.areas();
        let Some(vault) = &self.vault else { return areas.rows(Pane::Secrets) };
        match areas.pane(Pane::Secrets).filter(|_| vault.focus == Pane::Secrets) {
            Some(area) => vault.secrets.page(area),
            None => areas.rows(vault.focus),
        }
    }

    /// Keeps every selection on its page after anything that moved it or the page.
    pub(super) fn follow(&mut self) {
        let areas = self.areas();
        if let Some(vault) = &mut self.vault {
            let page = areas.pane(Pane::Secrets).map_or(1, |area| vault.secrets.page(area));
            vault.secrets.follow(page);
            vault.history.follow(areas.rows(Pane::History));
        }
        self.follow_overview();
    }

    /// Counts the overview again when the list or the minute changed, and keeps its cursor on the screen.
    fn follow_overview(&mut self) {
        let Some(mut overview) = self.vault.as_mut().and_then(|vault| vault.overview.take()) else { return };
        if let (Some(standing), Some(vault)) = (self.standing(), &self.vault) {
            let usage = &vault.secrets.facts().usage;
            let recounted = overview.recount(vault.secrets.catalog(), usage, self.now.time);
            overview.follow(standing, self.overview_area());
            self.changed |= recounted;
        }
        if let Some(vault) = &mut self.vault {
            vault.overview = Some(overview);
        }
    }

    /// What the overview says about the vault itself.
    pub(super) fn standing(&self) -> Option<Standing<'_>> {
        let vault = self.vault.as_ref()?;
        Some(Standing {
            audit: vault.audit.as_ref().map(|(verdict, at)| (verdict, *at)),
            read_only: vault.read_only.as_ref(),
            unkept: vault.unkept.as_deref(),
            damaged: &vault.damaged,
            failed_unlocks: vault.failed_unlocks,
            usage: vault.secrets.facts().usage.extent(),
            backups: vault.secrets.facts().usage.backups(),
            cut_off: vault.secrets.facts().usage.cut_off(),
            slots: self.slots.as_deref(),
            now: self.now.time,
        })
    }

    /// Where the rows of the overview go.
    pub(super) fn overview_area(&self) -> Rect {
        inside(self.areas().body)
    }

    /// Where the selected number of the overview leads.
    pub(super) fn overview_lead(&self) -> Option<Lead> {
        let overview = self.vault.as_ref()?.overview.as_ref()?;
        overview.lead(self.standing()?, self.overview_area())
    }

    /// When the overview is to be counted again: with the next minute.
    fn overview_wake(&self) -> Option<Instant> {
        self.vault.as_ref()?.overview.as_ref()?;
        let left = 60 - self.now.time.as_second().rem_euclid(60);
        self.now.instant.checked_add(Duration::from_secs(left.unsigned_abs()))
    }

    /// How long until the idle lock, once it is less than a minute.
    #[must_use]
    pub(super) fn locks_in(&self) -> Option<Duration> {
        let left = self.locks_at()?.saturating_duration_since(self.now.instant);
        (left < COUNTED).then_some(left)
    }

    /// When the idle lock comes.
    pub(super) fn locks_at(&self) -> Option<Instant> {
        self.vault.as_ref()?;
        self.last_key.checked_add(self.options.idle_lock?)
    }

    /// When the idle lock has something new to show, or comes.
    fn idle_wake(&self) -> Option<Instant> {
        let at = self.locks_at()?;
        let left = at.saturating_duration_since(self.now.instant);
        Some(if left > COUNTED { at.checked_sub(COUNTED).unwrap_or(at) } else { self.next_second(at) })
    }

    /// The next moment at which a countdown to `until` shows another second.
    fn next_second(&self, until: Instant) -> Instant {
        let left = until.saturating_duration_since(self.now.instant);
        let part = Duration::from_nanos(u64::from(left.subsec_nanos()));
        let step = if part.is_zero() { Duration::from_secs(1).min(left) } else { part };
        self.now.instant.checked_add(step).unwrap_or(until)
    }
}
