//! [`AuditBody`]: what an audit record says.

use crate::error::Result;
use crate::secret_text::SecretText;
use crate::vault::audit::{Actor, AuditAction};
use crate::vault::scope::{Address, ScopePath};
use crate::vault::secret::SecretId;

use super::parts::{Reader, Writer, malformed, number, text};

fn known_action(code: u64) -> Result<AuditAction> {
    AuditAction::ALL.iter().copied().find(|known| *known as u64 == code).ok_or_else(malformed)
}

/// The body of an audit record, before it has its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::vault) struct AuditBody {
    pub(in crate::vault) action: AuditAction,
    pub(in crate::vault) secret: Option<SecretId>,
    pub(in crate::vault) address: Option<Address>,
    pub(in crate::vault) version: Option<u64>,
    pub(in crate::vault) actor: Actor,
    pub(in crate::vault) reason: String,
    pub(in crate::vault) error: Option<String>,
}

impl AuditBody {
    pub(in crate::vault) fn write(&self) -> SecretText {
        let address = self.address.as_ref();
        let mut writer = Writer::default();
        writer
            .number(1, self.action as u64)
            .put(2, self.secret.as_ref().map_or(&[], |id| &id.0))
            .put(3, address.map_or("", |address| address.scope.as_stored()).as_bytes())
            .put(4, address.map_or("", |address| address.name.as_str()).as_bytes())
            .number(5, self.version.unwrap_or(0))
            .put(6, self.actor.user.as_bytes())
            .put(7, self.actor.host.as_bytes())
            .put(8, self.actor.ip.as_bytes())
            .put(9, self.actor.tty.as_bytes())
            .put(10, self.actor.run_id.as_bytes())
            .put(11, self.reason.as_bytes())
            .put(12, self.error.as_deref().unwrap_or("").as_bytes());
        writer.0
    }

    /// The secret that a record is about, without reading the rest of it.
    pub(in crate::vault) fn subject(record: &[u8]) -> Option<SecretId> {
        let subject = Reader(record).take(2).filter_map(Result::ok).find(|(tag, _)| *tag == 2);
        subject.and_then(|(_, bytes)| bytes.try_into().ok()).map(SecretId)
    }

    /// What a record tells of, without reading the rest of it.
    pub(in crate::vault) fn action_of(record: &[u8]) -> Result<AuditAction> {
        match Reader(record).next() {
            Some(part) => match part? {
                (1, bytes) => known_action(number(bytes)?),
                _ => Err(malformed()),
            },
            None => Err(malformed()),
        }
    }

    /// The secret whose value left by what a record tells, and whether `user` on `host`
    /// took it; `None` for all other records, of which little is read.
    pub(in crate::vault) fn let_out(record: &[u8], user: &str, host: &str) -> Result<Option<(SecretId, bool)>> {
        let (mut subject, mut by_user, mut on_host) = (None, user.is_empty(), host.is_empty());
        for part in Reader(record) {
            match part? {
                (1, bytes) if !known_action(number(bytes)?)?.lets_value_out() => return Ok(None),
                (2, bytes) => subject = Some(SecretId(bytes.try_into().map_err(|_| malformed())?)),
                (6, bytes) => by_user = bytes == user.as_bytes(),
                (7, bytes) => on_host = bytes == host.as_bytes(),
                (12, _) => return Ok(None),
                _ => {}
            }
        }
        Ok(subject.map(|subject| (subject, by_user && on_host)))
    }

    /// The secret that was deleted by what a record tells; `None` for all other records, of
    /// which little is read, and for a delete that was refused.
    pub(in crate::vault) fn deletion(record: &[u8]) -> Result<Option<SecretId>> {
        let mut subject = None;
        for part in Reader(record) {
            match part? {
                (1, bytes) if known_action(number(bytes)?)? != AuditAction::Delete => return Ok(None),
                (2, bytes) => subject = Some(SecretId(bytes.try_into().map_err(|_| malformed())?)),
                (12, _) => return Ok(None),
                _ => {}
            }
        }
        Ok(subject)
    }

    pub(in crate::vault) fn read(record: &[u8]) -> Result<Self> {
        let (mut action, mut secret, mut version, mut error) = (0, None, None, None);
        let (mut scope, mut name, mut reason, mut actor) = ("", "", "", Actor::default());
        for part in Reader(record) {
            match part? {
                (1, bytes) => action = number(bytes)?,
                (2, bytes) => secret = Some(SecretId(bytes.try_into().map_err(|_| malformed())?)),
                (3, bytes) => scope = text(bytes)?,
                (4, bytes) => name = text(bytes)?,
                (5, bytes) => version = Some(number(bytes)?),
                (6, bytes) => actor.user = text(bytes)?.to_owned(),
                (7, bytes) => actor.host = text(bytes)?.to_owned(),
                (8, bytes) => actor.ip = text(bytes)?.to_owned(),
                (9, bytes) => actor.tty = text(bytes)?.to_owned(),
                (10, bytes) => actor.run_id = text(bytes)?.to_owned(),
                (11, bytes) => reason = text(bytes)?,
                (12, bytes) => error = Some(text(bytes)?.to_owned()),
                _ => return Err(malformed()),
            }
        }
        let action = known_action(action)?;
        let address = if name.is_empty() {
            None
        } else {
            Some(Address { scope: scope.parse::<ScopePath>()?, name: name.parse()? })
        };
        Ok(Self { action, secret, address, version, actor, reason: reason.to_owned(), error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audit_bodies_read_back() {
        let body = AuditBody {
            action: AuditAction::Reveal,
            secret: Some(SecretId([5; 16])),
            address: Some(Address::parse("KEY", &ScopePath::root()).unwrap()),
            version: Some(300),
            actor: Actor {
                user: "ops".into(),
                host: "h".into(),
                ip: "::1".into(),
                tty: "pts/1".into(),
                run_id: "r".into(),
            },
            reason: "why".into(),
            error: Some("No.".into()),
        };
        assert_eq!(AuditBody::read(body.write().expose()).unwrap(), body);
    }
}
