//! [`Stretches`]: which bytes are to be masked. What overlaps or touches is one stretch.

use std::collections::VecDeque;

/// What stands for a stretch.
pub(super) const MASK: &[u8] = b"****...****";

/// Bytes to mask, by their places in the buffer.
#[derive(Debug, PartialEq, Eq)]
struct Stretch {
    start: usize,
    end: usize,
    /// So many of the first are shown.
    shown: usize,
    /// Its mask is out already; what follows is part of it.
    begun: bool,
}

/// Stretches in their order, none touching the next.
#[derive(Default)]
pub(super) struct Stretches(VecDeque<Stretch>);

impl Stretches {
    /// Adds one; they come by their ends.
    pub(super) fn add(&mut self, start: usize, end: usize, shown: usize) {
        let mut new = Stretch { start, end, shown, begun: false };
        while self.0.back().is_some_and(|last| last.end >= new.start) {
            let Some(last) = self.0.pop_back() else { break };
            new.end = new.end.max(last.end);
            if last.begun || last.start < new.start {
                (new.start, new.shown, new.begun) = (last.start, last.shown, last.begun);
            } else if last.start == new.start {
                new.shown = new.shown.max(last.shown);
            }
        }
        self.0.push_back(new);
    }

    /// True when nothing is to be masked.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends `text[from..to]` with its masks to `out`.
    pub(super) fn write(&mut self, text: &[u8], from: usize, to: usize, out: &mut Vec<u8>) {
        let mut at = from;
        while let Some(stretch) = self.0.front_mut().filter(|stretch| stretch.start < to) {
            out.extend_from_slice(&text[at..stretch.start.max(at)]);
            if !stretch.begun {
                if stretch.start >= from {
                    out.extend_from_slice(&text[stretch.start..stretch.start + stretch.shown]);
                }
                out.extend_from_slice(MASK);
                stretch.begun = true;
            }
            at = stretch.end.clamp(at, to);
            if stretch.end >= to {
                break;
            }
            self.0.pop_front();
        }
        out.extend_from_slice(&text[at..to]);
    }

    /// The buffer loses its first `count` bytes.
    pub(super) fn shift(&mut self, count: usize) {
        for stretch in &mut self.0 {
            stretch.start = stretch.start.saturating_sub(count);
            stretch.end = stretch.end.saturating_sub(count);
        }
    }
}
