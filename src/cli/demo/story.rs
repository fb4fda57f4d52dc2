//! The made-up past: who made which secret when, rotated it, rolled it back and read
//! it, in the order in which it would have happened.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

use crate::error::{Error, Kind, Result};
use crate::secret_text::SecretText;
use crate::vault::scope::{Address, ScopePath};
use crate::vault::secret::{Fields, SecretId};
use crate::vault::{Expected, MetadataChange, Release, Vault};

/// Secrets with a story of their own.
const TOLD: &str = include_str!("../../../assets/demo.txt");
const DAY: i64 = 86_400;

const ENVIRONMENTS: [&str; 3] = ["production", "staging", "development"];
const TEAMS: [&str; 8] = ["billing", "edge", "identity", "mail", "mobile", "platform", "search", "warehouse"];
const SYSTEMS: [&str; 9] = [
    "API_KEY",
    "DATADOG_KEY",
    "GITHUB_APP_KEY",
    "POSTGRES_PASSWORD",
    "REDIS_URL",
    "S3_ACCESS_KEY",
    "SENTRY_DSN",
    "SMTP_PASSWORD",
    "TLS_PRIVATE_KEY",
];
const REASONS: [&str; 4] = ["Scheduled rotation", "Vendor asked for it", "Leaked in a build log", "Somebody left"];

/// When the writers believe to be, in Unix seconds.
static THEN: AtomicI64 = AtomicI64::new(0);

fn then() -> Timestamp {
    Timestamp::from_second(THEN.load(Ordering::SeqCst)).unwrap_or_default()
}

/// A secret of the story.
struct Told {
    address: Address,
    versions: Vec<(i64, Option<u64>)>,
    metadata: MetadataChange,
    fields: Vec<(String, String)>,
}

/// Something that happened so many seconds ago to one secret.
struct Happened {
    ago: i64,
    secret: usize,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Created,
    Rotated(usize),
    RolledBack(u64),
    Read(Release),
}

/// Writes the story into a vault, by several hands, as it would stand there at `now`.
pub(super) fn tell(writers: &mut [Vault], now: Timestamp) -> Result<()> {
    let mut told: Vec<Told> = TOLD.lines().filter_map(|line| read(line, now)).collect();
    told.extend(crowd(now)?);
    let mut ids: Vec<Option<SecretId>> = vec![None; told.len()];
    writers.iter_mut().for_each(|writer| writer.set_clock(then));
    let count = writers.len().max(1);
    for (number, happened) in events(&told).into_iter().enumerate() {
        THEN.store(now.as_second().saturating_sub(happened.ago), Ordering::SeqCst);
        let Some(secret) = told.get(happened.secret) else { continue };
        let Some(writer) = writers.get_mut(spread(number) % count) else { continue };
        let id = ids.get_mut(happened.secret);
        let known = id.as_deref().copied().flatten();
        if let (Some(new), Some(id)) = (happen(writer, secret, known, happened.what)?, id) {
            *id = Some(new);
        }
    }
    Ok(())
}

/// One event; gives the id of a secret that was made. What was refused is part of the story.
fn happen(vault: &mut Vault, secret: &Told, id: Option<SecretId>, what: What) -> Result<Option<SecretId>> {
    let reason = |at: usize| REASONS.get(spread(at) % REASONS.len()).copied().unwrap_or_default();
    match (what, id) {
        (What::Created, _) => {
            let (fields, reason) = (fields(secret, 1)?, "Created for the launch");
            let metadata = secret.metadata.clone();
            let written = vault.set(&secret.address, Some(fields), metadata, reason, Expected::Absent)?;
            return Ok(Some(written.secret.id));
        }
        (What::Rotated(version), _) => {
            let fields = fields(secret, version)?;
            vault.rotate(&secret.address, fields, reason(version + secret.versions.len()), Expected::Present)?;
        }
        (What::RolledBack(number), _) => {
            vault.roll_back(&secret.address, number, "The new one was refused", Expected::Present)?;
        }
        (What::Read(how), Some(id)) => match vault.release(id, None, how, "", false) {
            Err(error) if error.kind() != Kind::Expired => return Err(error),
            _ => {}
        },
        (What::Read(_), None) => {}
    }
    Ok(None)
}

/// All that happened, the oldest first.
fn events(told: &[Told]) -> Vec<Happened> {
    let mut events = Vec::new();
    for (secret, told) in told.iter().enumerate() {
        for (at, (days, back)) in told.versions.iter().enumerate() {
            let what = match back {
                _ if at == 0 => What::Created,
                Some(number) => What::RolledBack(*number),
                None => What::Rotated(at + 1),
            };
            let ago = days * DAY + 3_600 + 97 * i64::try_from(secret).unwrap_or(0) % 20_000;
            events.push(Happened { ago, secret, what });
        }
    }
    // Read on most days of the last month; the told ones more than the crowd.
    for day in 0..30_usize {
        for turn in 0..2 + spread(day) % 9 {
            let number = spread(day * 31 + turn);
            let secret = if turn % 3 == 0 { number % told.len().max(1) } else { number % 26 };
            let how = if number.is_multiple_of(4) { Release::Reveal } else { Release::Copy };
            let ago = i64::try_from(day * 86_400 + number % 40_000).unwrap_or(0) + 600;
            events.push(Happened { ago, secret, what: What::Read(how) });
        }
    }
    events.sort_by_key(|event| std::cmp::Reverse(event.ago));
    events
}

/// Reads a line of the story.
fn read(line: &str, now: Timestamp) -> Option<Told> {
    if line.starts_with('#') {
        return None;
    }
    let mut parts = line.split('|').map(str::trim);
    let address = Address::parse(parts.next()?, &ScopePath::root()).ok()?;
    let version = |word: &str| match word.split_once('<') {
        Some((days, number)) => Some((days.parse().ok()?, Some(number.parse().ok()?))),
        None => Some((word.parse().ok()?, None)),
    };
    let versions = parts.next()?.split_whitespace().filter_map(version).collect();
    let expires_at = parts.next()?.parse().ok().and_then(|days: i64| ahead(now, days));
    let rotation_days = parts.next()?.parse().ok();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let metadata = MetadataChange {
        expires_at: expires_at.map(Some),
        rotation_days: rotation_days.map(Some),
        tags: parts.next().map(words),
        owner: parts.next().map(str::to_owned),
        description: parts.next().map(str::to_owned),
        json: None,
        recipe: None,
    };
    let pair = |word: &str| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let fields = parts.next().unwrap_or_default().split_whitespace().filter_map(pair).collect();
    Some(Told { address, versions, metadata, fields })
}

/// The many around them: each team's usual ones in each environment.
fn crowd(now: Timestamp) -> Result<Vec<Told>> {
    let mut crowd = Vec::new();
    let places = ENVIRONMENTS.iter().flat_map(|environment| TEAMS.iter().map(move |team| (environment, team)));
    for ((environment, team), system) in places.flat_map(|place| SYSTEMS.iter().map(move |system| (place, system))) {
        let number = spread(crowd.len() + 7);
        let address = Address::parse(&format!("{environment}/{team}/{system}"), &ScopePath::root())?;
        let oldest = i64::try_from(number % 600).unwrap_or(0) + 2;
        let versions = (0..1 + number % 3).map(|at| oldest >> at);
        let is_rotated = number.is_multiple_of(5);
        let metadata = MetadataChange {
            rotation_days: is_rotated.then_some(Some(if number.is_multiple_of(2) { 180 } else { 365 })),
            expires_at: (number % 17 == 3).then(|| ahead(now, i64::try_from(number % 120).unwrap_or(0) + 2)),
            tags: Some(vec![(*team).to_owned()]),
            ..MetadataChange::default()
        };
        let versions = versions.map(|days| (days, None)).collect();
        crowd.push(Told { address, versions, metadata, fields: Vec::new() });
    }
    Ok(crowd)
}

fn ahead(now: Timestamp, days: i64) -> Option<Timestamp> {
    now.checked_add(SignedDuration::from_secs(days * DAY + DAY / 2)).ok()
}

/// What a version holds: the shape of the real thing, and nothing of worth.
fn fields(secret: &Told, version: usize) -> Result<Fields> {
    let seed = spread(version + secret.address.to_string().len() * 131);
    let name = secret.address.name.as_str();
    let value = match () {
        () if name.contains("PRIVATE_KEY") => {
            let line = format!("MADEUP{seed:022x}").repeat(2);
            format!("-----BEGIN MADE-UP KEY-----\n{line}\n{line}\n{line}\n-----END MADE-UP KEY-----\n")
        }
        () if name.ends_with("_URL") => format!("postgres://app:made-up-{seed:08x}@db.example.com:5432/app"),
        () if name.ends_with("_DSN") => format!("https://made-up-{seed:08x}@sentry.example.com/42"),
        // Some come in another shape, so that versions can be told apart by it.
        () if version.is_multiple_of(3) => format!("made-up-{seed:032X}"),
        () => format!("made-up-{seed:016x}"),
    };
    let mut fields = Fields::value(SecretText::from(value));
    for (name, value) in &secret.fields {
        let name = name.parse().map_err(|_| Error::failure(format!("{name} is no field's name.")))?;
        fields.set(name, SecretText::from(value.clone()));
    }
    Ok(fields)
}

/// A number that looks random and is the same in every run.
fn spread(number: usize) -> usize {
    let mixed = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-03-10T02:14:00Z".parse().unwrap()
    }

    #[test]
    fn every_line_of_the_story_is_read() {
        let lines = TOLD.lines().filter(|line| !line.starts_with('#')).count();
        let told: Vec<Told> = TOLD.lines().filter_map(|line| read(line, now())).collect();
        assert_eq!(told.len(), lines);
        assert!(told.iter().all(|secret| !secret.versions.is_empty()));
        let days = |secret: &Told| secret.versions.iter().map(|(days, _)| *days).collect::<Vec<_>>();
        assert!(told.iter().all(|secret| days(secret).is_sorted_by(|a, b| a > b)), "versions come oldest first");
        assert!(told.iter().any(|secret| secret.versions.contains(&(18, Some(2)))));
    }

    #[test]
    fn the_crowd_is_some_hundred_and_never_twice_the_same() {
        let told = TOLD.lines().filter_map(|line| read(line, now())).chain(crowd(now()).unwrap());
        let mut addresses: Vec<String> = told.map(|secret| secret.address.to_string()).collect();
        let count = addresses.len();
        assert!((200..400).contains(&count), "{count}");
        addresses.sort_unstable();
        addresses.dedup();
        assert_eq!(addresses.len(), count);
    }

    #[test]
    fn things_happen_in_the_order_of_time_and_after_the_secret_was_made() {
        let told: Vec<Told> = TOLD.lines().filter_map(|line| read(line, now())).chain(crowd(now()).unwrap()).collect();
        let events = events(&told);
        assert!(events.is_sorted_by(|a, b| a.ago >= b.ago) && events.iter().all(|event| event.ago > 0));
        assert!(events.len() > 500);
    }
}
