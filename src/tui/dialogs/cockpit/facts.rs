//! What is told above what can be done: the secret, how far its rotation came, the steps
//! with their command lines, and what is not known, in words.

use std::ops::Range;

use crate::rotation::recipe::{Make, command_line};
use crate::tui::action::Action;
use crate::tui::rotating::End;
use crate::tui::text::{self, printable};
use crate::tui::theme::Role;
use crate::vault::rotation::{Busy, StageState, StepDone, StepEnd, StepKind, Which};

use super::CockpitDialog;

/// Cells of the labels.
const LABEL: usize = 12;
/// So many rows of steps for whoever decides.
const MOST_STEPS: usize = 7;

/// A row that only tells.
pub(super) struct Told {
    pub(super) text: String,
    pub(super) role: Role,
    /// An empty one stands above it, where there is room.
    pub(super) gap: bool,
    /// It says what is to be decided on, so none of it is cut off.
    pub(super) whole: bool,
}

fn fact(label: &str, words: &str) -> Told {
    Told { text: format!("{label:<LABEL$}{}", printable(words)), role: Role::Text, gap: false, whole: false }
}

fn words(words: impl AsRef<str>, role: Role) -> Told {
    Told { text: printable(words.as_ref()).into_owned(), role, gap: false, whole: false }
}

impl CockpitDialog {
    /// Every row, from the top; `all` of them, or those that whoever decides wants to see.
    pub(super) fn told_rows(&self, all: bool) -> Vec<Told> {
        let mut rows = self.about();
        for part in [self.steps(all), self.standing()] {
            rows.extend(part.into_iter().enumerate().map(|(at, told)| Told { gap: at == 0, ..told }));
        }
        rows
    }

    /// The secret, for whoever comes back to it.
    fn about(&self) -> Vec<Told> {
        let mut rows = Vec::new();
        let metadata = &self.secret.metadata;
        if !metadata.description.is_empty() {
            rows.push(fact("Secret", metadata.description.lines().next().unwrap_or_default()));
        }
        match (&self.recipe, &self.fault) {
            (_, Some(fault)) => rows.push(Told { role: Role::Danger, ..fact("Recipe", fault) }),
            (Some(recipe), None) => rows.push(fact("Recipe", &recipe.what)),
            (None, None) => rows.push(fact("Recipe", "none: tell the far side by hand")),
        }
        let used = match &self.last_use {
            None => "reading the audit log…".to_owned(),
            Some(None) => "never, by its audit log".to_owned(),
            Some(Some(used)) => format!("{} by {}, {}", text::age(used.at, self.now), used.who, used.action),
        };
        rows.push(fact("Last use", &used));
        let alike = Some(&self.known.alike);
        for (label, found) in [
            ("Same value", alike),
            ("Built of it", self.known.built.as_ref()),
            ("In recipes", Some(&self.known.recipes)),
        ] {
            if let Some((named, more)) = found.filter(|(named, _)| !named.is_empty()) {
                let more = if *more > 0 { format!(" and {more} more") } else { String::new() };
                rows.push(Told { role: Role::Warn, ..fact(label, &format!("{}{more}", named.join(", "))) });
            }
        }
        rows
    }

    /// The line of stages, and where it stands in words.
    fn standing(&self) -> Vec<Told> {
        let mut rows = vec![words(self.stages(), Role::Focus)];
        if let Some(stage) = self.stage() {
            let age = text::age(stage.since, self.now);
            let reason = if stage.reason.is_empty() { String::new() } else { format!(": {}", stage.reason) };
            let again = stage.from.map(|from| format!(", version {from} again")).unwrap_or_default();
            rows.push(words(format!("Begun {age} by {}{again}{reason}", stage.by), Role::Muted));
        }
        if let Some(busy) = self.busy() {
            rows.push(words(cut_off(busy), Role::Warn));
        } else if let Some((known, role)) = self.known_state() {
            rows.push(words(known, role));
        }
        // While something is staged, what is known of it says more.
        let end = self.log.as_ref().and_then(|log| log.end.as_ref());
        rows.extend(
            end.filter(|(_, end)| {
                self.stage().is_none_or(|stage| *end == End::Open && stage.state != StageState::Unsettled)
            })
            .map(|(told, end)| {
                let failed = self.log.iter().flat_map(|log| &log.steps).any(|step| !step.as_meant);
                let role = match end {
                    End::Open => Role::Danger,
                    End::Aborted if failed => Role::Warn,
                    _ => Role::Ok,
                };
                words(told, role)
            }),
        );
        rows.extend(self.tried_again());
        rows.into_iter().map(|told| Told { whole: true, ..told }).collect()
    }

    /// What the last step showed after a way back, so that nobody has to log in to know.
    fn tried_again(&self) -> Option<Told> {
        let log = self.log.as_ref().filter(|log| matches!(log.end, Some((_, End::Aborted))))?;
        let last = &log.steps.last().filter(|_| self.stage().is_none())?.done;
        let works = (last.kind, last.of) == (StepKind::Verify, Which::Current) && last.end.is_good();
        works.then(|| words(format!("The far side takes version {}, tried.", self.secret.version), Role::Ok))
    }

    /// `made > staged > [applied] > verified > current`
    fn stages(&self) -> String {
        const NAMES: [&str; 5] = ["made", "staged", "applied", "verified", "current"];
        let at = match self.stage().map(|stage| stage.state) {
            Some(StageState::Making) => 0,
            Some(StageState::Staged) => 1,
            Some(StageState::Applying | StageState::Applied | StageState::Reverting | StageState::Unsettled) => 2,
            Some(StageState::Verified) => 3,
            None if self.log.as_ref().is_some_and(|log| matches!(log.end, Some((_, End::Aborted)))) => {
                return "made > staged > [aborted]".to_owned();
            }
            None => 4,
        };
        let name = |(number, name): (usize, &&'static str)| {
            let name = match self.stage().map(|stage| stage.state).filter(|_| number == at) {
                Some(StageState::Making) => "making",
                Some(StageState::Applying) => "applying",
                Some(StageState::Reverting) => "going back",
                Some(StageState::Unsettled) => "unsettled",
                _ => name,
            };
            if number == at { format!("[{name}]") } else { name.to_owned() }
        };
        NAMES.iter().enumerate().map(name).collect::<Vec<_>>().join(" > ")
    }

    /// What is known and what is not.
    fn known_state(&self) -> Option<(String, Role)> {
        let (now, next) = (self.secret.version, self.secret.version + 1);
        if self.is_running() {
            return None;
        }
        let Some(stage) = self.stage() else {
            let revoke = self.secret.rotation.revoke.as_ref()?;
            let version = revoke.version;
            return Some((
                format!("Version {now} is current. The far side still takes version {version}."),
                Role::Warn,
            ));
        };
        Some(match stage.state {
            StageState::Making => ("No value was made yet; nothing was changed.".to_owned(), Role::Text),
            StageState::Staged if stage.is_refused() => (
                format!(
                    "Version {now} could not be verified, so the far side was told nothing. Version {next} is staged."
                ),
                Role::Danger,
            ),
            StageState::Staged => {
                (format!("Version {now} is current and in use. Nobody gets version {next} yet."), Role::Text)
            }
            StageState::Applying => (
                format!("Not known: whether the far side takes version {now} or version {next}. Both are kept."),
                Role::Warn,
            ),
            StageState::Applied => {
                (format!("The far side was told version {next}; nothing has tried it. {now} is current."), Role::Text)
            }
            StageState::Verified => {
                (format!("The far side takes version {next}, tried. Version {now} is still current here."), Role::Ok)
            }
            StageState::Reverting => {
                (format!("A step failed. Not known yet: whether version {now} works again. Both are kept."), Role::Warn)
            }
            StageState::Unsettled => (
                format!(
                    "Going back failed: neither version {now} nor {next} is known to work. Both are kept; look at the far side."
                ),
                Role::Danger,
            ),
        })
    }

    /// The steps that were done, the one that runs, and the one that would come next.
    fn steps(&self, all: bool) -> Vec<Told> {
        let heard = self.log.as_ref().map(|log| &log.steps[..]).unwrap_or_default();
        let rotation = &self.secret.rotation;
        let journal = rotation.steps();
        // What an earlier session did; of our own steps more is known.
        let earlier = journal.get(..journal.len().saturating_sub(heard.len())).unwrap_or_default();
        let mut before = None;
        let mut rows = Vec::new();
        for done in earlier {
            rows.push(self.done_row(done, before));
            before = Some(done);
        }
        // The first failure is the cause of all that follows.
        let mut cause = 0..0;
        for step in heard {
            let at = rows.len();
            rows.push(self.done_row(&step.done, before));
            rows.extend(step.error.iter().map(|error| words(format!("    {error}"), Role::Danger)));
            if !step.as_meant && (all || cause.is_empty()) {
                rows.extend(last_lines(&step.shown, if all { 8 } else { 2 }));
            }
            if !step.as_meant && cause.is_empty() {
                cause = at..rows.len();
            }
            rows.extend(step.warning.map(|warning| words(format!("  ! {warning}"), Role::Warn)));
            before = Some(&step.done);
        }
        if !all && rows.len() > MOST_STEPS {
            rows = fewer(rows, &cause);
        }
        match self.log.as_ref().and_then(|log| log.running.as_ref()) {
            Some(running) => {
                let what = named(running.kind, running.of);
                let most = self.recipe.as_ref().and_then(|recipe| recipe.step(running.kind));
                let most = most.map(|step| format!(", at most {} s", step.timeout.as_secs())).unwrap_or_default();
                rows.push(words(format!("> {what}: runs{most}"), Role::Accent));
                rows.extend(self.program(running.kind).map(|line| words(format!("    {line}"), Role::Text)));
            }
            // What the cursor stands on tells the same, whole.
            None if !all && self.chosen().is_some_and(runs_programs) => {}
            None => rows.extend(self.next_steps(None)),
        }
        rows
    }

    fn done_row(&self, done: &StepDone, before: Option<&StepDone>) -> Told {
        let took = format!("{}.{} s", done.took / 1000, done.took % 1000 / 100);
        let line = self.program(done.kind).map(|line| format!("  {line}")).unwrap_or_default();
        let what = named(done.kind, done.of);
        if is_old_refused(done, before) {
            return words(format!("+ {what}: refused, as it should be, {took}{line}"), Role::Text);
        }
        let (mark, role) = if done.end.is_good() { ("+", Role::Text) } else { ("x", Role::Danger) };
        words(format!("{mark} {what}: {}, {took}{line}", done.end), role)
    }

    /// What would be run next, before it is; no further than the `last` one.
    pub(super) fn next_steps(&self, last: Option<StepKind>) -> Vec<Told> {
        const LOOK: (StepKind, Which) = (StepKind::Verify, Which::Current);
        const APPLY: (StepKind, Which) = (StepKind::Apply, Which::Pending);
        const VERIFY: (StepKind, Which) = (StepKind::Verify, Which::Pending);
        let has = self.has();
        let next: &[(StepKind, Which)] = match self.stage().map(|stage| stage.state) {
            Some(StageState::Staged) if has.apply && has.verify && !has.unlooked => &[LOOK, APPLY, VERIFY],
            Some(StageState::Staged) if has.apply => &[APPLY, VERIFY],
            Some(
                StageState::Staged
                | StageState::Applied
                | StageState::Applying
                | StageState::Reverting
                | StageState::Unsettled,
            ) => &[VERIFY],
            None if self.secret.rotation.revoke.is_some() => &[(StepKind::Revoke, Which::Previous)],
            _ => &[],
        };
        let most = next.iter().position(|(kind, _)| Some(*kind) == last).map_or(next.len(), |at| at + 1);
        let next = next.iter().take(most).filter_map(|step| Some((step, self.program(step.0)?)));
        let row = |(&(kind, of), line): (&(StepKind, Which), String)| {
            let of = if (kind, of) == LOOK { " of the current value" } else { "" };
            words(format!("  next {}{of}: {line}", kind.word()), Role::Muted)
        };
        next.map(row).collect()
    }

    /// The program of a step, and what it is given by which way.
    fn program(&self, kind: StepKind) -> Option<String> {
        let recipe = self.recipe.as_ref()?;
        if let (StepKind::Make, Some(Make::Generate(_))) = (kind, &recipe.make) {
            return None;
        }
        recipe.step(kind).map(|step| command_line(step).to_string())
    }
}

/// So many rows that there is room for them: without the oldest that are not the cause.
fn fewer(rows: Vec<Told>, cause: &Range<usize>) -> Vec<Told> {
    let over = (rows.len() + 1).saturating_sub(MOST_STEPS);
    let others: Vec<usize> = (0..rows.len()).filter(|at| !cause.contains(at)).take(over).collect();
    let more = format!("  … {} more; go up to read them", others.len());
    let mut more = Some(words(more, Role::Muted));
    let kept = rows.into_iter().enumerate().filter_map(|(at, told)| match others.contains(&at) {
        true => more.take(),
        false => Some(told),
    });
    kept.collect()
}

/// The far side has taken the new value and refuses the old one: nothing failed.
fn is_old_refused(done: &StepDone, before: Option<&StepDone>) -> bool {
    let is_tried = |step: &StepDone, of| (step.kind, step.of) == (StepKind::Verify, of);
    let new_works = before.is_some_and(|step| is_tried(step, Which::Pending) && step.end.is_good());
    new_works && is_tried(done, Which::Current) && matches!(done.end, StepEnd::Exited(code) if code != 0)
}

/// The last lines that a program wrote.
fn last_lines(shown: &str, most: usize) -> Vec<Told> {
    let lines: Vec<&str> = shown.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(most);
    let told = |line: &&str| Told { whole: true, ..words(format!("    | {line}"), Role::Muted) };
    lines[from..].iter().map(told).collect()
}

/// True for what is told by its programs, since no command line is equal to it.
pub(super) fn runs_programs(action: Action) -> bool {
    matches!(action, Action::TryPending | Action::Apply)
}

/// `verify of the pending value`
fn named(kind: StepKind, of: Which) -> String {
    match kind {
        StepKind::Make => "make".to_owned(),
        kind => format!("{} of the {} value", kind.word(), of.word()),
    }
}

/// A step whose end nobody here has seen.
fn cut_off(busy: &Busy) -> String {
    let (step, by) = (named(busy.kind, busy.of), &busy.by);
    format!(
        "{step}: begun by {by} at {}, its end is not known here; over at {} at the latest.",
        clock(busy.since),
        clock(busy.until)
    )
}

fn clock(at: jiff::Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%H:%M:%S UTC").to_string()
}
