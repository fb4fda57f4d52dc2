//! [`ClipboardTestDialog`]: what nobody can ask a terminal, its operator can see. A word that
//! means nothing is copied and pasted back, cleared, and pasted again.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::secret_text::SecretText;
use crate::tui::action::{Action, Context};
use crate::tui::clock::Now;
use crate::tui::effect::Effect;
use crate::tui::event::ClipboardNews;
use crate::tui::keymap::Keys;
use crate::tui::press::Press;
use crate::tui::theme::{Role, Theme};

use super::form::{ask, close, told};
use super::page::Page;
use super::{Input, Step};

/// How far the test has come.
enum Stage {
    /// The word is on its way.
    Sending,
    /// It was sent: does it come back?
    Pasting(Sent),
    /// It came; it is being cleared.
    Clearing(Sent),
    /// It was cleared: does it come back still?
    PastingAgain(Sent),
    /// What was found out.
    Done(Sent, Found),
    /// It could not be sent.
    Failed(String),
}

/// What was sent, and where.
#[derive(Clone)]
struct Sent {
    word: String,
    route: &'static str,
}

/// What the operator's pastes have shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing arrived, or something else.
    NotArrived,
    /// It arrived and was cleared.
    Cleared,
    /// It arrived and was there still after it had been cleared.
    NotCleared,
}

/// Asks for two pastes.
pub struct ClipboardTestDialog(Stage);

impl Default for ClipboardTestDialog {
    fn default() -> Self {
        Self(Stage::Sending)
    }
}

impl ClipboardTestDialog {
    /// Takes an input.
    pub fn update(&mut self, input: Input, _now: Now) -> Step {
        match input {
            Input::Clipboard(news) => self.hear(news),
            Input::Paste(pasted) => self.pasted(&pasted),
            Input::Press(Press::Action(Action::Submit)) if self.is_over() => close(),
            Input::Press(Press::Action(Action::Submit)) => self.pasted(&SecretText::new()),
            Input::Press(Press::Action(Action::Cancel)) => self.leave(),
            _ => Step::default(),
        }
    }

    fn hear(&mut self, news: ClipboardNews) -> Step {
        match (&self.0, news) {
            (Stage::Sending, ClipboardNews::TestSent { word, route }) => {
                self.0 = Stage::Pasting(Sent { word, route });
            }
            (Stage::Clearing(sent), ClipboardNews::Cleared { .. } | ClipboardNews::ClearPending) => {
                self.0 = Stage::PastingAgain(sent.clone());
            }
            (Stage::Pasting(sent), ClipboardNews::Replaced | ClipboardNews::Cleared { .. }) => {
                let words = "was cleared, or something else was copied, before it was pasted. Try it again.";
                self.0 = Stage::Failed(format!("The {} {words}", sent.route));
            }
            (_, ClipboardNews::Failed(error)) => self.0 = Stage::Failed(told(&error)),
            _ => {}
        }
        Step::default()
    }

    /// Enter is a paste of nothing.
    fn pasted(&mut self, pasted: &SecretText) -> Step {
        match &self.0 {
            Stage::Pasting(sent) if pasted.expose().trim_ascii() == sent.word.as_bytes() => {
                self.0 = Stage::Clearing(sent.clone());
                ask(CLEAR)
            }
            Stage::Pasting(sent) => self.end(sent.clone(), Found::NotArrived),
            Stage::PastingAgain(sent) if pasted.expose().trim_ascii() == sent.word.as_bytes() => {
                self.end(sent.clone(), Found::NotCleared)
            }
            Stage::PastingAgain(sent) => self.end(sent.clone(), Found::Cleared),
            Stage::Sending | Stage::Clearing(_) | Stage::Done(..) | Stage::Failed(_) => Step::default(),
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.0, Stage::Done(..) | Stage::Failed(_))
    }

    fn end(&mut self, sent: Sent, found: Found) -> Step {
        let route = sent.route;
        self.0 = Stage::Done(sent, found);
        let mut step = ask(Effect::RememberClipboard { route, found });
        step.effects.extend((found == Found::NotArrived).then_some(CLEAR));
        step
    }

    /// What was sent does not stay, though it is no secret.
    fn leave(&self) -> Step {
        let clears = matches!(self.0, Stage::Sending | Stage::Pasting(_));
        Step { effects: clears.then_some(CLEAR).into_iter().collect(), ..close() }
    }

    /// Which keys mean what in it.
    #[must_use]
    pub fn context(&self) -> Context {
        Context::Choice
    }

    /// What its keys do now.
    #[must_use]
    pub fn foot(&self) -> String {
        match self.0 {
            Stage::Pasting(_) | Stage::PastingAgain(_) => "⟨submit⟩ nothing comes · ⟨cancel⟩ stop",
            Stage::Sending | Stage::Clearing(_) => "⟨cancel⟩ stop",
            Stage::Done(..) | Stage::Failed(_) => "⟨cancel⟩ close",
        }
        .to_owned()
    }

    /// Draws the dialog in the middle of `area`.
    pub fn draw(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        let mut page = Page::new("Test the clipboard", self.foot());
        match &self.0 {
            Stage::Sending => page.prose("Sending a word that means nothing…", Role::Muted),
            Stage::Failed(why) => page.prose(why.as_str(), Role::Danger),
            Stage::Pasting(sent) => {
                show(sent, &mut page);
                page.prose("1 of 2: paste here now, as you would paste a value.", Role::Text);
            }
            Stage::Clearing(sent) => {
                show(sent, &mut page);
                page.prose("It came. Clearing it…", Role::Muted);
            }
            Stage::PastingAgain(sent) => {
                show(sent, &mut page);
                page.prose("It came, and was cleared.", Role::Ok);
                page.prose("2 of 2: paste here once more.", Role::Text);
            }
            Stage::Done(sent, found) => {
                show(sent, &mut page);
                let (words, role) = found.words(sent.route.starts_with("terminal"));
                page.prose(words, role);
                page.prose("Kept for this terminal; strongroom doctor tells it again.", Role::Muted);
            }
        }
        page.draw(keys, theme, area, frame);
    }
}

/// By a key, so the terminal is looked at.
const CLEAR: Effect = Effect::ClearClipboard { typed: true };

fn show<'a>(sent: &'a Sent, page: &mut Page<'a>) {
    page.fact("Word", sent.word.as_str());
    page.fact("By", sent.route);
    page.gap();
}

impl Found {
    fn words(self, is_terminal: bool) -> (&'static str, Role) {
        match self {
            Self::Cleared => ("It arrives, and it is cleared: copies work from here.", Role::Ok),
            Self::NotCleared if !is_terminal => (
                "It arrives, but it is there still after it was cleared: a clipboard manager may give it back.",
                Role::Danger,
            ),
            Self::NotArrived if !is_terminal => (
                "It does not arrive, though the display took it: is this the desk that you sit at? strongroom doctor \
                 tells which ways there are.",
                Role::Danger,
            ),
            Self::NotCleared => (
                "It arrives, but clearing does nothing. In the settings, osc52_clear = \"space\" sends a blank instead; \
                 test again with it.",
                Role::Danger,
            ),
            Self::NotArrived => (
                "It does not arrive. The terminal may have to allow it (OSC 52, \"applications may access the \
                 clipboard\"), or it never does (GNOME Terminal and others of VTE). Within tmux such a terminal does no \
                 better. Show values instead, or hand them to programs with strongroom run.",
                Role::Danger,
            ),
        }
    }
}
