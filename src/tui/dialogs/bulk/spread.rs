//! [`Spread`]: secrets of several scopes that are moved, with the scopes below the one
//! they share or all into one.

use crate::error::Result;
use crate::tui::dialogs::page::Page;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::vault::scope::{Address, ScopePath};

use super::Target;

/// What becomes of the scopes that secrets lie in.
pub(super) struct Spread {
    /// The narrowest scope that all of them lie in or below.
    common: ScopePath,
    /// One of them that lies below that scope.
    example: Address,
    count: usize,
    /// All of them go into one scope.
    flat: bool,
}

impl Spread {
    /// `None` where all of them lie in one scope.
    pub(super) fn of(targets: &[Target]) -> Option<Self> {
        let first = &targets.first()?.address.scope;
        let holds_all = |common: &ScopePath| targets.iter().all(|target| target.address.scope.is_within(common));
        let common = first.chain().find(holds_all).unwrap_or_default();
        let below = targets.iter().find(|target| target.address.scope != common)?;
        Some(Self { common, example: below.address.clone(), count: targets.len(), flat: false })
    }

    /// The other way.
    pub(super) fn toggle(&mut self) {
        self.flat = !self.flat;
    }

    /// Where what lies in `from` goes when they are moved to `to`.
    pub(super) fn place(&self, from: &ScopePath, to: &ScopePath) -> Result<ScopePath> {
        match relative(from, &self.common) {
            "" => Ok(to.clone()),
            _ if self.flat => Ok(to.clone()),
            below if to.is_root() => below.parse(),
            below => format!("{to}/{below}").parse(),
        }
    }

    /// Behind the scope that they are moved to.
    pub(super) fn words(&self) -> String {
        match self.flat {
            true => String::new(),
            false if self.common.is_root() => ", with their scopes".to_owned(),
            false => format!(", with the scopes below {}", self.common),
        }
    }

    /// `to` is the scope as typed.
    pub(super) fn show(&self, page: &mut Page<'_>, to: &str, focused: bool) {
        page.choice("Scopes", vec!["kept", "all into one"], usize::from(self.flat), focused);
        let count = text::grouped(self.count as u64);
        let remark = match self.flat {
            true => format!("All {count} go into that one scope with their names."),
            false => self.told(to).unwrap_or_else(|| format!("What lies below {} keeps its place.", self.common)),
        };
        page.note(remark, Role::Muted);
    }

    /// Where the example goes, as the plan has it; `None` where `to` is no scope yet.
    pub(super) fn told(&self, to: &str) -> Option<String> {
        let to = Some(to).filter(|to| !to.is_empty())?.parse().ok()?;
        let to = Address { scope: self.place(&self.example.scope, &to).ok()?, name: self.example.name.clone() };
        Some(match to == self.example {
            true => format!("{to} is there already."),
            false => format!("{} goes to {to}", self.example),
        })
    }
}

/// What of `scope` lies below `common`.
fn relative<'a>(scope: &'a ScopePath, common: &ScopePath) -> &'a str {
    let rest = scope.as_stored().strip_prefix(common.as_stored()).unwrap_or_default();
    rest.strip_prefix('/').unwrap_or(rest)
}
