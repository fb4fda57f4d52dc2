//! [`ListedName`]: a secret's name in the catalog. Nearly all fit where the pointer to
//! them would stand, so that a hundred thousand cost no allocation each.

use std::fmt;
use std::ops::Deref;

/// Longest name that is kept in place.
const IN_PLACE: usize = 22;

/// A name; reads as a `str`.
#[derive(Clone)]
pub struct ListedName(Held);

#[derive(Clone)]
enum Held {
    InPlace { length: u8, bytes: [u8; IN_PLACE] },
    Apart(Box<str>),
}

impl From<&str> for ListedName {
    fn from(name: &str) -> Self {
        let mut bytes = [0; IN_PLACE];
        Self(match (bytes.get_mut(..name.len()), u8::try_from(name.len())) {
            (Some(room), Ok(length)) => {
                room.copy_from_slice(name.as_bytes());
                Held::InPlace { length, bytes }
            }
            _ => Held::Apart(name.into()),
        })
    }
}

impl ListedName {
    /// The bytes, without a look at whether they are text.
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.0 {
            Held::InPlace { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Held::Apart(name) => name.as_bytes(),
        }
    }
}

impl Deref for ListedName {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Held::InPlace { .. } => std::str::from_utf8(self.bytes()).unwrap_or_default(),
            Held::Apart(name) => name,
        }
    }
}

impl PartialEq for ListedName {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for ListedName {}

impl fmt::Display for ListedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Debug for ListedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_length_read_back() {
        for length in 0..=255 {
            let name = "aé_Z0".chars().cycle().take(length).collect::<String>();
            let listed = ListedName::from(name.as_str());
            assert_eq!((&*listed, listed.to_string().as_str()), (name.as_str(), name.as_str()));
            assert_eq!(listed, listed.clone());
        }
        assert_eq!(size_of::<ListedName>(), 24);
    }
}
