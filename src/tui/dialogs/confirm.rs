//! [`ConfirmDialog`]: the few questions before something that is felt.
//!
//! It names the object and the effect, answers no by default, and takes a key
//! that is neither Enter nor the asking key; `update` hands that key on only
//! after the question was drawn. Rolling back asks for a reason first, purging
//! for the secret's name. Where the far side would have to hear of a rollback, another key
//! stages the version instead; then the cockpit takes over.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::error::Error;
use crate::rotation::decide::Goal;
use crate::rotation::drive::Source;
use crate::tui::action::{Action, Context};
use crate::tui::clock::Now;
use crate::tui::effect::{Effect, Request};
use crate::tui::keymap::Keys;
use crate::tui::press::Press;
use crate::tui::rotating::Order;
use crate::tui::sequence;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::text_input::TextInput;
use crate::vault::compare::{Fate, ShapeDiff};
use crate::vault::scope::Address;
use crate::vault::secret::{Secret, SecretId, Version};
use crate::vault::{Expected, Pick};

use super::page::Page;
use super::{Input, Step, differences};

mod doomed;

use doomed::Doomed;

/// A question about one secret.
pub struct ConfirmDialog {
    address: Address,
    question: Question,
    /// What the reason or the name is typed into.
    input: TextInput,
    /// The reason was given; the question itself has the keyboard.
    asking: bool,
    /// The answer was yes; the vault is at work.
    sent: bool,
    problem: Option<String>,
}

enum Question {
    RollBack { id: SecretId, to: Version, age: String, current: u64, has_recipe: bool, diff: Option<Box<ShapeDiff>> },
    Purge(Doomed),
    UseExpired { since: String, wanted: Wanted },
}

/// What an expired secret is wanted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Which secret.
    pub id: SecretId,
    /// Which version; `None` for the current one.
    pub version: Option<u64>,
    /// What becomes of it.
    pub purpose: Purpose,
}

/// What becomes of a value that is given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// It is shown.
    Show,
    /// This field is copied.
    Copy(String),
    /// This step of the sequence is copied.
    CopyNext(sequence::Step),
}

impl ConfirmDialog {
    /// Roll back to `to`?
    #[must_use]
    pub fn roll_back(secret: &Secret, to: Version, now: Timestamp) -> Self {
        let age = text::age(to.created_at, now);
        let has_recipe = secret.metadata.recipe.is_some();
        let question = Question::RollBack { id: secret.id, to, age, current: secret.version, has_recipe, diff: None };
        Self::new(secret.address.clone(), question, false)
    }

    /// What to ask the vault for while the question stands there already: what would
    /// change, or who else bears the name.
    #[must_use]
    pub fn wants(&self) -> Option<Effect> {
        match &self.question {
            Question::RollBack { id, to, current, .. } => {
                Some(Effect::Vault(Request::Compare { id: *id, before: *current, after: to.number }))
            }
            Question::Purge(_) => Some(Effect::Vault(Request::DeletedOf(self.address.clone()))),
            Question::UseExpired { .. } => None,
        }
    }

    /// Destroy all versions?
    #[must_use]
    pub fn purge(secret: &Secret) -> Self {
        Self::new(secret.address.clone(), Question::Purge(Doomed::new(secret)), false)
    }

    /// Destroy all versions of one that is deleted already?
    #[must_use]
    pub fn purge_deleted(secret: &Secret) -> Self {
        Self::new(secret.address.clone(), Question::Purge(Doomed::deleted(secret)), false)
    }

    /// Give it out although it has expired?
    #[must_use]
    pub fn use_expired(address: Address, expired_at: Timestamp, wanted: Wanted, now: Timestamp) -> Self {
        let since = text::age(expired_at, now);
        Self::new(address, Question::UseExpired { since, wanted }, true)
    }

    fn new(address: Address, question: Question, asking: bool) -> Self {
        Self { address, question, input: TextInput::new(), asking, sent: false, problem: None }
    }

    /// Which keys mean what in it now.
    #[must_use]
    pub fn context(&self) -> Context {
        match &self.question {
            _ if !self.asking => Context::Form,
            Question::UseExpired { wanted, .. } if matches!(wanted.purpose, Purpose::Copy(_)) => Context::ConfirmCopy,
            _ => Context::Confirm,
        }
    }

    /// True when it is asked whether to roll back a secret whose far side is told by a recipe.
    #[must_use]
    pub fn may_stage(&self) -> bool {
        self.asking && matches!(self.question, Question::RollBack { has_recipe: true, .. })
    }

    /// Which secret would be rolled back.
    #[must_use]
    pub fn rolls_back(&self) -> Option<SecretId> {
        match &self.question {
            Question::RollBack { id, .. } => Some(*id),
            _ => None,
        }
    }

    /// True when something was typed.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        !self.input.is_empty()
    }

    /// Takes an input.
    pub fn update(&mut self, input: Input, _now: Now) -> Step {
        match input {
            Input::Press(Press::Action(action)) => self.act(action),
            Input::Press(press) => {
                if self.input.press(press) {
                    self.problem = None;
                }
                Step::default()
            }
            Input::Paste(pasted) => {
                if !self.asking {
                    self.input.paste(&pasted);
                }
                Step::default()
            }
            Input::Failed(error) => self.failed(&error),
            Input::Compared(diff) => {
                self.compared(diff);
                Step::default()
            }
            Input::DeletedOf(address, deleted) => {
                if let (Question::Purge(doomed), true) = (&mut self.question, address == self.address) {
                    doomed.learn(&deleted);
                }
                Step::default()
            }
            _ => Step::default(),
        }
    }

    /// Says what went wrong. A version that came meanwhile is taken note of, and
    /// the question is asked anew, one step back, so that a second `y` typed ahead says nothing.
    fn failed(&mut self, error: &Error) -> Step {
        self.sent = false;
        self.problem = Some(problem(error));
        let Question::RollBack { current, diff, .. } = &mut self.question else { return Step::default() };
        self.asking = false;
        if let Some(newer) = error.current_version().filter(|newer| newer != current) {
            (*current, *diff) = (newer, None);
            return Step { effects: self.wants().into_iter().collect(), ..Step::default() };
        }
        Step::default()
    }

    /// What would change, if it is still about the version that is current.
    fn compared(&mut self, new: Box<ShapeDiff>) {
        if let Question::RollBack { id, to, current, diff, .. } = &mut self.question
            && (new.id, new.before.number, new.after.number) == (*id, *current, to.number)
        {
            *diff = Some(new);
        }
    }

    fn act(&mut self, action: Action) -> Step {
        match action {
            Action::Cancel => Step { close: true, ..Step::default() },
            Action::Yes if !self.sent => self.yes(),
            Action::StageVersion if self.may_stage() && !self.sent => self.stage(),
            Action::Submit if matches!(self.question, Question::Purge(_)) && !self.sent => self.submit_name(),
            Action::NextChoice | Action::PreviousChoice if !self.sent => self.choose(action == Action::NextChoice),
            Action::Submit | Action::NextField | Action::PreviousField
                if matches!(self.question, Question::RollBack { .. }) =>
            {
                self.asking = !self.asking;
                Step::default()
            }
            _ => Step::default(),
        }
    }

    /// Another of those that bear the name; what was typed was meant for the one before.
    fn choose(&mut self, forth: bool) -> Step {
        if let Question::Purge(doomed) = &mut self.question
            && doomed.are_several()
        {
            doomed.choose(forth);
            self.input.clear();
            self.problem = None;
        }
        Step::default()
    }

    fn submit_name(&mut self) -> Step {
        if self.input.text() != self.address.name.as_str() {
            self.problem = Some("That is not its name. Type it exactly, or ⟨cancel⟩ to keep the secret.".to_owned());
            return Step::default();
        }
        let Question::Purge(doomed) = &self.question else { return Step::default() };
        let Some(id) = doomed.id() else { return Step::default() };
        let deleted = doomed.is_deleted();
        self.send(Request::Purge { address: self.address.clone(), id, deleted }, false)
    }

    fn yes(&mut self) -> Step {
        match &self.question {
            Question::RollBack { id, to, current, .. } => {
                let request = Request::RollBack {
                    address: self.address.clone(),
                    number: to.number,
                    reason: self.input.text().trim().to_owned(),
                    expected: Expected::This(*id, Some(*current)),
                };
                self.send(request, false)
            }
            Question::UseExpired { wanted, .. } => {
                let Wanted { id, version, purpose } = wanted.clone();
                let request = match purpose {
                    Purpose::Copy(field) => Request::Copy { id, field, version, allow_expired: true },
                    Purpose::CopyNext(step) => step.request(id, true),
                    Purpose::Show => Request::Reveal { id, version, allow_expired: true },
                };
                self.send(request, true)
            }
            Question::Purge(_) => Step::default(),
        }
    }

    /// The version is staged, and nothing more: what the far side is told is decided in the cockpit.
    fn stage(&mut self) -> Step {
        let Question::RollBack { id, to, current, .. } = &self.question else { return Step::default() };
        let order = Order::Begin {
            address: self.address.clone(),
            source: Source::Earlier(Pick::Number(to.number)),
            goal: Goal::Staged,
            reason: self.input.text().trim().to_owned(),
            expected: Expected::This(*id, Some(*current)),
            allow_same: true,
        };
        self.send(Request::Rotation(Box::new(order)), false)
    }

    fn send(&mut self, request: Request, close: bool) -> Step {
        self.sent = true;
        self.problem = None;
        Step { effects: vec![Effect::Vault(request)], close, ..Step::default() }
    }

    /// Draws the question in the middle of `area`.
    pub fn draw(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        let mut page = Page::new(self.title(), self.foot());
        match &self.question {
            Question::RollBack { to, age, current, has_recipe, diff, .. } => {
                self.roll_back_page(&mut page, to, age, *current);
                if *has_recipe {
                    page.prose(untold(to.number, *current), Role::Danger);
                }
                self.what_changes(&mut page, *current, diff.as_deref());
            }
            Question::Purge(doomed) => self.purge_page(&mut page, doomed),
            Question::UseExpired { since, wanted } => {
                page.prose(format!("{} expired {since}.", self.address), Role::Danger);
                let what = match &wanted.purpose {
                    Purpose::Show => "Show it".to_owned(),
                    Purpose::Copy(_) => "Copy it".to_owned(),
                    Purpose::CopyNext(step) => format!("Copy the {}", step.words()),
                };
                page.gap();
                page.prose(format!("{what} all the same? The audit log will say so."), Role::Text);
            }
        }
        if let Some(problem) = &self.problem {
            page.tell(problem.clone(), Role::Danger);
        } else if self.sent {
            page.tell("Writing…", Role::Muted);
        }
        page.draw(keys, theme, area, frame);
    }

    fn roll_back_page<'a>(&'a self, page: &mut Page<'a>, to: &Version, age: &str, current: u64) {
        page.prose(self.address.to_string(), Role::Accent);
        page.gap();
        page.fact("back to", format!("version {}", to.number));
        page.fact("written", format!("{age} by {}", text::printable(&to.created_by)));
        if !to.reason.is_empty() {
            page.fact("because", text::printable(&to.reason).into_owned());
        }
        page.text("reason", &self.input, "why now (may be empty)", !self.asking);
        page.gap();
        let next = current.saturating_add(1);
        let effect = format!("The fields of version {} become version {next}, current at once.", to.number);
        page.prose(effect, if self.asking { Role::Warn } else { Role::Text });
    }

    /// What would change and what stays, as soon as the vault has compared.
    fn what_changes<'a>(&'a self, page: &mut Page<'a>, current: u64, diff: Option<&'a ShapeDiff>) {
        let Some(diff) = diff else {
            page.prose("Comparing the fields…", Role::Muted);
            return;
        };
        let fates = [
            ("~ changes", Fate::Changed),
            ("+ comes", Fate::Added),
            ("- goes", Fate::Removed),
            ("= stays", Fate::Same),
        ];
        for (label, fate) in fates {
            if let Some(names) = differences::names(diff, fate) {
                page.fact(label, names);
            }
        }
        page.prose(
            format!("Version {current} stays in the history; description, tags, expiry and owner stay as they are."),
            Role::Muted,
        );
        for field in diff.fields.iter().filter(|field| field.fate() == Fate::Changed) {
            if let (Some(before), Some(after)) = (&field.before, &field.after) {
                let now = (format!("now {}", before.shape), Role::Text);
                let then = (format!("then {}", after.shape), Role::Text);
                page.lines(field.name.to_string(), vec![now, then], false);
            }
        }
    }

    fn purge_page<'a>(&'a self, page: &mut Page<'a>, doomed: &'a Doomed) {
        doomed.show(page, &self.address);
        page.gap();
        page.prose(format!("Type its name, {}, to destroy it.", self.address.name), Role::Text);
        page.text("name", &self.input, "", true);
    }

    fn title(&self) -> &'static str {
        match &self.question {
            Question::RollBack { .. } => "Roll back?",
            Question::Purge(_) => "Destroy for good?",
            Question::UseExpired { .. } => "This secret has expired",
        }
    }

    /// What its keys do now.
    #[must_use]
    pub fn foot(&self) -> String {
        match &self.question {
            _ if self.sent => "⟨cancel⟩ close".to_owned(),
            Question::RollBack { .. } if !self.asking => "⟨submit⟩ next · ⟨cancel⟩ cancel".to_owned(),
            Question::RollBack { to, current, has_recipe: true, .. } => {
                format!(
                    "⟨stage-version⟩ stage {} · ⟨yes⟩ vault · ⟨cancel⟩ keep {current} · ⟨next-field⟩ reason",
                    to.number
                )
            }
            Question::RollBack { to, current, .. } => {
                format!("⟨yes⟩ back to {} · ⟨cancel⟩ keep {current} · ⟨next-field⟩ reason", to.number)
            }
            Question::Purge(doomed) => {
                let which = if doomed.are_several() { " · ⟨next-choice⟩ another one" } else { "" };
                format!("⟨submit⟩ destroy · ⟨cancel⟩ keep it{which}")
            }
            Question::UseExpired { wanted, .. } if wanted.purpose == Purpose::Show => {
                "⟨yes⟩ show it · ⟨cancel⟩ leave it".to_owned()
            }
            Question::UseExpired { .. } => "⟨yes⟩ copy it · ⟨cancel⟩ leave it".to_owned(),
        }
    }
}

/// What a rollback alone would leave behind at the far side, and the way that does not.
fn untold(number: u64, current: u64) -> String {
    format!(
        "The far side is not told: it goes on with version {current}. With ⟨stage-version⟩ version {number} is staged instead; \
         then the recipe tells it, tries it and goes back where that fails."
    )
}

/// An error in one paragraph.
pub(super) fn problem(error: &Error) -> String {
    match error.next_step() {
        Some(step) => format!("{} {step}", error.message()),
        None => error.message().to_owned(),
    }
}
