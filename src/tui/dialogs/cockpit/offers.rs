//! What can be done about a rotation where it stands, what comes next before all.

use crate::tui::action::{Action, row};
use crate::tui::command_line;
use crate::vault::rotation::{StageState, StepKind, Which};

use super::{CockpitDialog, USERNAME};

impl CockpitDialog {
    /// True when this can be done now.
    #[must_use]
    pub fn offers(&self, action: Action) -> bool {
        self.takes(action) && self.offered().contains(&action)
    }

    /// True when the row in focus does something now.
    #[must_use]
    pub fn takes_choice(&self) -> bool {
        self.chosen().is_none_or(|action| self.takes(action))
    }

    /// While an order is on its way to the vault, nothing but copying is of any use.
    pub(super) fn takes(&self, action: Action) -> bool {
        !self.waits || matches!(action, Action::CopyNew | Action::CopyOld | Action::CopyUsername | Action::Cancel)
    }

    /// All that can be done now, in order.
    pub(super) fn offered(&self) -> Vec<Action> {
        let mut offered = self.decisions();
        let stage = self.stage();
        if stage.is_none_or(|stage| !stage.fields.is_empty()) {
            offered.push(Action::CopyNew);
        }
        if stage.is_some() || self.has_previous() {
            offered.push(Action::CopyOld);
        }
        if self.secret.fields.iter().any(|field| field.as_str() == USERNAME) {
            offered.push(Action::CopyUsername);
        }
        offered.push(Action::Cancel);
        offered
    }

    fn has_previous(&self) -> bool {
        self.secret.rotation.revoke.is_some() || self.secret.previous(self.now).is_ok()
    }

    fn decisions(&self) -> Vec<Action> {
        use Action::{
            AbortByHand, AbortStage, Apply, GoOn, Promote, PromoteByHand, Retire, RetireByHand, RotateAgain, StopStep,
            TryPending,
        };
        let has = self.has();
        if self.is_running() {
            return vec![StopStep];
        }
        let Some(stage) = self.stage() else {
            return match (&self.secret.rotation.revoke, self.has_previous()) {
                (Some(_), _) => vec![Retire, RetireByHand],
                (None, true) => vec![RotateAgain, Retire],
                (None, false) => vec![RotateAgain],
            };
        };
        if stage.busy.is_some() {
            return vec![GoOn];
        }
        match stage.state {
            StageState::Making => vec![AbortStage],
            StageState::Staged if stage.is_refused() => {
                vec![GoOn, TryPending, Apply, Promote, AbortStage, PromoteByHand]
            }
            StageState::Staged if has.apply && has.verify => {
                vec![TryPending, Apply, Promote, AbortStage, PromoteByHand]
            }
            StageState::Staged if has.apply => vec![Apply, Promote, AbortStage, PromoteByHand],
            StageState::Staged | StageState::Applied if has.verify => vec![TryPending, Promote, AbortStage],
            StageState::Staged | StageState::Applied | StageState::Verified => vec![Promote, AbortStage],
            StageState::Applying | StageState::Reverting | StageState::Unsettled => {
                vec![GoOn, AbortStage, PromoteByHand, AbortByHand]
            }
        }
    }

    /// What an action does here, in few words.
    pub(super) fn words(&self, action: Action) -> &'static str {
        let has = self.has();
        let is_staged = self.stage().is_some_and(|stage| stage.state == StageState::Staged);
        let is_lost = self.stage().is_some_and(|stage| stage.busy.is_some());
        match action {
            Action::TryPending if is_staged && has.apply => "Tell the far side, then try it",
            Action::TryPending => "Try whether it works",
            Action::Apply => "Tell the far side alone",
            Action::Promote if self.secret.is_verified() => "Promote: make it current",
            Action::Promote if is_staged && has.apply => "Tell, try, make it current",
            Action::Promote if has.verify => "Try it, make it current",
            Action::Promote => "Promote: make it current",
            Action::GoOn if is_lost => "Go on from there",
            Action::GoOn if is_staged => "Try the current value again, go on",
            Action::GoOn => "Find out what works, go on",
            Action::AbortStage if is_staged => "Abort: destroy it",
            Action::AbortStage => "Abort: put the old one back",
            Action::PromoteByHand => "Promote, told by hand",
            Action::AbortByHand => "Abort, put back by hand",
            Action::Retire if self.secret.rotation.revoke.is_some() => "Revoke the previous value",
            Action::Retire => "Give the previous out no more",
            Action::RetireByHand => "Retire it, revoked by hand",
            Action::RotateAgain => "Rotate again",
            Action::StopStep => self.stop_words(),
            Action::CopyNew if self.stage().is_some() => "Copy the new value",
            Action::CopyNew => "Copy the current value",
            Action::CopyOld if self.stage().is_some() => "Copy the old value",
            Action::CopyOld => "Copy the previous value",
            Action::CopyUsername => "Copy the username",
            Action::Cancel if self.is_running() && self.goes_back() => "Leave; it goes on going back",
            Action::Cancel if self.is_running() => "Leave; it goes on by itself",
            Action::Cancel if self.stage().is_some() => "Leave; what is staged stays",
            _ => "Leave",
        }
    }

    /// The same in a word or two, for the foot and the bar.
    pub(super) fn short(&self, action: Action) -> &'static str {
        match action {
            Action::Cancel => "leave",
            Action::CopyNew if self.stage().is_none() => "copy current",
            Action::CopyOld if self.stage().is_none() => "copy previous",
            action => row(action).hint,
        }
    }

    /// What comes of ending the step that runs.
    fn stop_words(&self) -> &'static str {
        let step = self.log.as_ref().and_then(|log| log.running.as_ref()).map(|step| (step.kind, step.of));
        match (self.stage().map(|stage| stage.state), step) {
            (None, _) => "Stop this step; it stays to be revoked",
            // What there is to try is tried; behind these two steps there is nothing.
            (_, Some((StepKind::Revoke, _) | (StepKind::Verify, Which::Pending))) if self.goes_back() => {
                "Stop this step; it stays halfway"
            }
            _ if self.goes_back() && self.has().revoke => "Stop this step; it stays halfway",
            _ if self.goes_back() => "Stop this step, go on going back",
            (Some(StageState::Staged), Some((StepKind::Verify, _))) => "Stop this step; it stays staged",
            (Some(StageState::Verified), _) => "Stop this step, go on without it",
            _ => "Stop this step, go back",
        }
    }

    fn goes_back(&self) -> bool {
        let state = self.stage().map(|stage| stage.state);
        matches!(state, Some(StageState::Reverting | StageState::Unsettled))
    }

    /// What the row in focus comes to: the programs that it runs, or the equal command line.
    pub(super) fn told_of(&self, action: Action) -> Option<String> {
        match action {
            Action::TryPending | Action::Apply => {
                let next = self.next_steps((action == Action::Apply).then_some(StepKind::Apply));
                let mut lines: Vec<String> = next.iter().map(|told| told.text.trim().to_owned()).collect();
                if lines.len() > 2 {
                    // By the program that stands behind the last one.
                    lines.remove(0);
                    lines[0] = format!("first try the current value; {}", lines[0]);
                }
                (!lines.is_empty()).then(|| lines.join("\n"))
            }
            action => self.line(action).map(|line| format!("$ {line}")),
        }
    }

    /// The equal command line.
    fn line(&self, action: Action) -> Option<String> {
        let staged = self.stage().is_some();
        let template = match action {
            Action::TryPending | Action::Apply => return None,
            Action::CopyNew if !staged => "strongroom copy {}",
            Action::CopyOld if staged => "strongroom copy {}",
            action => row(action).command?,
        };
        command_line::filled(template, &self.secret.address.to_string(), &self.lines)
    }
}
