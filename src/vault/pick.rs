//! [`Pick`]: which of a secret's versions is meant, as people write it behind `@`.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::error::{Error, Result};

use super::secret::{FieldName, Fields, Secret};
use super::view::View;

/// Which version is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Pick {
    /// The current one.
    #[default]
    Current,
    /// The one before the current one, until its grace has ended.
    Previous,
    /// The one that is staged, and current for nobody.
    Pending,
    /// The one of this number.
    Number(u64),
}

impl From<Option<u64>> for Pick {
    fn from(number: Option<u64>) -> Self {
        number.map_or(Self::Current, Self::Number)
    }
}

impl FromStr for Pick {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "current" => Ok(Self::Current),
            "previous" => Ok(Self::Previous),
            "pending" => Ok(Self::Pending),
            _ => match text.parse() {
                Ok(number) if number > 0 && !text.starts_with('+') => Ok(Self::Number(number)),
                _ => Err(Error::usage("That is no version.").hint("Write a number, previous or pending.")),
            },
        }
    }
}

/// As it is read.
impl fmt::Display for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.write_str("current"),
            Self::Previous => f.write_str("previous"),
            Self::Pending => f.write_str("pending"),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

/// A version that is there: its number, or the one that it will have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Picked {
    /// The number.
    pub number: u64,
    /// It is staged, and current for nobody.
    pub is_pending: bool,
}

impl Secret {
    /// The version that is meant, at `now`.
    ///
    /// # Errors
    /// `NotFound`, when there is none; Expired, for a previous one whose grace has ended.
    pub fn picked(&self, pick: Pick, now: Timestamp) -> Result<Picked> {
        let number = match pick {
            Pick::Current => self.version,
            Pick::Previous => self.previous(now)?,
            Pick::Pending => {
                self.pending()?;
                return Ok(Picked { number: self.version + 1, is_pending: true });
            }
            Pick::Number(number) if number > 0 && number <= self.version => number,
            Pick::Number(number) => {
                let (newest, address) = (self.version, &self.address);
                let error = Error::not_found(format!("{address} has no version {number}; its newest is {newest}."));
                let is_pending = number == newest + 1 && self.pending().is_ok();
                let hint = format!("Version {number} is pending: take it with {address}@pending, or promote it first.");
                return Err(if is_pending { error.hint(hint) } else { error });
            }
        };
        Ok(Picked { number, is_pending: false })
    }

    /// The names of the fields of the pending version; none, where none is pending.
    #[must_use]
    pub fn pending_field_names(&self) -> &[FieldName] {
        self.rotation.stage.as_ref().map_or(&[], |stage| &stage.fields)
    }
}

impl View<'_> {
    /// The fields of a version that was picked.
    pub(super) fn picked_fields(&self, secret: &Secret, picked: Picked) -> Result<Fields> {
        if picked.is_pending {
            return self.pending_fields(secret);
        }
        self.fields(&self.version_row(secret, picked.number)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for text in ["current", "previous", "pending", "1", "18446744073709551615"] {
            assert_eq!(text.parse::<Pick>().unwrap().to_string(), text);
        }
        for bad in ["", "0", "+1", "-1", "1.0", "latest", "Pending", "18446744073709551616"] {
            assert!(bad.parse::<Pick>().is_err(), "{bad}");
        }
    }
}
