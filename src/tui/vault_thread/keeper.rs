//! [`Keeper`]: keeps the vault, and with it the keys; says what comes of each request.
//!
//! It has no thread and waits for nothing: the vault thread turns it, and so can a test.
//! What it has to say goes into the mailbox, a change of the list before the answer that names it.

mod opening;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::error::{Error, Kind, Result};
use crate::session::key_source::KeySources;
use crate::session::pins;
use crate::tui::effect::Request;
use crate::tui::event::{Answer, Event, Mailbox};
use crate::vault::audit::Actor;
use crate::vault::catalog::Catalog;
use crate::vault::search::Index;
use crate::vault::{Anchors, LockedVault, OpeningKey, Vault};

use super::behind::{Behind, SOON};
use super::driving::Driving;
use super::{bulk, serve};

/// How often other sessions' writes are looked for.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Looks for a key among the sources that need nobody to type, given the locked vault.
/// Called on the vault thread, once.
pub type StartupKey = Box<dyn FnOnce(&LockedVault) -> Result<Option<OpeningKey>> + Send>;

/// What is worked on.
pub struct Place {
    /// The vault file.
    pub vault: PathBuf,
    /// The files that have the key, which open the vault again after a lock; no key itself.
    pub key_files: KeySources,
    /// Where a new vault's own key file goes.
    pub key_file: PathBuf,
    /// Where this user's pins are kept, if anywhere.
    pub pins: Option<PathBuf>,
    /// Where what was seen of the vault is kept, outside of it.
    pub anchors: Anchors,
    /// Who acts.
    pub actor: Actor,
    /// Tells the time.
    pub clock: fn() -> Timestamp,
}

/// What is held of the vault.
pub(super) enum Held {
    /// No file, or one that is refused.
    None,
    Locked(Box<LockedVault>),
    Unlocked(Box<Vault>),
}

impl Held {
    /// The vault, while it is unlocked.
    pub(super) fn unlocked(&mut self) -> Option<&mut Vault> {
        if let Self::Unlocked(vault) = self { Some(vault) } else { None }
    }
}

/// The vault and all that is known about it between two requests.
pub struct Keeper {
    place: Place,
    mailbox: Mailbox,
    pub(super) vault: Held,
    /// The rotation that the screen has opened.
    pub(super) driving: Driving,
    /// When to look for changes next.
    look_at: Instant,
    /// The list as it was sent, until it has its index or has changed.
    unindexed: Option<Arc<Catalog>>,
    /// The work behind the list, while the vault is unlocked.
    behind: Behind,
    /// How many deleted secrets there are, as far as they could be counted; `None` before that.
    deleted: Option<Option<u64>>,
    /// The last trouble with changes, so that it is told once.
    told: Option<Error>,
    /// That nothing can be written was told.
    told_read_only: bool,
    /// What the vault says of changes that were saved although the disk reported an error.
    doubts: (Sender<&'static str>, Receiver<&'static str>),
}

impl Keeper {
    /// Nothing was looked at yet.
    #[must_use]
    pub fn new(place: Place, mailbox: Mailbox) -> Self {
        Self {
            place,
            mailbox,
            vault: Held::None,
            driving: Driving::default(),
            look_at: Instant::now(),
            behind: Behind::new(),
            told: None,
            told_read_only: false,
            unindexed: None,
            deleted: None,
            doubts: channel(),
        }
    }

    /// Tells the time.
    pub(super) fn clock(&self) -> fn() -> Timestamp {
        self.place.clock
    }

    /// The way to the loop.
    pub(super) fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    pub(super) fn answer(&self, answer: Answer) {
        self.mailbox.send(Event::Vault(answer));
    }

    /// Serves one request; what it changed in the list is told before its answer.
    pub fn serve(&mut self, request: Request) {
        match request {
            Request::Unlock(key) => self.unlock(&key.into()),
            Request::UnlockByFile => self.unlock_by_file(),
            Request::Create { keys, key_file } => match self.create(keys, key_file) {
                Ok(vault) => self.opened(vault),
                Err(error) => self.answer(Answer::Failed(error)),
            },
            Request::Lock => {
                self.lock();
                self.answer(Answer::Locked);
                self.find();
            }
            Request::WritePins(ids) => {
                let written = self.place.pins.as_deref().map(|path| pins::write(path, &ids));
                if let Some(Err(error)) = written {
                    self.answer(Answer::Failed(error));
                }
            }
            Request::FindDuplicates => {
                if let Err(error) = self.behind.find_duplicates() {
                    self.answer(Answer::Duplicates(None));
                    self.answer(Answer::Failed(error));
                }
            }
            Request::Incident(choice) => {
                if let Err(error) = self.behind.investigate(*choice) {
                    self.answer(Answer::IncidentFailed(error));
                }
            }
            Request::EndIncident => self.behind.end_investigation(),
            Request::FindMentions => self.behind.find_mentions(),
            Request::Rotation(order) => {
                self.behind.expect_records();
                self.rotate(*order);
            }
            request => self.serve_with_vault(request),
        }
    }

    /// Says it once, when nothing can be written any more.
    pub(super) fn tell_read_only(&mut self) {
        let Held::Unlocked(vault) = &self.vault else { return };
        if let Some(read_only) = vault.read_only().filter(|_| !self.told_read_only) {
            self.told_read_only = true;
            self.answer(Answer::ReadOnly(read_only));
        }
    }

    /// Serves a request that needs the unlocked vault.
    fn serve_with_vault(&mut self, request: Request) {
        let changes = request.is_write();
        if !request.is_look() {
            self.behind.expect_records();
        }
        let answer = match &mut self.vault {
            Held::Unlocked(vault) => match request {
                Request::Job(job) => Ok(Some(bulk::run(vault, job, &self.mailbox))),
                request => serve::answer(vault, request),
            },
            _ => Err(Error::locked("The vault is locked.").hint("Unlock it first.")),
        };
        let answer = answer.unwrap_or_else(|error| Some(Answer::Failed(error)));
        // The list changes before the notice names what changed in it; a
        // conflict, too, means that there is something new to show.
        if let Some(error) = answer.as_ref().and_then(error_in) {
            self.told = Some(error.clone()); // the look does not say it again
        }
        if changes {
            self.look();
        }
        self.tell_read_only();
        if let Some(answer) = answer {
            self.answer(answer);
        }
        self.tell_doubts();
    }

    /// Says behind the answer that a change was saved although the disk reported an error.
    fn tell_doubts(&self) {
        for doubt in self.doubts.1.try_iter() {
            self.answer(Answer::Failed(Error::failure(doubt)));
        }
    }

    /// How long to wait for a request before [`Self::go_on`]; `None` for as long as it takes.
    pub(super) fn wait(&self) -> Option<Duration> {
        match self.vault {
            Held::Unlocked(_) if self.unindexed.is_some() || self.deleted.is_none() => Some(SOON),
            Held::Unlocked(_) => {
                self.behind.wait().or_else(|| Some(self.look_at.saturating_duration_since(Instant::now())))
            }
            _ => None,
        }
    }

    /// Looks for what other sessions wrote, when it is time.
    pub(super) fn look_if_due(&mut self) {
        if self.look_at <= Instant::now() {
            self.look();
        }
    }

    /// Sends what this or another session changed.
    pub fn look(&mut self) {
        self.look_at = Instant::now() + LOOK_EVERY;
        let Held::Unlocked(vault) = &mut self.vault else { return };
        let found = vault.changes();
        self.behind.look(vault, found.as_ref().ok().and_then(Option::as_ref));
        self.tell_read_only();
        match found {
            Ok(None) => self.told = None,
            Ok(Some(change)) => {
                self.told = None;
                self.unindexed = None;
                self.answer(Answer::Changed(change));
                self.count_deleted();
            }
            Err(error) => {
                // Keys that open nothing any more are told until the screen has locked.
                if error.kind() == Kind::Locked || self.told.as_ref() != Some(&error) {
                    self.answer(Answer::Failed(error.clone()));
                }
                self.told = Some(error);
            }
        }
    }

    /// Tells how many deleted secrets there are, where it was not told yet. What keeps them
    /// from being counted is told by the list of them.
    fn count_deleted(&mut self) {
        let Held::Unlocked(vault) = &mut self.vault else { return };
        let count = vault.count_deleted().ok();
        let told = self.deleted.replace(count).flatten();
        if let Some(count) = count.filter(|count| told != Some(*count)) {
            self.answer(Answer::DeletedCount(count));
        }
    }

    /// Uses a quiet moment: first the filter's index, so that its first key finds it made,
    /// then the next slice of what is done behind the list.
    pub fn go_on(&mut self) {
        if let Some(catalog) = self.unindexed.take() {
            return self.answer(Answer::Indexed(Box::new(Index::build(&catalog))));
        }
        if self.deleted.is_none() {
            return self.count_deleted();
        }
        let Held::Unlocked(vault) = &mut self.vault else { return };
        if self.behind.wait().is_none() {
            return;
        }
        let slice = self.behind.go_on(vault);
        self.tell_read_only();
        for answer in slice.answers {
            self.answer(answer);
        }
        if slice.walked {
            self.check_file();
        }
    }

    /// Has the file's structure checked through a connection of its own, so that no request waits for it.
    fn check_file(&self) {
        let (path, mailbox) = (self.place.vault.clone(), self.mailbox.clone());
        std::thread::spawn(move || {
            let checked = LockedVault::open(&path).and_then(|locked| locked.check_file());
            if let Err(error) = checked
                && error.kind() == Kind::Damaged
            {
                mailbox.send(Event::Vault(Answer::Failed(error)));
            }
        });
    }
}

/// The error that an answer tells.
fn error_in(answer: &Answer) -> Option<&Error> {
    match answer {
        Answer::Failed(error) | Answer::DetailFailed(_, error) => Some(error),
        Answer::Job { result, .. } => result.as_ref().as_ref().err(),
        _ => None,
    }
}
