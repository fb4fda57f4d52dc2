//! The plaintext of sealed records: how metadata, fields, notes and audit bodies
//! are written as bytes, and read back. `assets/format.md` §6 has it in words.
//!
//! A record is a row of `tag (u8) ‖ length (u32 BE) ‖ bytes`; a tag that is absent
//! has its empty value, an unknown one means a newer format.

mod audit_body;
mod parts;
mod rotation;
mod segment_body;

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::secret_text::SecretText;

use parts::{Reader, Writer, malformed, milliseconds, number, text};

use super::rotation::UnderWay;
use super::rotation::words::{read_steps, write_steps};
use super::scope::Address;
use super::secret::{FieldName, Fields, Metadata, Origin, Secret, SecretId, VALUE, Version};

pub(super) use audit_body::AuditBody;
pub(super) use segment_body::SegmentBody;

/// Most bytes of one secret's metadata.
const MAX_METADATA: usize = 64 * 1024;

/// Milliseconds as a timestamp.
pub(super) fn timestamp(milliseconds: i64) -> Result<Timestamp> {
    Timestamp::from_millisecond(milliseconds).map_err(|_| malformed())
}

/// A secret's name and metadata, borrowed from the opened record.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct RawMetadata<'a> {
    /// The record itself.
    pub(super) record: &'a [u8],
    pub(super) scope: &'a str,
    pub(super) name: &'a str,
    pub(super) description: &'a str,
    pub(super) json: &'a str,
    pub(super) tags: &'a str,
    pub(super) fields: &'a str,
    pub(super) owner: &'a str,
    pub(super) created_by: &'a str,
    pub(super) rotation_days: u64,
    pub(super) updated_at: i64,
    pub(super) value_changed_at: i64,
    pub(super) last_rotated: Option<i64>,
    pub(super) expires_at: Option<i64>,
    pub(super) recipe: &'a str,
    /// The pending version, as a record of its own.
    pub(super) stage: &'a [u8],
    pub(super) previous_until: Option<i64>,
    /// What is to be revoked, as a record of its own.
    pub(super) revoke: &'a [u8],
    /// Rotations that came to nothing, as a record of its own.
    pub(super) given_up: &'a [u8],
}

impl<'a> RawMetadata<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut raw = Self { record: bytes, fields: VALUE, ..Self::default() };
        for part in Reader(bytes) {
            let (tag, bytes) = part?;
            match tag {
                1 => raw.scope = text(bytes)?,
                2 => raw.name = text(bytes)?,
                3 => raw.description = text(bytes)?,
                4 => raw.json = text(bytes)?,
                5 => raw.tags = text(bytes)?,
                6 => raw.fields = text(bytes)?,
                7 => raw.owner = text(bytes)?,
                8 => raw.created_by = text(bytes)?,
                9 => raw.rotation_days = number(bytes)?,
                10 => raw.updated_at = milliseconds(bytes)?,
                11 => raw.value_changed_at = milliseconds(bytes)?,
                12 => raw.last_rotated = Some(milliseconds(bytes)?),
                13 => raw.expires_at = Some(milliseconds(bytes)?),
                14 => raw.recipe = text(bytes)?,
                15 => raw.stage = bytes,
                16 => raw.previous_until = Some(milliseconds(bytes)?),
                17 => raw.revoke = bytes,
                18 => raw.given_up = bytes,
                _ => return Err(malformed()),
            }
        }
        Ok(raw)
    }

    /// What the list says of its rotation.
    pub(super) fn under_way(&self) -> UnderWay {
        rotation::under_way(self)
    }

    /// True when the fields of a pending version are sealed.
    pub(super) fn is_staged(&self) -> Result<bool> {
        rotation::is_staged(self)
    }

    /// The secret of the row with these columns.
    pub(super) fn into_secret(self, id: [u8; 16], version: u64, created_at: i64, deleted_at: i64) -> Result<Secret> {
        let rotation = rotation::read(&self)?;
        let json =
            if self.json.is_empty() { None } else { Some(serde_json::from_str(self.json).map_err(|_| malformed())?) };
        Ok(Secret {
            id: SecretId(id),
            address: Address { scope: self.scope.parse()?, name: self.name.parse()? },
            version,
            fields: self.fields.split(' ').map(str::parse).collect::<Result<_>>()?,
            metadata: Metadata {
                description: self.description.to_owned(),
                json,
                tags: self.tags.split_ascii_whitespace().map(str::to_owned).collect(),
                expires_at: self.expires_at.map(timestamp).transpose()?,
                rotation_days: u32::try_from(self.rotation_days).ok().filter(|days| *days > 0),
                owner: self.owner.to_owned(),
                recipe: Some(self.recipe).filter(|recipe| !recipe.is_empty()).map(str::to_owned),
            },
            rotation,
            created_at: timestamp(created_at)?,
            created_by: self.created_by.to_owned(),
            updated_at: timestamp(self.updated_at)?,
            value_changed_at: timestamp(self.value_changed_at)?,
            last_rotated: self.last_rotated.map(timestamp).transpose()?,
            deleted_at: if deleted_at == 0 { None } else { Some(timestamp(deleted_at)?) },
        })
    }
}

/// A secret's name and metadata as one record.
pub(super) fn write_metadata(secret: &Secret) -> Result<SecretText> {
    let fields: Vec<&str> = secret.fields.iter().map(FieldName::as_str).collect();
    let fields = fields.join(" ");
    let json = secret.metadata.json.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut writer = Writer::default();
    writer
        .put(1, secret.address.scope.as_stored().as_bytes())
        .put(2, secret.address.name.as_str().as_bytes())
        .put(3, secret.metadata.description.as_bytes())
        .put(4, json.as_bytes())
        .put(5, secret.metadata.tags.join(" ").as_bytes())
        .put(6, if fields == VALUE { b"" } else { fields.as_bytes() })
        .put(7, secret.metadata.owner.as_bytes())
        .put(8, secret.created_by.as_bytes())
        .number(9, secret.metadata.rotation_days.unwrap_or(0).into())
        .time(10, Some(secret.updated_at))
        .time(11, Some(secret.value_changed_at))
        .time(12, secret.last_rotated)
        .time(13, secret.metadata.expires_at)
        .put(14, secret.metadata.recipe.as_deref().unwrap_or_default().as_bytes());
    rotation::write(&mut writer, &secret.rotation);
    let room = MAX_METADATA.saturating_sub(writer.0.len());
    rotation::write_given_up(&mut writer, &secret.rotation.given_up, room);
    if writer.0.len() > MAX_METADATA {
        return Err(Error::usage(format!("The metadata of {} takes more than 64 KiB.", secret.address))
            .hint("Keep large texts in a field of the secret."));
    }
    Ok(writer.0)
}

/// Fields as one record: for each, `name length (u8) ‖ name ‖ value length (u32 BE) ‖
/// value`; the main field has the empty name.
pub(super) fn write_fields(fields: &Fields) -> SecretText {
    let mut record = SecretText::with_capacity(fields.bytes() + 260 * fields.len());
    for (name, value) in fields.iter() {
        let name = if name.as_str() == VALUE { "" } else { name.as_str() };
        record.push(&[u8::try_from(name.len()).unwrap_or(u8::MAX)]);
        record.push(name.as_bytes());
        record.push(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes());
        record.push(value.expose());
    }
    record
}

/// Reads [`write_fields`]' record.
pub(super) fn read_fields(mut record: &[u8]) -> Result<Fields> {
    let mut fields = Fields::default();
    while let Some((&length, rest)) = record.split_first() {
        let (name, rest) = rest.split_at_checked(length.into()).ok_or_else(malformed)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(malformed)?;
        let (value, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or_else(malformed)?;
        let name = if name.is_empty() { VALUE } else { text(name)? };
        fields.set(name.parse()?, SecretText::copied_from(value));
        record = rest;
    }
    Ok(fields)
}

/// The note of a version as one record.
pub(super) fn write_note(version: &Version) -> SecretText {
    let (code, from) = match version.origin {
        Origin::Created => (1, 0),
        Origin::Set => (2, 0),
        Origin::Rotated => (3, 0),
        Origin::RolledBack { from } => (4, from),
        Origin::Imported => (5, 0),
    };
    let mut writer = Writer::default();
    writer.number(1, code).number(2, from).put(3, version.created_by.as_bytes()).put(4, version.reason.as_bytes());
    writer.put(5, write_steps(&version.steps).as_bytes());
    writer.0
}

/// Reads [`write_note`]'s record.
pub(super) fn read_note(record: &[u8], version: u64, created_at: i64) -> Result<Version> {
    let (mut code, mut from, mut created_by, mut reason, mut steps) = (0, 0, "", "", "");
    for part in Reader(record) {
        match part? {
            (1, bytes) => code = number(bytes)?,
            (2, bytes) => from = number(bytes)?,
            (3, bytes) => created_by = text(bytes)?,
            (4, bytes) => reason = text(bytes)?,
            (5, bytes) => steps = text(bytes)?,
            _ => return Err(malformed()),
        }
    }
    let origin = match code {
        1 => Origin::Created,
        2 => Origin::Set,
        3 => Origin::Rotated,
        4 => Origin::RolledBack { from },
        5 => Origin::Imported,
        _ => return Err(malformed()),
    };
    Ok(Version {
        number: version,
        created_at: timestamp(created_at)?,
        created_by: created_by.to_owned(),
        reason: reason.to_owned(),
        origin,
        steps: read_steps(steps).ok_or_else(malformed)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::scope::ScopePath;
    use proptest::prelude::*;

    fn secret() -> Secret {
        let at = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
        Secret {
            id: SecretId([5; 16]),
            address: Address::parse("prod/pay/KEY", &ScopePath::root()).unwrap(),
            version: 3,
            fields: vec!["value".parse().unwrap(), "username".parse().unwrap()],
            metadata: Metadata {
                description: "Zahlschlüssel".into(),
                json: Some(serde_json::json!({"b": 1, "a": [null]})),
                tags: vec!["db".into(), "eu".into()],
                expires_at: Some(at),
                rotation_days: Some(90),
                owner: "pay".into(),
                recipe: Some("what = \"x\"\n".into()),
            },
            rotation: Default::default(),
            created_at: at,
            created_by: "ops@host".into(),
            updated_at: at,
            value_changed_at: at,
            last_rotated: None,
            deleted_at: None,
        }
    }

    #[test]
    fn metadata_reads_back() {
        let secret = secret();
        let record = write_metadata(&secret).unwrap();
        let raw = RawMetadata::read(record.expose()).unwrap();
        let read = raw.into_secret([5; 16], 3, secret.created_at.as_millisecond(), 0).unwrap();
        assert_eq!(read, secret);
    }

    #[test]
    fn too_much_metadata_is_refused() {
        let mut secret = secret();
        secret.metadata.description = "x".repeat(MAX_METADATA);
        assert_eq!(write_metadata(&secret).err().unwrap().kind(), crate::error::Kind::Usage);
    }

    proptest! {
        #[test]
        fn any_fields_read_back(values in proptest::collection::vec(("[a-z][a-z0-9._-]{0,20}", proptest::collection::vec(any::<u8>(), 0..300)), 0..8)) {
            let mut fields = Fields::default();
            for (name, value) in &values {
                fields.set(name.parse().unwrap(), SecretText::copied_from(value));
            }
            let read = read_fields(write_fields(&fields).expose()).unwrap();
            prop_assert!(read == fields);
        }

        #[test]
        fn notes_read_back(reason in ".{0,200}", from in 1_u64..1 << 40) {
            let note = Version {
                number: 9,
                created_at: Timestamp::from_millisecond(5).unwrap(),
                created_by: "ops@host".into(),
                reason,
                origin: Origin::RolledBack { from },
                steps: Vec::new(),
            };
            prop_assert_eq!(read_note(write_note(&note).expose(), 9, 5).unwrap(), note);
        }

        #[test]
        fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (RawMetadata::read(&bytes), read_fields(&bytes).is_ok(), read_note(&bytes, 1, 0), AuditBody::read(&bytes));
        }
    }
}
