//! The vault thread: the sole owner of keys and database.
//!
//! `runtime` hands it [`Request`]s and returns at once; it sends [`Answer`]s.
//! Between requests, while unlocked, it looks twice a second for what other
//! sessions wrote, and in quiet moments it does what is done behind the list: it walks the
//! rows of all secrets and the audit chain, and looks for duplicates. Locking drops the vault, which wipes its keys.

mod behind;
mod bulk;
mod serve;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::crypto::keyring::{RawKey, SlotKind, UnlockKey};
use crate::error::{Error, Kind, Result};
use crate::session::{key_file, pins};
use crate::vault::audit::Actor;
use crate::vault::catalog::Catalog;
use crate::vault::search::Index;
use crate::vault::{LockedVault, NewVault, Vault};

use super::effect::Request;
use super::event::{Answer, Event, Found, Mailbox};
use super::pending::Pending;

use behind::{Behind, SOON};

/// How often other sessions' writes are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Looks for a key among the sources that need nobody to type, given the kinds of
/// the vault's slots. Called on the vault thread, once.
pub type StartupKey = Box<dyn FnOnce(&[SlotKind]) -> Result<Option<UnlockKey>> + Send>;

/// What the thread works on.
pub(super) struct Place {
    /// The vault file.
    pub(super) vault: PathBuf,
    /// Where a new vault's own key file goes.
    pub(super) key_file: PathBuf,
    /// Where this user's pins are kept, if anywhere.
    pub(super) pins: Option<PathBuf>,
    /// Who acts.
    pub(super) actor: Actor,
    /// Tells the time.
    pub(super) clock: fn() -> Timestamp,
}

/// The way to the thread.
pub(super) struct VaultThread {
    requests: Option<Sender<Request>>,
    pending: Arc<Pending>,
    finished: Receiver<()>,
}

impl VaultThread {
    /// Starts it; it looks at the file, and unlocks it where `startup` finds a key.
    pub(super) fn start(place: Place, startup: StartupKey, mailbox: Mailbox) -> Result<Self> {
        let (requests, inbox) = channel();
        let (alive, finished) = channel();
        let pending = Arc::new(Pending::default());
        let done = Arc::clone(&pending);
        let work = move || {
            Keeper {
                place,
                mailbox,
                vault: Held::None,
                look_at: Instant::now(),
                behind: Behind::new(),
                told: None,
                unindexed: None,
            }
            .run(startup, &inbox, &done);
            drop(alive);
        };
        std::thread::Builder::new()
            .name("vault".into())
            .spawn(work)
            .map_err(|error| Error::failure(format!("No thread could be started for the vault: {error}.")))?;
        Ok(Self { requests: Some(requests), pending, finished })
    }

    /// Hands a request over.
    pub(super) fn ask(&self, request: Request) {
        let Some(requests) = &self.requests else { return };
        self.pending.add();
        if requests.send(request).is_err() {
            self.pending.remove();
        }
    }

    /// Waits until every request is served, no longer than `at_most`.
    pub(super) fn settle(&self, at_most: Duration) {
        self.pending.wait(at_most);
    }

    /// Locks, and waits for it no longer than `at_most`.
    pub(super) fn close(&mut self, at_most: Duration) {
        self.requests = None;
        let _ = self.finished.recv_timeout(at_most);
    }
}

/// What is held of the vault.
enum Held {
    /// No file, or one that is refused.
    None,
    Locked(Box<LockedVault>),
    Unlocked(Box<Vault>),
}

/// The thread's own state.
struct Keeper {
    place: Place,
    mailbox: Mailbox,
    vault: Held,
    /// When to look for changes next.
    look_at: Instant,
    /// The list as it was sent, until it has its index or has changed.
    unindexed: Option<Arc<Catalog>>,
    /// The work behind the list, while the vault is unlocked.
    behind: Behind,
    /// The last trouble with changes, so that it is told once.
    told: Option<Error>,
}

impl Keeper {
    fn run(&mut self, startup: StartupKey, inbox: &Receiver<Request>, done: &Pending) {
        self.find();
        self.unlock_at_start(startup);
        loop {
            let request = match self.wait() {
                Some(wait) => inbox.recv_timeout(wait),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match request {
                Ok(request) => self.serve_all(request, inbox, done),
                Err(RecvTimeoutError::Timeout) => self.go_on(),
                Err(RecvTimeoutError::Disconnected) => return self.drop_keys(),
            }
            if self.look_at <= Instant::now() {
                self.look();
            }
        }
    }

    /// Serves what has come in. A look at one secret is left out when another look
    /// waits behind it: somebody is holding the cursor key down.
    fn serve_all(&mut self, first: Request, inbox: &Receiver<Request>, done: &Pending) {
        let mut waiting = VecDeque::from([first]);
        while let Some(request) = waiting.pop_front() {
            waiting.extend(inbox.try_iter());
            if !waiting.iter().any(|later| is_same_look(&request, later)) {
                self.serve(request);
            }
            done.remove();
        }
    }

    /// How long to wait for a request; `None` for as long as it takes.
    fn wait(&self) -> Option<Duration> {
        match self.vault {
            Held::Unlocked(_) if self.unindexed.is_some() => Some(SOON),
            Held::Unlocked(_) => {
                self.behind.wait().or_else(|| Some(self.look_at.saturating_duration_since(Instant::now())))
            }
            _ => None,
        }
    }

    fn answer(&self, answer: Answer) {
        self.mailbox.send(Event::Vault(answer));
    }

    /// Looks at the file without touching a key.
    fn find(&mut self) {
        self.vault = Held::None;
        match LockedVault::open(&self.place.vault) {
            Ok(locked) => {
                self.answer(Answer::Found(Found::Locked(locked.slot_kinds())));
                self.vault = Held::Locked(Box::new(locked));
            }
            Err(error) if error.kind() == Kind::NotFound => self.answer(Answer::Found(Found::Nothing)),
            Err(error) => self.answer(Answer::UnlockFailed(error)),
        }
    }

    fn serve(&mut self, request: Request) {
        match request {
            Request::Unlock(key) => self.unlock(&key),
            Request::Create { keys, key_file } => match self.create(keys, key_file) {
                Ok(vault) => self.opened(vault),
                Err(error) => self.answer(Answer::Failed(error)),
            },
            Request::Lock => {
                self.drop_keys();
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
            request => {
                let changes = is_write(&request);
                if !is_look(&request) {
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
                if let Some(answer) = answer {
                    self.answer(answer);
                }
            }
        }
    }

    /// Unlocks without asking, where a source has the key; else makes ready for a passphrase.
    fn unlock_at_start(&mut self, startup: StartupKey) {
        let Held::Locked(locked) = &mut self.vault else { return };
        match startup(&locked.slot_kinds()) {
            Ok(Some(key)) => self.unlock(&key),
            Ok(None) => locked.warm_up(),
            Err(error) => self.answer(Answer::UnlockFailed(error)),
        }
    }

    fn unlock(&mut self, key: &UnlockKey) {
        let locked = match std::mem::replace(&mut self.vault, Held::None) {
            Held::Locked(locked) if locked.is_in_place() => Ok(*locked),
            Held::Unlocked(vault) => return self.vault = Held::Unlocked(vault),
            // What was put there since is what is meant.
            Held::Locked(_) | Held::None => LockedVault::open(&self.place.vault),
        };
        let unlocked = locked.and_then(|locked| {
            locked.unlock(key, self.place.actor.clone()).map_err(|refused| {
                let (locked, error) = *refused;
                self.vault = Held::Locked(Box::new(locked));
                error
            })
        });
        match unlocked {
            Ok(vault) => self.opened(vault),
            Err(error) => {
                self.answer(Answer::UnlockFailed(error));
                if let Held::Locked(locked) = &mut self.vault {
                    locked.warm_up();
                }
            }
        }
    }

    /// Makes the vault; its own key file first, so that no vault is without its key.
    fn create(&self, keys: Vec<UnlockKey>, key: Option<RawKey>) -> Result<Vault> {
        let written = key.map(|key| key_file::write(&self.place.key_file, &key)).transpose()?.is_some();
        let made = Vault::create(&self.place.vault, NewVault { keys, cost: None }, self.place.actor.clone());
        if let Err(error) = &made {
            // Only a key file that opens nothing is taken away again.
            if written && (error.kind() == Kind::Conflict || !self.place.vault.exists()) {
                let _ = std::fs::remove_file(&self.place.key_file);
            }
        }
        made
    }

    /// Sends the list, and plans the walk behind it.
    fn opened(&mut self, mut vault: Vault) {
        vault.set_clock(self.place.clock);
        let (catalog, damage) = vault.catalog_with_damage();
        // One bad row keeps nobody from finding the others; without any there is nothing to show.
        if let Some(error) = damage
            && (error.kind() != Kind::Damaged || catalog.listed().is_empty())
        {
            self.find();
            return self.answer(Answer::UnlockFailed(error));
        }
        // A log that cannot take the unlock makes the vault read-only for us; the list is shown all the same.
        let failed_unlocks = vault.begin_session().unwrap_or(0);
        let catalog = Arc::new(catalog);
        self.unindexed = Some(Arc::clone(&catalog));
        let read_only = vault.read_only_reason().map(str::to_owned);
        self.answer(Answer::Unlocked { catalog, failed_unlocks, read_only });
        self.tell_pins();
        self.vault = Held::Unlocked(Box::new(vault));
        self.look_at = Instant::now() + LOOK_EVERY;
        self.behind = Behind::new();
        self.told = None;
    }

    /// Sends this user's pins, if there are any.
    fn tell_pins(&self) {
        let (pins, damage) = self.place.pins.as_deref().map(pins::read).unwrap_or_default();
        if !pins.is_empty() || damage.is_some() {
            self.answer(Answer::Pins { pins, damage });
        }
    }

    /// Sends what this or another session changed.
    fn look(&mut self) {
        self.look_at = Instant::now() + LOOK_EVERY;
        let Held::Unlocked(vault) = &mut self.vault else { return };
        let found = vault.changes();
        self.behind.look(vault, found.as_ref().ok().and_then(Option::as_ref));
        match found {
            Ok(None) => self.told = None,
            Ok(Some(change)) => {
                self.told = None;
                self.unindexed = None;
                self.answer(Answer::Changed(change));
            }
            Err(error) => {
                if self.told.as_ref() != Some(&error) {
                    self.answer(Answer::Failed(error.clone()));
                }
                self.told = Some(error);
            }
        }
    }

    /// Uses a quiet moment: first the filter's index, so that its first key finds it made,
    /// then the next slice of what is done behind the list.
    fn go_on(&mut self) {
        if let Some(catalog) = self.unindexed.take() {
            return self.answer(Answer::Indexed(Box::new(Index::build(&catalog))));
        }
        let Held::Unlocked(vault) = &mut self.vault else { return };
        if self.behind.wait().is_none() {
            return;
        }
        let slice = self.behind.go_on(vault);
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

    /// Records the lock and wipes the keys; they are wiped even where it cannot be recorded.
    fn drop_keys(&mut self) {
        if let Held::Unlocked(vault) = std::mem::replace(&mut self.vault, Held::None) {
            let _ = vault.lock();
            self.unindexed = None;
            self.behind = Behind::new();
        }
    }
}

/// The error that an answer tells.
fn error_in(answer: &Answer) -> Option<&Error> {
    match answer {
        Answer::Failed(error) => Some(error),
        Answer::Job { result, .. } => result.as_ref().as_ref().err(),
        _ => None,
    }
}

/// True when `later` makes the answer to `request` useless.
fn is_same_look(request: &Request, later: &Request) -> bool {
    matches!((request, later), (Request::Detail(_), Request::Detail(_)) | (Request::Audit(_), Request::Audit(_)))
}

/// True for requests that leave no record.
fn is_look(request: &Request) -> bool {
    use Request::{Audit, Compare, Detail, Theirs};
    matches!(request, Audit(_) | Compare { .. } | Detail(_) | Theirs { .. })
}

/// True for requests that change the list.
fn is_write(request: &Request) -> bool {
    matches!(
        request,
        Request::Set { .. }
            | Request::Amend { .. }
            | Request::Rotate { .. }
            | Request::RollBack { .. }
            | Request::Job(_)
            | Request::Restore(_)
            | Request::RestoreThen { .. }
            | Request::Purge { .. }
    )
}
