//! The recipes that come with the program: to be kept with a secret as they are, or to be
//! read and changed.

use crate::error::{Error, Result};

/// A recipe that comes with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    /// What it is called: `postgresql`.
    pub name: &'static str,
    /// Its text. What has no value that fits everyone is still missing under `[with]`.
    pub text: &'static str,
}

/// All of them.
pub const READY: [Ready; 5] = [
    Ready { name: "postgresql", text: include_str!("../../assets/recipes/postgresql.toml") },
    Ready { name: "postgresql-admin", text: include_str!("../../assets/recipes/postgresql-admin.toml") },
    Ready { name: "ssh-key", text: include_str!("../../assets/recipes/ssh-key.toml") },
    Ready { name: "file", text: include_str!("../../assets/recipes/file.toml") },
    Ready { name: "http-api", text: include_str!("../../assets/recipes/http-api.toml") },
];

impl Ready {
    /// The one of this name.
    ///
    /// # Errors
    /// `NotFound`, with the names that there are.
    pub fn find(name: &str) -> Result<&'static Self> {
        READY.iter().find(|ready| ready.name == name).ok_or_else(|| {
            let names: Vec<&str> = READY.iter().map(|ready| ready.name).collect();
            Error::not_found("There is no ready recipe of that name.").hint(format!("There are {}.", names.join(", ")))
        })
    }

    /// What it is for, in a line: what its text says under `what`.
    #[must_use]
    pub fn what(&self) -> &'static str {
        let line = self.text.lines().find_map(|line| line.strip_prefix("what = \""));
        line.map_or("", |line| line.trim_end_matches('"'))
    }
}
