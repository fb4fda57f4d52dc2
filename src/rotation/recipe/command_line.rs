//! [`command_line`]: a step as people are shown it before it runs.

use std::fmt;

use crate::printable::is_deceptive;

use super::Step;

/// The program and its arguments, quoted for reading, and what else it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// `psql --username=app -c '\password'`: in one line, without anything that deceives the eye.
    pub line: String,
    /// `stdin: the login, the value`: what comes by which way; never a value.
    pub notes: Vec<String>,
}

/// The line, then the notes.
impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)?;
        if self.notes.is_empty() { Ok(()) } else { write!(f, "  ({})", self.notes.join("; ")) }
    }
}

/// How a step is shown.
#[must_use]
pub fn command_line(step: &Step) -> CommandLine {
    let line: Vec<String> = step.run.iter().map(|word| quoted(word)).collect();
    let stdin = step.stdin.iter().map(|template| ("stdin".to_owned(), "stdin".to_owned(), template));
    let fd = step.fd.iter().map(|(number, template)| (format!("fd {number}"), format!("fd {number}"), template));
    let env = step.env.iter().map(|(name, template)| (format!("env {name}"), format!("${name}"), template));
    let (mut notes, mut fixed) = (Vec::new(), Vec::new());
    for (way, short, template) in stdin.chain(fd).chain(env) {
        match template.contents() {
            contents if contents.is_empty() => fixed.push(short),
            contents => notes.push(format!("{way}: {}", contents.join(", "))),
        }
    }
    // What holds no secret is named last, in few words.
    if !fixed.is_empty() {
        notes.push(format!("fixed text in {}", fixed.join(", ")));
    }
    CommandLine { line: line.join(" "), notes }
}

/// One word, as a shell would read it back.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    if !word.chars().any(is_deceptive) {
        return format!("'{}'", word.replace('\'', "'\\''"));
    }
    let mut quoted = String::from("$'");
    for character in word.chars() {
        match character {
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            '\'' | '\\' => quoted.extend(['\\', character]),
            // Eight digits, so that a digit behind it stays one.
            _ if is_deceptive(character) => quoted.push_str(&format!("\\U{:08x}", u32::from(character))),
            _ => quoted.push(character),
        }
    }
    quoted.push('\'');
    quoted
}
