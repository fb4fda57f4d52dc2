//! [`fill`]: parameters from outside written into the text of a recipe, so that the text
//! which is kept is complete, and still the one that its owner knows.

use std::collections::BTreeMap;

use toml::{Spanned, Table, Value};

use crate::error::{Error, Result};

use super::template::is_name;

/// Writes `parameters` into the `[with]` of `text`: in the place of what stands there, or
/// of a line `# NAME = …`, or as a new line. Everything else stays byte for byte. Whether
/// the recipe knows them is for [`super::Recipe::parse`] to say.
///
/// # Errors
/// Usage, for a name that none can have, for one given twice, and when `[with]` is no
/// table of lines of its own.
pub fn fill(text: &str, parameters: &[(String, String)]) -> Result<String> {
    let mut filled = text.to_owned();
    for (at, (name, value)) in parameters.iter().enumerate() {
        if !is_name(name) {
            return Err(Error::usage("This is not the name of a parameter.")
                .hint("Write NAME=VALUE; the name has letters, digits, _ and -, and begins with a letter."));
        }
        if parameters[..at].iter().any(|(before, _)| before == name) {
            return Err(Error::usage(format!("The parameter {name} is given twice.")).hint("Give it once."));
        }
        filled = set(&filled, name, value);
    }
    let wanted = with_all(text, parameters);
    // Whatever odd way the text is written in: it says exactly this, or it is not taken.
    if parameters.is_empty() || (wanted.is_some() && toml::from_str::<Table>(&filled).ok() == wanted) {
        return Ok(filled);
    }
    Err(Error::usage("The parameters cannot be written into the recipe.")
        .hint("Write [with] as a line of its own, and NAME = \"VALUE\" in lines below it."))
}

/// What the text says, with the parameters; `None` when it cannot be read.
fn with_all(text: &str, parameters: &[(String, String)]) -> Option<Table> {
    let mut table: Table = toml::from_str(text).ok()?;
    let with = table.entry("with").or_insert_with(|| Value::Table(Table::new())).as_table_mut()?;
    for (name, value) in parameters {
        with.insert(name.clone(), Value::String(value.clone()));
    }
    Some(table)
}

/// What is needed to find a parameter's place.
#[derive(serde::Deserialize)]
struct Places {
    #[serde(default)]
    with: BTreeMap<String, Spanned<Value>>,
}

/// The text with one parameter.
fn set(text: &str, name: &str, value: &str) -> String {
    let literal = Value::String(value.to_owned()).to_string();
    let known = toml::from_str::<Places>(text).ok().and_then(|mut places| places.with.remove(name));
    if let Some(known) = known {
        let (before, after) = (text.get(..known.span().start), text.get(known.span().end..));
        return format!("{}{literal}{}", before.unwrap_or_default(), after.unwrap_or_default());
    }
    let line = format!("{name} = {literal}");
    let mut lines: Vec<&str> = text.lines().collect();
    let header = lines.iter().position(|line| line.split('#').next().unwrap_or_default().trim() == "[with]");
    let Some(header) = header else {
        let first_table = lines.iter().position(|line| line.trim_start().starts_with('[')).unwrap_or(lines.len());
        // Comments right above a table are about that table.
        let above = lines[..first_table].iter().rev().take_while(|line| line.starts_with('#')).count();
        let at = first_table - above;
        lines.splice(at..at, ["[with]", &line, ""]);
        return lines.join("\n") + "\n";
    };
    let end = lines[header + 1..].iter().position(|line| line.trim_start().starts_with('['));
    let end = end.map_or(lines.len(), |at| header + 1 + at);
    let is_its_own = |line: &&str| {
        let commented = line.trim_start().strip_prefix('#').map(str::trim_start);
        commented.and_then(|line| line.strip_prefix(name)).is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    match lines[header + 1..end].iter().position(is_its_own) {
        Some(at) => {
            // What it is for stays behind it, where that is a comment of its own.
            let uncommented = lines[header + 1 + at].trim_start().trim_start_matches('#').trim_start();
            let is_whole = toml::from_str::<Table>(uncommented).is_ok();
            lines[header + 1 + at] = if is_whole { uncommented } else { &line };
            let text = lines.join("\n") + "\n";
            return if is_whole { set(&text, name, value) } else { text };
        }
        None => {
            let is_filled = |line: &&&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
            let last = lines[header..end].iter().rposition(|line| is_filled(&line)).unwrap_or(0);
            lines.insert(header + last + 1, &line);
        }
    }
    lines.join("\n") + "\n"
}
