//! The report for people, in Markdown, and for programs, in JSON. Both say what was asked,
//! how the answer was found, and what it cannot know. No value is in either.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::secret::{FieldName, Version};
use super::{Doing, ExposedSecret, Exposure, Incident, Standing};

/// How the list came to be, a sentence each.
const METHOD: [&str; 4] = [
    "Every record of the audit log was read and its chain verified; where the log is broken, there is no report.",
    "Counted are the records by which somebody chosen took a value out of the vault (reveal, copy, export, run, render, a \
     step of a rotation) or made a version (create, set, rotate, rollback, stage), since who writes a value may know it. \
     What was refused is not counted.",
    "A secret is done when its current version was not seen by anybody chosen and holds no value that they saw, in this \
     secret or in another, or when it was destroyed. A rollback to a value that was seen opens it again.",
    "Nothing of this is stored: it is found anew from the vault each time.",
];

/// What the log cannot tell, a sentence each.
const LIMITS: [&str; 7] = [
    "The same person under another account, or from a host that was not chosen.",
    "A value that was passed on, written down, or left on a screen or in the scrollback of a terminal.",
    "The environment and the files of programs that were started with values: others on that machine may have read them.",
    "A copy of the vault file, or a backup of it, opened elsewhere with a key: what is done with a copy is in no log but its own.",
    "Clocks: each time is that of the machine that wrote the record.",
    "Values that were destroyed with their secret cannot be compared with others.",
    "Whether the far side of a secret has stopped taking the old value: the vault only knows its own.",
];

impl Incident {
    /// The whole report as Markdown, what is to do first. `now` is when it is told.
    #[must_use]
    pub fn markdown(&self, now: Timestamp) -> String {
        let mut text = String::with_capacity(4096 + 512 * self.secrets.len() + 160 * self.exposures());
        let _ = writeln!(text, "# Incident: what {} could have seen\n", plain(&self.choice.told()));
        let _ = writeln!(text, "Found out {} from {} verified records of the audit log.\n", when(now), self.records);
        self.push_totals(&mut text);
        push_list(&mut text, "How it was found out", METHOD);
        push_list(&mut text, "What it cannot know", LIMITS);
        self.push_table(&mut text);
        for secret in &self.secrets {
            push_secret(&mut text, secret);
        }
        text
    }

    /// The same for programs.
    #[must_use]
    pub fn json(&self, now: Timestamp) -> Value {
        json!({
            "choice": {
                "actors": self.choice.people,
                "hosts": self.choice.hosts,
                "since": self.choice.since.map(time),
                "until": self.choice.until.map(time),
            },
            "at": time(now),
            "unknown": self.unknown,
            "cut_off": self.cut_off,
            "records": self.records,
            "open": self.open(),
            "done": self.secrets.len() - self.open(),
            "exposures": self.exposures(),
            "sessions": self.sessions,
            "last_session": self.last_session.map(time),
            "keys": self.keys.iter().map(doing_json).collect::<Vec<_>>(),
            "secrets": self.secrets.iter().map(secret_json).collect::<Vec<_>>(),
            "method": METHOD,
            "limits": LIMITS,
        })
    }

    fn push_totals(&self, text: &mut String) {
        let _ = writeln!(text, "## In short\n");
        for told in self.caveats() {
            let _ = writeln!(text, "- {}", plain(told));
        }
        let (all, open) = (self.secrets.len(), self.open());
        let _ = writeln!(text, "- {open} of {all} secrets are still to do, {} are done.", all - open);
        let _ = writeln!(text, "- Their values could have been seen {} times.", self.exposures());
        let last = self.last_session.map(|at| format!(", last {}", when(at))).unwrap_or_default();
        let _ = writeln!(
            text,
            "- Those chosen began {} sessions on the screen or by `strongroom unlock`{last}.",
            self.sessions
        );
        if self.keys.is_empty() {
            let _ = writeln!(text, "- None of them made or changed a key of the vault, or made a backup.");
        } else {
            let _ = writeln!(
                text,
                "- They made or changed keys of the vault, or made backups with keys of their own, {} times. Whoever holds a key can open a copy of the file: \
                 look at `strongroom key list`, and replace the master key with `strongroom key replace`.",
                self.keys.len()
            );
            for doing in &self.keys {
                let _ = writeln!(text, "  - {}: {}", when(doing.at), plain(&told(doing)));
            }
        }
        text.push('\n');
    }

    fn push_table(&self, text: &mut String) {
        let _ = writeln!(text, "## Checklist\n");
        if self.secrets.is_empty() {
            let _ = writeln!(text, "None of them could have seen any secret.\n");
            return;
        }
        let _ = writeln!(text, "| | Secret | Versions seen | Last seen | How | What now | Built from it |");
        let _ = writeln!(text, "|---|---|---|---|---|---|---|");
        for secret in &self.secrets {
            let built: Vec<String> = secret.dependents.iter().map(ToString::to_string).collect();
            let cells = [
                secret.state().to_owned(),
                secret.name(),
                numbers(secret),
                secret.last_seen().map_or_else(|| "-".to_owned(), when),
                ways(secret),
                secret.standing.told(),
                if built.is_empty() { "-".to_owned() } else { built.join(", ") },
            ];
            let cells = cells.map(|cell| plain(&cell));
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text.push('\n');
    }
}

impl ExposedSecret {
    /// `to do` or `done`.
    #[must_use]
    pub fn state(&self) -> &'static str {
        if self.standing.is_done() { "done" } else { "to do" }
    }
}

fn push_list<const N: usize>(text: &mut String, heading: &str, lines: [&str; N]) {
    let _ = writeln!(text, "## {heading}\n");
    for line in lines {
        let _ = writeln!(text, "- {line}");
    }
    text.push('\n');
}

/// One secret: every time it was seen, then what was done.
fn push_secret(text: &mut String, secret: &ExposedSecret) {
    let _ = writeln!(text, "### {}: {}\n", plain(&secret.name()), secret.state());
    let _ = writeln!(text, "{}.\n", plain(&capital(&secret.standing.told())));
    for exposure in &secret.exposures {
        let _ = writeln!(text, "- {}", plain(&seen(exposure)));
    }
    if secret.exposures.is_empty() {
        let _ = writeln!(text, "- Nobody chosen took it out of the vault.");
    }
    let _ = writeln!(text, "\nDone about it:\n");
    for version in secret.since.iter().rev() {
        let _ = writeln!(text, "- {}", plain(&made(version)));
    }
    match &secret.standing {
        Standing::Destroyed { by: Some(doing) } => {
            let _ = writeln!(text, "- {}: {}", when(doing.at), plain(&told(doing)));
        }
        Standing::Deleted { at } => {
            let _ = writeln!(text, "- {}: deleted", when(*at));
        }
        _ if secret.since.is_empty() => {
            let _ = writeln!(text, "- Nothing yet.");
        }
        _ => {}
    }
    text.push('\n');
}

fn seen(exposure: &Exposure) -> String {
    let version =
        exposure.version.map_or_else(|| "an unknown version".to_owned(), |number| format!("version {number}"));
    let doing = Doing {
        at: exposure.at,
        action: exposure.action,
        actor: exposure.actor.clone(),
        reason: exposure.reason.clone(),
    };
    let aborted = if exposure.aborted { "; it never became current" } else { "" };
    format!("{}: {version}, {} (record {}){aborted}", when(exposure.at), told(&doing), exposure.seq)
}

/// `reveal by alice@bastion1 pts/3 from 10.0.0.7: reason`
fn told(doing: &Doing) -> String {
    let reason = if doing.reason.is_empty() { String::new() } else { format!(": {}", doing.reason) };
    format!("{} by {}{reason}", doing.action, doing.actor.place())
}

fn made(version: &Version) -> String {
    let reason = if version.reason.is_empty() { String::new() } else { format!(": {}", version.reason) };
    format!(
        "{}: version {}, {} by {}{reason}",
        when(version.created_at),
        version.number,
        version.origin,
        version.created_by
    )
}

/// `3, 4`; a record without a number stands for all.
fn numbers(secret: &ExposedSecret) -> String {
    let numbers: Vec<String> = secret.versions().iter().map(ToString::to_string).collect();
    if numbers.is_empty() { "-".to_owned() } else { numbers.join(", ") }
}

/// `reveal 2, copy 1`
fn ways(secret: &ExposedSecret) -> String {
    let ways: Vec<String> = secret.ways().iter().map(|(action, count)| format!("{action} {count}")).collect();
    if ways.is_empty() { "-".to_owned() } else { ways.join(", ") }
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(rest).collect()
}

/// A text of others as one line that Markdown and HTML take as it is: reasons and names of
/// hosts may hold anything.
fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '&' | '#' | '~' | '!' => safe.extend(['\\', c]),
            '\'' | '"' => safe.push(c),
            _ => safe.extend(c.escape_debug()),
        }
    }
    safe
}

fn secret_json(secret: &ExposedSecret) -> Value {
    let (by, unchanged) = match &secret.standing {
        Standing::Replaced { by, unchanged } => (Some(version_json(by)), unchanged.as_slice()),
        _ => (None, &[][..]),
    };
    let purged = match &secret.standing {
        Standing::Destroyed { by } => by.as_ref().map(doing_json),
        _ => None,
    };
    json!({
        "id": secret.id.to_string(),
        "name": secret.address.as_ref().map(|address| address.name.to_string()),
        "scope": secret.address.as_ref().map(|address| address.scope.to_string()),
        "done": secret.standing.is_done(),
        "standing": secret.standing.word(),
        "what_now": secret.standing.told(),
        "versions_seen": secret.versions(),
        "last_seen": secret.last_seen().map(time),
        "ways": secret.ways().iter().map(|(action, count)| (action.word().to_owned(), (*count).into()))
            .collect::<serde_json::Map<_, _>>(),
        "exposures": secret.exposures.iter().map(exposure_json).collect::<Vec<_>>(),
        "versions_since": secret.since.iter().map(version_json).collect::<Vec<_>>(),
        "replaced_by": by,
        "unchanged_fields": unchanged.iter().map(FieldName::as_str).collect::<Vec<_>>(),
        "destroyed_by": purged,
        "dependents": secret.dependents.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn exposure_json(exposure: &Exposure) -> Value {
    json!({
        "seq": exposure.seq,
        "timestamp": time(exposure.at),
        "action": exposure.action.word(),
        "version": exposure.version,
        "actor": exposure.actor.user,
        "host": exposure.actor.host,
        "ip": exposure.actor.ip,
        "tty": exposure.actor.tty,
        "reason": exposure.reason,
        "aborted": exposure.aborted,
    })
}

fn doing_json(doing: &Doing) -> Value {
    json!({
        "timestamp": time(doing.at),
        "action": doing.action.word(),
        "actor": doing.actor.user,
        "host": doing.actor.host,
        "ip": doing.actor.ip,
        "tty": doing.actor.tty,
        "reason": doing.reason,
    })
}

fn version_json(version: &Version) -> Value {
    json!({
        "version": version.number,
        "created_at": time(version.created_at),
        "created_by": version.created_by,
        "reason": version.reason,
        "origin": version.origin.to_string(),
    })
}

fn when(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_stays_one_line_of_plain_text() {
        assert_eq!(
            plain("a|b\n# <img src=x> [x](y) `c` *d*"),
            "a\\|b\\n\\# \\<img src=x\\> \\[x\\](y) \\`c\\` \\*d\\*"
        );
        assert_eq!(plain("it's \"on\"\u{202e}\u{1b}[2J"), "it's \"on\"\\u{202e}\\u{1b}\\[2J");
    }
}
