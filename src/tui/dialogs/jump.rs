//! [`JumpDialog`]: to any secret of the vault, whatever the filter is.
//!
//! Without a word it offers the pinned secrets and those opened last; with one,
//! what matches in the whole vault, the best first.

use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::action::{Action, Context};
use crate::tui::clock::Now;
use crate::tui::keymap::Keys;
use crate::tui::panes::secrets::lack;
use crate::tui::panes::{Cursor, marked, marker, row_area};
use crate::tui::press::Press;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::text_input::TextInput;
use crate::vault::catalog::Catalog;
use crate::vault::search::{Facts, Index, Query, Survivors};
use crate::vault::secret::SecretId;

use super::{Input, Step, frame as dialog_frame};

/// Rows that are no secrets: the input.
const AROUND: u16 = 1;
/// Most rows of secrets.
const MOST_ROWS: u16 = 16;
/// Cells of what is said about a secret.
const ABOUT: usize = 8;
/// Cells it would like, so that long addresses stay whole; the same whatever is found, so that
/// the box stands still while one types.
const WIDTH: u16 = 100;

/// Where to?
pub struct JumpDialog {
    catalog: Arc<Catalog>,
    index: Arc<Index>,
    survivors: Option<Survivors>,
    facts: Facts,
    pinned: Vec<SecretId>,
    /// Opened in this session.
    opened: Vec<SecretId>,
    /// The pinned ones, those opened and those used last, as positions in the catalog.
    offered: Vec<u32>,
    input: TextInput,
    query: Query,
    /// What cannot be read in the line.
    wrong: Option<String>,
    /// What is shown, as positions.
    found: Vec<u32>,
    cursor: Cursor,
    page: usize,
}

impl JumpDialog {
    /// The whole vault, what is pinned, what was opened in this session (the last one
    /// first), on a screen of so many rows. Behind those come the secrets whose values
    /// this user took last, in whatever session.
    #[must_use]
    pub fn new(
        catalog: Arc<Catalog>,
        index: Arc<Index>,
        facts: Facts,
        (pinned, opened): (Vec<SecretId>, Vec<SecretId>),
        height: u16,
    ) -> Self {
        let mut offered: Vec<u32> = Vec::new();
        for id in pinned.iter().chain(&opened).chain(facts.usage.recent()) {
            let position = catalog.position(*id).and_then(|at| u32::try_from(at).ok());
            offered.extend(position.filter(|at| !offered.contains(at)));
        }
        let page = usize::from(height.saturating_sub(3 + 2 + AROUND).min(MOST_ROWS)).max(1);
        let found = offered.clone();
        let (input, query) = (TextInput::new(), Query::default());
        let (survivors, wrong, cursor) = (None, None, Cursor::default());
        Self { catalog, index, survivors, facts, pinned, opened, offered, input, query, wrong, found, cursor, page }
    }

    /// Which keys mean what in it.
    #[must_use]
    pub fn context(&self) -> Context {
        Context::Jump
    }

    /// Takes an input.
    pub fn update(&mut self, input: Input, now: Now) -> Step {
        let changed = match input {
            Input::Press(Press::Action(Action::Cancel)) => return Step { close: true, ..Step::default() },
            Input::Press(Press::Action(Action::Submit)) => {
                let jump = self.at(self.cursor.row).map(|(id, _)| id);
                return Step { close: jump.is_some(), jump, ..Step::default() };
            }
            Input::Press(Press::Action(action)) => {
                self.cursor.go(action, self.found.len(), self.page);
                false
            }
            Input::Press(press) => self.input.press(press),
            Input::Paste(pasted) => self.input.paste(&pasted),
            Input::Learnt(facts) => {
                let asked = self.wrong.is_none() && self.query.lacks(&self.facts).is_some();
                self.facts = facts;
                asked
            }
            _ => false,
        };
        if changed {
            self.find(now);
        }
        Step::default()
    }

    /// Finds what matches the line.
    fn find(&mut self, now: Now) {
        self.cursor = Cursor::default();
        match Query::parse(self.input.text(), now.time) {
            Ok(query) => (self.query, self.wrong) = (query, None),
            Err(error) => {
                self.wrong = Some(error.message().to_owned());
                return;
            }
        }
        if self.query.is_empty() {
            self.survivors = None;
            self.found = self.offered.clone();
            return;
        }
        let query = self.query.clone().knowing(self.facts.clone());
        let matches = self.index.filter(&self.catalog, &query, self.survivors.as_ref(), now.time);
        self.found = matches.order;
        self.survivors = Some(matches.survivors);
    }

    /// What is asked for.
    #[must_use]
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// The secret in a row, and its address.
    fn at(&self, row: usize) -> Option<(SecretId, String)> {
        let listed = self.catalog.listed().get(*self.found.get(row)? as usize)?;
        let scope = self.catalog.text(listed.scope);
        let separator = if scope.is_empty() { "" } else { "/" };
        Some((listed.id, format!("{scope}{separator}{}", listed.name)))
    }

    /// What its keys do.
    #[must_use]
    pub fn foot(&self) -> String {
        if self.found.is_empty() {
            return "⟨cancel⟩ close".to_owned();
        }
        "⟨submit⟩ go there · ⟨cancel⟩ close · ⟨up⟩/⟨down⟩ choose".to_owned()
    }

    /// Draws the list in the middle of `area`.
    pub fn draw(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        let foot = self.foot();
        let foot = keys.named(&foot);
        let inner = dialog_frame::open(theme, area, frame, "Jump to", &foot, (WIDTH, MOST_ROWS + AROUND));
        let rows = usize::from(inner.height.saturating_sub(AROUND));
        let mut cursor = self.cursor;
        cursor.follow(self.found.len(), rows.max(1));
        for at in 0..rows {
            if let Some(area) = row_area(inner, at + usize::from(AROUND)) {
                self.draw_row(cursor.top + at, theme, area, frame);
            }
        }
        let lacks = self.query.lacks(&self.facts).map(|fact| lack(fact, &self.facts));
        let words = match (&self.wrong, self.found.is_empty(), self.input.text().trim().is_empty()) {
            (Some(wrong), _, _) => Some((wrong.as_str(), Role::Danger)),
            (None, _, _) if lacks.is_some() => lacks,
            (None, true, true) => Some(("Type a part of its name.", Role::Muted)),
            (None, true, false) => Some(("Nothing in the vault matches.", Role::Muted)),
            _ => None,
        };
        if let (Some((words, role)), Some(row)) = (words, row_area(inner, usize::from(AROUND))) {
            let blank = " ".repeat(usize::from(row.width));
            frame.render_widget(Span::raw(blank), row);
            frame.render_widget(Line::styled(format!("  {words}"), theme.style(role)), row);
        }
        if let Some(row) = row_area(inner, 0) {
            frame.render_widget(Span::styled("/", theme.style(Role::Accent)), row);
            let input = Rect { x: row.x.saturating_add(1), width: row.width.saturating_sub(1), ..row };
            self.input.draw(theme.style(Role::Text), true, input, frame);
        }
    }

    fn draw_row(&self, row: usize, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        let Some((id, address)) = self.at(row) else { return };
        let about = match () {
            () if self.pinned.contains(&id) => "^ pinned",
            () if !self.query.is_empty() => "",
            () if self.opened.contains(&id) => "  opened",
            () => "  used",
        };
        let room = usize::from(area.width).saturating_sub(1 + 1 + ABOUT);
        let marks = self.query.marks(&address);
        let mut spans = vec![marker(row == self.cursor.row, true, theme)];
        spans.extend(marked::spans(&address, &marks, &[], row == self.cursor.row, room, theme));
        spans.push(Span::styled(format!(" {}", text::pad(about, ABOUT)), theme.style(Role::Muted)));
        frame.render_widget(Line::from(spans), area);
    }
}
