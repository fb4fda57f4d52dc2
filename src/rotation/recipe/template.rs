//! [`Template`]: a text of a step, and where in it values belong.
//!
//! `{{value}}` is what the step is about, `{{login}}` what the far side accepts at this
//! moment, both with `#field` where another field is meant; `{{secrets.NAME}}` is as in
//! `render`; `{{with.NAME}}` is a parameter, which may also stand within the name of a
//! secret. Filters follow as in `render`. Unlike there, any other `{{` is refused: a recipe
//! with a misspelt reference would set the misspelling as a password. `\{{` stands for `{{`,
//! and in front of `{{` each `\\` for `\`.

use std::collections::{BTreeMap, BTreeSet};

use crate::inject;
use crate::inject::filters::Filter;
use crate::secret_text::SecretText;
use crate::vault::secret::{FieldName, VALUE};

use super::StepKind;

/// A text and the references in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// It stays as it is.
    Text(String),
    /// A field of a version that is being rotated.
    Field {
        /// Of which one.
        whose: Whose,
        /// Which field.
        field: FieldName,
        /// What is done to it, from left to right.
        filters: Vec<Filter>,
    },
    /// Another secret, as `render` has it: `{{secrets.NAME|json}}`.
    Secret(String),
}

/// Which version of the secret that is being rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whose {
    /// The one that the step is about: to be set, tried or withdrawn.
    Value,
    /// The one that the far side accepts at this moment.
    Login,
}

impl Whose {
    /// As it is written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Login => "login",
        }
    }
}

impl Template {
    /// Its parts, in their order.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// True when the step's own value is in it.
    #[must_use]
    pub fn has_value(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Field { whose: Whose::Value, .. }))
    }

    /// The fields and secrets in it, each once: `the value`, `the login's username`, `the secret
    /// prod/ADMIN`.
    #[must_use]
    pub fn contents(&self) -> Vec<String> {
        let mut contents = Vec::new();
        for piece in &self.0 {
            let name = match piece {
                Piece::Text(_) => continue,
                Piece::Field { whose, field, .. } if field.as_str() == VALUE => format!("the {}", whose.word()),
                Piece::Field { whose, field, .. } => format!("the {}'s {field}", whose.word()),
                Piece::Secret(written) => {
                    let inner = written.trim_start_matches("{{secrets.").trim_end_matches("}}");
                    format!("the secret {}", inner.split('|').next().unwrap_or_default())
                }
            };
            if !contents.contains(&name) {
                contents.push(name);
            }
        }
        contents
    }
}

/// What the references of a recipe lead to.
#[derive(Default)]
pub(super) struct Parameters {
    /// What is given.
    pub(super) given: BTreeMap<String, String>,
    /// What is asked for.
    pub(super) used: BTreeSet<String>,
    /// What is asked for and not given, with the line.
    pub(super) missing: Vec<(String, usize)>,
}

/// Where a text stands, which decides what may be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Among the arguments.
    Argument,
    /// On a descriptor or in a variable.
    Given(StepKind),
}

/// Reads a text that stands at `line`.
///
/// # Errors
/// What is wrong, a sentence.
pub(super) fn read(source: &str, place: Place, line: usize, parameters: &mut Parameters) -> Result<Template, String> {
    if place != Place::Argument && ["$secret.", "$env."].iter().any(|bare| source.contains(bare)) {
        return Err("In a recipe a secret is written {{secrets.NAME}}; $secret. and $env. are not known here.".into());
    }
    let mut pieces = Vec::new();
    let mut rest = source;
    while let Some(found) = rest.find("{{") {
        let run = rest[found..].bytes().take_while(|byte| *byte == b'{').count();
        let backslashes = rest[..found].bytes().rev().take_while(|&byte| byte == b'\\').count();
        text(&mut pieces, &rest[..found - backslashes.div_ceil(2)]);
        if backslashes % 2 == 1 {
            text(&mut pieces, &rest[found..found + run]);
            rest = &rest[found + run..];
            continue;
        }
        // Of several braces the inner two are the reference's.
        let inside = found + run;
        text(&mut pieces, &rest[found..inside - 2]);
        let length =
            closing(&rest[inside..]).ok_or("A {{ has no }} behind it in its line; \\{{ stands for {{ itself.")?;
        pieces.push(reference(rest[inside..inside + length].trim_matches([' ', '\t']), place, line, parameters)?);
        rest = &rest[inside + length + 2..];
    }
    text(&mut pieces, rest);
    Ok(Template(joined(pieces)))
}

fn text(pieces: &mut Vec<Piece>, text: &str) {
    pieces.push(Piece::Text(text.to_owned()));
}

/// Neighbouring texts as one, and none that is empty.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (joined.last_mut(), piece) {
            (_, Piece::Text(text)) if text.is_empty() => {}
            (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(&text),
            (_, piece) => joined.push(piece),
        }
    }
    joined
}

/// Where the `}}` is that closes what is already open.
fn closing(text: &str) -> Option<usize> {
    let (mut at, mut open) = (0, 1);
    while let Some(two) = text.as_bytes().get(at..at + 2) {
        match two {
            b"{{" => open += 1,
            b"}}" => open -= 1,
            [b'\n', _] => return None,
            _ => {
                at += 1;
                continue;
            }
        }
        if open == 0 {
            return Some(at);
        }
        at += 2;
    }
    None
}

/// What stands between the braces.
fn reference(inner: &str, place: Place, line: usize, parameters: &mut Parameters) -> Result<Piece, String> {
    if inner.starts_with("secrets.") {
        return secret(inner, place, line, parameters);
    }
    let mut parts = inner.split('|').map(|part| part.trim_matches([' ', '\t']));
    let subject = parts.next().unwrap_or_default();
    let filters = parts.map(filter).collect::<Result<Vec<_>, _>>()?;
    if let Some(name) = subject.strip_prefix("with.") {
        return parameter(name, line, parameters).and_then(|value| filtered(value, &filters)).map(Piece::Text);
    }
    let (name, field) = subject.split_once('#').unwrap_or((subject, VALUE));
    let whose = [Whose::Value, Whose::Login].into_iter().find(|whose| whose.word() == name);
    let Some(whose) = whose else {
        return Err("A reference is {{value}}, {{value#FIELD}}, {{login}}, {{with.NAME}} or {{secrets.NAME}}; \
                    \\{{ stands for {{ itself."
            .into());
    };
    may_be(place, Some(whose))?;
    let field = field.parse().map_err(|error: crate::error::Error| error.message().to_owned())?;
    Ok(Piece::Field { whose, field, filters })
}

/// Whether a field (or another secret) may stand here.
fn may_be(place: Place, whose: Option<Whose>) -> Result<(), String> {
    match (place, whose) {
        (Place::Argument, _) => Err("A secret in an argument can be read by every user of the machine; only \
                                     {{with.NAME}} may stand there. Give it by stdin, fd or env."
            .into()),
        (Place::Given(StepKind::Make), Some(Whose::Value)) => {
            Err("[make] makes the value, so there is no {{value}} yet; {{login}} is what the far side accepts.".into())
        }
        (Place::Given(StepKind::Verify), Some(Whose::Login)) => {
            Err("[verify] tries {{value}}; with {{login}} it would pass with any value.".into())
        }
        _ => Ok(()),
    }
}

/// `{{secrets.…}}`, read as `render` reads it, parameters in it filled in.
fn secret(inner: &str, place: Place, line: usize, parameters: &mut Parameters) -> Result<Piece, String> {
    may_be(place, None)?;
    let (mut written, mut rest) = (String::from("{{"), inner);
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((within, after)) = behind.split_once("}}") else { break };
        let name = within.trim_matches([' ', '\t']).strip_prefix("with.");
        let name = name.ok_or("Within the name of a secret only {{with.NAME}} may stand.")?;
        written.push_str(before);
        written.push_str(&parameter(name, line, parameters)?);
        rest = after;
    }
    written.push_str(rest);
    written.push_str("}}");
    if parameters.missing.iter().any(|(_, at)| *at == line) {
        // What it says is known only when all is given.
        return Ok(Piece::Secret(String::new()));
    }
    let read = inject::template::Template::parse(written.as_bytes()).map_err(|faults| {
        faults.into_iter().next().map_or_else(|| "The reference cannot be read.".to_owned(), |fault| fault.cause)
    })?;
    match read.pieces() {
        [inject::template::Piece::Reference(_, reference)] => Ok(Piece::Secret(reference.to_string())),
        _ => Err("The reference cannot be read.".into()),
    }
}

/// The value of a parameter; none yet where it is missing.
fn parameter(name: &str, line: usize, parameters: &mut Parameters) -> Result<String, String> {
    if !is_name(name) {
        return Err("The name of a parameter has letters, digits, _ and -, and begins with a letter.".into());
    }
    parameters.used.insert(name.to_owned());
    if let Some(value) = parameters.given.get(name) {
        return Ok(value.clone());
    }
    if !parameters.missing.iter().any(|(missing, _)| missing == name) {
        parameters.missing.push((name.to_owned(), line));
    }
    Ok(String::new())
}

/// True for the name of a parameter.
pub(super) fn is_name(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn filter(word: &str) -> Result<Filter, String> {
    Filter::ALL
        .into_iter()
        .find(|filter| filter.word() == word)
        .ok_or_else(|| format!("There is no such filter; there are {}.", Filter::ALL.map(Filter::word).join(", ")))
}

/// A parameter as filters write it.
fn filtered(value: String, filters: &[Filter]) -> Result<String, String> {
    filters.iter().try_fold(value, |value, filter| {
        let cannot = |why: &str| format!("A parameter cannot be written with {}: it {why}", filter.word());
        let written = filter.apply(&SecretText::from(value)).map_err(cannot)?;
        written.expose_str().map(str::to_owned).ok_or_else(|| cannot("is no text."))
    })
}
