//! [`Spread`]: secrets of several scopes that are moved, with the scopes below the one
//! they share or all into one.

use crate::error::Result;
use crate::tui::dialogs::page::Page;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::vault::scope::ScopePath;

use super::Target;

/// What becomes of the scopes that secrets lie in.
pub(super) struct Spread {
    /// The narrowest scope that all of them lie in or below.
    common: ScopePath,
    /// One of them, and where it lies below that scope.
    example: String,
    example_below: String,
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
        let example_below = format!("{}/{}", relative(&below.address.scope, &common), below.address.name);
        Some(Self { common, example: below.address.to_string(), example_below, count: targets.len(), flat: false })
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
            false if to.is_empty() => format!("What lies below {} keeps its place.", self.common),
            false => format!("{} goes to {to}/{}", self.example, self.example_below),
        };
        page.note(remark, Role::Muted);
    }
}

/// What of `scope` lies below `common`.
fn relative<'a>(scope: &'a ScopePath, common: &ScopePath) -> &'a str {
    let rest = scope.as_stored().strip_prefix(common.as_stored()).unwrap_or_default();
    rest.strip_prefix('/').unwrap_or(rest)
}
