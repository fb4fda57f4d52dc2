//! [`prepare`]: a step's templates filled, while the vault is open.

use std::ffi::OsString;
use std::time::Duration;

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::inject;
use crate::inject::environment::LONGEST;
use crate::inject::fill::{Terms, fill};
use crate::inject::lookup::survey;
use crate::inject::program::Program;
use crate::inject::survey::Text;
use crate::secret_text::SecretText;
use crate::vault::scope::{Address, Context};
use crate::vault::secret::{Fields, VALUE};
use crate::vault::{Release, Vault};

use crate::vault::rotation::StepKind;

use super::super::fit::filtered;
use super::super::recipe::{Make, Piece, Printed, Recipe, Step, Template, Whose};

/// The versions that a step is about, released by the caller.
#[derive(Default, Clone, Copy)]
pub struct Values<'a> {
    /// To be set, tried or withdrawn.
    pub value: Option<&'a Fields>,
    /// What the far side accepts at this moment.
    pub login: Option<&'a Fields>,
}

/// A step that can be run. All that is secret in it is wiped when it is dropped.
pub struct Prepared {
    pub(super) program: Program,
    pub(super) timeout: Duration,
    pub(super) stdin: Option<SecretText>,
    pub(super) fd: Vec<(u8, SecretText)>,
    pub(super) env: Vec<(String, SecretText)>,
    /// What must not be seen in what it writes.
    pub(super) masked: Vec<SecretText>,
    /// For a make step: what of its standard output is the new value.
    pub(super) printed: Option<Printed>,
}

/// Makes a step of the recipe of the secret at `address` ready. The program is found first;
/// then what other secrets the templates refer to is released and recorded, looked for from
/// that secret's scope outwards.
///
/// # Errors
/// Usage, when the recipe has no such step or a value does not fit where it belongs;
/// `NotFound`, for a program, a field or a secret; Expired; what keeps the vault from being
/// read or written.
pub fn prepare(
    vault: &mut Vault,
    recipe: &Recipe,
    kind: StepKind,
    values: Values<'_>,
    address: &Address,
    now: Timestamp,
) -> Result<Prepared> {
    let step = recipe.step(kind).ok_or_else(|| {
        let word = kind.word();
        Error::usage(format!("The recipe of {address} has no [{word}] that runs a program."))
            .hint(format!("Add [{word}] with run = [\"PROGRAM\", \"ARGUMENT\"] to the recipe."))
    })?;
    let words: Vec<OsString> = step.run.iter().map(OsString::from).collect();
    let program = Program::find(&words)?;
    let mut filling = Filling { kind, address, values, secrets: Vec::new(), masked: Vec::new() };
    filling.check(step)?;
    filling.release(vault, step, now)?;
    let stdin = step.stdin.as_ref().map(|template| filling.fill(template)).transpose()?;
    let fd = step.fd.iter().map(|(number, template)| Ok((*number, filling.fill(template)?)));
    let fd = fd.collect::<Result<Vec<_>>>()?;
    let mut env = Vec::new();
    for (name, template) in &step.env {
        let value = filling.fill(template)?;
        fits_variable(name, &value, address)?;
        env.push((name.clone(), value));
    }
    let printed = match (kind, &recipe.make) {
        (StepKind::Make, Some(Make::Run(_, printed))) => Some(printed.clone()),
        _ => None,
    };
    Ok(Prepared { program, timeout: step.timeout, stdin, fd, env, masked: filling.masked, printed })
}

fn fits_variable(name: &str, value: &SecretText, address: &Address) -> Result<()> {
    let why = match value {
        value if value.expose().contains(&0) => "holds a zero byte, which no variable can hold",
        value if name.len() + value.len() + 2 > LONGEST => "is longer than a variable can be",
        _ => return Ok(()),
    };
    Err(Error::usage(format!("In the recipe of {address}, what belongs in the variable {name} {why}."))
        .hint("Hand it over by stdin or fd."))
}

/// A step being filled.
struct Filling<'a> {
    kind: StepKind,
    address: &'a Address,
    values: Values<'a>,
    /// What other secrets gave, as the templates refer to them.
    secrets: Vec<(String, SecretText)>,
    masked: Vec<SecretText>,
}

impl Filling<'_> {
    /// That every field is there, before anything is released.
    fn check(&mut self, step: &Step) -> Result<()> {
        let pieces = step.templates().flat_map(Template::pieces);
        for piece in pieces {
            if let Piece::Field { whose, field, .. } = piece {
                self.field(*whose, field.as_str())?;
            }
        }
        let both = [self.values.value, self.values.login].into_iter().flatten();
        let main = both.filter_map(|fields| fields.get(VALUE)).map(SecretText::duplicate);
        self.masked.extend(main);
        Ok(())
    }

    fn field(&self, whose: Whose, name: &str) -> Result<&SecretText> {
        let (fields, what) = match whose {
            Whose::Value => (self.values.value, "The version to be set, tried or withdrawn"),
            Whose::Login => (self.values.login, "The version that is in use"),
        };
        let Some(fields) = fields else {
            let word = self.kind.word();
            return Err(Error::usage(format!(
                "[{word}] in the recipe of {} asks for {{{{{}}}}}, and there is none at this point.",
                self.address,
                whose.word()
            ))
            .hint("Set a value first, or change the recipe."));
        };
        fields.get(name).ok_or_else(|| {
            Error::not_found(format!("{what} of {} has no field {name}.", self.address))
                .hint(format!("Add the field {name}, or change the recipe."))
        })
    }

    /// Has the vault give out what other secrets the step refers to.
    fn release(&mut self, vault: &mut Vault, step: &Step, now: Timestamp) -> Result<()> {
        let mut written: Vec<&str> = Vec::new();
        for piece in step.templates().flat_map(Template::pieces) {
            if let Piece::Secret(reference) = piece
                && !written.contains(&reference.as_str())
            {
                written.push(reference);
            }
        }
        if written.is_empty() {
            return Ok(());
        }
        let unread = |_| Error::usage("A reference of the recipe cannot be read.");
        let templates: Vec<inject::template::Template> = written
            .iter()
            .map(|reference| inject::template::Template::parse(reference.as_bytes()).map_err(unread))
            .collect::<Result<_>>()?;
        let file = format!("the recipe of {}", self.address);
        let texts: Vec<Text<'_>> = templates.iter().map(|template| Text { file: &file, template }).collect();
        let context = Context::new(vec![self.address.scope.clone()]);
        let survey = survey(vault, &texts, &context, now)?;
        let reason = format!("rotation of {}: {}", self.address, self.kind.word());
        let terms = Terms { how: Release::Run, reason: &reason, allow_expired: false };
        let filled = fill(vault, &texts, &survey, &terms)?;
        self.masked.extend(filled.released.into_iter().map(|released| released.value));
        self.secrets = written.into_iter().map(str::to_owned).zip(filled.texts).collect();
        Ok(())
    }

    /// The text of a template.
    fn fill(&mut self, template: &Template) -> Result<SecretText> {
        let mut forms = Vec::new();
        for piece in template.pieces() {
            let Piece::Field { whose, field, filters } = piece else { continue };
            let value = self.field(*whose, field.as_str())?.duplicate();
            self.masked.push(value.duplicate());
            let masked = &mut self.masked;
            let each = |form: &SecretText| masked.push(form.duplicate());
            let value = filtered(&value, (*whose, field), filters, self.address, each)?;
            forms.push(value);
        }
        let mut forms = forms.iter();
        let parts: Vec<&[u8]> = template
            .pieces()
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.as_bytes(),
                Piece::Field { .. } => forms.next().map_or(&[][..], SecretText::expose),
                Piece::Secret(reference) => self.secret(reference),
            })
            .collect();
        let mut filled = SecretText::with_capacity(parts.iter().map(|part| part.len()).sum());
        parts.iter().for_each(|part| filled.push(part));
        Ok(filled)
    }

    fn secret(&self, reference: &str) -> &[u8] {
        self.secrets.iter().find(|(written, _)| written == reference).map_or(&[], |(_, text)| text.expose())
    }
}
