//! [`Question`]: whose doings are looked at: a person, a host, a time.

use jiff::Timestamp;

use crate::error::Error;
use crate::tui::action::Action;
use crate::tui::dialogs::Input;
use crate::tui::dialogs::form::{next, previous, told};
use crate::tui::dialogs::page::Page;
use crate::tui::press::Press;
use crate::tui::theme::Role;
use crate::tui::widgets::text_input::TextInput;
use crate::vault::incident::Choice;
use crate::vault::when::parse_past;

/// How far back is looked where nothing else is typed.
const SINCE: &str = "30d";

/// One of its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    People,
    Hosts,
    Since,
    Until,
}

impl Line {
    const ALL: [Self; 4] = [Self::People, Self::Hosts, Self::Since, Self::Until];

    fn label(self) -> &'static str {
        match self {
            Self::People => "Person",
            Self::Hosts => "Host",
            Self::Since => "Since",
            Self::Until => "Until",
        }
    }

    fn placeholder(self) -> &'static str {
        match self {
            Self::People => "alice, or bob@bastion1; empty: everybody",
            Self::Hosts => "bastion1, or an address; empty: anywhere",
            Self::Since => "30d, or 2027-01-31; empty: ever",
            Self::Until => "2d, or 2027-01-31; empty: now and later",
        }
    }
}

/// The form.
pub(super) struct Question {
    /// It stands in the place of the list.
    pub(super) is_open: bool,
    inputs: [TextInput; Line::ALL.len()],
    focus: Line,
    pub(super) problem: Option<String>,
}

impl Default for Question {
    fn default() -> Self {
        let mut inputs: [TextInput; Line::ALL.len()] = Default::default();
        inputs[Line::Since as usize] = TextInput::holding(SINCE);
        Self { is_open: true, inputs, focus: Line::People, problem: None }
    }
}

impl Question {
    /// Asks, with what was typed last.
    pub(super) fn open(&mut self) {
        (self.is_open, self.focus, self.problem) = (true, Line::People, None);
    }

    /// Takes an input.
    pub(super) fn update(&mut self, input: Input) {
        let changed = match input {
            Input::Press(Press::Action(Action::NextField | Action::NextChoice)) => {
                self.focus = next(&Line::ALL, self.focus);
                false
            }
            Input::Press(Press::Action(Action::PreviousField | Action::PreviousChoice)) => {
                self.focus = previous(&Line::ALL, self.focus);
                false
            }
            Input::Press(press) => self.inputs[self.focus as usize].press(press),
            Input::Paste(pasted) => self.inputs[self.focus as usize].paste(&pasted),
            Input::Failed(error) => {
                self.problem = Some(told(&error));
                false
            }
            _ => false,
        };
        if changed {
            self.problem = None;
        }
    }

    /// What is asked for; what cannot be read is told, and gets the focus.
    pub(super) fn choice(&mut self, now: Timestamp) -> Option<Choice> {
        match self.read(now) {
            Ok(choice) => return Some(choice),
            Err((line, problem)) => (self.focus, self.problem) = (line, Some(problem)),
        }
        None
    }

    fn read(&self, now: Timestamp) -> Result<Choice, (Line, String)> {
        let names = |line: Line| {
            let names = self.inputs[line as usize].text().split(',').map(str::trim);
            names.filter(|name| !name.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        let moment = |line: Line| {
            let text = self.inputs[line as usize].text().trim();
            let read = (!text.is_empty()).then(|| parse_past(text, now)).transpose();
            read.map_err(|error| (line, told(&error)))
        };
        let choice = Choice {
            people: names(Line::People),
            hosts: names(Line::Hosts),
            since: moment(Line::Since)?,
            until: moment(Line::Until)?,
        };
        if choice.people.is_empty() && choice.hosts.is_empty() && choice.until.is_none() {
            let words = "Give a person or a host. A time alone needs its end, since everybody is in it.";
            return Err((Line::People, words.to_owned()));
        }
        choice.check_begun(now).map_err(|error| (Line::Since, error.message().to_owned()))?;
        choice.check().map_err(|error: Error| (Line::Until, told(&error)))?;
        Ok(choice)
    }

    /// Describes it.
    pub(super) fn show<'a>(&'a self, page: &mut Page<'a>) {
        for line in Line::ALL {
            page.text(line.label(), &self.inputs[line as usize], line.placeholder(), line == self.focus);
            if let Some(problem) = self.problem.as_ref().filter(|_| line == self.focus) {
                page.note(problem.as_str(), Role::Danger);
            }
        }
        page.gap();
        page.prose(
            "Lists every secret that they took out of the vault or wrote in that time, and what became of it since. \
             The audit log is verified on the way; nothing is told where it is broken, and no value leaves the vault.",
            Role::Muted,
        );
    }
}
