//! What kind of thing a request is, as far as it matters for when it is served.

use crate::tui::effect::Request;

/// True when `later` makes the answer to `request` useless.
pub(super) fn is_same_look(request: &Request, later: &Request) -> bool {
    matches!((request, later), (Request::Detail(_), Request::Detail(_)) | (Request::Audit(_), Request::Audit(_)))
}

/// True for requests that leave no record.
pub(super) fn is_look(request: &Request) -> bool {
    use Request::{Audit, Compare, Detail, Theirs};
    matches!(request, Audit(_) | Compare { .. } | Detail(_) | Theirs { .. })
}

/// True for requests that change the list.
pub(super) fn is_write(request: &Request) -> bool {
    matches!(
        request,
        Request::Set { .. }
            | Request::Amend { .. }
            | Request::Rotate { .. }
            | Request::RollBack { .. }
            | Request::Job(_)
            | Request::Restore(_)
            | Request::RestoreThen { .. }
            | Request::Purge { .. }
    )
}
