//! Other holders of the same clipboard. A value that is offered again is not a clipboard
//! manager's doing when it was copied again meanwhile, so who came later is left alone.

use std::collections::BTreeSet;

use super::PART;

/// The holders that run, of one clipboard.
#[derive(Debug)]
pub(super) struct Others {
    route: String,
    display: String,
    /// Those that were there before us, and we.
    known: BTreeSet<String>,
}

impl Others {
    /// As of now.
    pub(super) fn of(route: &str, display: &str) -> Self {
        let mut others = Self { route: route.to_owned(), display: display.to_owned(), known: BTreeSet::new() };
        others.known = others.running();
        others.known.insert(std::process::id().to_string());
        others
    }

    /// True when one has come since.
    pub(super) fn has_newer(&self) -> bool {
        !self.running().is_subset(&self.known)
    }

    /// By their arguments, which hold no secret and which everyone can read. Where processes
    /// are not files there are none to be seen.
    fn running(&self) -> BTreeSet<String> {
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let holds = |name: &str| {
            let line = std::fs::read(format!("/proc/{name}/cmdline")).unwrap_or_default();
            let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
            matches!(words[..], [_, part, route, _, _, _, display, ..]
                if part == PART.as_bytes() && route == self.route.as_bytes() && display == self.display.as_bytes())
        };
        processes
            .filter_map(|process| process.file_name().into_string().ok())
            .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()) && holds(name))
            .collect()
    }
}
