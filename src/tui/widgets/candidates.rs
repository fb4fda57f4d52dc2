//! [`Candidates`]: what Tab can make of the word before the cursor, one after
//! the other, and their row on the screen. The filter's terms and a form's tags are
//! completed by it alike.

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::text;
use crate::tui::theme::{Role, Theme};

use super::text_input::TextInput;

/// Most candidates that are told in words.
const TOLD: usize = 6;

/// The candidates and the one that stands in the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidates {
    /// Where the word begins in the line.
    start: usize,
    all: Vec<String>,
    chosen: usize,
}

impl Candidates {
    /// The first of several; `None` when there is nothing to choose from.
    fn new(start: usize, all: Vec<String>) -> Option<Self> {
        (all.len() > 1).then_some(Self { start, all, chosen: 0 })
    }

    /// The one that stands in the line.
    fn chosen(&self) -> &str {
        self.all.get(self.chosen).map_or("", String::as_str)
    }

    /// The next one, round and round.
    fn next(&mut self) {
        self.chosen = (self.chosen + 1) % self.all.len().max(1);
    }

    /// Those around the chosen one, which is in brackets, in words.
    #[must_use]
    pub fn words(&self) -> String {
        let from = self.chosen / TOLD * TOLD;
        let shown = self.all.iter().enumerate().skip(from).take(TOLD);
        let shown = shown.map(|(at, word)| if at == self.chosen { format!("[{word}]") } else { word.clone() });
        let more = if from + TOLD < self.all.len() { " …" } else { "" };
        let shown = shown.collect::<Vec<_>>().join(" ");
        format!("{} of {}: {shown}{more}", self.chosen + 1, self.all.len())
    }

    /// Draws the page of them that the chosen one is on, without what they share.
    pub fn draw(&self, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        let count = format!(" {} of {} ", self.chosen + 1, self.all.len());
        let shared = self.all.iter().filter_map(|term| term.find(':')).min().map_or(0, |colon| colon + 1);
        let shared =
            if self.all.iter().all(|term| term.find(':') == Some(shared.saturating_sub(1))) { shared } else { 0 };
        let room = usize::from(area.width).saturating_sub(text::width(&count));
        let shown: Vec<String> = self.all.iter().map(|term| text::printable(&term[shared..]).into_owned()).collect();
        let (from, until) = page(&shown, self.chosen, room);
        let mut spans = vec![Span::styled(count, theme.style(Role::Muted))];
        for (at, term) in shown.iter().enumerate().take(until).skip(from) {
            let role = if at == self.chosen { Role::Selected } else { Role::Text };
            spans.push(Span::raw(" "));
            spans.push(Span::styled(text::shorten(term, room.saturating_sub(1)).into_owned(), theme.style(role)));
        }
        if until < shown.len() {
            spans.push(Span::styled(" …", theme.style(Role::Muted)));
        }
        frame.render_widget(Line::from(spans), area);
    }
}

/// Completes what stands in `word` to the first that `find` gives for it, or puts the next
/// candidate in the place of the one before; true when the line is another one.
pub fn complete(
    candidates: &mut Option<Candidates>,
    input: &mut TextInput,
    word: Range<usize>,
    find: impl FnOnce(&str) -> Vec<String>,
) -> bool {
    let (range, chosen) = match candidates {
        Some(candidates) => {
            candidates.next();
            (candidates.start..input.cursor(), candidates.chosen().to_owned())
        }
        None => {
            let all = find(&input.text()[word.clone()]);
            let Some(first) = all.first().cloned() else { return false };
            *candidates = Candidates::new(word.start, all);
            (word, first)
        }
    };
    input.replace(range, &chosen);
    true
}

/// The page with the chosen one: from the first shown to one past the last; every page has one at least.
fn page(shown: &[String], chosen: usize, room: usize) -> (usize, usize) {
    let mut from = 0;
    loop {
        let mut used = 2;
        let fitting = shown.iter().skip(from).take_while(|term| {
            used += 1 + text::width(term);
            used <= room
        });
        let until = from + fitting.count().max(1);
        if chosen < until || until >= shown.len() {
            return (from, until.min(shown.len()));
        }
        from = until;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_candidate_is_on_one_page() {
        let shown: Vec<String> = (0..30).map(|number| "x".repeat(1 + number % 7)).collect();
        for room in [0, 3, 10, 40, 400] {
            for chosen in 0..shown.len() {
                let (from, until) = page(&shown, chosen, room);
                assert!((from..until).contains(&chosen), "{chosen} in {room} cells");
            }
        }
    }

    #[test]
    fn choosing_goes_round() {
        assert_eq!(Candidates::new(0, vec!["one".to_owned()]), None);
        let mut candidates = Candidates::new(0, vec!["a".to_owned(), "b".to_owned()]).unwrap();
        candidates.next();
        assert_eq!(candidates.chosen(), "b");
        candidates.next();
        assert_eq!(candidates.chosen(), "a");
    }
}
