//! A secret's rotation as the parts of its metadata.

use jiff::{SignedDuration, Timestamp};

use crate::error::Result;
use crate::vault::rotation::words::{read_steps, write_steps};
use crate::vault::rotation::{Busy, GivenUp, Revoke, Rotation, Stage, StageState, StepKind, UnderWay, Which};
use crate::vault::secret::FieldName;

use super::parts::{Reader, Writer, malformed, milliseconds, number, text};
use super::{RawMetadata, timestamp};

/// Bytes of a part's tag and length.
const PART: usize = 5;

/// Adds what is under way.
pub(super) fn write(writer: &mut Writer, rotation: &Rotation) {
    if let Some(stage) = &rotation.stage {
        writer.put(15, write_stage(stage).0.expose());
    }
    writer.time(16, rotation.previous_until);
    if let Some(revoke) = &rotation.revoke {
        writer.put(17, write_revoke(revoke).0.expose());
    }
}

/// Adds the rotations that were given up, the newest first, as many as there is room for in
/// so many bytes: none of them keeps a later one from being written down.
pub(super) fn write_given_up(writer: &mut Writer, given_up: &[GivenUp], room: usize) {
    let mut list = Writer::default();
    for (tag, given_up) in (1_u8..).zip(given_up) {
        let mut one = Writer::default();
        one.time(1, Some(given_up.at))
            .put(2, given_up.by.as_bytes())
            .number(3, given_up.version)
            .put(4, given_up.reason.as_bytes())
            .put(5, write_steps(&given_up.steps).as_bytes());
        if list.0.len() + one.0.len() + 2 * PART > room {
            break;
        }
        list.put(tag, one.0.expose());
    }
    writer.put(18, list.0.expose());
}

fn read_given_up(record: &[u8]) -> Result<Vec<GivenUp>> {
    let mut list = Vec::new();
    for part in Reader(record) {
        let mut given_up = GivenUp {
            at: Timestamp::UNIX_EPOCH,
            by: String::new(),
            version: 0,
            reason: String::new(),
            steps: Vec::new(),
        };
        for part in Reader(part?.1) {
            match part? {
                (1, bytes) => given_up.at = timestamp(milliseconds(bytes)?)?,
                (2, bytes) => text(bytes)?.clone_into(&mut given_up.by),
                (3, bytes) => given_up.version = number(bytes)?,
                (4, bytes) => text(bytes)?.clone_into(&mut given_up.reason),
                (5, bytes) => given_up.steps = read_steps(text(bytes)?).ok_or_else(malformed)?,
                _ => return Err(malformed()),
            }
        }
        list.push(given_up);
    }
    Ok(list)
}

/// Reads what [`write`] added.
pub(super) fn read(raw: &RawMetadata<'_>) -> Result<Rotation> {
    Ok(Rotation {
        stage: if raw.stage.is_empty() { None } else { Some(read_stage(raw.stage)?) },
        previous_until: raw.previous_until.map(timestamp).transpose()?,
        revoke: if raw.revoke.is_empty() { None } else { Some(read_revoke(raw.revoke)?) },
        given_up: read_given_up(raw.given_up)?,
    })
}

/// What the list says of it, without reading all of it.
pub(super) fn under_way(raw: &RawMetadata<'_>) -> UnderWay {
    let state = Reader(raw.stage).filter_map(Result::ok).find(|(tag, _)| *tag == 1);
    match state.and_then(|(_, bytes)| StageState::of_code(number(bytes).ok()?)) {
        Some(state) => UnderWay::Stage(state),
        None if raw.revoke.is_empty() => UnderWay::Nothing,
        None => UnderWay::Revoke,
    }
}

/// True when the fields of a pending version are sealed.
pub(super) fn is_staged(raw: &RawMetadata<'_>) -> Result<bool> {
    Ok(!raw.stage.is_empty() && read_stage(raw.stage)?.revision > 0)
}

fn write_stage(stage: &Stage) -> Writer {
    let fields: Vec<&str> = stage.fields.iter().map(FieldName::as_str).collect();
    let mut writer = Writer::default();
    writer
        .number(1, stage.state as u64)
        .number(2, stage.revision)
        .time(3, Some(stage.since))
        .put(4, stage.by.as_bytes())
        .put(5, stage.reason.as_bytes())
        .put(6, fields.join(" ").as_bytes())
        .number(7, stage.grace.map_or(0, |grace| grace.as_secs().unsigned_abs() + 1))
        .put(8, write_steps(&stage.steps).as_bytes())
        .number(9, stage.turn);
    put_busy(&mut writer, 10, stage.busy.as_ref());
    if stage.revision > 0 {
        writer.put(11, &stage.digest);
    }
    writer.number(12, stage.to_promote.into()).number(13, stage.from.unwrap_or(0));
    writer
}

fn read_stage(record: &[u8]) -> Result<Stage> {
    let mut stage = Stage {
        state: StageState::Making,
        since: Timestamp::UNIX_EPOCH,
        by: String::new(),
        reason: String::new(),
        from: None,
        fields: Vec::new(),
        grace: None,
        steps: Vec::new(),
        busy: None,
        to_promote: false,
        turn: 0,
        revision: 0,
        digest: [0; 32],
    };
    for part in Reader(record) {
        let (tag, bytes) = part?;
        match tag {
            1 => stage.state = StageState::of_code(number(bytes)?).ok_or_else(malformed)?,
            2 => stage.revision = number(bytes)?,
            3 => stage.since = timestamp(milliseconds(bytes)?)?,
            4 => text(bytes)?.clone_into(&mut stage.by),
            5 => text(bytes)?.clone_into(&mut stage.reason),
            6 => stage.fields = text(bytes)?.split(' ').map(str::parse).collect::<Result<_>>()?,
            7 => stage.grace = Some(seconds(number(bytes)?)?),
            8 => stage.steps = read_steps(text(bytes)?).ok_or_else(malformed)?,
            9 => stage.turn = number(bytes)?,
            10 => stage.busy = Some(read_busy(bytes)?),
            11 => stage.digest = bytes.try_into().map_err(|_| malformed())?,
            12 => stage.to_promote = number(bytes)? == 1,
            13 => stage.from = Some(number(bytes)?),
            _ => return Err(malformed()),
        }
    }
    // A digest is that of sealed fields.
    if stage.revision == 0 && stage.digest != [0; 32] {
        return Err(malformed());
    }
    Ok(stage)
}

/// One more than the seconds.
fn seconds(number: u64) -> Result<SignedDuration> {
    let seconds = number.checked_sub(1).and_then(|seconds| i64::try_from(seconds).ok());
    seconds.map(SignedDuration::from_secs).ok_or_else(malformed)
}

fn write_revoke(revoke: &Revoke) -> Writer {
    let mut writer = Writer::default();
    writer.number(1, revoke.version).put(2, write_steps(&revoke.steps).as_bytes()).number(3, revoke.turn);
    put_busy(&mut writer, 4, revoke.busy.as_ref());
    writer
}

fn read_revoke(record: &[u8]) -> Result<Revoke> {
    let mut revoke = Revoke { version: 0, steps: Vec::new(), busy: None, turn: 0 };
    for part in Reader(record) {
        let (tag, bytes) = part?;
        match tag {
            1 => revoke.version = number(bytes)?,
            2 => revoke.steps = read_steps(text(bytes)?).ok_or_else(malformed)?,
            3 => revoke.turn = number(bytes)?,
            4 => revoke.busy = Some(read_busy(bytes)?),
            _ => return Err(malformed()),
        }
    }
    Ok(revoke)
}

fn put_busy(to: &mut Writer, tag: u8, busy: Option<&Busy>) {
    let Some(busy) = busy else { return };
    let mut writer = Writer::default();
    writer
        .number(1, busy.kind as u64)
        .number(2, busy.of as u64)
        .time(3, Some(busy.since))
        .time(4, Some(busy.until))
        .put(5, busy.by.as_bytes())
        .number(6, busy.pid.into());
    to.put(tag, writer.0.expose());
}

fn read_busy(record: &[u8]) -> Result<Busy> {
    let (mut kind, mut of, mut pid, mut by) = (None, None, 0, "");
    let (mut since, mut until) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
    for part in Reader(record) {
        let (tag, bytes) = part?;
        match tag {
            1 => kind = StepKind::of_code(number(bytes)?),
            2 => of = Which::of_code(number(bytes)?),
            3 => since = timestamp(milliseconds(bytes)?)?,
            4 => until = timestamp(milliseconds(bytes)?)?,
            5 => by = text(bytes)?,
            6 => pid = u32::try_from(number(bytes)?).map_err(|_| malformed())?,
            _ => return Err(malformed()),
        }
    }
    let (kind, of) = kind.zip(of).ok_or_else(malformed)?;
    Ok(Busy { kind, of, since, until, by: by.to_owned(), pid })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::vault::rotation::{StepDone, StepEnd};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    proptest! {
        #[test]
        fn a_rotation_reads_back(
            state in 1_u64..=7, revision: u64, turn: u64, reason in ".{0,40}", grace in proptest::option::of(0_i64..1 << 40),
            busy: bool, until in proptest::option::of(0_i64..1 << 33), version in proptest::option::of(1_u64..99), took: u64, pid: u32,
        ) {
            let busy = || busy.then(|| Busy {
                kind: StepKind::Apply, of: Which::Pending, since: at(5), until: at(9), by: "ops@host".into(), pid,
            });
            let steps = vec![StepDone { kind: StepKind::Verify, of: Which::Current, end: StepEnd::TimedOut, took }];
            let rotation = Rotation {
                stage: Some(Stage {
                    state: StageState::of_code(state).unwrap(), since: at(3), by: "ops@host".into(), reason, from: version,
                    fields: vec!["value".parse().unwrap(), "username".parse().unwrap()],
                    grace: grace.map(SignedDuration::from_secs), steps: steps.clone(), busy: busy(), to_promote: pid % 2 == 1, turn, revision,
                    digest: [u8::from(revision > 0); 32],
                }),
                previous_until: until.map(at),
                given_up: vec![GivenUp { at: at(7), by: "ops@host".into(), version: revision, reason: "It failed.".into(), steps: steps.clone() }; usize::from(busy().is_some())],
                revoke: version.map(|version| Revoke { version, steps, busy: busy(), turn }),
            };
            let mut writer = Writer::default();
            write(&mut writer, &rotation);
            write_given_up(&mut writer, &rotation.given_up, usize::MAX);
            let raw = RawMetadata::read(writer.0.expose()).unwrap();
            prop_assert_eq!(read(&raw).unwrap(), rotation.clone());
            prop_assert_eq!(under_way(&raw), rotation.under_way());
        }

        /// Old ones make room for the others, and for the rest of the metadata.
        #[test]
        fn what_was_given_up_takes_no_more_than_its_room(lengths in proptest::collection::vec(0_usize..3000, 0..20), room in 0_usize..40_000) {
            let given_up: Vec<GivenUp> = lengths.iter().map(|length| GivenUp {
                at: at(7), by: "ops@host".into(), version: 1, reason: "x".repeat(*length), steps: Vec::new(),
            }).collect();
            let mut writer = Writer::default();
            write_given_up(&mut writer, &given_up, room);
            prop_assert!(writer.0.len() <= room);
            let raw = RawMetadata::read(writer.0.expose()).unwrap();
            let kept = read_given_up(raw.given_up).unwrap();
            prop_assert_eq!(&kept[..], &given_up[..kept.len()]);
            let all: usize = given_up.iter().map(|given_up| given_up.reason.len() + 60).sum();
            prop_assert!(kept.len() == given_up.len() || all > room);
        }

        #[test]
        fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = (read_stage(&bytes), read_revoke(&bytes), read_busy(&bytes), read_given_up(&bytes));
            let _ = under_way(&RawMetadata { stage: &bytes, ..RawMetadata::default() });
        }
    }
}
