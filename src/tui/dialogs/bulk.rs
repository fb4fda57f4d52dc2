//! [`BulkDialog`]: one thing done to many secrets: what, the plan, how far it is.
//!
//! The plan names every secret, what changes, what stays and what is left out. It is
//! answered by a key that is neither Enter nor the asking key; `update` hands that key
//! on only after the plan was drawn. Values are made on the vault thread and never come here.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::error::{Error, Kind};
use crate::tui::action::{Action, Context};
use crate::tui::clock::Now;
use crate::tui::effect::{Effect, Request};
use crate::tui::job::{Deed, Job};
use crate::tui::keymap::Keys;
use crate::tui::press::Press;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use crate::vault::catalog::Catalog;
use crate::vault::secret::SecretId;

use super::form::{ask, close, told};
use super::page::Page;
use super::{Input, Step};

mod inputs;
mod plan;
mod spread;
mod target;
mod work;

use inputs::Inputs;
use plan::Plan;
pub use target::Target;
use work::Work;

/// Names that a plan shows around the one in focus.
const AROUND: usize = 40;
/// Names that a page key goes over.
const PAGE: usize = 10;

/// Something done to many secrets at once.
pub struct BulkDialog {
    deed: Deed,
    targets: Vec<Target>,
    /// What names are taken; a write meanwhile is found by the vault.
    catalog: Arc<Catalog>,
    inputs: Inputs,
    stage: Stage,
    /// Another session deleted all of them.
    lost: bool,
}

enum Stage {
    /// What is to be done.
    Inputs { problem: Option<String> },
    /// The plan; the cursor stands on its head or, counted from one, on a name. What is to
    /// be told first is why it is another plan than the one before.
    Ask { plan: Box<Plan>, cursor: usize, told: Option<String> },
    /// The vault is at work.
    Work(Work),
}

impl BulkDialog {
    /// For `deed` on these secrets; where there is nothing to type the plan comes at once.
    #[must_use]
    pub fn new(deed: Deed, targets: Vec<Target>, catalog: Arc<Catalog>, now: Now) -> Self {
        let inputs = Inputs::new(deed, &targets, Arc::clone(&catalog));
        let mut dialog = Self { deed, targets, catalog, inputs, stage: Stage::Inputs { problem: None }, lost: false };
        if dialog.inputs.places().is_empty() {
            dialog.plan(now.time);
        }
        dialog
    }

    /// For a job that is under way already and takes longer than a moment.
    #[must_use]
    pub fn watching(job: &Job, now: Instant) -> Self {
        let inputs = Inputs::new(Deed::Delete, &[], Arc::default());
        let stage = Stage::Work(Work::new(job, now));
        Self { deed: job.deed, targets: Vec::new(), catalog: Arc::default(), inputs, stage, lost: false }
    }

    /// The secrets it is about; none for a job that is only watched.
    pub fn ids(&self) -> impl Iterator<Item = SecretId> {
        self.targets.iter().map(|target| target.id)
    }

    /// Takes the secrets as they are now, since another session wrote, and makes the plan
    /// anew that is on the screen or that the vault refused. What is typed stays. True when
    /// it is another plan.
    pub fn renew(
        &mut self,
        targets: Vec<Target>,
        catalog: Arc<Catalog>,
        refusal: Option<&Error>,
        now: Timestamp,
    ) -> bool {
        let words = match refusal {
            Some(error) if error.kind() == Kind::Conflict => {
                format!("{} Nothing was changed; this is the plan now.", error.message())
            }
            Some(error) => told(error),
            None => changed(&self.targets, &targets),
        };
        (self.targets, self.catalog, self.lost) = (targets, catalog, false);
        let before = match &self.stage {
            Stage::Ask { plan, .. } => Some(plan.clone()),
            Stage::Inputs { .. } => return false,
            Stage::Work(_) => None,
        };
        self.plan(now);
        match &mut self.stage {
            Stage::Ask { plan, .. } if before.as_ref() == Some(plan) => return false,
            Stage::Ask { told, .. } => *told = Some(words),
            // It cannot be planned any more, and the problem says why.
            Stage::Inputs { .. } | Stage::Work(_) => {}
        }
        true
    }

    /// Another session deleted all the secrets: what is typed stays, and why nothing can be
    /// done with it is told. False where there is nothing to type.
    pub fn takes_loss(&mut self) -> bool {
        self.lost = !self.inputs.places().is_empty();
        if self.lost {
            self.stage = Stage::Inputs { problem: None };
        }
        self.lost
    }

    /// True when something was typed, or chosen, that a plan was to be made of.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        !self.is_working() && self.inputs.is_changed()
    }

    /// True when there is something to type or to choose before the plan.
    #[must_use]
    pub fn has_inputs(&self) -> bool {
        !self.is_working() && !self.inputs.places().is_empty()
    }

    /// True when a refusal can be shown in it.
    #[must_use]
    pub fn takes_refusal(&self) -> bool {
        self.is_working() && !self.targets.is_empty()
    }

    /// True once the vault is at work.
    #[must_use]
    pub fn is_working(&self) -> bool {
        matches!(self.stage, Stage::Work(_))
    }

    /// How far the job is.
    pub fn progress(&mut self, done: usize, total: usize, now: Instant) {
        if let Stage::Work(work) = &mut self.stage {
            work.progress(done, total, now);
        }
    }

    /// Which keys mean what in it now.
    #[must_use]
    pub fn context(&self) -> Context {
        match &self.stage {
            Stage::Inputs { .. } => self.inputs.context(),
            Stage::Ask { .. } | Stage::Work(_) => Context::Confirm,
        }
    }

    /// Takes an input.
    pub fn update(&mut self, input: Input, now: Now) -> Step {
        match (&mut self.stage, input) {
            (_, Input::Press(Press::Action(action))) => return self.act(action, now),
            (Stage::Inputs { problem }, Input::Press(press)) => {
                self.inputs.press(press);
                *problem = None;
            }
            (Stage::Inputs { problem }, Input::Paste(pasted)) => {
                self.inputs.paste(&pasted);
                *problem = None;
            }
            _ => {}
        }
        Step::default()
    }

    fn act(&mut self, action: Action, now: Now) -> Step {
        match (&mut self.stage, action) {
            (Stage::Work(work), Action::Cancel) => return work.stop().map(ask).unwrap_or_default(),
            (Stage::Work(_), _) => {}
            (_, Action::Cancel) => return close(),
            (Stage::Inputs { .. }, Action::Submit) if self.lost => {}
            (Stage::Inputs { .. }, Action::Submit) => self.plan(now.time),
            (Stage::Inputs { .. }, action) => self.inputs.act(action),
            (Stage::Ask { plan, .. }, Action::Yes) if !plan.steps.is_empty() => return self.go(now.instant),
            (Stage::Ask { .. }, Action::NextField | Action::PreviousField) if !self.inputs.places().is_empty() => {
                self.stage = Stage::Inputs { problem: None };
            }
            (Stage::Ask { plan, cursor, .. }, action) => {
                let last = plan.rows.len();
                *cursor = match action {
                    Action::Up => cursor.saturating_sub(1),
                    Action::Down => *cursor + 1,
                    Action::PageUp => cursor.saturating_sub(PAGE),
                    Action::PageDown => *cursor + PAGE,
                    Action::Top => 0,
                    Action::Bottom => last,
                    _ => *cursor,
                }
                .min(last);
            }
        }
        Step::default()
    }

    /// Makes the plan, or says what keeps it from being made.
    fn plan(&mut self, now: Timestamp) {
        self.stage = match plan::make(&self.inputs, &self.targets, &self.catalog, now) {
            Ok(plan) => Stage::Ask { plan: Box::new(plan), cursor: 0, told: None },
            Err(problem) => Stage::Inputs { problem: Some(problem) },
        };
    }

    /// Hands the plan to the vault.
    fn go(&mut self, now: Instant) -> Step {
        let Stage::Ask { plan, .. } = &mut self.stage else { return Step::default() };
        let job = Job::new(self.deed, std::mem::take(&mut plan.steps), self.inputs.reason());
        self.stage = Stage::Work(Work::new(&job, now));
        ask(Effect::Vault(Request::Job(Box::new(job))))
    }

    fn title(&self) -> String {
        let subject = match &*self.targets {
            [one] => one.address.to_string(),
            many => text::counted(many.len() as u64, "secret"),
        };
        match self.deed {
            Deed::Rotate => format!("Rotate {subject}"),
            Deed::Tag => format!("Tags of {subject}"),
            Deed::Expire => format!("Expiry of {subject}"),
            Deed::Move => format!("Move {subject}"),
            _ => format!("Delete {subject}"),
        }
    }

    /// What its keys do now.
    #[must_use]
    pub fn foot(&self) -> String {
        match &self.stage {
            Stage::Inputs { .. } => self.inputs.foot(),
            Stage::Ask { plan, cursor, .. } => {
                let yes = match plan.steps.len() {
                    0 => String::new(),
                    count => format!("⟨yes⟩ {} {} · ", plan.verb, text::grouped(count as u64)),
                };
                let change = if self.inputs.places().is_empty() { "" } else { " · ⟨next-field⟩ change the plan" };
                let names = match cursor {
                    0 => "names".to_owned(),
                    at => format!("name {} of {}", text::grouped(*at as u64), text::grouped(plan.rows.len() as u64)),
                };
                format!("{yes}⟨cancel⟩ cancel · ⟨down⟩/⟨up⟩ {names}{change}")
            }
            Stage::Work(work) => work.foot().to_owned(),
        }
    }

    /// Draws the dialog in the middle of `area`.
    pub fn draw(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        let title = match &self.stage {
            Stage::Work(work) => work.title(),
            _ => self.title(),
        };
        let mut page = Page::new(title, self.foot());
        match &self.stage {
            Stage::Inputs { problem } => {
                self.inputs.show(&mut page);
                if self.lost {
                    page.tell(lost(&self.targets), Role::Danger);
                } else if let Some(problem) = problem {
                    page.tell(problem.clone(), Role::Danger);
                }
            }
            Stage::Ask { plan, cursor, told } => show_plan(&mut page, plan, *cursor, told.as_deref()),
            Stage::Work(work) => work.show(&mut page),
        }
        page.draw(keys, theme, area, frame);
    }
}

/// Why nothing can be done any more.
fn lost(targets: &[Target]) -> String {
    let what = match targets {
        [one] => format!("{} was deleted by another session", one.address),
        _ => "All of these were deleted by another session".to_owned(),
    };
    format!("{what}; nothing is left to change. ⟨cancel⟩ leaves.")
}

/// What is different about the secrets since the plan was made, in a sentence.
fn changed(before: &[Target], now: &[Target]) -> String {
    let same: HashSet<&Target> = now.iter().collect();
    let mut others = before.iter().filter(|target| !same.contains(target));
    let what = match (others.next(), others.count()) {
        (None, _) => "The vault was changed".to_owned(),
        (Some(one), 0) if now.len() < before.len() => format!("{} was deleted", one.address),
        (Some(one), 0) => format!("{} was changed", one.address),
        (Some(_), more) if now.len() < before.len() => format!("{} secrets were changed or deleted", more + 1),
        (Some(_), more) => format!("{} secrets were changed", more + 1),
    };
    format!("{what} by another session; this is the plan now.")
}

/// What it comes to, the names around the one in focus, and the question.
fn show_plan<'a>(page: &mut Page<'a>, plan: &'a Plan, cursor: usize, told: Option<&str>) {
    if let Some(told) = told {
        page.prose(format!("! {told}"), Role::Danger);
    }
    for (fact, role) in &plan.facts {
        page.prose(fact.as_str(), *role);
    }
    page.gap();
    page.widen(plan.widest);
    let first = cursor.saturating_sub(AROUND);
    for (at, (row, role)) in (1..).zip(&plan.rows).skip(first).take(2 * AROUND) {
        page.row(row, *role, at == cursor);
    }
    page.tell(plan.question.as_str(), if plan.steps.is_empty() { Role::Text } else { Role::Warn });
}

#[cfg(test)]
mod tests;
