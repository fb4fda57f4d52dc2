//! The list of one bucket as bytes, `assets/format.md` §6: every text that secrets
//! share stands once, numbers take the room they need.

use std::collections::HashMap;

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::store::SecretRow;

use super::super::catalog::{Catalog, Listed, NEVER, QuickHash, Symbol};
use super::super::record::RawMetadata;
use super::super::rotation::UnderWay;
use super::super::secret::SecretId;

/// The format from which on a list says what is under way.
const UNDER_WAY: i32 = 3;

/// A list in the making.
#[derive(Default)]
pub(in super::super) struct Writer {
    /// The file's format.
    format: i32,
    known: HashMap<Box<str>, u64, QuickHash>,
    texts: Zeroizing<Vec<u8>>,
    count: u64,
    secrets: Zeroizing<Vec<u8>>,
}

impl Writer {
    /// An empty list, as files of `format` have them.
    pub(in super::super) fn new(format: i32) -> Self {
        Self { format, ..Self::default() }
    }

    /// Adds a live secret; they come in the order of their rows.
    pub(in super::super) fn add(&mut self, row: &SecretRow<'_>, raw: &RawMetadata<'_>) {
        let second = |milliseconds: i64| milliseconds.div_euclid(1000);
        let created = second(row.created_at);
        self.count += 1;
        self.secrets.extend_from_slice(&row.id);
        put_number(&mut self.secrets, row.current);
        for text in [raw.scope, raw.tags, raw.fields, raw.created_by, raw.owner] {
            let number = self.number_of(text);
            put_number(&mut self.secrets, number);
        }
        put_text(&mut self.secrets, raw.name);
        put_number(&mut self.secrets, raw.rotation_days);
        put_number(&mut self.secrets, folded(created));
        for time in [raw.updated_at, raw.value_changed_at] {
            put_number(&mut self.secrets, folded(second(time).wrapping_sub(created)));
        }
        for time in [raw.last_rotated, raw.expires_at] {
            let after = |time| folded(second(time).wrapping_sub(created)).wrapping_add(1);
            put_number(&mut self.secrets, time.map_or(0, after));
        }
        if self.format >= UNDER_WAY {
            put_number(&mut self.secrets, raw.under_way().code().into());
        }
    }

    /// The number of `text` among the texts, in the order of their first use.
    fn number_of(&mut self, text: &str) -> u64 {
        if let Some(number) = self.known.get(text) {
            return *number;
        }
        let number = self.known.len() as u64;
        self.known.insert(text.into(), number);
        put_text(&mut self.texts, text);
        number
    }

    /// The bytes.
    pub(in super::super) fn finish(self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.texts.len() + self.secrets.len() + 20));
        put_number(&mut bytes, self.known.len() as u64);
        bytes.extend_from_slice(&self.texts);
        put_number(&mut bytes, self.count);
        bytes.extend_from_slice(&self.secrets);
        bytes
    }
}

/// Adds the secrets of a list to the catalog: all of them or, where it is malformed, none.
/// `symbols` is room that lists share.
pub(in super::super) fn read(
    bytes: &[u8],
    format: i32,
    catalog: &mut Catalog,
    symbols: &mut Vec<Symbol>,
) -> Result<()> {
    let before = catalog.listed().len();
    let read = read_some(Reader(bytes), format, catalog, symbols);
    if read.is_err() {
        catalog.truncate(before);
    }
    read
}

fn read_some(mut reader: Reader<'_>, format: i32, catalog: &mut Catalog, symbols: &mut Vec<Symbol>) -> Result<()> {
    symbols.clear();
    for _ in 0..reader.number()? {
        symbols.push(catalog.intern(reader.text()?));
    }
    for _ in 0..reader.number()? {
        let id = SecretId(reader.id()?);
        let version = narrow(reader.number()?);
        let mut shared =
            || Ok(*usize::try_from(reader.number()?).ok().and_then(|at| symbols.get(at)).ok_or_else(malformed)?);
        let [scope, tags, fields, created_by, owner] = [shared()?, shared()?, shared()?, shared()?, shared()?];
        let name = reader.text()?.into();
        let rotation_days = narrow(reader.number()?);
        let created_at = unfolded(reader.number()?);
        let after = |number| created_at.wrapping_add(unfolded(number));
        let (updated_at, value_changed_at) = (after(reader.number()?), after(reader.number()?));
        let after_or_never = |number: u64| number.checked_sub(1).map_or(NEVER, after);
        let (last_rotated, expires_at) = (after_or_never(reader.number()?), after_or_never(reader.number()?));
        let under_way = match format {
            UNDER_WAY.. => UnderWay::of_code(reader.number()?).ok_or_else(malformed)?,
            _ => UnderWay::Nothing,
        };
        catalog.push_listed(Listed {
            id,
            scope,
            name,
            tags,
            fields,
            created_by,
            owner,
            version,
            rotation_days,
            created_at,
            updated_at,
            value_changed_at,
            last_rotated,
            expires_at,
            under_way,
        });
    }
    if reader.0.is_empty() { Ok(()) } else { Err(malformed()) }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Seven bits a byte, the low ones first; the top bit says that more follow.
    fn number(&mut self) -> Result<u64> {
        let mut number = 0;
        for at in 0..10 {
            let (&byte, rest) = self.0.split_first().ok_or_else(malformed)?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << (7 * at);
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(malformed())
    }

    fn text(&mut self) -> Result<&'a str> {
        let length = usize::try_from(self.number()?).map_err(|_| malformed())?;
        let (text, rest) = self.0.split_at_checked(length).ok_or_else(malformed)?;
        self.0 = rest;
        std::str::from_utf8(text).map_err(|_| malformed())
    }

    fn id(&mut self) -> Result<[u8; 16]> {
        let (id, rest) = self.0.split_first_chunk().ok_or_else(malformed)?;
        self.0 = rest;
        Ok(*id)
    }
}

fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(0x80 | number.to_le_bytes()[0]);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_number(bytes, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}

/// A signed number as one that is small when it is near zero.
fn folded(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

fn unfolded(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn malformed() -> Error {
    Error::damaged("A list in the vault is malformed, or of a newer format.")
        .hint("Use the newest strongroom; if it says the same, restore the file from a backup.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(id: u8, current: u64, created_at: i64) -> SecretRow<'static> {
        SecretRow {
            name_index: [0; 16],
            buried: 0,
            id: [id; 16],
            current,
            revision: 1,
            created_at,
            deleted_at: 0,
            modified: 1,
            chain: [0; 32],
            metadata: Vec::new().into(),
        }
    }

    proptest! {
        #[test]
        fn numbers_and_differences_read_back(number: u64, signed: i64) {
            let mut bytes = Vec::new();
            put_number(&mut bytes, number);
            put_number(&mut bytes, folded(signed));
            let mut reader = Reader(&bytes);
            prop_assert_eq!(reader.number().unwrap(), number);
            prop_assert_eq!(unfolded(reader.number().unwrap()), signed);
            prop_assert!(reader.0.is_empty());
        }

        /// A list says what the records say of which it was made.
        #[test]
        fn a_list_equals_its_records(
            secrets in proptest::collection::vec(
                ("[a-c/]{0,5}", "[A-Z_]{1,40}", "[a-c ]{0,4}", 0_u64..1 << 40, any::<i32>(), any::<i64>(), proptest::option::of(any::<i64>())),
                0..20,
            ),
            format in 2..=3,
        ) {
            let (mut writer, mut expected) = (Writer::new(format), Catalog::default());
            for (number, (scope, name, tags, days, created, changed, rotated)) in secrets.iter().enumerate() {
                let raw = RawMetadata {
                    scope, name, tags, owner: tags, fields: "value", rotation_days: *days,
                    updated_at: *changed, value_changed_at: changed / 2, last_rotated: *rotated,
                    expires_at: rotated.map(|time| time / 3), ..RawMetadata::default()
                };
                let row = row(u8::try_from(number).unwrap(), *days, i64::from(*created));
                writer.add(&row, &raw);
                expected.push(row.id, row.current, row.created_at, &raw);
            }
            let mut catalog = Catalog::default();
            read(&writer.finish(), format, &mut catalog, &mut Vec::new()).unwrap();
            prop_assert_eq!(catalog, expected);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), format in 2..=3) {
            let mut catalog = Catalog::default();
            let read = read(&bytes, format, &mut catalog, &mut Vec::new());
            prop_assert!(read.is_ok() || catalog.listed().is_empty());
        }
    }

    #[test]
    fn a_text_that_is_shared_stands_once() {
        let (mut writer, raw) =
            (Writer::default(), RawMetadata { scope: "production", name: "A", ..RawMetadata::default() });
        writer.add(&row(1, 1, 0), &raw);
        writer.add(&row(2, 1, 0), &raw);
        let bytes = writer.finish();
        assert_eq!(bytes.windows(10).filter(|window| window == b"production").count(), 1);
    }
}
