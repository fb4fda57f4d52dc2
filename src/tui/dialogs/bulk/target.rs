//! [`Target`]: a secret that something is to be done to, as it is listed.

use jiff::Timestamp;

use crate::vault::bulk::{Act, Seen, Step};
use crate::vault::catalog::{Catalog, Listed, NEVER};
use crate::vault::scope::Address;
use crate::vault::secret::{SecretId, VALUE};

/// One of the secrets in question.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// Which.
    pub id: SecretId,
    /// Its address.
    pub address: Address,
    /// Its current version.
    pub version: u64,
    /// Its tags.
    pub tags: Vec<String>,
    /// It has a field `value`, which can be generated.
    pub has_value: bool,
    /// It has other fields.
    pub has_more: bool,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// The filter does not show it.
    pub hidden: bool,
}

impl Target {
    /// From the list.
    #[must_use]
    pub fn of(catalog: &Catalog, listed: &Listed) -> Option<Self> {
        let words = |text: &str| text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        let fields = catalog.text(listed.fields);
        Some(Self {
            id: listed.id,
            address: catalog.address(listed)?,
            version: u64::from(listed.version),
            tags: words(catalog.text(listed.tags)),
            has_value: fields.split(' ').any(|field| field == VALUE),
            has_more: fields.split(' ').any(|field| field != VALUE),
            hidden: false,
            expires_at: Some(listed.expires_at)
                .filter(|at| *at != NEVER)
                .and_then(|at| Timestamp::from_second(at).ok()),
        })
    }

    /// One step of a plan.
    #[must_use]
    pub fn step(&self, act: Act) -> Step {
        Step { id: self.id, address: self.address.clone(), seen: Seen::Version(self.version), act }
    }

    /// True when it has expired at `now`.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}
