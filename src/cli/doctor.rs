//! `doctor`: whether this machine, this terminal and this file are fit for use; no key is needed.

mod checks;

use clap::Args;
use serde_json::{Value, json};

use crate::error::{Error, Result};

use super::call::Call;
use super::table::Table;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom doctor
  strongroom doctor --json

It opens nothing and needs no key; what is sealed is checked by the command verify.
It exits with 1 when something is wrong, and with 0 when there are only notes.";

/// Nothing to choose.
#[derive(Args)]
pub(super) struct DoctorArgs {}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// As it should be.
    Good,
    /// Good to know.
    Note,
    /// To be mended.
    Wrong,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Note => "note",
            Self::Wrong => "wrong",
        }
    }
}

/// One line of the report.
struct Finding {
    check: &'static str,
    state: State,
    told: String,
    hint: Option<String>,
}

impl Finding {
    fn good(check: &'static str, told: impl Into<String>) -> Self {
        Self { check, state: State::Good, told: told.into(), hint: None }
    }

    fn note(check: &'static str, told: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { check, state: State::Note, told: told.into(), hint: Some(hint.into()) }
    }

    fn wrong(check: &'static str, error: &Error) -> Self {
        let hint = error.next_step().map(str::to_owned);
        Self { check, state: State::Wrong, told: error.message().to_owned(), hint }
    }

    fn json(&self) -> Value {
        json!({ "check": self.check, "state": self.state.word(), "told": self.told, "hint": self.hint })
    }
}

pub(super) fn run(call: &Call) -> Result<()> {
    let findings = checks::all(call);
    if call.output.json {
        call.output.print_json(&Value::Array(findings.iter().map(Finding::json).collect()))?;
    } else {
        let mut table = Table::new(&["CHECK", "STATE", "WHAT"]);
        for finding in &findings {
            table.row(vec![finding.check.to_owned(), finding.state.word().to_owned(), finding.told.clone()]);
            if let Some(hint) = &finding.hint {
                table.row(vec![String::new(), String::new(), hint.clone()]);
            }
        }
        call.output.print(&table.render(call.output.color))?;
    }
    match findings.iter().filter(|finding| finding.state == State::Wrong).count() {
        0 => Ok(()),
        1 => Err(Error::failure("One thing is wrong.")),
        count => Err(Error::failure(format!("{count} things are wrong."))),
    }
}
