//! [`Work`]: how far a job is, and the way to end it.

use std::time::{Duration, Instant};

use crate::tui::dialogs::page::Page;
use crate::tui::effect::Effect;
use crate::tui::job::{Job, Stop};
use crate::tui::text;
use crate::tui::theme::Role;

/// Cells of the bar.
const BAR: usize = 24;

/// A job under way.
pub(super) struct Work {
    title: String,
    stop: Stop,
    stopping: bool,
    started: Instant,
    done: usize,
    total: usize,
    /// Told once it can be guessed.
    left: Option<Duration>,
}

impl Work {
    pub(super) fn new(job: &Job, now: Instant) -> Self {
        let (stop, total) = (job.stop.clone(), job.steps.len());
        Self { title: job.title(), stop, stopping: false, started: now, done: 0, total, left: None }
    }

    /// Asks for the end, once; what is being written as one cannot be ended.
    pub(super) fn stop(&mut self) -> Option<Effect> {
        if self.is_written() {
            return None;
        }
        let asks = !std::mem::replace(&mut self.stopping, true);
        asks.then(|| Effect::Stop(self.stop.clone()))
    }

    pub(super) fn progress(&mut self, done: usize, total: usize, now: Instant) {
        (self.done, self.total) = (done, total);
        let spent = now.saturating_duration_since(self.started);
        let per_step = u32::try_from(done).ok().filter(|done| *done > 0).map(|done| spent / done);
        let more = u32::try_from(total.saturating_sub(done)).unwrap_or(u32::MAX);
        self.left = per_step.and_then(|per_step| per_step.checked_mul(more));
    }

    pub(super) fn title(&self) -> String {
        self.title.clone()
    }

    /// Every step is done, and all of them are written as one.
    fn is_written(&self) -> bool {
        self.total > 0 && self.done >= self.total
    }

    pub(super) fn foot(&self) -> &'static str {
        if self.stopping || self.is_written() { "" } else { "⟨cancel⟩ end it; nothing is changed" }
    }

    pub(super) fn show(&self, page: &mut Page<'_>) {
        let full = (self.done * BAR).checked_div(self.total).unwrap_or(BAR).min(BAR);
        page.gap();
        page.prose(format!("[{}{}]", "#".repeat(full), ".".repeat(BAR - full)), Role::Accent);
        page.gap();
        let left = match self.left {
            _ if self.is_written() => "writing all of them as one…".to_owned(),
            _ if self.stopping => "ending…".to_owned(),
            None => "just begun".to_owned(),
            Some(left) => format!("about {} left", text::countdown(left)),
        };
        let counts = format!("{} of {}", text::grouped(self.done as u64), text::grouped(self.total as u64));
        page.prose(format!("{counts} · {left}"), Role::Text);
        page.gap();
        let told = match self.is_written() {
            true => "This cannot be ended any more; undo takes it back.",
            false => "All of them are changed at the end, or none.",
        };
        page.prose(told, Role::Muted);
    }
}
