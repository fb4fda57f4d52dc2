//! [`Behind`]: the work behind the list, a slice at a time, while nobody asks for anything.
//!
//! Values that are there twice, and those that name other secrets, come first, once somebody
//! wants to know and waits, and before them what somebody could have seen; then
//! every row against the root; then the audit chain with the use of secrets that it tells.
//! After its verdict the walk along the chain goes on with what this or another session
//! appends, so that the use of secrets is told as it happens.

mod inquiry;

use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::inject::dependents::mentioned;
use crate::rotation::recipe;
use crate::tui::event::Answer;
use crate::vault::audit::AuditVerdict;
use crate::vault::backup::Backups;
use crate::vault::catalog::CatalogChange;
use crate::vault::duplicates::DuplicateSearch;
use crate::vault::incident::Choice;
use crate::vault::mentions::MentionSearch;
use crate::vault::usage::{Extent, Use};
use crate::vault::{AuditWalk, RowsWalk, Vault};

use inquiry::Inquiry;

/// How long nobody must have asked for anything before rows and audit chain are walked.
const QUIET: Duration = Duration::from_millis(250);
/// How long before the walk along the chain goes on: what was asked for comes first.
pub(super) const SOON: Duration = Duration::from_millis(15);
/// So many rows or audit records are walked before requests are looked at again.
const SLICE: u64 = 10_000;
/// So many bytes of values are opened before requests are looked at again.
const OPENED: usize = 4 << 20;

/// What is done behind the list, and how far it has come.
pub(super) struct Behind {
    /// Every row against the root; `None` once that is done.
    rows: Option<RowsWalk>,
    /// The audit chain; `None` once it is broken or cannot be read.
    chain: Option<AuditWalk>,
    /// The chain was walked to its end.
    at_end: bool,
    /// It may have grown since.
    grown: bool,
    /// The fingerprints of this session, once somebody asked for duplicates.
    search: Option<DuplicateSearch>,
    searching: bool,
    /// What values name other secrets, once somebody asked which is built from which.
    naming: Option<MentionSearch>,
    reading: bool,
    /// What somebody could have seen, once it was asked for.
    inquiry: Option<Inquiry>,
}

/// What a slice of work came to.
#[derive(Default)]
pub(super) struct Slice {
    pub(super) answers: Vec<Answer>,
    /// All was walked once; the file's structure is next.
    pub(super) walked: bool,
}

impl Behind {
    /// Everything is still to be done.
    pub(super) fn new() -> Self {
        let chain = Some(AuditWalk::telling_uses());
        let rows = Some(RowsWalk::default());
        let (search, naming, inquiry) = (None, None, None);
        Self { rows, chain, at_end: false, grown: false, search, searching: false, naming, reading: false, inquiry }
    }

    /// How long to wait for a request before the next slice; `None` when there is nothing to do.
    pub(super) fn wait(&self) -> Option<Duration> {
        match &self.rows {
            _ if self.searching || self.reading || self.inquires() => Some(Duration::ZERO),
            Some(rows) if rows.has_begun() => Some(Duration::ZERO),
            Some(_) => Some(QUIET),
            None if self.chain.is_none() => None,
            None if !self.at_end => Some(Duration::ZERO),
            None => self.grown.then_some(SOON),
        }
    }

    /// A request was served that may have appended to the log.
    pub(super) fn expect_records(&mut self) {
        self.grown = true;
    }

    /// Takes in what a look for changes found; the log may have grown without any.
    pub(super) fn look(&mut self, vault: &mut Vault, change: Option<&CatalogChange>) {
        if let (Some(search), Some(change)) = (&mut self.search, change) {
            self.searching |= search.note(change);
        }
        if let (Some(naming), Some(change)) = (&mut self.naming, change) {
            naming.note(change);
            // Another name or place may be the one that a value means.
            self.reading = true;
        }
        if let Some(inquiry) = &mut self.inquiry {
            inquiry.look(vault, change);
        }
        let ended = self.chain.as_ref().filter(|_| self.at_end);
        self.grown |= ended.is_some_and(|chain| vault.has_more_audit(chain).unwrap_or(false));
    }

    /// Somebody wants to know which values are there twice.
    pub(super) fn find_duplicates(&mut self) -> Result<()> {
        if self.search.is_none() {
            self.search = Some(DuplicateSearch::new()?);
        }
        self.searching = true;
        Ok(())
    }

    /// Somebody wants to know which secret is built from which.
    pub(super) fn find_mentions(&mut self) {
        self.naming.get_or_insert_with(|| MentionSearch::new(mentioned, recipe::mentioned));
        self.reading = true;
    }

    /// Somebody wants to know what these could have seen.
    pub(super) fn investigate(&mut self, choice: Choice) -> Result<()> {
        self.inquiry = None;
        self.inquiry = Some(Inquiry::new(choice)?);
        Ok(())
    }

    /// Nobody wants to know any more.
    pub(super) fn end_investigation(&mut self) {
        self.inquiry = None;
    }

    fn inquires(&self) -> bool {
        self.inquiry.as_ref().is_some_and(Inquiry::has_more)
    }

    /// Does the next slice of what comes first.
    pub(super) fn go_on(&mut self, vault: &mut Vault) -> Slice {
        if let Some(inquiry) = self.inquiry.as_mut().filter(|inquiry| inquiry.has_more()) {
            let answers = match inquiry.go_on(vault) {
                Ok(answers) => answers,
                Err(error) => {
                    self.inquiry = None;
                    vec![Answer::IncidentFailed(error)]
                }
            };
            return Slice { answers, walked: false };
        }
        if self.searching {
            return Slice { answers: self.search_on(vault), walked: false };
        }
        if self.reading {
            return Slice { answers: self.read_on(vault), walked: false };
        }
        if self.rows.is_some() {
            return Slice { answers: self.walk_rows(vault), walked: false };
        }
        let before = self.at_end || self.chain.is_none();
        let answers = self.walk_chain(vault);
        Slice { answers, walked: !before && (self.at_end || self.chain.is_none()) }
    }

    fn search_on(&mut self, vault: &mut Vault) -> Vec<Answer> {
        let Some(search) = &mut self.search else { return Vec::new() };
        match vault.find_duplicates(search, OPENED) {
            Ok(None) => Vec::new(),
            Ok(Some(found)) => {
                self.searching = false;
                vec![Answer::Duplicates(Some(found))]
            }
            Err(error) => {
                (self.search, self.searching) = (None, false);
                vec![Answer::Duplicates(None), trouble(error)]
            }
        }
    }

    fn read_on(&mut self, vault: &mut Vault) -> Vec<Answer> {
        let Some(naming) = &mut self.naming else {
            self.reading = false;
            return Vec::new();
        };
        match vault.find_mentions(naming, OPENED) {
            Ok(None) => Vec::new(),
            Ok(Some(found)) => {
                self.reading = false;
                vec![Answer::Mentions(found)]
            }
            Err(error) => {
                (self.naming, self.reading) = (None, false);
                vec![trouble(error)]
            }
        }
    }

    fn walk_rows(&mut self, vault: &mut Vault) -> Vec<Answer> {
        let Some(rows) = &mut self.rows else { return Vec::new() };
        let answers = match vault.walk_rows(rows, SLICE) {
            Ok(false) => return Vec::new(),
            Ok(true) => Vec::new(),
            Err(error) => vec![trouble(error)],
        };
        self.rows = None;
        answers
    }

    fn walk_chain(&mut self, vault: &mut Vault) -> Vec<Answer> {
        self.grown = false;
        let Some(chain) = &mut self.chain else { return Vec::new() };
        if self.at_end && !vault.has_more_audit(chain).unwrap_or(true) {
            return Vec::new();
        }
        let verdict = match vault.walk_audit(chain, SLICE) {
            Ok(None) => {
                self.grown = true;
                return vec![used(chain.take_uses(), Extent::Reading)];
            }
            Ok(Some(verdict)) => verdict,
            Err(error) => {
                self.chain = None;
                return vec![used(Vec::new(), Extent::Unknown), Answer::Failed(error)];
            }
        };
        let intact = matches!(verdict, AuditVerdict::Intact { .. });
        let told = match intact {
            true => Answer::Used {
                uses: chain.take_uses(),
                extent: Extent::Whole,
                backups: chain.backups().clone(),
                cut_off: chain.cut_off().cloned(),
            },
            false => used(Vec::new(), Extent::Unknown),
        };
        self.at_end = intact;
        if !intact {
            self.chain = None;
        }
        vec![told, Answer::AuditVerified(verdict)]
    }
}

/// Uses of a log that is not known to its end; nothing else is told of one that cannot be trusted.
fn used(uses: Vec<Use>, extent: Extent) -> Answer {
    Answer::Used { uses, extent, backups: Backups::default(), cut_off: None }
}

fn trouble(error: Error) -> Answer {
    if error.kind() == Kind::Damaged { Answer::Damaged(error) } else { Answer::Failed(error) }
}
