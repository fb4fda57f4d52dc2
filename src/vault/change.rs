//! [`Change`]: one write to the vault, from the verified state to the sealed next
//! one. Everything that is written goes through here, so that no write can forget
//! its audit record, its bucket, the bucket's list or the root.

use std::collections::BTreeSet;
use std::ops::Deref;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::crypto::keyring::{Keyring, RawKey};
use crate::crypto::random_array;
use crate::crypto::seal::{Padding, Place, Purpose, SealKey};
use crate::error::{Error, Result};
use crate::store::{AuditRow, BUCKETS, SecretRow, StateRow, Tx, VersionRow};

use super::audit::{Actor, AuditAction};
use super::record::{self, AuditBody, SegmentBody};
use super::rotation::StepDone;
use super::scope::Address;
use super::secret::{Fields, Origin, Secret, SecretId, Version};
use super::segments;
use super::view::{View, metadata_place};
use super::{integrity, listing, rows};

/// Records under one multi-use key before a new master key is demanded: a tenth
/// under the bound of NIST SP 800-38D §8.3 for random nonces.
const MOST_SEALED: u64 = 3_865_470_566;

/// Milliseconds by which the clock may be behind the last record without a word: who
/// waited for another writer has looked at the clock before.
const MOST_REGRESSED: i64 = 60_000;

/// One write in progress.
pub(super) struct Change<'a> {
    view: View<'a>,
    actor: &'a Actor,
    pub(super) now: Timestamp,
    /// Buckets of which a row was written.
    touched: BTreeSet<usize>,
    /// Buckets whose list is to be sealed anew though no row changed: it is missing.
    unlisted: BTreeSet<usize>,
    dirty: bool,
    /// Whether the clock was compared with the log.
    clock_noted: bool,
    /// Failed unlocks since the last write, folded into the log by this one.
    pub(super) failed_unlocks: u64,
}

impl<'a> Deref for Change<'a> {
    type Target = View<'a>;

    fn deref(&self) -> &View<'a> {
        &self.view
    }
}

impl<'a> Change<'a> {
    /// Verifies what is there, brings an old file to the newest format and opens the next state.
    pub(super) fn begin(tx: &'a Tx<'a>, keys: &'a Keyring, actor: &'a Actor, now: Timestamp) -> Result<Self> {
        let mut view = View::new(tx, keys)?;
        view.state.seq += 1;
        let (touched, unlisted) = (BTreeSet::new(), BTreeSet::new());
        let mut change =
            Self { view, actor, now, touched, unlisted, dirty: false, clock_noted: false, failed_unlocks: 0 };
        if tx.migrate()? {
            change.list_again(0..BUCKETS);
            change.audit_body(AuditAction::Migrate, None, None, None, "", None)?;
        }
        Ok(change)
    }

    /// Has the lists of these buckets sealed anew, should anything be written.
    pub(super) fn list_again(&mut self, buckets: impl IntoIterator<Item = usize>) {
        self.unlisted.extend(buckets);
    }

    /// Seals the next state and gives it, when anything was written.
    pub(super) fn finish(mut self) -> Result<Option<StateRow>> {
        if !self.dirty {
            return Ok(None);
        }
        let pages: BTreeSet<usize> = self.touched.iter().map(|bucket| bucket / 32).collect();
        for bucket in std::mem::take(&mut self.touched) {
            let digest = self.heads.digest(bucket);
            integrity::set_bucket(&mut self.view.digests, bucket, &digest);
            // The list is made of the rows as the file has them by now: what was checked and written.
            let (sum, list) = self.list(bucket)?;
            let is_empty = sum.rows == 0;
            sum.matches(&self.view, bucket)?;
            if is_empty {
                self.tx.remove_listing(bucket)?;
            } else {
                self.put_list(bucket, &list.finish())?;
            }
            self.unlisted.remove(&bucket);
        }
        for bucket in std::mem::take(&mut self.unlisted) {
            // Rows that are damaged get no list, nor keep one of an older format; whoever reads
            // them finds the damage there.
            let (sum, list) = self.list(bucket)?;
            if sum.rows > 0 && sum.matches(&self.view, bucket).is_ok() {
                self.put_list(bucket, &list.finish())?;
            } else {
                self.tx.remove_listing(bucket)?;
            }
        }
        for page in pages {
            self.tx.put_bucket_page(page * 32, &self.digests)?;
        }
        self.view.state.root = integrity::root(&self.digests);
        if self.state.sealed >= MOST_SEALED {
            return Err(Error::denied("This master key has sealed as many records as is safe.")
                .hint("Replace it with strongroom key replace; nothing is written until then."));
        }
        self.view.state.tag = integrity::tag(self.tx, self.keys, &self.state)?;
        self.tx.put_state(&self.state)?;
        Ok(Some(self.view.state))
    }

    /// Seals the list of every bucket from its rows, each of which must open and match its digest.
    ///
    /// # Errors
    /// Damaged, when one does not.
    pub(super) fn list_all(&mut self) -> Result<()> {
        for bucket in (0..BUCKETS).filter(|bucket| !integrity::is_empty(&self.digests, *bucket)).collect::<Vec<_>>() {
            let (sum, list) = self.list(bucket)?;
            sum.matches(&self.view, bucket)?;
            self.put_list(bucket, &list.finish())?;
        }
        Ok(())
    }

    /// What the rows of a bucket come to, and the list of the live ones.
    fn list(&self, bucket: usize) -> Result<(rows::Sum, listing::Writer)> {
        let mut list = listing::Writer::new(self.tx.format()?);
        let sum = rows::each_in(&self.view, bucket, |row, raw| {
            if row.buried == 0 {
                list.add(row, raw);
            }
        })?;
        Ok((sum, list))
    }

    /// Seals the list of a bucket for the digest that the bucket has by now.
    fn put_list(&mut self, bucket: usize, list: &[u8]) -> Result<()> {
        let place = listing::place(self.keys, bucket, integrity::of_bucket(&self.digests, bucket));
        let sealed = self.seal(|keys| &keys.listing, &place, Padding::Buckets, list)?;
        self.tx.put_listing(bucket, &sealed)
    }

    /// Another line of history begins here.
    pub(super) fn begin_lineage(&mut self, lineage: [u8; 16]) {
        self.view.state.lineage = lineage;
    }

    /// Milliseconds since the epoch.
    pub(super) fn at(&self) -> i64 {
        self.now.as_millisecond()
    }

    /// Seals `secret`'s metadata into `row` under its next revision and writes the row
    /// where its address and `buried` say. Gives the revision.
    pub(super) fn put(&mut self, mut row: SecretRow<'static>, secret: &Secret, buried: u64) -> Result<u64> {
        self.place(&mut row, self.name_index(&secret.address), buried)?;
        row.revision += 1;
        row.current = secret.version;
        row.deleted_at = secret.deleted_at.map_or(0, Timestamp::as_millisecond);
        row.modified = self.state.seq;
        let metadata = record::write_metadata(secret)?;
        row.metadata = self
            .seal(|keys| &keys.metadata, &metadata_place(self.keys, &row), Padding::Blocks, metadata.expose())?
            .into();
        self.write_row(&row)?;
        Ok(row.revision)
    }

    /// Destroys a secret; what stays is a husk that holds no name, so that other
    /// sessions see it go and nobody can hide that it went.
    pub(super) fn purge(&mut self, mut row: SecretRow<'static>) -> Result<()> {
        self.tx.remove_versions(&row.id)?;
        self.tx.remove_stage(&row.id)?;
        if row.buried == 0 {
            let (name_index, buried) = (row.name_index, self.state.seq);
            self.place(&mut row, name_index, buried)?;
        }
        row.current = 0;
        row.revision += 1;
        row.deleted_at = self.at();
        row.modified = self.state.seq;
        row.chain = [0; 32];
        row.metadata = Vec::new().into();
        self.write_row(&row)
    }

    /// Gives a row another key: another name, buried, or alive again.
    fn place(&mut self, row: &mut SecretRow<'static>, name_index: [u8; 16], buried: u64) -> Result<()> {
        if (row.name_index, row.buried) == (name_index, buried) {
            return Ok(());
        }
        // Both buckets before either is touched: else somebody else's alteration would be sealed.
        self.check_bucket(&row.name_index)?;
        self.check_bucket(&name_index)?;
        self.tx.place_secret(row, &name_index, buried)?;
        self.heads.remove(row);
        self.touched.insert(row.bucket());
        (row.name_index, row.buried) = (name_index, buried);
        Ok(())
    }

    fn write_row(&mut self, row: &SecretRow<'_>) -> Result<()> {
        self.check_bucket(&row.name_index)?;
        self.tx.put_secret(row)?;
        self.heads.put(&self.keys.state, row);
        self.touched.insert(row.bucket());
        self.dirty = true;
        Ok(())
    }

    /// The row of a secret that does not exist yet.
    pub(super) fn new_row(&mut self, address: &Address) -> Result<SecretRow<'static>> {
        self.view.state.secrets += 1;
        Ok(SecretRow {
            name_index: self.name_index(address),
            buried: 0,
            id: *uuid::Builder::from_random_bytes(random_array()?).into_uuid().as_bytes(),
            current: 0,
            revision: 0,
            created_at: self.at(),
            deleted_at: 0,
            modified: 0,
            chain: [0; 32],
            metadata: Vec::new().into(),
        })
    }

    /// Seals `fields` as the next version of `row` and links it to the chain.
    pub(super) fn add_version(
        &mut self,
        row: &mut SecretRow<'static>,
        fields: &Fields,
        origin: Origin,
        reason: &str,
        steps: &[StepDone],
    ) -> Result<()> {
        let number = row.current + 1;
        let created_at = self.at();
        let place = |view: &View<'_>, purpose| view.version_place(purpose, row.id, number, created_at);
        let plaintext = record::write_fields(fields);
        let data_key: RawKey = self.keys.data_key(&row.id, number, plaintext.expose())?;
        let value =
            SealKey::new(data_key.bytes()).seal(&place(self, Purpose::Value), Padding::Buckets, plaintext.expose())?;
        let wrapped = self.owner_key()?.seal(&place(self, Purpose::DataKey), Padding::Exact, data_key.bytes())?;
        let note = record::write_note(&Version {
            number,
            created_at: self.now,
            created_by: self.actor.signature(),
            reason: reason.to_owned(),
            origin,
            steps: steps.to_vec(),
        });
        let note = self.seal(|keys| &keys.metadata, &place(self, Purpose::Note), Padding::Buckets, note.expose())?;
        self.count_sealed(); // the wrapped data key
        let data_key = wrapped.try_into().map_err(|_| Error::failure("A data key has the wrong size."))?;
        let version = VersionRow { secret_id: row.id, number, created_at, data_key, value, note };
        self.tx.add_version(&version)?;
        row.chain = integrity::link(&self.keys.state, &row.chain, &version);
        row.current = number;
        self.dirty = true;
        Ok(())
    }

    /// Seals under a multi-use key and counts it.
    fn seal(
        &mut self,
        key: impl Fn(&Keyring) -> &SealKey,
        place: &Place,
        padding: Padding,
        plaintext: &[u8],
    ) -> Result<Vec<u8>> {
        let sealed = key(self.keys).seal(place, padding, plaintext)?;
        self.count_sealed();
        Ok(sealed)
    }

    /// Seals what is known of a segment of the log.
    pub(super) fn seal_segment(&mut self, last: u64, body: &SegmentBody) -> Result<Vec<u8>> {
        let place = segments::place(self.keys, last);
        self.seal(|keys| &keys.audit_body, &place, Padding::Blocks, body.write().expose())
    }

    /// Counts a record that was sealed under a key that is used more than once.
    pub(super) fn count_sealed(&mut self) {
        self.view.state.sealed += 1;
    }

    /// Who acts.
    pub(super) fn signature(&self) -> String {
        self.actor.signature()
    }

    /// Appends an audit record about `secret`.
    pub(super) fn audit(
        &mut self,
        action: AuditAction,
        secret: &Secret,
        version: Option<u64>,
        reason: &str,
    ) -> Result<()> {
        self.audit_body(action, Some(secret.id), Some(&secret.address), version, reason, None)
    }

    /// Puts on record, once, that the clock went back since the last one was written. The
    /// order of the records is that of their numbers, whatever the clock says.
    fn note_clock(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.clock_noted, true) {
            return Ok(());
        }
        let last = self.tx.audit_link(self.state.audit_seq)?.map_or(i64::MIN, |(at, _)| at);
        if last.saturating_sub(self.at()) < MOST_REGRESSED {
            return Ok(());
        }
        let reason =
            format!("The clock is earlier than at the record before, which is of {}", record::timestamp(last)?);
        self.audit_body(AuditAction::ClockRegressed, None, None, None, &reason, None)
    }

    /// Appends an audit record about anything.
    pub(super) fn audit_body(
        &mut self,
        action: AuditAction,
        secret: Option<SecretId>,
        address: Option<&Address>,
        version: Option<u64>,
        reason: &str,
        error: Option<&str>,
    ) -> Result<()> {
        self.note_clock()?;
        let body = AuditBody {
            action,
            secret,
            address: address.cloned(),
            version,
            actor: self.actor.clone(),
            reason: reason.to_owned(),
            error: error.map(str::to_owned),
        };
        let (seq, at) = (self.state.audit_seq + 1, self.at());
        let place = audit_place(self.keys, seq, at);
        let body = self.seal(|keys| &keys.audit_body, &place, Padding::Blocks, body.write().expose())?;
        let mac = audit_link(self.keys, &self.state.audit_head, seq, at, &body);
        self.tx.append_audit(&AuditRow { seq, at, body: body.into(), mac })?;
        self.view.state.audit_seq = seq;
        self.view.state.audit_head = mac;
        self.dirty = true;
        Ok(())
    }
}

/// The place of an audit body.
pub(super) fn audit_place(keys: &Keyring, seq: u64, at: i64) -> Place {
    Place { key_epoch: keys.key_epoch, version: seq, created_at: at, ..Place::new(Purpose::Audit, keys.vault_id) }
}

/// The audit chain's code after a record.
pub(super) fn audit_link(keys: &Keyring, before: &[u8; 32], seq: u64, at: i64, body: &[u8]) -> [u8; 32] {
    audit_link_of_digest(keys, before, seq, at, &Sha256::digest(body).into())
}

/// The same, by the SHA-256 of the body.
pub(super) fn audit_link_of_digest(keys: &Keyring, before: &[u8; 32], seq: u64, at: i64, body: &[u8; 32]) -> [u8; 32] {
    keys.audit.digest(&[b"audit\0", &keys.vault_id, &seq.to_be_bytes(), &at.to_be_bytes(), before, body])
}

#[cfg(test)]
mod tests {
    use crate::crypto::keyring::UnlockKey;
    use crate::error::Kind;
    use crate::vault::{NewVault, Vault};

    use super::*;

    #[test]
    fn a_key_that_is_worn_out_seals_nothing_until_it_is_replaced() {
        let (folder, raw) = (tempfile::tempdir().unwrap(), RawKey::generate().unwrap());
        let key = || UnlockKey::Environment(raw.duplicate());
        let new = NewVault { keys: vec![key()], cost: None };
        let mut vault = Vault::create(&folder.path().join("v.db"), new, Actor::default()).unwrap();
        let note = |vault: &mut Vault| vault.note(AuditAction::Verify, None, "", None);
        let wear = |change: &mut Change<'_>| {
            change.view.state.sealed = MOST_SEALED - 2;
            change.audit_body(AuditAction::Verify, None, None, None, "", None)
        };
        vault.write(wear).unwrap();
        assert_eq!(note(&mut vault).unwrap_err().kind(), Kind::Denied);
        let presented = vault.present(vec![key()]).unwrap();
        vault.replace_master_key(&presented, &[], None, "").unwrap();
        note(&mut vault).unwrap();
    }
}
