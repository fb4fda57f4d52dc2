//! The file of a segment: a header, then the records, sealed in chunks.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::crypto::stream::{CHUNK, CHUNK_OVERHEAD, Stream};
use crate::error::{Error, Kind, Result};
use crate::store::AuditRow;

use super::super::audit::AuditRecord;
use super::super::audit_log::read;
use super::super::record::SegmentBody;
use super::stream;

const MAGIC: &[u8; 16] = b"strongroomlogcut";
const FORMAT: u32 = 1;
const HEADER: usize = 76;

/// What is to be known of a segment before its key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) id: [u8; 16],
    pub(super) vault_id: [u8; 16],
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) cut_at: i64,
}

impl Header {
    fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&FORMAT.to_be_bytes());
        bytes.extend_from_slice(&self.id);
        bytes.extend_from_slice(&self.vault_id);
        bytes.extend_from_slice(&self.first.to_be_bytes());
        bytes.extend_from_slice(&self.last.to_be_bytes());
        bytes.extend_from_slice(&self.cut_at.to_be_bytes());
        bytes
    }

    fn read(bytes: &[u8; HEADER]) -> Result<Self> {
        let mut rest = bytes.as_slice();
        if take(&mut rest)? != *MAGIC {
            return Err(Error::damaged("The file is no segment of an audit log.")
                .hint("Name a file that strongroom audit cut has made."));
        }
        let format = u32::from_be_bytes(take(&mut rest)?);
        if format > FORMAT {
            return Err(Error::failure(format!(
                "The segment has format {format}; this program knows formats up to {FORMAT}."
            ))
            .hint("Use a newer strongroom."));
        }
        Ok(Self {
            id: take(&mut rest)?,
            vault_id: take(&mut rest)?,
            first: u64::from_be_bytes(take(&mut rest)?),
            last: u64::from_be_bytes(take(&mut rest)?),
            cut_at: i64::from_be_bytes(take(&mut rest)?),
        })
    }
}

/// The first `N` bytes of what is left.
fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N]> {
    let (bytes, after) = rest.split_first_chunk().ok_or_else(|| damaged("it is cut off"))?;
    *rest = after;
    Ok(*bytes)
}

/// Writes records into a new file, chunk by chunk.
pub(super) struct Writer<W: Write> {
    out: BufWriter<W>,
    stream: Stream,
    digest: Sha256,
    /// What is to be sealed next.
    waiting: Zeroizing<Vec<u8>>,
    number: u64,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W, header: &Header, stream: Stream) -> Result<Self> {
        let waiting = Zeroizing::new(Vec::with_capacity(2 * CHUNK));
        let out = BufWriter::with_capacity(2 * CHUNK, out);
        let mut writer = Self { out, stream, digest: Sha256::new(), waiting, number: 0 };
        writer.put(&header.write())?;
        Ok(writer)
    }

    /// Adds a record, `body` being opened.
    pub(super) fn add(&mut self, row: &AuditRow<'_>, body: &[u8]) -> Result<()> {
        self.waiting.extend_from_slice(&row.seq.to_be_bytes());
        self.waiting.extend_from_slice(&row.at.to_be_bytes());
        self.waiting.extend_from_slice(&row.mac);
        self.waiting.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.waiting.extend_from_slice(body);
        while self.waiting.len() > CHUNK {
            let rest = Zeroizing::new(self.waiting.split_off(CHUNK));
            self.seal(false)?;
            self.waiting.extend_from_slice(&rest);
        }
        Ok(())
    }

    /// Ends the file; gives its SHA-256.
    pub(super) fn finish(mut self) -> Result<[u8; 32]> {
        self.seal(true)?;
        self.out.flush().map_err(|error| unwritable(&error))?;
        Ok(self.digest.finalize().into())
    }

    fn seal(&mut self, is_last: bool) -> Result<()> {
        let mut chunk = Vec::with_capacity(CHUNK + CHUNK_OVERHEAD);
        chunk.append(&mut self.waiting);
        self.stream.seal(self.number, is_last, &mut chunk)?;
        self.number += 1;
        self.put(&chunk)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.digest.update(bytes);
        self.out.write_all(bytes).map_err(|error| unwritable(&error))
    }
}

/// A segment's file of which the header was read.
pub(super) struct Opened {
    pub(super) header: Header,
    reader: BufReader<File>,
    digest: Sha256,
    /// Bytes of the chunks.
    left: u64,
}

impl Opened {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let unusable = |error: std::io::Error| {
            let kind = match error.kind() {
                std::io::ErrorKind::NotFound => Kind::NotFound,
                std::io::ErrorKind::PermissionDenied => Kind::Denied,
                _ => Kind::Failure,
            };
            Error::new(kind, format!("The segment {} cannot be read: {error}.", path.display()))
                .hint("Name a file that strongroom audit cut has made.")
        };
        // What is no file, a pipe for one, may keep whoever opens it waiting for ever.
        if !std::fs::metadata(path).map_err(unusable)?.is_file() {
            return Err(unusable(std::io::Error::other("it is no file")));
        }
        let file = File::open(path).map_err(unusable)?;
        let facts = file.metadata().map_err(unusable)?;
        let mut reader = BufReader::with_capacity(2 * CHUNK, file);
        let mut header = [0; HEADER];
        reader.read_exact(&mut header).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => {
                Error::damaged(format!("{} is no segment of an audit log, or is cut off.", path.display()))
                    .hint("Name a file that strongroom audit cut has made.")
            }
            _ => unusable(error),
        })?;
        let left = facts.len().saturating_sub(HEADER as u64);
        Ok(Self { header: Header::read(&header)?, reader, digest: Sha256::new_with_prefix(header), left })
    }

    /// Gives each record to `each`, oldest first. Nothing of it is to be believed unless
    /// this returns well: the file is then the very one that was cut off.
    pub(super) fn records(mut self, body: &SegmentBody, mut each: impl FnMut(AuditRecord)) -> Result<()> {
        let Header { id, vault_id, first, last, cut_at } = self.header;
        let stream = stream(&body.key, vault_id, id, cut_at);
        let (mut opened, mut next) = (Zeroizing::new(Vec::with_capacity(3 * CHUNK)), first);
        let mut chunk = Zeroizing::new(Vec::with_capacity(CHUNK + CHUNK_OVERHEAD));
        for number in 0.. {
            let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(CHUNK + CHUNK_OVERHEAD);
            chunk.resize(length, 0);
            self.reader.read_exact(&mut chunk).map_err(|_| damaged("it cannot be read to its end"))?;
            self.digest.update(&*chunk);
            self.left -= length as u64;
            stream
                .open(number, self.left == 0, &mut chunk)
                .map_err(|_| damaged(&format!("stretch {} of it was altered or moved", number + 1)))?;
            opened.extend_from_slice(&chunk);
            let mut rest = opened.as_slice();
            while let Some((row, body, after)) = record(rest) {
                if row.seq != next {
                    return Err(damaged("a record is missing in it"));
                }
                each(read(body, &row)?);
                (next, rest) = (next + 1, after);
            }
            let used = opened.len() - rest.len();
            opened.drain(..used);
            if self.left == 0 {
                break;
            }
        }
        let is_it: bool = self.digest.finalize().as_slice().ct_eq(&body.digest).into();
        if is_it && opened.is_empty() && next == last + 1 { Ok(()) } else { Err(damaged("it is not whole")) }
    }
}

/// The first record of what was opened, and what is behind it; `None` when it is not whole.
fn record(bytes: &[u8]) -> Option<(AuditRow<'static>, &[u8], &[u8])> {
    let (seq, rest) = bytes.split_first_chunk()?;
    let (at, rest) = rest.split_first_chunk()?;
    let (mac, rest) = rest.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (body, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    let row =
        AuditRow { seq: u64::from_be_bytes(*seq), at: i64::from_be_bytes(*at), body: [].as_slice().into(), mac: *mac };
    Some((row, body, rest))
}

fn damaged(what: &str) -> Error {
    Error::damaged(format!("The segment is damaged or was tampered with: {what}."))
        .hint("Use another copy of it, and keep this one for inspection. Nothing in it was believed.")
}

fn unwritable(error: &std::io::Error) -> Error {
    Error::failure(format!("The segment cannot be written: {error}."))
        .hint("Nothing was cut off the log. Check the room on the disk, and ulimit -f.")
}
