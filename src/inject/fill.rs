//! [`fill`]: the values into the texts. All of them are released by one call, recorded
//! before any is given; where anything stands in the way, nothing is.

use crate::error::{Error, Kind, Result};
use crate::secret_text::SecretText;
use crate::session::key_source::into_secret;
use crate::vault::scope::Address;
use crate::vault::secret::{FieldName, Fields};
use crate::vault::{Refused, Release, Vault};

use super::filters::Filter;
use super::problem::{Problem, Trouble, all_told};
use super::survey::{Origin, Survey, Text};
use super::template::Piece;

/// The longest that all texts together may become, in bytes.
const MOST: usize = 256 * 1024 * 1024;

/// How values are released.
pub struct Terms<'a> {
    /// For what.
    pub how: Release,
    /// Why, for the audit log.
    pub reason: &'a str,
    /// Even if they have expired.
    pub allow_expired: bool,
}

/// Texts with their values.
pub struct Filled {
    /// The texts, in their order.
    pub texts: Vec<SecretText>,
    /// The values that went into them, for a mask.
    pub released: Vec<Released>,
}

/// A value that went into a text.
pub struct Released {
    /// Of which secret.
    pub address: Address,
    /// Of which of its fields.
    pub field: FieldName,
    /// The value; once more as a filter wrote it, where it cannot be seen in that as it is.
    pub value: SecretText,
}

/// Fills `texts`, which `survey` was made of, or tells all that stands in the way.
///
/// # Errors
/// `NotFound` when anything is missing, else Expired, else Usage, with a line for each
/// place; what keeps the vault from being read or written.
pub fn fill(vault: &mut Vault, texts: &[Text<'_>], survey: &Survey, terms: &Terms<'_>) -> Result<Filled> {
    objections(vault, survey, terms)?;
    let released = vault.release_all(&survey.wanted, terms.how, terms.reason, terms.allow_expired);
    fill_with(texts, survey, &released.map_err(|refused| changed_meanwhile(texts, survey, refused))?)
}

/// Tells all that stands in the way, and records what is refused.
///
/// # Errors
/// As [`fill`].
fn objections(vault: &mut Vault, survey: &Survey, terms: &Terms<'_>) -> Result<()> {
    let stands = |problem: &&Problem| problem.trouble != Trouble::Expired || !terms.allow_expired;
    let problems: Vec<Problem> = survey.problems().iter().filter(stands).cloned().collect();
    if problems.is_empty() {
        return Ok(());
    }
    let refused = survey.refused.iter().filter(|(_, error)| error.kind() != Kind::Expired || !terms.allow_expired);
    vault.note_refused(refused.map(|(wanted, error)| (wanted, error)), terms.how, terms.reason);
    let told = all_told(&problems);
    vault.note_missing(None, terms.how, terms.reason, &told);
    Err(told)
}

/// Fills `texts` with what was released of the survey's wanted versions, in their order.
///
/// # Errors
/// Usage, when a filter cannot write a value, or the texts become too long.
fn fill_with(texts: &[Text<'_>], survey: &Survey, released: &[Fields]) -> Result<Filled> {
    let gone = || Error::failure("A value changed while it was looked up.").hint("Try once more.");
    let value = |origin: &Origin| match origin {
        Origin::Field(at, field) => {
            released.get(*at).and_then(|fields| fields.get(field.as_str())).map(SecretText::duplicate).ok_or_else(gone)
        }
        Origin::Variable(name) => std::env::var_os(name).map(into_secret).ok_or_else(gone),
    };
    let values: Vec<SecretText> = survey.origins.iter().map(value).collect::<Result<_>>()?;
    let forms = forms(texts, survey, &values)?;
    let filled = Values { survey, values, forms };
    Ok(Filled { texts: filled.put_into(texts)?, released: filled.released() })
}

/// What was found a moment ago is now refused: another session wrote, or time went by.
fn changed_meanwhile(texts: &[Text<'_>], survey: &Survey, refused: Refused) -> Error {
    let other = refused.each.iter().find(|(_, error)| !matches!(error.kind(), Kind::NotFound | Kind::Expired));
    if refused.all.is_some() || other.is_some() {
        return other.map(|(_, error)| error.clone()).unwrap_or_else(|| refused.into_first());
    }
    let mut problems = Vec::new();
    for (at, error) in &refused.each {
        let trouble = if error.kind() == Kind::Expired { Trouble::Expired } else { Trouble::Missing };
        problems.extend(survey.problems_of(
            texts,
            trouble,
            error.message(),
            |(origin, _)| matches!(survey.origins.get(*origin), Some(Origin::Field(wanted, _)) if wanted == at),
        ));
    }
    all_told(&problems)
}

/// The values as they are to be written, in the order of the survey's forms; `None` where
/// that is as they are.
fn forms(texts: &[Text<'_>], survey: &Survey, values: &[SecretText]) -> Result<Vec<Option<SecretText>>> {
    let (mut forms, mut problems) = (Vec::with_capacity(survey.forms.len()), Vec::new());
    for form in &survey.forms {
        match values.get(form.0).map_or(Ok(None), |value| written(value, &form.1)) {
            Ok(form) => forms.push(form),
            Err((filter, why)) => {
                let cause = format!("{} cannot be written with {}: it {why}", survey.name(form.0), filter.word());
                problems.extend(survey.problems_of(texts, Trouble::Unfit, &cause, |other| other == form));
            }
        }
    }
    if problems.is_empty() {
        return Ok(forms);
    }
    problems.sort_by_key(|problem| (problem.file.clone(), problem.place));
    Err(all_told(&problems))
}

/// What the filters make of a value, `None` where there are none; else the one that cannot, and why.
fn written(value: &SecretText, filters: &[Filter]) -> std::result::Result<Option<SecretText>, (Filter, &'static str)> {
    let mut form: Option<SecretText> = None;
    for filter in filters {
        form = Some(filter.apply(form.as_ref().unwrap_or(value)).map_err(|why| (*filter, why))?);
    }
    Ok(form)
}

/// Values on their way into the texts.
struct Values<'a> {
    survey: &'a Survey,
    values: Vec<SecretText>,
    forms: Vec<Option<SecretText>>,
}

impl Values<'_> {
    /// How a form is written.
    fn bytes(&self, form: usize) -> &[u8] {
        let raw = || self.survey.forms.get(form).and_then(|(origin, _)| self.values.get(*origin));
        self.forms.get(form).and_then(Option::as_ref).or_else(raw).map_or(&[], SecretText::expose)
    }

    /// The texts with their values; every buffer is made in its final size.
    fn put_into(&self, texts: &[Text<'_>]) -> Result<Vec<SecretText>> {
        let parts = |at: usize| {
            let mut slots = self.survey.slots.get(at).into_iter().flatten();
            texts[at].template.pieces().iter().map(move |piece| match piece {
                Piece::Text(range) => texts[at].template.text(range),
                Piece::Reference(..) => slots.next().copied().flatten().map_or(&[][..], |form| self.bytes(form)),
            })
        };
        let sizes: Vec<usize> = (0..texts.len()).map(|at| parts(at).map(<[u8]>::len).sum()).collect();
        if sizes.iter().sum::<usize>() > MOST {
            return Err(Error::usage(format!("With its values the text is longer than {} MiB.", MOST / 1024 / 1024))
                .hint("Split it, or refer to long values less often."));
        }
        let fill = |(at, size): (usize, &usize)| {
            let mut filled = SecretText::with_capacity(*size);
            parts(at).for_each(|part| filled.push(part));
            filled
        };
        Ok(sizes.iter().enumerate().map(fill).collect())
    }

    /// The values of secrets, and what filters made of them where the value is not seen in that.
    fn released(&self) -> Vec<Released> {
        let mut released = Vec::new();
        let mut add = |origin: usize, value: &SecretText| {
            if let Some(Origin::Field(wanted, field)) = self.survey.origins.get(origin)
                && let Some(wanted) = self.survey.wanted.get(*wanted)
            {
                let (address, field) = (wanted.address.clone(), field.clone());
                released.push(Released { address, field, value: value.duplicate() });
            }
        };
        self.values.iter().enumerate().for_each(|(origin, value)| add(origin, value));
        for ((origin, _), form) in self.survey.forms.iter().zip(&self.forms) {
            let Some((form, value)) = form.as_ref().zip(self.values.get(*origin)) else { continue };
            let is_quote = |byte: &&u8| matches!(byte, b'"' | b'\'');
            let quotes = form.expose().iter().take_while(is_quote).count().min(form.len() / 2);
            if form.expose()[quotes..form.len() - quotes] != *value.expose() {
                add(*origin, form);
            }
        }
        released
    }
}
