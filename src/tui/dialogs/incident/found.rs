//! [`Found`]: the lines of the checklist, and those of them that the typed words leave.

use crate::vault::incident::{ExposedSecret, Incident};
use crate::vault::secret::SecretId;

use super::Built;

/// What was found and a choice of it.
pub(super) struct Found {
    incident: Incident,
    built: Built,
    /// What the words are looked for in, a text for each line.
    texts: Vec<String>,
    words: Vec<String>,
    /// The lines that are shown.
    shown: Vec<usize>,
}

impl Found {
    /// Takes all there is; none is shown before [`Self::find`].
    pub(super) fn new(incident: Incident, built: Built) -> Self {
        let text = |secret: &ExposedSecret| {
            let ways: Vec<&str> = secret.ways().into_iter().map(|(action, _)| action.word()).collect();
            let parts = [secret.name(), secret.state().to_owned(), secret.standing.told(), ways.join(" ")];
            parts.join("\n").to_lowercase()
        };
        let texts = incident.secrets.iter().map(text).collect();
        let mut found = Self { incident, built: Built::new(), texts, words: Vec::new(), shown: Vec::new() };
        found.learn(&built);
        found
    }

    /// Takes what is built from each of them.
    pub(super) fn learn(&mut self, built: &Built) {
        for secret in &mut self.incident.secrets {
            secret.dependents = built.get(&secret.id).cloned().unwrap_or_default();
        }
        self.built.clone_from(built);
    }

    /// What is known to be built from them.
    pub(super) fn into_built(self) -> Built {
        self.built
    }

    /// All that was found.
    pub(super) fn incident(&self) -> &Incident {
        &self.incident
    }

    /// Shows the lines that hold every word, whatever their case.
    pub(super) fn find(&mut self, line: &str) {
        self.words = line.split_whitespace().map(str::to_lowercase).collect();
        let holds = |text: &String| self.words.iter().all(|word| text.contains(word));
        self.shown = self.texts.iter().enumerate().filter(|(_, text)| holds(text)).map(|(at, _)| at).collect();
    }

    /// The numbers of the characters of a name that the words match, sorted.
    pub(super) fn marks(&self, name: &str) -> Vec<usize> {
        // Names are ASCII, so that a byte is a character in either case.
        let lower = name.to_lowercase();
        let mut marks: Vec<usize> = Vec::new();
        for word in self.words.iter().filter(|_| lower.len() == name.len() && name.is_ascii()) {
            marks.extend(lower.find(word).map(|at| at..at + word.len()).into_iter().flatten());
        }
        marks.sort_unstable();
        marks.dedup();
        marks
    }

    /// How many there are, shown or not.
    pub(super) fn total(&self) -> usize {
        self.incident.secrets.len()
    }

    /// How many are shown.
    pub(super) fn len(&self) -> usize {
        self.shown.len()
    }

    /// The one in a row.
    pub(super) fn at(&self, row: usize) -> Option<&ExposedSecret> {
        self.incident.secrets.get(*self.shown.get(row)?)
    }

    /// The row of one that is shown.
    pub(super) fn row(&self, id: SecretId) -> Option<usize> {
        self.shown.iter().position(|at| self.incident.secrets.get(*at).is_some_and(|secret| secret.id == id))
    }

    /// One of them, shown or not.
    pub(super) fn get(&self, id: SecretId) -> Option<&ExposedSecret> {
        self.incident.secrets.iter().find(|secret| secret.id == id)
    }
}
