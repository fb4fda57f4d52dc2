//! Whether a recipe fits the secret that it is kept with, and a new value the recipe: seen
//! before anything runs, rather than by a step that cannot be started halfway.

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::inject;
use crate::inject::filters::Filter;
use crate::inject::lookup::survey;
use crate::inject::survey::Text;
use crate::secret_text::SecretText;
use crate::vault::Vault;
use crate::vault::rotation::StepKind;
use crate::vault::scope::{Address, Context};
use crate::vault::secret::{FieldName, Fields, Secret, VALUE};

use super::recipe::{Generate, Make, Piece, Printed, Recipe, Step, Template, Whose};

/// Refuses new `fields` that a step could not be given.
///
/// # Errors
/// Usage, for a value that cannot be written where the recipe has it.
pub fn check_values(recipe: &Recipe, fields: &Fields, address: &Address) -> Result<()> {
    for piece in StepKind::ALL.into_iter().filter_map(|kind| recipe.step(kind)).flat_map(pieces) {
        if let Piece::Field { whose: Whose::Value, field, filters } = piece
            && let Some(value) = fields.get(field.as_str())
        {
            filtered(value, (Whose::Value, field), filters, address, |_| {})?;
        }
    }
    Ok(())
}

/// A field as its filters write it; `each` sees every form on the way.
///
/// # Errors
/// Usage, with the filter that cannot write it.
pub(super) fn filtered(
    value: &SecretText,
    (whose, field): (Whose, &FieldName),
    filters: &[Filter],
    address: &Address,
    mut each: impl FnMut(&SecretText),
) -> Result<SecretText> {
    let mut written = value.duplicate();
    for filter in filters {
        written = filter.apply(&written).map_err(|why| {
            let (name, word) = (named(whose, field), filter.word());
            Error::usage(format!("In the recipe of {address}, {name} cannot be written with {word}: it {why}"))
                .hint("Choose another value, or another filter.")
        })?;
        each(&written);
    }
    Ok(written)
}

/// Looks at a recipe that `secret` is to have: what it refers to and is not there yet, a
/// sentence each.
///
/// # Errors
/// Usage, for a field that neither the secret has nor the recipe makes: that is misspelt, or
/// can be set first. Those of reading the vault.
pub fn check_secret(vault: &mut Vault, recipe: &Recipe, secret: &Secret, now: Timestamp) -> Result<Vec<String>> {
    let (made, address) = (made(recipe), &secret.address);
    let mut missing = Vec::new();
    for (kind, step) in steps(recipe) {
        for piece in pieces(step) {
            let Piece::Field { whose, field, .. } = piece else { continue };
            if secret.fields.contains(field) {
                continue;
            }
            if !made.contains(&field.as_str()) {
                return Err(unknown(kind, (*whose, field), secret));
            }
            missing.extend(not_yet(kind, (*whose, field), address).filter(|told| !missing.contains(told)));
        }
        missing.extend(not_there(vault, kind, step, address, now)?);
    }
    Ok(missing)
}

fn steps(recipe: &Recipe) -> impl Iterator<Item = (StepKind, &Step)> {
    StepKind::ALL.into_iter().filter_map(|kind| Some((kind, recipe.step(kind)?)))
}

fn pieces(step: &Step) -> impl Iterator<Item = &Piece> {
    step.templates().flat_map(Template::pieces)
}

/// The fields that every new version has, whatever the one before it had.
fn made(recipe: &Recipe) -> Vec<&str> {
    let more: Vec<&str> = match &recipe.make {
        Some(Make::Generate(Generate::SshEd25519(parts))) => parts.iter().map(|(name, _)| name.as_str()).collect(),
        Some(Make::Run(_, Printed::Json(pointers))) => pointers.iter().map(|(name, _)| name.as_str()).collect(),
        _ => Vec::new(),
    };
    std::iter::once(VALUE).chain(more).collect()
}

/// `{{value#user}}`
fn named(whose: Whose, field: &FieldName) -> String {
    match field.as_str() {
        VALUE => format!("{{{{{}}}}}", whose.word()),
        field => format!("{{{{{}#{field}}}}}", whose.word()),
    }
}

fn unknown(kind: StepKind, (whose, field): (Whose, &FieldName), secret: &Secret) -> Error {
    let (word, name, address) = (kind.word(), named(whose, field), &secret.address);
    let known: Vec<&str> = secret.fields.iter().map(FieldName::as_str).collect();
    Error::usage(format!("[{word}] in the recipe asks for {name}, and {address} has no field {field}.")).hint(format!(
        "It has {}. Correct the recipe, or set the field first: strongroom set {address} --field {field}=…",
        known.join(", ")
    ))
}

/// What the current version lacks and the next one will have.
fn not_yet(kind: StepKind, (whose, field): (Whose, &FieldName), address: &Address) -> Option<String> {
    let word = kind.word();
    let told = match (kind, whose) {
        (StepKind::Revoke, Whose::Value) => format!(
            "so [{word}] cannot have the far side refuse it. Once it is the previous one, see to that by other means, \
             then say so with strongroom rotate {address} --retire --by-hand."
        ),
        (StepKind::Apply, Whose::Value) => return None,
        _ => format!("and [{word}] asks for it. Set it: strongroom set {address} --field {field}=…"),
    };
    Some(format!("The current version of {address} has no field {field}, {told}"))
}

/// What stands in the way of references to other secrets: they may come later.
fn not_there(vault: &mut Vault, kind: StepKind, step: &Step, address: &Address, now: Timestamp) -> Result<Vec<String>> {
    let mut written: Vec<&str> = Vec::new();
    for piece in pieces(step) {
        if let Piece::Secret(reference) = piece
            && !written.contains(&reference.as_str())
        {
            written.push(reference);
        }
    }
    let unread = |_| Error::usage("A reference of the recipe cannot be read.");
    let templates = written.iter().map(|text| inject::template::Template::parse(text.as_bytes()).map_err(unread));
    let templates: Vec<inject::template::Template> = templates.collect::<Result<_>>()?;
    let texts: Vec<Text<'_>> = templates.iter().map(|template| Text { file: "the recipe", template }).collect();
    let survey = survey(vault, &texts, &Context::new(vec![address.scope.clone()]), now)?;
    let told = |cause: &str| format!("[{}] cannot be run as things stand: {cause}", kind.word());
    Ok(survey.problems().iter().map(|problem| told(&problem.cause)).collect())
}
