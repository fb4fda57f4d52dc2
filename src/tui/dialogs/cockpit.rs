//! [`CockpitDialog`]: a rotation that is under way, from what is known of its secret to the
//! last decision.
//!
//! Everything stands in one list of rows: facts, how far it came, the steps with how they
//! ended, then what can be done, each with its key and command line. The cursor begins on
//! what comes next. The steps run elsewhere; leaving changes nothing.

use jiff::Timestamp;

use crate::error::Error;
use crate::rotation::decide::{Goal, Has};
use crate::rotation::drive::recipe_of;
use crate::rotation::recipe::Recipe;
use crate::tui::action::{Action, Context};
use crate::tui::clock::Now;
use crate::tui::command_line::Lines;
use crate::tui::effect::{Effect, Request};
use crate::tui::panes::detail::Known;
use crate::tui::press::Press;
use crate::tui::rotating::{LastUse, Log, Order, Way};
use crate::tui::theme::Role;
use crate::vault::Pick;
use crate::vault::rotation::{Busy, Stage};
use crate::vault::secret::{Secret, SecretId, VALUE};

use super::form::{ask, close, told};
use super::{Input, Step};

mod asking;
mod draw;
mod facts;
mod offers;

use asking::Asked;

/// The field that is copied as the username.
const USERNAME: &str = "username";

/// A rotation under way.
pub struct CockpitDialog {
    secret: Box<Secret>,
    recipe: Option<Recipe>,
    /// Why the recipe cannot be read.
    fault: Option<String>,
    lines: Lines,
    known: Known,
    /// Who used it last; the outer `None` while that is being read.
    last_use: Option<Option<LastUse>>,
    /// What this session has seen of it.
    log: Option<Log>,
    /// The row in focus, counted from the first thing that can be done; those above are negative.
    cursor: isize,
    /// What is to be answered before anything else.
    asked: Option<Asked>,
    /// An order is on its way.
    waits: bool,
    /// Esc was pressed while a step runs: the next one leaves it to run.
    may_leave: bool,
    message: Option<(String, Role)>,
    now: Timestamp,
}

impl CockpitDialog {
    /// On a rotation of `secret`, of which this session may have seen something.
    #[must_use]
    pub fn new(secret: Box<Secret>, log: Option<Log>, known: Known, lines: Lines, now: Timestamp) -> Self {
        let mut cockpit = Self {
            recipe: None,
            fault: None,
            lines,
            known,
            last_use: None,
            log,
            cursor: 0,
            asked: None,
            waits: false,
            may_leave: false,
            message: None,
            now,
            secret,
        };
        cockpit.read_recipe();
        cockpit
    }

    /// What to ask the vault for while it stands there already.
    #[must_use]
    pub fn wants(&self) -> Effect {
        Effect::Vault(Request::LastUse(self.secret.id))
    }

    /// Which secret it is about.
    #[must_use]
    pub fn subject(&self) -> SecretId {
        self.secret.id
    }

    /// Which keys mean what in it.
    #[must_use]
    pub fn context(&self) -> Context {
        self.asked.as_ref().map_or(Context::Cockpit, Asked::context)
    }

    /// True when something typed would be lost with it.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.asked.as_ref().is_some_and(|asked| !asked.reason.is_empty())
    }

    fn read_recipe(&mut self) {
        (self.recipe, self.fault) = match recipe_of(&self.secret) {
            Ok(recipe) => (recipe, None),
            Err(error) => (None, Some(told(&error))),
        };
    }

    /// Takes an input.
    pub fn update(&mut self, input: Input, now: Now) -> Step {
        self.now = now.time;
        let offered = self.offered();
        let step = self.take(input);
        if self.offered() != offered {
            self.cursor = 0;
        }
        step
    }

    fn take(&mut self, input: Input) -> Step {
        match input {
            Input::Rotation(log, secret) => {
                self.waits = false;
                self.log = Some(*log);
                secret.into_iter().for_each(|secret| self.renew(secret));
            }
            Input::Changed(secret) => self.renew(secret),
            Input::Elsewhere(id, None) if id == self.secret.id => {
                self.say("Another session deleted this secret; nothing can be done here any more.", Role::Danger);
            }
            Input::LastUse(last_use) => self.last_use = Some(last_use),
            Input::Known(known) => self.known = *known,
            Input::Failed(error) => self.failed(&error),
            Input::Press(press) if self.asked.is_some() => return self.answer(press),
            Input::Press(Press::Action(action)) => return self.act(action),
            Input::Paste(pasted) => {
                if let Some(asked) = &mut self.asked {
                    asked.paste(&pasted);
                }
            }
            Input::Unbound => self.hush(),
            _ => {}
        }
        Step::default()
    }

    /// This or another session has gone on.
    fn renew(&mut self, secret: Box<Secret>) {
        if secret.id == self.secret.id {
            self.secret = secret;
            self.read_recipe();
        }
    }

    fn failed(&mut self, error: &Error) {
        self.waits = false;
        self.say(told(error), Role::Danger);
    }

    fn say(&mut self, words: impl Into<String>, role: Role) {
        self.message = Some((words.into(), role));
    }

    fn hush(&mut self) {
        self.message = None;
        self.may_leave = false;
    }

    fn act(&mut self, action: Action) -> Step {
        match action {
            Action::Up => self.move_by(-1),
            Action::Down => self.move_by(1),
            Action::PageUp => self.move_by(-8),
            Action::PageDown => self.move_by(8),
            Action::Top => self.move_by(-1000),
            Action::Bottom => self.move_by(1000),
            Action::Cancel => return self.leave(),
            Action::ClearClipboard => return ask(Effect::ClearClipboard { typed: true }),
            Action::KeepClipboard => return ask(Effect::KeepClipboard),
            Action::Submit => {
                return self.chosen().map_or_else(Step::default, |action| self.act(action));
            }
            action if self.offers(action) => return self.choose(action),
            _ => self.say("It has no place at this point of the rotation.", Role::Muted),
        }
        Step::default()
    }

    /// What the cursor stands on.
    fn chosen(&self) -> Option<Action> {
        usize::try_from(self.cursor).ok().and_then(|at| self.offered().get(at).copied())
    }

    fn move_by(&mut self, by: isize) {
        let above = isize::try_from(self.told_rows(true).len()).unwrap_or(0);
        let last = isize::try_from(self.offered().len()).unwrap_or(1) - 1;
        self.cursor = self.cursor.saturating_add(by).clamp(-above, last.max(-above));
    }

    /// Leaves; a step that runs is not left by accident.
    fn leave(&mut self) -> Step {
        if self.is_running() && !self.may_leave {
            self.say("A step is running. ⟨stop-step⟩ ends it; ⟨cancel⟩ again leaves it to run.", Role::Warn);
            self.may_leave = true;
            return Step::default();
        }
        close()
    }

    /// Does one of the things that are offered.
    fn choose(&mut self, action: Action) -> Step {
        self.hush();
        if !self.takes(action) {
            return Step::default();
        }
        if let Some(asked) = self.question(action) {
            self.asked = Some(asked);
            return Step::default();
        }
        match action {
            Action::RotateAgain => Step { then: Some(Action::Rotate), ..close() },
            Action::StopStep => self.order(Order::Stop),
            Action::CopyNew | Action::CopyOld | Action::CopyUsername => self.copy(action),
            action => self.send(action, String::new()),
        }
    }

    /// Sends the order that belongs to an action.
    fn send(&mut self, action: Action, reason: String) -> Step {
        let id = self.secret.id;
        let (goal, way) = match action {
            Action::Apply => (Goal::Verified, Way::OneStep),
            Action::TryPending | Action::GoOn => (Goal::Verified, Way::Steps),
            Action::Promote => (Goal::Promoted, Way::Steps),
            Action::AbortStage => (Goal::Aborted, Way::Steps),
            Action::PromoteByHand => (Goal::Promoted, Way::ByHand),
            Action::AbortByHand => (Goal::Aborted, Way::ByHand),
            Action::Retire | Action::RetireByHand => {
                let by_hand = action == Action::RetireByHand;
                return self.order(Order::Retire { id, by_hand, reason });
            }
            _ => return Step::default(),
        };
        // What tells the far side all the same was asked before.
        let unlooked = self.is_refused() && action != Action::GoOn;
        self.order(Order::GoOn { id, goal, way, unlooked, reason })
    }

    fn order(&mut self, order: Order) -> Step {
        self.waits = order.opens();
        ask(Effect::Vault(Request::Rotation(Box::new(order))))
    }

    fn copy(&mut self, action: Action) -> Step {
        let staged = self.stage().is_some();
        let previous =
            self.secret.rotation.revoke.as_ref().map_or(Pick::Previous, |revoke| Pick::Number(revoke.version));
        let (field, pick) = match (action, staged) {
            (Action::CopyUsername, _) => (USERNAME, Pick::Current),
            (Action::CopyNew, true) => (VALUE, Pick::Pending),
            (Action::CopyNew, false) | (_, true) => (VALUE, Pick::Current),
            (_, false) => (VALUE, previous),
        };
        ask(Effect::Vault(Request::CopyOf { id: self.secret.id, field: field.to_owned(), pick }))
    }

    fn stage(&self) -> Option<&Stage> {
        self.secret.rotation.stage.as_ref()
    }

    /// The far side did not take the current value when that was tried.
    fn is_refused(&self) -> bool {
        self.stage().is_some_and(Stage::is_refused)
    }

    /// A program of ours runs, or is about to.
    fn is_running(&self) -> bool {
        self.log.as_ref().is_some_and(|log| log.is_open)
    }

    /// A step that was begun, by a session that is not this one or is no more.
    fn busy(&self) -> Option<&Busy> {
        let rotation = &self.secret.rotation;
        let busy =
            rotation.stage.as_ref().map(|stage| &stage.busy).or(rotation.revoke.as_ref().map(|revoke| &revoke.busy));
        busy.and_then(Option::as_ref).filter(|_| !self.is_running())
    }

    fn has(&self) -> Has {
        let recipe = self.recipe.as_ref();
        Has {
            apply: recipe.is_some_and(|recipe| recipe.apply.is_some()),
            verify: recipe.is_some_and(|recipe| recipe.verify.is_some()),
            revoke: recipe.is_some_and(|recipe| recipe.revoke.is_some()),
            unlooked: self.is_refused(),
        }
    }
}
