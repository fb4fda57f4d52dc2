//! The command line that is equal to an action, with names and never a value.
//!
//! A row of the table has a template: `{}` stands for the selected secret's address,
//! `{version}` for an earlier version, `{current}` for the current
//! one, `{filter}` for the filter line. What a
//! shell would take apart is quoted, so that the line can be pasted into a runbook.

use std::borrow::Cow;

use super::action::Row;
use super::state::State;

/// On whose vault a line is to work.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Lines {
    /// The one that commands take by themselves.
    #[default]
    Usual,
    /// Another one, at this path.
    At(String),
    /// One that no command is to be used on: there are no lines.
    Hidden,
}

/// The line for an action as things stand; `None` where no command does the same.
#[must_use]
pub fn command_line(row: &Row, state: &State) -> Option<String> {
    let template = row.command?;
    let vault = state.vault.as_ref();
    let address = vault.and_then(|vault| vault.secrets.selected_address()).map(|address| address.to_string());
    let version = vault.and_then(|vault| {
        let current = vault.secrets.selected()?.version;
        let selected = vault.history.selected_version().map(|version| version.number);
        selected.filter(|number| *number < u64::from(current)).or(u64::from(current).checked_sub(1))
    });
    let version = version.filter(|number| *number > 0).map_or_else(|| "N".to_owned(), |number| number.to_string());
    let current = vault.and_then(|vault| vault.secrets.selected()).map(|listed| listed.version.to_string());
    let current = current.unwrap_or_else(|| "N".to_owned());
    let filter = vault.map(|vault| vault.secrets.filter()).unwrap_or_default();
    let filter = if filter.is_empty() { Cow::Borrowed("") } else { quoted(filter) };
    let line = filled(template, address.as_deref().unwrap_or("NAME"), &state.options.lines)?;
    let line = line.replace("{version}", &version).replace("{current}", &current).replace("{filter}", &filter);
    Some(line.trim_end().to_owned())
}

/// A template about one secret, on the vault that is meant.
#[must_use]
pub fn filled(template: &str, address: &str, lines: &Lines) -> Option<String> {
    let of_vault = match lines {
        Lines::Usual => String::new(),
        Lines::At(path) => format!(" --vault {}", quoted(path)),
        Lines::Hidden => return None,
    };
    let line = template.replace("{}", &quoted(address));
    Some(match line.strip_prefix(NAME) {
        Some(rest) => format!("{NAME}{of_vault}{rest}"),
        None => line,
    })
}

/// What every line begins with.
const NAME: &str = "strongroom";

/// `text` as one word of a shell.
#[must_use]
pub fn quoted(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./@%+,:=".contains(c);
    // A tilde in front is a home folder to a shell.
    if !text.is_empty() && text.chars().all(|c| is_plain(c) || c == '~') && !text.starts_with('~') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', "'\\''")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::action::{ACTIONS, Action};
    use crate::tui::state::StateOptions;

    #[test]
    fn a_line_names_the_vault_that_commands_would_not_take_by_themselves() {
        let now = super::super::clock::Now { instant: std::time::Instant::now(), time: jiff::Timestamp::UNIX_EPOCH };
        let rotate = ACTIONS.iter().find(|row| row.action == Action::Rotate).unwrap();
        for (lines, wanted) in [
            (Lines::Usual, Some("strongroom rotate NAME")),
            (Lines::At("/srv/my vault.db".to_owned()), Some("strongroom --vault '/srv/my vault.db' rotate NAME")),
            (Lines::Hidden, None),
        ] {
            let options = StateOptions { lines, ..StateOptions::new("", "", (80, 24), now) };
            assert_eq!(command_line(rotate, &State::new(options)).as_deref(), wanted);
        }
        let begins = |row: &Row| row.command.is_none_or(|line| line.split(' ').next() == Some(NAME));
        assert!(ACTIONS.iter().all(begins));
    }

    #[test]
    fn only_what_a_shell_takes_apart_is_quoted() {
        for (text, wanted) in [
            ("production/payments/STRIPE_KEY", "production/payments/STRIPE_KEY"),
            ("~ana/NOTES", "'~ana/NOTES'"),
            ("due:<7d tag:db", "'due:<7d tag:db'"),
            ("it's", "'it'\\''s'"),
            ("$(reboot)", "'$(reboot)'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(text), wanted);
        }
    }
}
