//! [`Term`]: a condition of the query line that the catalog, or a fact, can answer.
//!
//! Text terms match from the start of a scope segment, tag, field name, person
//! or word of the owner, so that the list narrows while one types; `tag:=db`
//! matches the whole. A [`Check`] is a term at one moment: dates become numbers,
//! so that 100,000 secrets are compared without a calendar.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::error::{Error, Result};

use super::super::catalog::{Catalog, Listed, NEVER};
use super::super::duplicates::Duplicates;
use super::super::rotation::UnderWay;
use super::super::usage::Usage;
use super::super::when::parse_duration;
use super::facts::{Fact, Facts};
use super::vocabulary::{beginnings, known};

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Term {
    /// `scope:prod`
    Scope(Text),
    /// `tag:db`
    Tag(Text),
    /// `by:alice`, who wrote version 1.
    By(Text),
    /// `owner:team`
    Owner(Text),
    /// `has:totp`, a field.
    Has(Text),
    /// `expired`
    Expired,
    /// `due`
    Due,
    /// `due:<7d`, counted forwards from now; overdue ones are below every bound.
    DueIn(Bound),
    /// `expires:<30d`, counted forwards from now; expired ones are below every bound.
    ExpiresIn(Bound),
    /// `rotated:>1y`, ago.
    RotatedAgo(Bound),
    /// `rotated:never`
    RotatedNever,
    /// `age:>90d`, of the value.
    Age(Bound),
    /// `changed:<2d`, ago; metadata count too.
    ChangedAgo(Bound),
    /// `used:>90d`, ago; what was never used is neither below nor above.
    UsedAgo(Bound),
    /// `used:never`
    UsedNever,
    /// `unsettled`, `staged` or `revoke`: a rotation is at that point.
    Rotation(At),
    /// `dup`, the same value as another secret.
    Duplicate,
    /// `changed:today` (0) or `changed:yesterday` (1), in local time.
    ChangedOn(i64),
}

/// At which point a rotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// Nobody knows which value the far side takes.
    Unsettled,
    /// There is a pending version.
    Staged,
    /// The far side still takes the previous value.
    Revoke,
}

impl At {
    fn fits(self, under_way: UnderWay) -> bool {
        match self {
            Self::Unsettled => under_way.is_unsettled(),
            Self::Staged => under_way.is_staged(),
            Self::Revoke => under_way == UnderWay::Revoke,
        }
    }
}

/// What a text term looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    wanted: String,
    whole: bool,
}

/// A duration to be less or more than.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    Below(SignedDuration),
    Above(SignedDuration),
}

/// True when `token` begins like a term that exists, whatever stands behind its colon.
#[must_use]
pub fn is_term(token: &str) -> bool {
    let begins = |key: &str, begun: &str| begun.strip_suffix(':') == Some(key);
    token.split_once(':').is_some_and(|(key, _)| beginnings().any(|begun| begins(key, begun)))
}

impl Term {
    /// Reads one token; `None` when it is a word, since no name contains a colon.
    pub(super) fn parse(token: &str, now: Timestamp) -> Result<Option<Self>> {
        let Some((key, value)) = token.split_once(':') else {
            return Ok(match token {
                "expired" => Some(Self::Expired),
                "due" => Some(Self::Due),
                "dup" => Some(Self::Duplicate),
                "unsettled" => Some(Self::Rotation(At::Unsettled)),
                "staged" => Some(Self::Rotation(At::Staged)),
                "revoke" => Some(Self::Rotation(At::Revoke)),
                _ => None,
            });
        };
        let text = || Text::parse(key, value);
        let bound = || Bound::parse(key, value, now);
        Ok(Some(match key {
            "scope" => Self::Scope(text()?),
            "tag" => Self::Tag(text()?),
            "by" => Self::By(text()?),
            "owner" => Self::Owner(text()?),
            "has" => Self::Has(text()?),
            "due" => Self::DueIn(bound()?),
            "expires" => Self::ExpiresIn(bound()?),
            "rotated" if value == "never" => Self::RotatedNever,
            "rotated" => Self::RotatedAgo(bound()?),
            "age" => Self::Age(bound()?),
            "changed" if value == "today" => Self::ChangedOn(0),
            "changed" if value == "yesterday" => Self::ChangedOn(1),
            "changed" => Self::ChangedAgo(bound()?),
            "used" if value == "never" => Self::UsedNever,
            "used" => Self::UsedAgo(bound()?),
            _ => {
                let key: String = key.chars().take(20).flat_map(char::escape_debug).collect();
                return Err(Error::usage(format!("There is no term \"{key}:\" here.")).hint(known()));
            }
        }))
    }

    /// What it has to know beside the catalog.
    pub(super) fn asks_for(&self) -> Option<Fact> {
        match self {
            Self::UsedAgo(_) | Self::UsedNever => Some(Fact::Usage),
            Self::Duplicate => Some(Fact::Duplicates),
            _ => None,
        }
    }

    /// The date that it asks about and that presses.
    pub(super) fn presses(&self) -> Option<Moment> {
        match self {
            Self::Due | Self::DueIn(_) => Some(Moment::Due),
            Self::Expired | Self::ExpiresIn(_) => Some(Moment::Expires),
            _ => None,
        }
    }

    /// The term at `now`, for what is known.
    pub(super) fn check<'a>(&'a self, now: Timestamp, facts: &'a Facts) -> Check<'a> {
        let second = now.as_second();
        let used = |(from, until)| Check::Used { usage: facts.usage(), from, until };
        let between = |field, from: i64, until: i64| Check::Between { field, from, until };
        let within = |field, (from, until)| between(field, from, until);
        match self {
            Self::Scope(text) => Check::Scope(text),
            Self::Tag(text) => Check::Words(Column::Tags, text),
            Self::By(text) => Check::Words(Column::CreatedBy, text),
            Self::Owner(text) => Check::Words(Column::Owner, text),
            Self::Has(text) => Check::Words(Column::Fields, text),
            Self::Expired => between(Moment::Expires, i64::MIN, second),
            Self::Due => between(Moment::Due, i64::MIN, second),
            Self::UsedAgo(bound) => used(ago(*bound, second)),
            Self::UsedNever => used((NEVER, NEVER)),
            Self::Duplicate => Check::Duplicate(facts.duplicates()),
            Self::Rotation(at) => Check::Rotation(*at),
            Self::DueIn(bound) => ahead(Moment::Due, *bound, second),
            Self::ExpiresIn(bound) => ahead(Moment::Expires, *bound, second),
            Self::RotatedAgo(bound) => within(Moment::Rotated, ago(*bound, second)),
            Self::RotatedNever => between(Moment::Rotated, NEVER, NEVER),
            Self::Age(bound) => within(Moment::ValueChanged, ago(*bound, second)),
            Self::ChangedAgo(bound) => within(Moment::Updated, ago(*bound, second)),
            Self::ChangedOn(days_ago) => {
                let (from, until) = local_day(now, *days_ago);
                between(Moment::Updated, from, until)
            }
        }
    }
}

impl Text {
    /// Reads what stands behind the colon.
    fn parse(key: &str, value: &str) -> Result<Self> {
        let wanted = value.strip_prefix('=').unwrap_or(value);
        if wanted.is_empty() {
            return Err(Error::usage(format!("The term \"{key}:\" names nothing yet."))
                .hint(format!("Write how it begins, for example {key}:a.")));
        }
        Ok(Self { wanted: wanted.to_ascii_lowercase(), whole: value.starts_with('=') })
    }

    /// True when `text` is, or starts with, what is wanted.
    fn fits(&self, text: &str) -> bool {
        let (text, wanted) = (text.as_bytes(), self.wanted.as_bytes());
        let start = text.get(..wanted.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(wanted)) && (!self.whole || text.len() == wanted.len())
    }

    /// True when the scope, from the start of any segment, fits; `global` is the
    /// root, and a final `/` ends a segment.
    fn fits_scope(&self, stored: &str) -> bool {
        if matches!(self.wanted.as_str(), "/" | "global" | "org") {
            return stored.is_empty();
        }
        if self.whole {
            return self.fits(stored);
        }
        let starts = std::iter::once(0).chain(stored.match_indices('/').map(|(slash, _)| slash + 1));
        let wanted = self.wanted.strip_suffix('/').unwrap_or(&self.wanted);
        let ends_segment = wanted.len() < self.wanted.len();
        starts.map(|start| &stored.as_bytes()[start..]).any(|rest| {
            rest.get(..wanted.len()).is_some_and(|start| start.eq_ignore_ascii_case(wanted.as_bytes()))
                && (!ends_segment || rest.get(wanted.len()).is_none_or(|&next| next == b'/'))
        })
    }
}

impl Bound {
    /// Reads `<7d` or `>90d`.
    fn parse(key: &str, value: &str, now: Timestamp) -> Result<Self> {
        let hint = format!("Write < or > and a duration, for example {key}:<7d or {key}:>90d.");
        let (bound, text): (fn(SignedDuration) -> Self, &str) = match value.split_at_checked(1) {
            Some(("<", text)) => (Self::Below, text),
            Some((">", text)) => (Self::Above, text),
            _ => {
                return Err(Error::usage(format!("The term \"{key}:\" needs < or > and a duration.")).hint(hint));
            }
        };
        let duration = parse_duration(text)?;
        if now.checked_add(duration).is_err() || now.checked_sub(duration).is_err() {
            return Err(Error::usage(format!("The duration in \"{key}:\" leads past the calendar.")).hint(hint));
        }
        Ok(bound(duration))
    }
}

/// A term at one moment.
pub(super) enum Check<'a> {
    /// On the scope alone: the same for all secrets of one scope.
    Scope(&'a Text),
    /// On the blank-separated words of a column.
    Words(Column, &'a Text),
    /// On a time, both ends included.
    Between { field: Moment, from: i64, until: i64 },
    /// On the last use; nothing passes while that is not known.
    Used { usage: Option<&'a Usage>, from: i64, until: i64 },
    /// On what is under way about the value.
    Rotation(At),
    /// On the value being another secret's too; nothing passes while that is not known.
    Duplicate(Option<&'a Duplicates>),
}

/// A column of interned text.
#[derive(Clone, Copy)]
pub(super) enum Column {
    Tags,
    Fields,
    CreatedBy,
    Owner,
}

/// A column of Unix seconds.
#[derive(Clone, Copy)]
pub(super) enum Moment {
    Expires,
    Due,
    ValueChanged,
    Rotated,
    Updated,
}

impl Moment {
    /// Of one secret.
    pub(super) fn of(self, listed: &Listed) -> i64 {
        match self {
            Self::Expires => listed.expires_at,
            Self::Due => listed.due_at(),
            Self::ValueChanged => listed.value_changed_at,
            Self::Rotated => listed.last_rotated,
            Self::Updated => listed.updated_at,
        }
    }
}

impl Check<'_> {
    /// The answer for a scope; true when the check is about something else.
    pub(super) fn scope_passes(&self, stored: &str) -> bool {
        if let Self::Scope(text) = self { text.fits_scope(stored) } else { true }
    }

    /// The answer for a secret; true when the check is about its scope.
    pub(super) fn passes(&self, catalog: &Catalog, listed: &Listed) -> bool {
        match self {
            Self::Scope(_) => true,
            Self::Words(Column::CreatedBy, text) => {
                let person = catalog.text(listed.created_by);
                text.fits(person) || person.split_once('@').is_some_and(|(user, _)| text.fits(user))
            }
            Self::Words(Column::Tags, text) => any_word(catalog.text(listed.tags), text),
            Self::Words(Column::Fields, text) => any_word(catalog.text(listed.fields), text),
            Self::Words(Column::Owner, text) => {
                let owner = catalog.text(listed.owner);
                text.fits(owner) || any_word(owner, text)
            }
            Self::Used { usage, from, until } => {
                usage.is_some_and(|usage| (*from..=*until).contains(&usage.last_used(listed.id).unwrap_or(NEVER)))
            }
            Self::Rotation(at) => at.fits(listed.under_way),
            Self::Duplicate(duplicates) => duplicates.is_some_and(|duplicates| duplicates.contains(listed.id)),
            Self::Between { field, from, until } => (*from..=*until).contains(&field.of(listed)),
        }
    }
}

/// True when any word of `line` fits.
fn any_word(line: &str, text: &Text) -> bool {
    line.split(' ').any(|word| text.fits(word))
}

/// Less, or more, than so far ahead.
fn ahead(field: Moment, bound: Bound, now: i64) -> Check<'static> {
    match bound {
        Bound::Below(time) => {
            Check::Between { field, from: i64::MIN, until: now.saturating_add(time.as_secs()).saturating_sub(1) }
        }
        Bound::Above(time) => {
            Check::Between { field, from: now.saturating_add(time.as_secs()).saturating_add(1), until: NEVER - 1 }
        }
    }
}

/// From when until when is less, or more, than so long ago.
fn ago(bound: Bound, now: i64) -> (i64, i64) {
    match bound {
        Bound::Below(age) => (now.saturating_sub(age.as_secs()).saturating_add(1), NEVER - 1),
        Bound::Above(age) => (i64::MIN, now.saturating_sub(age.as_secs()).saturating_sub(1)),
    }
}

/// First and last second of the local day so many days before `now`; an empty
/// range where the calendar ends.
fn local_day(now: Timestamp, days_ago: i64) -> (i64, i64) {
    let day = || {
        let start = now.to_zoned(TimeZone::system()).checked_sub(days_ago.days()).ok()?.start_of_day().ok()?;
        let next = start.checked_add(1.day()).ok()?;
        Some((start.timestamp().as_second(), next.timestamp().as_second() - 1))
    };
    day().unwrap_or((0, -1))
}
