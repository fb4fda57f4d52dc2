//! [`Conflict`]: another session wrote the secret that is being edited or rotated.
//!
//! It stands over the form, which keeps every byte that was typed. Both values
//! stay until one is chosen: mine as the next version, theirs, or first a look at
//! both. What another session wrote is opened only when asked for, with its audit
//! record, and hidden again when its time is up.

use std::time::Instant;

use jiff::Timestamp;

use crate::tui::action::Action;
use crate::tui::effect::{Effect, Request};
use crate::tui::text;
use crate::tui::theirs::{Taken, Theirs};
use crate::tui::theme::Role;
use crate::tui::widgets::secret_input::SecretInput;
use crate::vault::compare::Fate;
use crate::vault::scope::Address;
use crate::vault::secret::{Fields, SecretId};

use super::differences;
use super::page::{MASK, Page};
use super::writing::Way;

/// What is to be decided, and what is known about it.
pub(super) struct Conflict {
    id: SecretId,
    address: Address,
    /// The version that stood there when the form was opened.
    began: u64,
    /// The version that mine was made over.
    seen: u64,
    /// What the other session did, once it is known, and when that was told.
    theirs: Option<(Theirs, Timestamp)>,
    /// The version that is current now; `None` where the secret is gone.
    current: Option<u64>,
    choice: usize,
    /// The two are being looked at; the row in view.
    looking: Option<usize>,
    /// Their values, until when.
    opened: Option<(Fields, Instant)>,
    /// Theirs as inputs that nobody types into, so that they are drawn like any other.
    shown: Vec<(String, SecretInput)>,
    is_mine_shown: bool,
    /// The details of the choices, as they stand now.
    details: [String; 3],
}

/// What was typed here, a field or a line of metadata at a time.
pub(super) struct Mine<'a> {
    /// What it is called.
    pub(super) label: String,
    /// The new value, where there is one.
    pub(super) input: Option<&'a SecretInput>,
    /// What it is like, or what becomes of it.
    pub(super) words: String,
}

/// What the form does after a key.
pub(super) enum Verdict {
    /// Nothing.
    Stay,
    /// Back to the form.
    Back,
    /// Write mine over theirs.
    Mine,
    /// Leave theirs and close.
    Theirs,
    /// Carry this out.
    Ask(Box<Effect>),
}

/// The choices, the harmless one first: an Enter typed ahead must not decide.
const CHOICES: [&str; 3] = ["look at both", "keep mine", "keep theirs"];

impl Conflict {
    /// Over version `seen` of a secret, which somebody began to edit at version `began`; `current`
    /// is the version that is there now, if any is.
    pub(super) fn new(id: SecretId, address: Address, (began, seen): (u64, u64), current: Option<u64>) -> Self {
        let mut conflict = Self {
            id,
            address,
            began,
            seen,
            theirs: None,
            current,
            choice: 0,
            looking: None,
            opened: None,
            shown: Vec::new(),
            is_mine_shown: false,
            details: Default::default(),
        };
        conflict.describe();
        conflict
    }

    /// What to ask the vault for first.
    pub(super) fn question(&self) -> Effect {
        Effect::Vault(Request::Theirs { id: self.id, seen: self.seen, address: self.address.clone() })
    }

    /// What the other session did.
    pub(super) fn told(&mut self, theirs: Theirs, now: Timestamp) {
        self.current = theirs.version();
        self.theirs = Some((theirs, now));
        self.describe();
    }

    /// How mine would be written; `None` until it is known what the other session did.
    pub(super) fn way(&self, seen_at: &Address) -> Option<Way> {
        let (theirs, _) = self.theirs.as_ref()?;
        let address = theirs.moved_to().unwrap_or(seen_at).clone();
        Some(match (theirs, theirs.version(), theirs.taken()) {
            (_, Some(version), _) => Way::Over { id: self.id, version, address },
            (Theirs::Deleted { from, .. }, _, Some(Taken { id, version })) => {
                Way::Over { id, version, address: from.clone() }
            }
            (_, _, Some(Taken { id, version })) => Way::Over { id, version, address },
            (Theirs::Deleted { from, version, .. }, ..) => {
                Way::Restored { id: self.id, version: *version, address: from.clone() }
            }
            _ => Way::Anew,
        })
    }

    fn describe(&mut self) {
        let theirs = self.theirs.as_ref().map(|(theirs, _)| theirs);
        let taken = theirs.and_then(Theirs::taken);
        let mine = match (theirs, taken) {
            (None, _) => "once it is known what the other session did".to_owned(),
            (Some(Theirs::Moved { .. }), _) => "saved where the secret is now".to_owned(),
            (Some(Theirs::Nothing { .. }), _) => "saved now".to_owned(),
            (_, Some(Taken { version, .. })) => {
                format!("onto the secret that is there now; its version {version} stays in the history")
            }
            (Some(Theirs::Newer { diff, to }), _) => {
                let current = diff.after.number;
                let place = if to.is_some() { "where the secret is now, " } else { "" };
                format!("{place}as version {}; theirs stays in the history as {current}", current + 1)
            }
            (Some(Theirs::Deleted { version, .. }), _) => {
                let theirs =
                    if *version > self.began { "; what was written meanwhile stays in the history" } else { "" };
                format!("brings the secret back and writes version {}{theirs}", version + 1)
            }
            (Some(Theirs::Destroyed { .. }), _) => "as a new secret, with the fields typed here".to_owned(),
        };
        let theirs = if self.current.is_some() || taken.is_some() { "as it is now" } else { "gone" };
        let look = "masked, with what each is like; ⟨show-typed⟩ reveals them".to_owned();
        self.details = [look, mine, format!("the secret stays {theirs}; what you typed is discarded")];
    }

    /// Their values arrived.
    pub(super) fn reveal(&mut self, version: u64, fields: Fields, until: Instant) {
        if self.looking.is_none() || self.current != Some(version) {
            return;
        }
        self.shown = fields
            .iter()
            .map(|(name, value)| {
                let mut input = SecretInput::multi_line().holding(value.duplicate());
                input.show(true);
                (name.to_string(), input)
            })
            .collect();
        self.opened = Some((fields, until));
        self.is_mine_shown = true;
    }

    /// When what is shown is hidden again.
    pub(super) fn until(&self) -> Option<Instant> {
        self.opened.as_ref().map(|(_, until)| *until)
    }

    /// Hides everything.
    pub(super) fn mask(&mut self) {
        self.opened = None;
        self.shown.clear();
        self.is_mine_shown = false;
    }

    /// True while mine may be seen.
    pub(super) fn shows_mine(&self) -> bool {
        self.is_mine_shown
    }

    /// Does what a key asks; `rows` is how many there are to look at.
    pub(super) fn act(&mut self, action: Action, rows: usize) -> Verdict {
        if let Some(row) = self.looking {
            return self.look(action, row, rows);
        }
        match action {
            Action::Cancel => return Verdict::Back,
            Action::NextChoice | Action::NextField => self.choice = (self.choice + 1) % CHOICES.len(),
            Action::PreviousChoice | Action::PreviousField => {
                self.choice = (self.choice + CHOICES.len() - 1) % CHOICES.len();
            }
            Action::Submit => match self.choice {
                0 => self.looking = Some(0),
                1 if self.theirs.is_some() => return Verdict::Mine,
                1 => {}
                _ => return Verdict::Theirs,
            },
            _ => {}
        }
        Verdict::Stay
    }

    fn look(&mut self, action: Action, row: usize, rows: usize) -> Verdict {
        match action {
            Action::Cancel | Action::Submit => {
                self.mask();
                self.looking = None;
            }
            Action::NextChoice | Action::NextField => self.looking = Some((row + 1).min(rows.saturating_sub(1))),
            Action::PreviousChoice | Action::PreviousField => self.looking = Some(row.saturating_sub(1)),
            Action::ShowTyped if self.is_mine_shown => self.mask(),
            Action::ShowTyped => match self.current {
                Some(version) => {
                    let request = Request::Reveal { id: self.id, version: Some(version), allow_expired: true };
                    return Verdict::Ask(Box::new(Effect::Vault(request)));
                }
                None => self.is_mine_shown = true,
            },
            _ => {}
        }
        Verdict::Stay
    }

    /// How many rows of theirs can be looked at.
    pub(super) fn rows(&self) -> usize {
        match &self.theirs {
            Some((Theirs::Newer { diff, .. }, _)) => diff.fields.len(),
            _ => 0,
        }
    }

    /// What its keys do now.
    pub(super) fn foot(&self) -> String {
        if self.looking.is_some() {
            let show = if self.is_mine_shown { "hide" } else { "show both" };
            return format!("⟨cancel⟩ back to the choice · ⟨show-typed⟩ {show} · ⟨next-choice⟩/⟨previous-choice⟩ move");
        }
        "⟨submit⟩ choose · ⟨cancel⟩ back to the form · ⟨next-choice⟩/⟨previous-choice⟩ move".to_owned()
    }

    /// The page of the conflict.
    pub(super) fn page<'a>(&'a self, mine: Vec<Mine<'a>>) -> Page<'a> {
        let mut page = Page::new("Conflict:", self.foot());
        page.about(&self.address, self.current.unwrap_or(self.seen));
        page.gap();
        match self.looking {
            Some(row) => self.show_both(&mut page, row, mine),
            None => self.show_choices(&mut page, &mine),
        }
        page
    }

    fn show_choices<'a>(&'a self, page: &mut Page<'a>, mine: &[Mine<'a>]) {
        page.prose(self.news(), Role::Warn);
        page.prose(format!("You began with version {}. Nothing is lost until you choose.", self.began), Role::Text);
        page.gap();
        if let Some((Theirs::Newer { diff, .. }, _)) = &self.theirs {
            page.fact("theirs", differences::summary(diff));
        }
        let labels: Vec<&str> = mine.iter().map(|mine| mine.label.as_str()).collect();
        page.fact("mine", labels.join(", "));
        page.gap();
        for (at, name) in CHOICES.iter().enumerate() {
            page.option(name, &self.details[at], at == self.choice);
        }
    }

    /// Who did what, and when.
    fn news(&self) -> String {
        match &self.theirs {
            Some((Theirs::Newer { diff, to }, now)) => {
                let version = &diff.after;
                let who = format!(
                    "{} wrote version {} {}",
                    version.created_by,
                    version.number,
                    text::age(version.created_at, *now)
                );
                let why = if version.reason.is_empty() { String::new() } else { format!(" ({})", version.reason) };
                let moved = to.as_ref().map(|to| format!(" It is {to} now.")).unwrap_or_default();
                format!("{}.{moved}", text::printable(&format!("{who}{why}")))
            }
            Some((Theirs::Moved { to, .. }, _)) => format!("Another session moved the secret: it is {to} now."),
            Some((Theirs::Deleted { by, at, taken, .. }, now)) => {
                let by = text::printable(by);
                format!("{by} deleted the secret {}.{}", text::age(*at, *now), in_its_place(*taken))
            }
            Some((Theirs::Destroyed { by, at, taken }, now)) => {
                let (by, when) = (text::printable(by), text::age(*at, *now));
                format!("{by} destroyed the secret with all its versions {when}.{}", in_its_place(*taken))
            }
            Some((Theirs::Nothing { .. }, _)) => {
                "Another session changed the secret and changed it back: all is as you saw it.".to_owned()
            }
            None => match self.current {
                Some(current) => format!("Another session wrote version {current} meanwhile."),
                None => "The secret is gone from there: another session moved or deleted it.".to_owned(),
            },
        }
    }

    /// Theirs above, mine below, each masked until shown.
    fn show_both<'a>(&'a self, page: &mut Page<'a>, row: usize, mine: Vec<Mine<'a>>) {
        page.prose(format!("Theirs: {}", self.news()), Role::Accent);
        if let Some((Theirs::Newer { diff, .. }, _)) = &self.theirs {
            for (at, field) in diff.fields.iter().enumerate() {
                let is_there = field.fate() != Fate::Removed;
                let shown = self.shown.iter().find(|(name, _)| is_there && name == field.name.as_str());
                let mut lines = differences::lines(field);
                if shown.is_none() && is_there {
                    lines.insert(0, (MASK.to_owned(), Role::Secret));
                }
                match shown {
                    Some((_, input)) => {
                        page.held(differences::label(field), input, at == row);
                        page.lines(String::new(), lines, false);
                    }
                    None => page.lines(differences::label(field), lines, at == row),
                }
            }
        }
        page.gap();
        page.prose(format!("Mine: over version {}, not written yet.", self.seen), Role::Accent);
        let before = self.rows();
        for (at, mine) in mine.into_iter().enumerate() {
            let focused = before + at == row;
            match mine.input {
                Some(input) => {
                    page.held(mine.label, input, focused);
                    page.lines(String::new(), vec![(mine.words, Role::Muted)], false);
                }
                None => page.lines(mine.label, vec![(mine.words, Role::Muted)], focused),
            }
        }
    }
}

/// What is said about another secret that has the name of one that is gone.
fn in_its_place(taken: Option<Taken>) -> String {
    let words = taken.map(|taken| format!(" Another secret has its name now, at version {}.", taken.version));
    words.unwrap_or_default()
}
