//! [`Place`]: a real vault behind the screen, without a thread of its own, and another
//! session that writes to it.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use strongroom::crypto::keyring::{RawKey, SlotKind, UnlockKey};
use strongroom::error::{Error, Kind, Result};
use strongroom::secret_text::SecretText;
use strongroom::tui::effect::Request;
use strongroom::tui::event::{Answer, Found};
use strongroom::tui::job::{Deed, Job};
use strongroom::tui::theirs::Theirs;
use strongroom::vault::audit::{Actor, AuditQuery};
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::secret::{Fields, SecretId};
use strongroom::vault::{Expected, LockedVault, MetadataChange, NewVault, Release, Vault};

use crate::keys::Random;
use crate::screen::{DAY, time};

/// Stands in every value of the vault, and nowhere else.
pub(crate) const MARK: &str = "Zq7#";

/// A vault in a folder of its own.
pub(crate) struct Place {
    _folder: tempfile::TempDir,
    path: PathBuf,
    key: RawKey,
    /// As this session has it; `None` while locked.
    vault: Option<Vault>,
    other: Vault,
    written: u64,
}

impl Place {
    pub(crate) fn new() -> Self {
        // In memory where there is such a place: it is not the disk that is looked at.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let path = folder.path().join("vault.db");
        let key = RawKey::generate().unwrap();
        let keys = vec![UnlockKey::Environment(key.duplicate())];
        let vault = Vault::create(&path, NewVault { keys, cost: None }, actor("ops")).unwrap();
        vault.lock().unwrap();
        let other = open(&path, &key, "ana").unwrap();
        let mut place = Self { _folder: folder, path, key, vault: None, other, written: 0 };
        for number in 0..24 {
            let scope = ["production/payments", "production/platform", "staging/payments", "staging", ""][number % 5];
            let separator = if scope.is_empty() { "" } else { "/" };
            place.write(&format!("{scope}{separator}KEY_{number}"), number % 3 == 0);
        }
        place
    }

    /// The other session writes a secret, maybe one that is there.
    fn write(&mut self, address: &str, strange: bool) {
        self.written += 1;
        let mut fields = Fields::value(SecretText::from(format!("{MARK}value of write {}", self.written)));
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
        assert!(set.is_ok(), "{:?}", set.err());
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
        if let Request::Amend { address, .. } | Request::Rotate { address, .. } | Request::RollBack { address, .. } =
            request
            && self.other.find(address).is_ok()
        {
            let _ = self.other.changes();
            self.write(&address.to_string(), false);
        }
    }

    /// What changed since this session looked last.
    pub(crate) fn look(&mut self) -> Vec<Answer> {
        let change = self.vault.as_mut().and_then(|vault| vault.changes().unwrap());
        change.map(Answer::Changed).into_iter().collect()
    }

    /// What the file is, at start and after a lock.
    pub(crate) fn found(&self) -> Answer {
        Answer::Found(Found::Locked(vec![SlotKind::Passphrase, SlotKind::Recovery]))
    }

    /// Unlocks, whatever was typed.
    pub(crate) fn unlock(&mut self) -> Vec<Answer> {
        if self.vault.is_none() {
            self.vault = Some(open(&self.path, &self.key, "ops").unwrap());
        }
        let vault = self.vault.as_mut().unwrap();
        let catalog = Arc::new(vault.catalog().unwrap());
        vec![Answer::Unlocked { catalog, failed_unlocks: 0, read_only: None }]
    }

    pub(crate) fn lock(&mut self) {
        if let Some(vault) = self.vault.take() {
            vault.lock().unwrap();
        }
    }

    /// Does what is asked, as the vault's thread does; a write shows before its answer.
    pub(crate) fn serve(&mut self, request: Request) -> Vec<Answer> {
        let Some(vault) = &mut self.vault else { return vec![Answer::Failed(Error::locked("The vault is locked."))] };
        let answer = answer(vault, request).unwrap_or_else(|error| Some(Answer::Failed(error)));
        let mut answers = self.look();
        answers.extend(answer);
        answers
    }

    /// Does a job, or ends it in the middle where that was asked.
    pub(crate) fn work(&mut self, job: Box<Job>) -> Vec<Answer> {
        let Some(vault) = &mut self.vault else { return vec![Answer::Failed(Error::locked("The vault is locked."))] };
        let go_on = |_, _| if job.stop.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let result = vault.bulk(&job.steps, &job.reason, go_on);
        let mut answers = self.look();
        answers.push(Answer::Job { job, result: Box::new(result) });
        answers
    }
}

fn actor(user: &str) -> Actor {
    Actor { user: user.to_owned(), host: "bastion1".to_owned(), ..Actor::default() }
}

fn open(path: &std::path::Path, key: &RawKey, user: &str) -> Result<Vault> {
    let key = UnlockKey::Environment(key.duplicate());
    let mut vault = LockedVault::open(path)?.unlock(&key, actor(user)).map_err(|refused| refused.1)?;
    vault.set_clock(|| time(0));
    Ok(vault)
}

fn answer(vault: &mut Vault, request: Request) -> Result<Option<Answer>> {
    Ok(Some(match request {
        Request::Detail(id) => Answer::Detail { secret: Box::new(vault.secret(id)?), history: vault.history(id)? },
        Request::Audit(id) => {
            let query = AuditQuery { secret: Some(id), limit: Some(20), ..AuditQuery::default() };
            Answer::Audit { id, records: vault.audit(&query)? }
        }
        Request::Reveal { id, version, allow_expired } => {
            let version = version.map_or_else(|| vault.secret(id).map(|secret| secret.version), Ok)?;
            let fields = vault.release(id, Some(version), Release::Reveal, "", allow_expired)?;
            Answer::Revealed { id, version, fields }
        }
        Request::Copy { id, field, version, allow_expired } => {
            let secret = vault.secret(id)?;
            let version = version.unwrap_or(secret.version);
            let fields = vault.release(id, Some(version), Release::Copy, "", allow_expired)?;
            let value = fields.take(&field).ok_or_else(|| Error::not_found("There is no such field."))?;
            Answer::ReadyToCopy { address: secret.address, version, value }
        }
        Request::OpenToEdit { id, version } => {
            let fields = vault.release(id, Some(version), Release::Reveal, "", true)?;
            Answer::ReadyToEdit { id, version, fields }
        }
        Request::WriteOut { path, in_work_tree: false, .. } if path.len() % 2 == 0 => {
            Answer::InWorkTree("/srv/ops".to_owned())
        }
        Request::WriteOut { id, field, path, .. } => {
            Answer::WroteOut { address: vault.secret(id)?.address, field, path }
        }
        Request::Compare { id, before, after } => Answer::Compared(Box::new(vault.shape_diff(id, before, after)?)),
        Request::FindSame { id, fields, ticket } => Answer::Same { id, names: vault.same_fields(id, &fields)?, ticket },
        Request::Theirs { id, seen, address } => Answer::Theirs(id, theirs(vault, id, seen, address)?),
        Request::RestoreThen { address, deleted_at, write } => {
            vault.restore(&address, Some(deleted_at), "")?;
            return answer(vault, *write);
        }
        Request::Amend { address, fields, metadata, reason, expected } => {
            Answer::Written(Deed::Save, Box::new(vault.amend(&address, &fields, &metadata, &reason, expected)?))
        }
        Request::Set { address, fields, metadata, reason, expected } => {
            Answer::Written(Deed::Save, Box::new(vault.set(&address, fields, metadata, &reason, expected)?))
        }
        Request::Rotate { address, fields, reason, expected, .. } => {
            Answer::Written(Deed::Rotate, Box::new(vault.rotate(&address, fields, &reason, expected)?))
        }
        Request::RollBack { address, number, reason, expected } => {
            Answer::Written(Deed::RollBack, Box::new(vault.roll_back(&address, number, &reason, expected)?))
        }
        Request::Restore(address) => Answer::Restored(vault.restore(&address, None, "")?.address),
        Request::DeletedOf(address) => {
            let deleted = vault.deleted_of(&address)?;
            Answer::DeletedOf(address, deleted)
        }
        Request::Purge { address, id } => {
            vault.purge(&address, strongroom::vault::Doomed::Id(id), "")?;
            Answer::Purged(address, id)
        }
        _ => return Ok(None),
    }))
}

/// What the other session did.
fn theirs(vault: &mut Vault, id: SecretId, seen: u64, address: Address) -> Result<Theirs> {
    let (by, at) = ("ana@bastion1".to_owned(), time(0));
    match vault.secret(id) {
        Ok(secret) if secret.deleted_at.is_some() => Ok(Theirs::Deleted { by, at, from: secret.address, taken: None }),
        Ok(secret) if secret.version == seen => Ok(Theirs::Moved { to: secret.address, version: seen }),
        Ok(secret) => {
            let diff = Box::new(vault.shape_diff(id, seen, secret.version)?);
            Ok(Theirs::Newer { diff, to: Some(secret.address).filter(|to| *to != address) })
        }
        Err(error) if error.kind() == Kind::NotFound => Ok(Theirs::Destroyed { by, at, taken: None }),
        Err(error) => Err(error),
    }
}
