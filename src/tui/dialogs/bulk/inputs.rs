//! [`Inputs`]: what is typed before a plan can be made.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::secret_text::SecretText;
use crate::tui::action::{Action, Context};
use crate::tui::dialogs::form::{next, previous};
use crate::tui::dialogs::known_tags::KnownTags;
use crate::tui::dialogs::page::Page;
use crate::tui::dialogs::rotate::{RecipeInputs, RecipePlace};
use crate::tui::job::Deed;
use crate::tui::press::Press;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::text_input::TextInput;

use crate::vault::catalog::Catalog;

use super::Target;
use super::spread::Spread;

/// Tags that are told to be there already.
const TAGS_TOLD: usize = 8;

/// A place that takes keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Recipe,
    Size,
    Classes,
    Reason,
    Tags,
    Expiry,
    Scope,
    Spread,
    Name,
}

/// The inputs of one deed.
pub(super) struct Inputs {
    pub(super) deed: Deed,
    pub(super) recipe: RecipeInputs,
    /// Tags, an expiry or a scope.
    pub(super) line: TextInput,
    /// The new name, where one secret is moved.
    pub(super) name: Option<TextInput>,
    /// What becomes of their scopes, where those of several are moved.
    pub(super) spread: Option<Spread>,
    tags: KnownTags,
    reason: TextInput,
    focus: Place,
    /// What stood there before anything was typed.
    at_first: Vec<String>,
    /// What is there already.
    remark: String,
}

impl Inputs {
    pub(super) fn new(deed: Deed, targets: &[Target], catalog: Arc<Catalog>) -> Self {
        let one = match targets {
            [one] if deed == Deed::Move => Some(one),
            _ => None,
        };
        let tags: BTreeSet<&String> = targets.iter().flat_map(|target| &target.tags).collect();
        let removable = tags.into_iter().cloned().collect();
        let mut inputs = Self {
            deed,
            recipe: RecipeInputs::new(),
            line: TextInput::holding(one.map_or_else(String::new, |one| one.address.scope.to_string())),
            name: one.map(|one| TextInput::holding(one.address.name.as_str())),
            spread: Some(targets).filter(|_| deed == Deed::Move).and_then(Spread::of),
            tags: KnownTags::of(catalog).with_signs(removable),
            reason: TextInput::new(),
            focus: Place::Reason,
            at_first: Vec::new(),
            remark: remark(deed, targets),
        };
        inputs.focus = inputs.places().first().copied().unwrap_or(Place::Reason);
        inputs.at_first = inputs.held();
        inputs
    }

    /// What the inputs hold.
    fn held(&self) -> Vec<String> {
        let name = self.name.as_ref().map_or("", TextInput::text);
        let texts = [self.line.text(), name, self.reason.text()].map(str::to_owned);
        texts.into_iter().chain([self.recipe.words()]).collect()
    }

    /// True when one of them holds something else than at first.
    pub(super) fn is_changed(&self) -> bool {
        self.held() != self.at_first
    }

    /// Every place, in the order of Tab.
    pub(super) fn places(&self) -> Vec<Place> {
        match self.deed {
            Deed::Rotate => {
                let mut places = vec![Place::Recipe, Place::Size, Place::Classes, Place::Reason];
                places.retain(|place| match place {
                    Place::Size => self.recipe.has_size(),
                    Place::Classes => self.recipe.has_classes(),
                    _ => true,
                });
                places
            }
            Deed::Tag => vec![Place::Tags, Place::Reason],
            Deed::Expire => vec![Place::Expiry, Place::Reason],
            Deed::Move if self.name.is_some() => vec![Place::Scope, Place::Name, Place::Reason],
            Deed::Move if self.spread.is_some() => vec![Place::Scope, Place::Spread, Place::Reason],
            Deed::Move => vec![Place::Scope, Place::Reason],
            _ => Vec::new(),
        }
    }

    pub(super) fn context(&self) -> Context {
        if matches!(self.focus, Place::Recipe | Place::Spread) { Context::Choice } else { Context::Form }
    }

    pub(super) fn reason(&self) -> String {
        self.reason.text().trim().to_owned()
    }

    fn input(&mut self) -> Option<&mut TextInput> {
        match self.focus {
            Place::Recipe | Place::Size | Place::Classes | Place::Spread => None,
            Place::Reason => Some(&mut self.reason),
            Place::Tags | Place::Expiry | Place::Scope => Some(&mut self.line),
            Place::Name => self.name.as_mut(),
        }
    }

    /// Takes a key.
    pub(super) fn press(&mut self, press: Press) {
        self.tags.forget();
        if self.focus == Place::Size {
            self.recipe.press(press);
        } else if self.focus == Place::Classes {
            self.recipe.press_class(press);
        } else if let Some(input) = self.input() {
            input.press(press);
        }
    }

    pub(super) fn paste(&mut self, pasted: &SecretText) {
        self.tags.forget();
        if let Some(input) = self.input() {
            input.paste(pasted);
        }
    }

    /// True when the key to the next input completes a tag first.
    fn completes_tag(&self) -> bool {
        self.focus == Place::Tags && self.tags.can_complete(&self.line)
    }

    pub(super) fn act(&mut self, action: Action) {
        if action == Action::NextField && self.completes_tag() {
            self.tags.complete(&mut self.line);
            return;
        }
        self.tags.forget();
        match (self.focus, action) {
            (_, Action::NextField) => self.focus = next(&self.places(), self.focus),
            (_, Action::PreviousField) => self.focus = previous(&self.places(), self.focus),
            (Place::Spread, Action::NextChoice | Action::PreviousChoice) => {
                self.spread.iter_mut().for_each(Spread::toggle);
            }
            (Place::Recipe, Action::NextChoice) => self.recipe.choose(1),
            (Place::Recipe, Action::PreviousChoice) => self.recipe.choose(-1),
            (Place::Size, Action::NextChoice) => self.recipe.resize(-1),
            (Place::Size, Action::PreviousChoice) => self.recipe.resize(1),
            (_, Action::NextChoice) => self.focus = next(&self.places(), self.focus),
            (_, Action::PreviousChoice) => self.focus = previous(&self.places(), self.focus),
            _ => {}
        }
    }

    pub(super) fn foot(&self) -> String {
        let more = match self.focus {
            Place::Recipe | Place::Spread => " · ⟨previous-choice $⟩/⟨next-choice $⟩ choose",
            Place::Size => " · ⟨previous-choice⟩/⟨next-choice⟩ more, fewer",
            Place::Classes => " · Left/Right move · Space on or off",
            _ => "",
        };
        let next = if self.completes_tag() { "complete" } else { "next" };
        format!("⟨submit⟩ see the plan · ⟨cancel⟩ cancel · ⟨next-field⟩ {next}{more}")
    }

    pub(super) fn show<'a>(&'a self, page: &mut Page<'a>) {
        page.gap();
        match self.deed {
            Deed::Rotate => {
                let focus = match self.focus {
                    Place::Recipe => Some(RecipePlace::Kind),
                    Place::Size => Some(RecipePlace::Size),
                    Place::Classes => Some(RecipePlace::Classes),
                    _ => None,
                };
                self.recipe.show(page, focus);
                page.note("Each secret gets a value of its own, which is never shown.", Role::Muted);
            }
            Deed::Tag => page.text("Tags", &self.line, "+db adds, -old removes", self.focus == Place::Tags),
            Deed::Expire => {
                page.text("Expires", &self.line, "30d, 2027-01-31 or never", self.focus == Place::Expiry);
            }
            Deed::Move => {
                page.text("Scope", &self.line, "production/payments, or global", self.focus == Place::Scope);
                if let Some(name) = &self.name {
                    page.text("Name", name, "", self.focus == Place::Name);
                }
                if let Some(spread) = &self.spread {
                    spread.show(page, self.line.text().trim(), self.focus == Place::Spread);
                }
            }
            _ => {}
        }
        let remark = self.tags.remark().unwrap_or_else(|| self.remark.clone());
        if !remark.is_empty() {
            page.note(remark, Role::Muted);
        }
        page.gap();
        page.text("Reason", &self.reason, "why now (may be empty)", self.focus == Place::Reason);
        page.gap();
    }
}

/// What the secrets have already.
fn remark(deed: Deed, targets: &[Target]) -> String {
    match deed {
        Deed::Tag => {
            let mut counts: Vec<(usize, &str)> = Vec::new();
            for tag in targets.iter().flat_map(|target| &target.tags) {
                match counts.iter_mut().find(|(_, known)| known == tag) {
                    Some((count, _)) => *count += 1,
                    None => counts.push((1, tag)),
                }
            }
            counts.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
            let told: Vec<String> = counts
                .iter()
                .take(TAGS_TOLD)
                .map(|(count, tag)| if targets.len() == 1 { (*tag).to_owned() } else { format!("{tag} ({count})") })
                .collect();
            let more = if counts.len() > TAGS_TOLD { " …" } else { "" };
            if told.is_empty() { "No tags yet.".to_owned() } else { format!("Now: {}{more}", told.join(", ")) }
        }
        Deed::Move => match targets {
            several if Spread::of(several).is_some() => String::new(),
            [_] => "Its versions and its audit records go with it.".to_owned(),
            many => format!(
                "All {} go there with their names, versions and audit records.",
                text::grouped(many.len() as u64)
            ),
        },
        _ => String::new(),
    }
}
