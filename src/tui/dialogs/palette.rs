//! [`PaletteDialog`]: every action by name, with its key, the equal command
//! line, and, when it cannot be done now, the reason.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::action::{ACTIONS, Action, Context, Group};
use crate::tui::available::unavailable;
use crate::tui::clock::Now;
use crate::tui::command_line::command_line;
use crate::tui::effect::Effect;
use crate::tui::keymap::Keys;
use crate::tui::panes::{Cursor, marker, row_area};
use crate::tui::press::Press;
use crate::tui::state::State;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::text_input::TextInput;

use super::{Input, Step, frame as dialog_frame};

/// Cells of the names and of the keys.
const NAMES: usize = 16;
const KEYS: usize = 6;
/// The cells of a row before the words that say what the action does.
const BEFORE_HELP: usize = 1 + 1 + NAMES + KEYS + 1;
/// Rows that are no actions: the input, and what is told about the selected one.
const AROUND: u16 = 4;

/// Every action by name.
pub struct PaletteDialog {
    commands: Vec<Command>,
    filter: TextInput,
    cursor: Cursor,
    page: usize,
}

struct Command {
    action: Action,
    name: &'static str,
    help: &'static str,
    key: String,
    line: Option<String>,
    /// Why it cannot be done now.
    reason: Option<String>,
}

impl PaletteDialog {
    /// The actions as they are now.
    #[must_use]
    pub fn new(state: &State) -> Self {
        let context = state.context().unwrap_or(Context::Secrets);
        let commands = ACTIONS
            .iter()
            .filter(|row| row.group != Group::Dialogs && row.action != Action::Palette)
            .map(|row| Command {
                action: row.action,
                name: row.name,
                help: row.help,
                key: state.options.keymap.shown(context, row.action).map(|key| key.label()).unwrap_or_default(),
                line: command_line(row, state),
                reason: unavailable(row.action, state),
            })
            .collect();
        let page = usize::from(state.size.1.saturating_sub(3 + 2 + AROUND)).max(1);
        Self { commands, filter: TextInput::new(), cursor: Cursor::default(), page }
    }

    /// Which keys mean what in it.
    #[must_use]
    pub fn context(&self) -> Context {
        Context::Palette
    }

    /// Takes an input.
    pub fn update(&mut self, input: Input, _now: Now) -> Step {
        let Input::Press(press) = input else { return Step::default() };
        match press {
            Press::Action(Action::Cancel) => Step { close: true, ..Step::default() },
            Press::Action(Action::Submit) => {
                let chosen =
                    self.shown().get(self.cursor.row).filter(|command| command.reason.is_none()).map(|c| c.action);
                Step { close: chosen.is_some(), then: chosen, ..Step::default() }
            }
            Press::Action(Action::CopyCommand) => {
                let line = self.shown().get(self.cursor.row).and_then(|command| command.line.clone());
                Step { effects: line.map(Effect::CopyText).into_iter().collect(), ..Step::default() }
            }
            Press::Action(action) => {
                let length = self.shown().len();
                self.cursor.go(action, length, self.page);
                Step::default()
            }
            Press::Type(_) | Press::Edit(_) => {
                if self.filter.press(press) {
                    self.cursor = Cursor::default();
                }
                Step::default()
            }
        }
    }

    /// What its keys do.
    #[must_use]
    pub fn foot(&self) -> String {
        let has_line = self.shown().get(self.cursor.row).is_some_and(|command| command.line.is_some());
        let copy = if has_line { "⟨copy-command⟩ copy the line · " } else { "" };
        let works = self.shown().get(self.cursor.row).is_some_and(|command| command.reason.is_none());
        let submit = if works { "⟨submit⟩ do it · " } else { "" };
        format!("{submit}⟨cancel⟩ close · {copy}⟨up⟩/⟨down⟩ choose")
    }

    /// The actions that pass the filter: those whose name begins with it first.
    fn shown(&self) -> Vec<&Command> {
        let wanted = self.filter.text().trim().to_lowercase();
        let mut shown: Vec<&Command> = self
            .commands
            .iter()
            .filter(|command| {
                wanted.split(' ').all(|word| command.name.contains(word) || command.help.to_lowercase().contains(word))
            })
            .collect();
        shown.sort_by_key(|command| (!command.name.starts_with(&wanted), !command.name.contains(&wanted)));
        shown
    }

    /// Draws the list in the middle of `area`.
    pub fn draw(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        let shown = self.shown();
        let rows = u16::try_from(self.commands.len()).unwrap_or(u16::MAX).saturating_add(AROUND);
        let help = self.commands.iter().map(|command| text::width(command.help)).max().unwrap_or(0);
        let width = u16::try_from(BEFORE_HELP + help).unwrap_or(u16::MAX);
        let inner = dialog_frame::open(theme, area, frame, "Commands", &keys.named(&self.foot()), (width, rows));
        let list_rows = inner.height.saturating_sub(AROUND);
        let mut cursor = self.cursor;
        cursor.follow(shown.len(), usize::from(list_rows).max(1));
        for at in 0..usize::from(list_rows) {
            let row = cursor.top + at;
            if let (Some(command), Some(area)) = (shown.get(row), row_area(inner, at + 1)) {
                frame
                    .render_widget(draw_command(command, row == self.cursor.row, theme, usize::from(area.width)), area);
            }
        }
        let below = usize::from(list_rows) + 2;
        if let Some(command) = shown.get(self.cursor.row) {
            draw_selected(command, theme, inner, below, frame);
        } else if let Some(row) = row_area(inner, 1) {
            frame.render_widget(Line::styled("  No such command.", theme.style(Role::Muted)), row);
        }
        if let Some(row) = row_area(inner, 0) {
            frame.render_widget(Span::styled(":", theme.style(Role::Accent)), row);
            let input = Rect { x: row.x.saturating_add(1), width: row.width.saturating_sub(1), ..row };
            self.filter.draw(theme.style(Role::Text), true, input, frame);
        }
    }
}

fn draw_command<'a>(command: &Command, selected: bool, theme: &Theme, width: usize) -> Line<'a> {
    let can = command.reason.is_none();
    let role = |role: Role| if can { role } else { Role::Disabled };
    let help = text::shorten(command.help, width.saturating_sub(BEFORE_HELP)).into_owned();
    Line::from(vec![
        marker(selected, true, theme),
        Span::raw(if can { " " } else { "-" }),
        Span::styled(text::pad(command.name, NAMES), theme.style(role(Role::Text))),
        Span::styled(text::pad(&command.key, KEYS), theme.style(role(Role::Accent))),
        Span::raw(" "),
        Span::styled(help, theme.style(role(Role::Muted))),
    ])
}

/// The reason and the equal command line of the selected action.
fn draw_selected(command: &Command, theme: &Theme, inner: Rect, below: usize, frame: &mut Frame<'_>) {
    let reason = command.reason.as_ref().map(|reason| (format!("- {reason}"), Role::Warn));
    let line = command.line.as_ref().map(|line| (format!("$ {line}"), Role::Accent));
    let told: Vec<(String, Role)> = reason.into_iter().chain(line).collect();
    let told = if told.is_empty() { vec![(command.help.to_owned(), Role::Muted)] } else { told };
    let width = usize::from(inner.width);
    let lines =
        told.iter().flat_map(|(words, role)| text::wrap(words, width).into_iter().map(move |line| (line, *role)));
    for (at, (line, role)) in lines.take(2).enumerate() {
        if let Some(row) = row_area(inner, below + at) {
            frame.render_widget(Line::styled(line.to_owned(), theme.style(role)), row);
        }
    }
}
