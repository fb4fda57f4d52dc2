//! What kind of thing a request is. Whoever adds one looks here where it belongs.

use super::Request;

impl Request {
    /// True for requests that change the list: what changed is told before the answer.
    #[must_use]
    pub fn is_write(&self) -> bool {
        matches!(
            self,
            Self::Set { .. }
                | Self::Amend { .. }
                | Self::Rotate { .. }
                | Self::RollBack { .. }
                | Self::Job(_)
                | Self::Restore(_)
                | Self::Purge { .. }
        )
    }

    /// True for requests that leave no audit record.
    #[must_use]
    pub fn is_look(&self) -> bool {
        matches!(
            self,
            Self::Audit(_)
                | Self::Compare { .. }
                | Self::Deleted
                | Self::DeletedBy(_)
                | Self::DeletedOf(_)
                | Self::Detail(_)
                | Self::FindSame { .. }
                | Self::LastUse(_)
                | Self::Shape { .. }
                | Self::Theirs { .. }
                | Self::WriteReport { .. }
        )
    }

    /// True when it makes the answer to an `earlier` request useless.
    #[must_use]
    pub fn outdates(&self, earlier: &Self) -> bool {
        matches!((self, earlier), (Self::Detail(_), Self::Detail(_)) | (Self::Audit(_), Self::Audit(_)))
    }

    /// True for requests whose failure belongs to the dialog that asked.
    #[must_use]
    pub fn is_submission(&self) -> bool {
        matches!(
            self,
            Self::Amend { .. }
                | Self::Create { .. }
                | Self::Purge { .. }
                | Self::RollBack { .. }
                | Self::Rotate { .. }
                | Self::Set { .. }
                | Self::Shape { .. }
                | Self::Unlock(_)
                | Self::UnlockByFile
                | Self::WriteOut { .. }
                | Self::WriteReport { .. }
        ) || matches!(self, Self::Rotation(order) if order.opens())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::scope::{Address, ScopePath};
    use crate::vault::secret::SecretId;

    #[test]
    fn only_a_look_that_a_later_one_replaces_is_left_out() {
        let address = || Address::parse("A", &ScopePath::root()).unwrap();
        let purge = || Request::Purge { address: address(), id: SecretId([1; 16]), deleted: false };
        let (a, b) = (SecretId([1; 16]), SecretId([2; 16]));
        assert!(Request::Detail(b).outdates(&Request::Detail(a)));
        assert!(Request::Audit(b).outdates(&Request::Audit(a)));
        assert!(!Request::Audit(b).outdates(&Request::Detail(a)));
        assert!(!purge().outdates(&purge()));
        assert!(!Request::Lock.outdates(&Request::Detail(a)));
    }
}
