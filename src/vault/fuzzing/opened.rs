//! The plaintext of records and lists: what is read and written again reads the same.

use crate::error::Result;
use crate::fuzzing::Feed;
use crate::secret_text::SecretText;
use crate::store::SecretRow;
use crate::vault::catalog::{Catalog, Listed, NEVER};
use crate::vault::listing::{Writer, read_bytes};
use crate::vault::record::{AuditBody, RawMetadata, read_fields, read_note, write_fields, write_metadata, write_note};

/// Whose records these are.
const SUBJECT: [u8; 16] = [5; 16];
/// Fewest bytes that a secret takes in a list.
const LEAST_LISTED: usize = 16 + 13;
/// Seconds that are not past the end of what milliseconds can tell.
const TELLABLE: std::ops::Range<i64> = -1_000_000_000_000..1_000_000_000_000;

/// The plaintext of a record: metadata, fields, a version's note or an audit body.
pub fn records(data: &[u8]) {
    let mut feed = Feed(data);
    let (what, record) = (feed.byte(), feed.0);
    match what % 4 {
        0 => metadata(record),
        1 => reads_back(record, read_fields, |fields| Ok(write_fields(fields))),
        2 => reads_back(record, |record| read_note(record, 9, 5), |note| Ok(write_note(note))),
        _ => audit_body(record),
    }
}

/// What `read` makes of bytes is what it makes of the bytes that `write` makes of it.
fn reads_back<T: PartialEq>(
    record: &[u8],
    read: impl Fn(&[u8]) -> Result<T>,
    write: impl Fn(&T) -> Result<SecretText>,
) {
    let Ok(first) = read(record) else { return };
    // More than may be written is no fault of what was read.
    let Ok(written) = write(&first) else { return };
    assert!(read(written.expose()).is_ok_and(|again| again == first), "a record does not read back");
    assert!(written.expose() == write(&first).unwrap_or_default().expose(), "a record is written in two ways");
}

fn metadata(record: &[u8]) {
    let read = |record: &[u8]| RawMetadata::read(record).and_then(|raw| raw.into_secret(SUBJECT, 3, 5, 0));
    reads_back(record, read, write_metadata);
    if let Ok(raw) = RawMetadata::read(record) {
        let staged = raw.is_staged();
        if let Ok(secret) = raw.into_secret(SUBJECT, 3, 5, 0) {
            let stage = secret.rotation.stage.as_ref();
            assert_eq!(staged.ok(), Some(stage.is_some_and(|stage| stage.revision > 0)), "a pending version is missed");
        }
    }
}

/// What is looked up in a body without reading all of it is what the whole says.
fn audit_body(record: &[u8]) {
    let Ok(first) = AuditBody::read(record) else { return };
    let written = first.write();
    let Ok(body) = AuditBody::read(written.expose()) else {
        assert!(first.address.is_none(), "an audit body does not read back");
        return;
    };
    assert!(body.write() == written, "an audit body is written in two ways");
    assert_eq!(AuditBody::subject(written.expose()), body.secret, "an audit body has two subjects");
    let (user, host) = (&body.actor.user, &body.actor.host);
    let let_out = AuditBody::let_out(written.expose(), user, host).ok().flatten();
    let lets_out = body.action.lets_value_out() && body.error.is_none();
    assert_eq!(let_out, body.secret.filter(|_| lets_out).map(|secret| (secret, true)), "a value left unseen");
}

/// The list of a bucket, of any format that has lists.
pub fn listing(data: &[u8]) {
    let mut feed = Feed(data);
    let (format, bytes) = (2 + i32::from(feed.byte() & 1), feed.0);
    let mut catalog = Catalog::default();
    if read_bytes(bytes, format, &mut catalog, &mut Vec::new()).is_err() {
        assert!(catalog.listed().is_empty(), "a part of a list was taken");
        return;
    }
    let listed = catalog.listed();
    assert!(listed.len() * LEAST_LISTED <= bytes.len(), "a list has more in it than it has bytes for");
    let tellable = |secret: &Listed| {
        let times = [secret.created_at, secret.updated_at, secret.value_changed_at];
        let never = [secret.last_rotated, secret.expires_at].into_iter().filter(|time| *time != NEVER);
        times.into_iter().chain(never).all(|time| TELLABLE.contains(&time))
    };
    if !listed.iter().all(tellable) {
        return;
    }
    let mut writer = Writer::new(format);
    for secret in listed {
        write_listed(&mut writer, &catalog, secret);
    }
    let (written, mut again) = (writer.finish(), Catalog::default());
    assert!(read_bytes(&written, format, &mut again, &mut Vec::new()).is_ok(), "a list does not read back");
    assert!(is_same(&again, &catalog), "a list reads back as another");
}

/// The row and the record that a list's line was made of.
fn write_listed(writer: &mut Writer, catalog: &Catalog, secret: &Listed) {
    let milliseconds = |seconds: i64| seconds * 1000;
    let some = |seconds: i64| (seconds != NEVER).then(|| milliseconds(seconds));
    let code = secret.under_way.code();
    let (stage, revoke) = ([1, 0, 0, 0, 1, code], [1]);
    let raw = RawMetadata {
        scope: catalog.text(secret.scope),
        name: &secret.name,
        tags: catalog.text(secret.tags),
        fields: catalog.text(secret.fields),
        owner: catalog.text(secret.owner),
        created_by: catalog.text(secret.created_by),
        rotation_days: secret.rotation_days.into(),
        updated_at: milliseconds(secret.updated_at),
        value_changed_at: milliseconds(secret.value_changed_at),
        last_rotated: some(secret.last_rotated),
        expires_at: some(secret.expires_at),
        stage: if (1..8).contains(&code) { &stage } else { &[] },
        revoke: if code == 8 { &revoke } else { &[] },
        ..RawMetadata::default()
    };
    let row = SecretRow {
        name_index: [0; 16],
        buried: 0,
        id: secret.id.0,
        current: secret.version.into(),
        revision: 1,
        created_at: milliseconds(secret.created_at),
        deleted_at: 0,
        modified: 1,
        chain: [0; 32],
        metadata: Vec::new().into(),
    };
    writer.add(&row, &raw);
}

/// Whether two catalogs list the same, whatever numbers their texts have.
fn is_same(one: &Catalog, other: &Catalog) -> bool {
    let texts = |catalog: &Catalog, secret: &Listed| {
        let symbols = [secret.scope, secret.tags, secret.fields, secret.created_by, secret.owner];
        symbols.map(|symbol| catalog.text(symbol).to_owned())
    };
    let is_same_line = |(a, b): (&Listed, &Listed)| {
        let Listed { scope, tags, fields, created_by, owner, .. } = *b;
        texts(one, a) == texts(other, b) && Listed { scope, tags, fields, created_by, owner, ..a.clone() } == *b
    };
    one.listed().len() == other.listed().len() && one.listed().iter().zip(other.listed()).all(is_same_line)
}
