//! What the cockpit looks like.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::tui::action::{Action, row};
use crate::tui::dialogs::page::Page;
use crate::tui::keymap::Keys;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};

use super::CockpitDialog;
use super::facts::runs_programs;

/// Cells of a key.
const KEY: usize = 6;
/// The screens from this width on have room for lines that are so long.
const WIDE: u16 = 120;
const LONG: usize = 106;
/// On lower screens the programs of a step take so many rows: how far things came is to be seen too.
/// Whoever goes up to it reads the whole.
const HIGH: u16 = 36;
const SHORT: usize = 2;
/// On the lowest ones it is one row.
const LOW: u16 = 20;

impl CockpitDialog {
    /// What its keys do now.
    #[must_use]
    pub fn foot(&self) -> String {
        if let Some(asked) = &self.asked {
            return Self::question_foot(asked).to_owned();
        }
        let offered = self.offered();
        let at = usize::try_from(self.cursor).ok().and_then(|at| offered.get(at));
        let chosen = at.map(|action| format!("⟨submit⟩ {} · ", self.short(*action))).unwrap_or_default();
        let keys = offered.iter().filter(|action| Some(*action) != at && **action != Action::Cancel);
        let keys: Vec<String> = keys.map(|action| format!("⟨{}⟩ {}", row(*action).name, self.short(*action))).collect();
        format!("{chosen}⟨cancel⟩ leave · {}", keys.join(" · ")).trim_end_matches(" · ").to_owned()
    }

    /// Draws it in the middle of `area`.
    pub fn draw(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        if let Some(asked) = &self.asked {
            let mut page = Page::new("Rotation of", Self::question_foot(asked));
            page.about(&self.secret.address, self.secret.version);
            self.show_question(asked, &mut page);
            self.show_message(&mut page, area.height);
            return page.draw(keys, theme, area, frame);
        }
        let reads = self.cursor < 0;
        let (told, offers) = (self.told_rows(reads), self.offer_rows(keys));
        let mut page = Page::new("Rotation of", self.foot());
        page.about(&self.secret.address, self.secret.version);
        if area.width >= WIDE {
            page.widen(LONG);
        }
        if !reads {
            page.ends_first();
        }
        let above = isize::try_from(told.len()).unwrap_or(0);
        for (at, told) in (-above..).zip(&told) {
            if told.gap {
                page.gap();
            }
            match told.whole {
                true => page.whole_row(&told.text, told.role, at == self.cursor),
                false => page.row(&told.text, told.role, at == self.cursor),
            }
        }
        page.gap();
        for (at, text) in (0..).zip(&offers) {
            let role = if at == self.cursor { Role::Accent } else { Role::Text };
            page.row(text, role, at == self.cursor);
        }
        self.show_message(&mut page, area.height);
        page.draw(keys, theme, area, frame);
    }

    fn show_message(&self, page: &mut Page<'_>, height: u16) {
        match &self.message {
            Some((words, role)) => page.tell(words.as_str(), *role),
            None if self.waits => page.tell("On its way to the vault…", Role::Muted),
            None => {
                let action = self.chosen().filter(|_| self.asked.is_none());
                if let Some((action, line)) = action.and_then(|action| Some((action, self.told_of(action)?))) {
                    let most = match runs_programs(action) {
                        true if height < LOW => 1,
                        true if height < HIGH => SHORT,
                        _ => usize::MAX,
                    };
                    page.tell_shortly(line, Role::Muted, most);
                }
            }
        }
    }

    /// `p     Promote: make it current`
    fn offer_rows(&self, keys: Keys<'_>) -> Vec<String> {
        let row = |action: Action| {
            let key = keys.named(&format!("⟨{}⟩", row(action).name)).into_owned();
            format!("{}{}", text::pad(&key, KEY), self.words(action))
        };
        self.offered().into_iter().map(row).collect()
    }
}
