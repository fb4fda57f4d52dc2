//! Another session was faster: the new value is shown beside theirs, and written over it
//! where that is wanted.

use crate::rotation::drive::Source;
use crate::tui::action::Action;
use crate::tui::dialogs::Step;
use crate::tui::dialogs::conflict::{Mine, Verdict};
use crate::tui::dialogs::form::{ask, close};
use crate::tui::dialogs::writing::Way;
use crate::tui::effect::{Effect, Request};
use crate::tui::rotating::Order;
use crate::vault::secret::VALUE;
use crate::vault::shape::Shape;
use crate::vault::{Expected, MetadataChange};

use super::RotateDialog;

impl RotateDialog {
    /// A key while another session's version waits for a decision.
    pub(super) fn decide(&mut self, action: Action) -> Step {
        let Some(conflict) = &mut self.writing.conflict else { return Step::default() };
        match conflict.act(action, conflict.rows() + 1) {
            Verdict::Stay => {}
            Verdict::Ask(effect) => return ask(*effect),
            Verdict::Theirs => return close(),
            Verdict::Back => self.writing.conflict = None,
            Verdict::Mine => return self.overwrite(),
        }
        self.show(false);
        self.show_as_conflict_does();
        Step::default()
    }

    /// Writes mine over what another session did.
    pub(super) fn overwrite(&mut self) -> Step {
        self.show(false);
        let Some(way) = self.writing.resolve() else { return Step::default() };
        let mut step = self.submit();
        match step.effects.pop() {
            Some(Effect::Vault(Request::Rotate { address, fields, reason, .. })) if matches!(way, Way::Anew) => {
                let (fields, metadata, expected) = (Some(fields), MetadataChange::default(), Expected::Absent);
                step.effects.push(Effect::Vault(Request::Set { address, fields, metadata, reason, expected }));
            }
            Some(Effect::Vault(Request::Rotation(order))) if matches!(way, Way::Anew) => match *order {
                // A secret that is made anew has nothing that could go back.
                Order::Begin { address, source: Source::Given(fields), reason, .. } => {
                    let (fields, metadata, expected) = (Some(fields), MetadataChange::default(), Expected::Absent);
                    step.effects.push(Effect::Vault(Request::Set { address, fields, metadata, reason, expected }));
                }
                order => step.effects.push(Effect::Vault(Request::Rotation(Box::new(order)))),
            },
            other => step.effects.extend(other),
        }
        step
    }

    /// What was made or typed here, for the eye.
    pub(super) fn mine(&self) -> Vec<Mine<'_>> {
        let words = Shape::of(self.value.secret()).to_string();
        vec![Mine { label: VALUE.to_owned(), input: Some(&self.value), words }]
    }

    /// In a conflict mine is seen as long as theirs is.
    pub(super) fn show_as_conflict_does(&mut self) {
        if let Some(shows) = self.writing.conflict.as_ref().map(|conflict| conflict.shows_mine()) {
            self.show(shows);
        }
    }
}
