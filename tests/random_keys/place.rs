//! [`Place`]: a real vault behind the screen, kept as its thread keeps it, but without one;
//! and another session that writes to it.

use std::sync::mpsc::{Receiver, channel};

use jiff::Timestamp;
use strongroom::crypto::keyring::{RawKey, UnlockKey};
use strongroom::error::{Error, Kind, Result};
use strongroom::secret_text::SecretText;
use strongroom::tui::effect::Request;
use strongroom::tui::event::{Answer, Event, Mailbox, Message};
use strongroom::tui::vault_thread::{self, Keeper};
use strongroom::vault::audit::Actor;
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::secret::Fields;
use strongroom::vault::{Anchors, Expected, LockedVault, MetadataChange, NewVault, Vault};

use crate::keys::Random;
use crate::screen::{DAY, time};

/// Stands in every value of the vault, and nowhere else.
pub(crate) const MARK: &str = "Zq7#";

/// A vault in a folder of its own.
pub(crate) struct Place {
    folder: tempfile::TempDir,
    key: RawKey,
    /// This session, as the vault's thread has it.
    keeper: Keeper,
    answers: Receiver<Message>,
    other: Vault,
    written: u64,
}

impl Place {
    pub(crate) fn new() -> Self {
        // In memory where there is such a place: it is not the disk that is looked at.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        for inside in ["out", "work-tree", "work-tree/.git"] {
            std::fs::create_dir(folder.path().join(inside)).unwrap();
        }
        let path = folder.path().join("vault.db");
        let key = RawKey::generate().unwrap();
        let passphrase = UnlockKey::Passphrase(SecretText::from("nobody types this one".to_owned()));
        let keys = vec![passphrase, UnlockKey::Environment(key.duplicate())];
        let vault = Vault::create(&path, NewVault::at_least_cost(keys), actor("ops")).unwrap();
        vault.lock().unwrap();
        let other = open(&path, &key, "ana").unwrap();
        let (sender, answers) = channel();
        let (key_file, pins) = (folder.path().join("vault.key"), Some(folder.path().join("pins")));
        let anchors = Anchors { folder: Some(folder.path().join("anchors")), tell: None };
        let key_files = Default::default();
        let thread =
            vault_thread::Place { vault: path, key_files, key_file, pins, anchors, actor: actor("ops"), clock };
        let keeper = Keeper::new(thread, Mailbox::new(sender));
        let mut place = Self { folder, key, keeper, answers, other, written: 0 };
        for number in 0..24 {
            let scope = ["production/payments", "production/platform", "staging/payments", "staging", ""][number % 5];
            let separator = if scope.is_empty() { "" } else { "/" };
            place.write(&format!("{scope}{separator}KEY_{number}"), number % 3 == 0);
            if number % 6 == 1 {
                place.stage(&format!("{scope}{separator}KEY_{number}"));
            }
        }
        place
    }

    /// The other session stages a value and leaves.
    fn stage(&mut self, address: &str) {
        let fields = Fields::value(SecretText::from(format!("{MARK}staged")));
        let address = Address::parse(address, &ScopePath::root()).unwrap();
        self.other.stage(&address, fields, None, "Left half-way", Expected::Any).unwrap();
    }

    /// The other session writes a secret, maybe one that is there.
    fn write(&mut self, address: &str, strange: bool) {
        self.written += 1;
        let mut fields = Fields::value(SecretText::from(format!("{MARK}value of write {}", self.written)));
        // Of most of them codes can be made.
        let seed = if self.written.is_multiple_of(5) { MARK } else { "JBSWY3DPEHPK3PXP" };
        fields.set("totp".parse().unwrap(), SecretText::from(seed.to_owned()));
        let metadata = if strange {
            fields
                .set("username".parse().unwrap(), SecretText::from(format!("{MARK}user\n\u{1b}[31m{}", self.written)));
            MetadataChange {
                description: Some("秘密の鍵 🔑👩‍💻 a\u{202e}b\u{7}\n ".repeat(3)),
                tags: Some(vec!["db".to_owned(), "payments".to_owned()]),
                expires_at: Some(self.written.is_multiple_of(2).then(|| time(-2 * DAY))),
                ..MetadataChange::default()
            }
        } else {
            MetadataChange { rotation_days: Some(Some(30)), ..MetadataChange::default() }
        };
        let address = Address::parse(address, &ScopePath::root()).unwrap();
        let set = self.other.set(&address, Some(fields), metadata, "Written elsewhere", Expected::Any);
        // What this session has staged stands in the way of another value, and is meant to.
        let in_the_way = |error: &Error| error.kind() == Kind::Conflict && error.message().contains("pending version");
        assert!(set.as_ref().err().is_none_or(in_the_way), "{:?}", set.err());
    }

    /// The other session does something; this one is told.
    pub(crate) fn meddle(&mut self, random: &mut Random) -> Vec<Answer> {
        let _ = self.other.changes();
        let addresses: Vec<Address> =
            self.other.secrets_in_full().unwrap().into_iter().map(|secret| secret.address).collect();
        if addresses.len() < 12 || random.once_in(4) {
            self.write(&format!("production/KEY_{}", random.below(40)), random.once_in(2));
        } else {
            let address = random.one(&addresses);
            match random.below(4) {
                0 => drop(self.other.delete(address, "")),
                1 => drop(self.other.purge(address, strongroom::vault::Doomed::Single, "")),
                _ => self.write(&address.to_string(), false),
            }
        }
        self.look()
    }

    /// The other session is a moment faster at what is about to be written.
    pub(crate) fn overtake(&mut self, request: &Request) {
        let address = match request {
            Request::Amend { address, .. } | Request::Rotate { address, .. } | Request::RollBack { address, .. } => {
                Some(address)
            }
            Request::Job(job) => job.steps.first().map(|step| &step.address),
            _ => None,
        };
        if let Some(address) = address.filter(|address| self.other.find(address).is_ok()) {
            let _ = self.other.changes();
            self.write(&address.to_string(), false);
        }
    }

    /// What changed since this session looked last.
    pub(crate) fn look(&mut self) -> Vec<Answer> {
        self.keeper.look();
        self.said()
    }

    /// What is done behind the list, while nobody asks for anything.
    pub(crate) fn go_on(&mut self) -> Vec<Answer> {
        self.keeper.go_on();
        self.said()
    }

    /// What the file is, as at the start of the application.
    pub(crate) fn start(&mut self) -> Vec<Answer> {
        self.keeper.lock();
        self.keeper.start(Box::new(|_| Ok(None)));
        self.said()
    }

    /// Unlocks, whatever was typed.
    pub(crate) fn unlock(&mut self) -> Vec<Answer> {
        self.serve(Request::Unlock(UnlockKey::Environment(self.key.duplicate())))
    }

    /// Does not unlock, whatever was typed.
    pub(crate) fn refuse(&mut self) -> Vec<Answer> {
        self.serve(Request::Unlock(UnlockKey::Environment(RawKey::generate().unwrap())))
    }

    /// Does what is asked, as the vault's thread does; but no key reaches the disk outside the folder.
    pub(crate) fn serve(&mut self, mut request: Request) -> Vec<Answer> {
        if let Request::WriteOut { path, .. } | Request::WriteReport { path, .. } = &mut request {
            let folder = if path.len().is_multiple_of(2) { "work-tree" } else { "out" };
            self.written += 1;
            *path = self.folder.path().join(folder).join(format!("{}.key", self.written)).display().to_string();
        }
        self.keeper.serve(request);
        self.said()
    }

    fn said(&mut self) -> Vec<Answer> {
        let answer = |message: Message| match message.into_event() {
            Some(Event::Vault(answer)) => Some(answer),
            _ => None,
        };
        self.answers.try_iter().filter_map(answer).collect()
    }
}

fn actor(user: &str) -> Actor {
    Actor { user: user.to_owned(), host: "bastion1".to_owned(), ..Actor::default() }
}

fn clock() -> Timestamp {
    time(0)
}

fn open(path: &std::path::Path, key: &RawKey, user: &str) -> Result<Vault> {
    let key = UnlockKey::Environment(key.duplicate());
    let mut vault = LockedVault::open(path)?.unlock(&key, actor(user)).map_err(|refused| refused.1)?;
    vault.set_clock(clock);
    Ok(vault)
}
