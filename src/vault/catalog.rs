//! [`Catalog`]: every live secret without its values, small enough to hold
//! 100,000 of them, in the order the list shows them (scope, then name).
//!
//! The vault builds it once at unlock and sends changes afterwards; the screen
//! and `list` read it. Text is interned: one [`Symbol`] for
//! each different scope, tag set, field set or person.

mod name;

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use jiff::Timestamp;

use super::record::RawMetadata;
use super::rotation::UnderWay;
use super::scope::{Address, ScopePath};
use super::secret::{FieldName, Secret, SecretId};

pub use name::ListedName;

/// An interned text of a [`Catalog`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(u32);

/// A secret as the list shows it: no heap memory of its own, unless its name is long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Lasting identity.
    pub id: SecretId,
    /// Where it lives.
    pub scope: Symbol,
    /// What it is called there.
    pub name: ListedName,
    /// The tags, joined by blanks.
    pub tags: Symbol,
    /// The field names, joined by blanks.
    pub fields: Symbol,
    /// Who wrote version 1.
    pub created_by: Symbol,
    /// The owner from the metadata.
    pub owner: Symbol,
    /// The current version.
    pub version: u32,
    /// Days a value may serve; 0 for no interval.
    pub rotation_days: u32,
    /// Unix seconds: first version, any change, value change, rotation, expiry; `i64::MAX` for never.
    pub created_at: i64,
    /// See `created_at`.
    pub updated_at: i64,
    /// See `created_at`.
    pub value_changed_at: i64,
    /// See `created_at`.
    pub last_rotated: i64,
    /// See `created_at`.
    pub expires_at: i64,
    /// What is under way about its value.
    pub under_way: UnderWay,
}

/// No such time, in [`Listed`].
pub const NEVER: i64 = i64::MAX;

impl Listed {
    /// True when the secret has expired at `now`.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at <= now.as_second()
    }

    /// When the value is due for rotation, in Unix seconds; `NEVER` without an interval.
    #[must_use]
    pub fn due_at(&self) -> i64 {
        match self.rotation_days {
            0 => NEVER,
            days => self.value_changed_at.saturating_add(86_400 * i64::from(days)),
        }
    }

    /// True when the value is due at `now`.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due_at() <= now.as_second()
    }
}

/// What another session, or this one, changed since the catalog was built.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CatalogChange {
    /// New or changed secrets.
    pub upserted: Vec<Secret>,
    /// Deleted or purged ones.
    pub removed: Vec<SecretId>,
}

/// Every live secret in list order, and the texts they share.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalog {
    listed: Vec<Listed>,
    symbols: Vec<Box<str>>,
    known: HashMap<Box<str>, Symbol, QuickHash>,
}

/// Hashes texts of our own vault, where nobody plants collisions.
pub(super) type QuickHash = BuildHasherDefault<Quick>;

/// Multiplies eight bytes at a time and folds the halves of the product, so that every
/// bit of them reaches the low ones, by which a map chooses.
pub(super) struct Quick(u64);

/// Not from 0, which zeros in front would keep.
impl Default for Quick {
    fn default() -> Self {
        Self(0x517c_c1b7_2722_0a95)
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.0 = fold(self.0 ^ u64::from_le_bytes(word), 0x9e37_79b9_7f4a_7c15);
        }
    }

    fn finish(&self) -> u64 {
        fold(self.0, 0xa076_1d64_78bd_642f)
    }
}

/// The halves of a product, laid over each other.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    u64::try_from((product & u128::from(u64::MAX)) ^ (product >> 64)).unwrap_or_default()
}

impl Catalog {
    /// The secrets in list order.
    #[must_use]
    pub fn listed(&self) -> &[Listed] {
        &self.listed
    }

    /// The text behind a symbol. A scope is as stored: empty for the root.
    #[must_use]
    pub fn text(&self, symbol: Symbol) -> &str {
        self.symbols.get(symbol.0 as usize).map_or("", |text| text)
    }

    /// The full address of a listed secret.
    #[must_use]
    pub fn address(&self, listed: &Listed) -> Option<Address> {
        Some(Address { scope: self.text(listed.scope).parse().ok()?, name: listed.name.parse().ok()? })
    }

    /// The position of a secret in the list.
    #[must_use]
    pub fn position(&self, id: SecretId) -> Option<usize> {
        self.listed.iter().position(|listed| listed.id == id)
    }

    /// Interns `text`, which is mostly what the row before had.
    fn intern_like(&mut self, text: &str, before: Option<Symbol>) -> Symbol {
        before.filter(|before| self.text(*before) == text).unwrap_or_else(|| self.intern(text))
    }

    /// Interns `text`.
    pub fn intern(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.known.get(text) {
            return *symbol;
        }
        let symbol = Symbol(u32::try_from(self.symbols.len()).unwrap_or(u32::MAX));
        self.symbols.push(text.into());
        self.known.insert(text.into(), symbol);
        symbol
    }

    /// Adds many secrets and sorts once.
    pub fn extend(&mut self, secrets: impl IntoIterator<Item = Secret>) {
        for secret in secrets {
            let listed = self.list(&secret);
            self.listed.push(listed);
        }
        self.sort();
    }

    /// Applies changes, keeping the order. Many cost little more than one: the list is
    /// gone through once, and what is new is merged into it.
    pub fn apply(&mut self, change: CatalogChange) {
        let upserted = change.upserted.iter().map(|secret| secret.id);
        let gone: HashSet<SecretId> = upserted.chain(change.removed).collect();
        self.listed.retain(|listed| !gone.contains(&listed.id));
        let live = change.upserted.iter().filter(|secret| secret.deleted_at.is_none());
        let new: Vec<Listed> = live.map(|secret| self.list(secret)).collect();
        let (mut new, mut at) = (self.in_order(new), self.listed.len());
        let mut merged = self.listed.len() + new.len();
        // From the end, into room made there, so that each row moves once at most.
        self.listed.extend_from_slice(&new);
        while let Some(last) = new.last() {
            merged -= 1;
            if at > 0 && self.order(&self.listed[at - 1]) > self.order(last) {
                at -= 1;
                self.listed.swap(at, merged);
            } else if let Some(last) = new.pop() {
                self.listed[merged] = last;
            }
        }
    }

    /// The key of the list order.
    fn order<'a>(&'a self, listed: &'a Listed) -> (&'a str, &'a [u8]) {
        (self.text(listed.scope), listed.name.bytes())
    }

    fn in_order(&self, mut listed: Vec<Listed>) -> Vec<Listed> {
        listed.sort_by(|a, b| self.order(a).cmp(&self.order(b)));
        listed
    }

    /// Sorts by scope, then name: the rows are dealt to their scopes first, so that only
    /// names within one scope are compared, and nearly always by a number alone.
    pub(super) fn sort(&mut self) {
        let mut by_text: Vec<usize> = (0..self.symbols.len()).collect();
        by_text.sort_unstable_by_key(|&symbol| &self.symbols[symbol]);
        let mut starts = vec![0_u32; self.symbols.len()];
        for listed in &self.listed {
            starts[listed.scope.0 as usize] += 1;
        }
        let (mut sum, mut runs) = (0, Vec::new());
        for symbol in by_text {
            let length = std::mem::replace(&mut starts[symbol], sum);
            runs.extend((length > 1).then_some(sum as usize..(sum + length) as usize));
            sum += length;
        }
        let mut order = vec![(0_u64, 0_u32); self.listed.len()];
        for (at, listed) in (0..).zip(&self.listed) {
            let slot = &mut starts[listed.scope.0 as usize];
            order[*slot as usize] = (beginning(listed.name.bytes()), at);
            *slot += 1;
        }
        let name = |at: u32| self.listed[at as usize].name.bytes();
        for run in runs {
            order[run].sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| name(a.1).cmp(name(b.1))));
        }
        self.permute(&mut order);
    }

    /// Puts the row that is at `order[at].1` to `at`, for every place, without a second list.
    fn permute(&mut self, order: &mut [(u64, u32)]) {
        for start in 0..order.len() {
            let mut at = start;
            loop {
                let from = order[at].1 as usize;
                order[at].1 = u32::try_from(at).unwrap_or(u32::MAX);
                if from == start || from == at {
                    break;
                }
                self.listed.swap(at, from);
                at = from;
            }
        }
    }

    /// Makes room for so many more, as far as there is memory: the number may be wrong.
    pub(super) fn reserve(&mut self, secrets: usize) {
        let _ = self.listed.try_reserve_exact(secrets.min(1 << 24));
    }

    /// Cuts the list to its first `length`.
    pub(super) fn truncate(&mut self, length: usize) {
        self.listed.truncate(length);
    }

    /// Adds one secret whose texts are interned, at the end; [`Self::sort`] comes after the last.
    pub(super) fn push_listed(&mut self, listed: Listed) {
        self.listed.push(listed);
    }

    /// Adds one secret from its opened record, at the end; [`Self::sort`] comes after the last.
    pub(super) fn push(&mut self, id: [u8; 16], version: u64, created_at: i64, raw: &RawMetadata<'_>) {
        let second = |milliseconds: Option<i64>| milliseconds.map_or(NEVER, |time| time.div_euclid(1000));
        let before = self.listed.last().map(Columns::of);
        let listed = Listed {
            id: SecretId(id),
            scope: self.intern_like(raw.scope, before.map(|before| before.scope)),
            name: raw.name.into(),
            tags: self.intern_like(raw.tags, before.map(|before| before.tags)),
            fields: self.intern_like(raw.fields, before.map(|before| before.fields)),
            created_by: self.intern_like(raw.created_by, before.map(|before| before.created_by)),
            owner: self.intern_like(raw.owner, before.map(|before| before.owner)),
            version: u32::try_from(version).unwrap_or(u32::MAX),
            rotation_days: u32::try_from(raw.rotation_days).unwrap_or(u32::MAX),
            created_at: second(Some(created_at)),
            updated_at: second(Some(raw.updated_at)),
            value_changed_at: second(Some(raw.value_changed_at)),
            last_rotated: second(raw.last_rotated),
            expires_at: second(raw.expires_at),
            under_way: raw.under_way(),
        };
        self.listed.push(listed);
    }

    /// The listed form of a secret.
    fn list(&mut self, secret: &Secret) -> Listed {
        let second = |time: Option<Timestamp>| time.map_or(NEVER, Timestamp::as_second);
        let fields: Vec<&str> = secret.fields.iter().map(FieldName::as_str).collect();
        Listed {
            id: secret.id,
            scope: self.intern(secret.address.scope.as_stored()),
            name: secret.address.name.as_str().into(),
            tags: self.intern(&secret.metadata.tags.join(" ")),
            fields: self.intern(&fields.join(" ")),
            created_by: self.intern(&secret.created_by),
            owner: self.intern(&secret.metadata.owner),
            version: u32::try_from(secret.version).unwrap_or(u32::MAX),
            rotation_days: secret.metadata.rotation_days.unwrap_or(0),
            created_at: secret.created_at.as_second(),
            updated_at: secret.updated_at.as_second(),
            value_changed_at: secret.value_changed_at.as_second(),
            last_rotated: second(secret.last_rotated),
            expires_at: second(secret.metadata.expires_at),
            under_way: secret.rotation.under_way(),
        }
    }
}

/// The interned columns of one row.
#[derive(Clone, Copy)]
struct Columns {
    scope: Symbol,
    tags: Symbol,
    fields: Symbol,
    created_by: Symbol,
    owner: Symbol,
}

impl Columns {
    fn of(listed: &Listed) -> Self {
        Self {
            scope: listed.scope,
            tags: listed.tags,
            fields: listed.fields,
            created_by: listed.created_by,
            owner: listed.owner,
        }
    }
}

/// The first eight bytes of a name as a number that sorts as they do.
fn beginning(name: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let length = name.len().min(8);
    bytes[..length].copy_from_slice(&name[..length]);
    u64::from_be_bytes(bytes)
}

/// For tests and the first list alike.
impl FromIterator<Secret> for Catalog {
    fn from_iter<I: IntoIterator<Item = Secret>>(secrets: I) -> Self {
        let mut catalog = Self::default();
        catalog.extend(secrets);
        catalog
    }
}

/// Whether `scope` of the catalog is `wanted` or lies below it.
#[must_use]
pub fn stored_scope_is_within(stored: &str, wanted: &ScopePath) -> bool {
    wanted.is_root()
        || stored.strip_prefix(wanted.as_stored()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secret(number: u8, address: &str) -> Secret {
        let at = Timestamp::UNIX_EPOCH;
        Secret {
            id: SecretId([number; 16]),
            address: Address::parse(address, &ScopePath::root()).unwrap(),
            version: 1,
            fields: vec!["value".parse().unwrap()],
            metadata: super::super::secret::Metadata::default(),
            created_at: at,
            created_by: "ops@host".into(),
            updated_at: at,
            value_changed_at: at,
            last_rotated: None,
            deleted_at: None,
            rotation: Default::default(),
        }
    }

    fn addresses(catalog: &Catalog) -> Vec<(String, String)> {
        let listed = catalog.listed().iter();
        listed.map(|listed| (catalog.text(listed.scope).to_owned(), listed.name.to_string())).collect()
    }

    proptest! {
        #[test]
        fn the_list_is_in_order_however_it_was_made(
            names in proptest::collection::btree_set("([abp]{1,2}/){0,2}[A-Da-d_0][A-Da-d_.0]{0,6}", 0..40),
            late in 0_usize..40,
        ) {
            let secrets: Vec<Secret> = (0..).zip(&names).map(|(number, name)| secret(number, name)).collect();
            let late = late.min(secrets.len());
            let mut grown: Catalog = secrets[late..].iter().cloned().collect();
            grown.apply(CatalogChange { upserted: secrets[..late].to_vec(), removed: Vec::new() });
            let whole: Catalog = secrets.iter().rev().cloned().collect();
            let mut expected = addresses(&whole);
            expected.sort();
            prop_assert_eq!(addresses(&whole), expected.clone());
            prop_assert_eq!(addresses(&grown), expected);
        }
    }

    /// Ids that count up in any of their bytes choose different places of a small map.
    #[test]
    fn every_byte_of_an_id_reaches_the_low_bits_of_its_hash() {
        use std::hash::BuildHasher;
        for at in 0..15 {
            let places: HashSet<u64> = (0..4096_u16)
                .map(|number| {
                    let mut id = [0; 16];
                    id[at..at + 2].copy_from_slice(&number.to_be_bytes());
                    QuickHash::default().hash_one(SecretId(id)) & 0xffff
                })
                .collect();
            assert!(places.len() > 3_500, "byte {at}: {}", places.len());
        }
    }

    #[test]
    fn changes_replace_and_remove() {
        let mut catalog: Catalog = [secret(1, "a/X"), secret(2, "b/Y")].into_iter().collect();
        let moved = CatalogChange { upserted: vec![secret(1, "c/X")], removed: vec![SecretId([2; 16])] };
        catalog.apply(moved);
        assert_eq!(addresses(&catalog), [("c".to_owned(), "X".to_owned())]);
        assert_eq!(catalog.position(SecretId([1; 16])), Some(0));
    }
}
