//! What the edit dialog looks like, and what its keys do now.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::tui::action::Context;
use crate::tui::dialogs::page::Page;
use crate::tui::keymap::Keys;
use crate::tui::theme::{Role, Theme};

use super::EditDialog;
use super::fields::FieldRow;
use super::inputs::{Meta, Place};
use super::offer::Offer;

impl EditDialog {
    /// What its keys do now.
    #[must_use]
    pub fn foot(&self) -> String {
        if let Some(conflict) = &self.writing.conflict {
            return conflict.foot();
        }
        if self.writing.is_saving {
            return String::new();
        }
        if self.offer.is_some() {
            return Offer::FOOT.to_owned();
        }
        if let Some((_, prompt)) = &self.reading {
            if prompt.is_busy {
                return "⟨cancel⟩ back".to_owned();
            }
            return "⟨submit⟩ read · ⟨cancel⟩ back · ⟨next-field⟩ complete".to_owned();
        }
        if let Some(choosing) = self.choosing {
            return choosing.foot();
        }
        if let Some(json) = &self.json {
            return json.foot();
        }
        let submit = match self.focus {
            Place::AddField => "add a field",
            Place::AsJson => "open",
            _ => "save",
        };
        // A line that cannot be read goes into no editor.
        let is_bad = self.bad.as_ref().is_some_and(|(place, _)| *place == self.focus);
        if self.context() == Context::Prose && !is_bad {
            return format!("⟨submit⟩ {submit} · ⟨cancel⟩ cancel · ⟨next-field⟩ next · ⟨open-editor⟩ editor");
        }
        let show = if self.rows.iter().any(FieldRow::is_shown) { "hide" } else { "show" };
        let next = if self.completes_tag() { "complete" } else { "next" };
        format!("⟨submit⟩ {submit} · ⟨cancel⟩ cancel · ⟨next-field⟩ {next} · ⟨generate⟩ generate · ⟨show-typed⟩ {show}")
    }

    /// Draws the dialog in the middle of `area`.
    pub fn draw(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        if let Some(conflict) = &self.writing.conflict {
            return conflict.page(self.mine()).draw(keys, theme, area, frame);
        }
        if let Some(offer) = &self.offer {
            return offer.page().draw(keys, theme, area, frame);
        }
        if let Some(choosing) = self.choosing {
            let mut page = Page::new("Generate a value", self.foot());
            self.writing.name_on(&mut page);
            choosing.show(&self.recipe, &mut page);
            return page.draw(keys, theme, area, frame);
        }
        if let Some(json) = &self.json {
            let mut page = Page::new(if self.is_new() { "Metadata" } else { "Metadata of" }, self.foot());
            self.writing.name_on(&mut page);
            json.show(&mut page);
            return page.draw(keys, theme, area, frame);
        }
        if let Some((_, prompt)) = &self.reading {
            let mut page = Page::new("Read a file into the field", self.foot());
            page.gap();
            prompt.show(&mut page, "a file, like ~/stripe.key");
            page.gap();
            page.prose("Every byte is kept, at most 1 MiB. The file itself stays where it is.", Role::Muted);
            return page.draw(keys, theme, area, frame);
        }
        let mut page = Page::new(if self.is_new() { "Add a secret" } else { "Edit" }, self.foot());
        self.writing.name_on(&mut page);
        page.gap();
        if self.is_new() {
            page.text("Scope", &self.scope, "global", self.focus == Place::Scope);
            self.show_bad(Place::Scope, &mut page);
            page.text("Name", &self.name, "letters, digits, _ . -", self.focus == Place::Name);
            self.show_bad(Place::Name, &mut page);
        }
        for (number, row) in self.rows.iter().enumerate() {
            row.show_on(&mut page, number, self.focus);
            self.show_bad(Place::FieldName(number), &mut page);
            self.show_bad(Place::Value(number), &mut page);
        }
        page.button("add a field", self.focus == Place::AddField);
        for meta in Meta::ALL {
            if *meta == Meta::Reason {
                page.button("all of it as JSON", self.focus == Place::AsJson);
            }
            let place = Place::Meta(*meta);
            page.text(meta.label(), self.metadata.input(*meta), meta.placeholder(), self.focus == place);
            self.show_bad(place, &mut page);
            let is_bad = self.bad.as_ref().is_some_and(|(at, _)| *at == place);
            let tags = self.tags.remark().filter(|_| *meta == Meta::Tags);
            let remark = self.metadata.remark(*meta).map(str::to_owned).or(tags);
            if let Some(theirs) = self.metadata.theirs(*meta).filter(|_| !is_bad) {
                page.note(theirs, Role::Warn);
            }
            if let Some(remark) = remark.filter(|_| !is_bad) {
                page.note(remark, Role::Muted);
            }
        }
        page.gap();
        self.writing.show(&mut page);
        page.draw(keys, theme, area, frame);
    }

    fn show_bad(&self, place: Place, page: &mut Page<'_>) {
        if let Some((_, why)) = self.bad.as_ref().filter(|(at, _)| *at == place) {
            page.note(why.as_str(), Role::Danger);
        }
    }
}
