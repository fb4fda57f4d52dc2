//! [`survey`]: every reference of some texts looked up, nothing released. What stands in
//! the way is told all at once; [`super::fill`] goes on where nothing does.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::error::{Error, Kind, Result};
use crate::session::key_source::{MASTER_KEY, PASSPHRASE_FILE};
use crate::vault::scope::{Address, Context, ScopePath};
use crate::vault::secret::{FieldName, Secret, SecretName, VALUE};
use crate::vault::{Vault, Wanted};

use super::filters::Filter;
use super::problem::{Problem, Trouble};
use super::reference::{Pick, Subject};
use super::template::Template;

/// The variables that may open the vault: they go into no text.
const OUR_KEYS: [&str; 2] = [MASTER_KEY, PASSPHRASE_FILE];

/// A text to be filled.
pub struct Text<'a> {
    /// What messages call it.
    pub file: &'a str,
    /// What stands in it.
    pub template: &'a Template,
}

/// What every reference of some texts leads to.
#[derive(Default)]
pub struct Survey {
    /// The versions to be released, each once.
    pub(super) wanted: Vec<Wanted>,
    /// The values that are asked for, each once.
    pub(super) origins: Vec<Origin>,
    /// How those are to be written, each way once: the value's number, and the filters.
    pub(super) forms: Vec<(usize, Vec<Filter>)>,
    /// For each text, the form of each of its references; `None` where there is a problem.
    pub(super) slots: Vec<Vec<Option<usize>>>,
    problems: Vec<Problem>,
    /// Which versions, by their number, are not given out, and why.
    pub(super) refused: Vec<(Wanted, Error)>,
}

/// Where a value comes from.
pub(super) enum Origin {
    /// From a version: its number, and the field.
    Field(usize, FieldName),
    /// From our environment.
    Variable(String),
}

impl Survey {
    /// All that stands in the way, in the order of the texts.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The secrets that are asked for and there, each once, sorted.
    #[must_use]
    pub fn secrets(&self) -> Vec<&Address> {
        let mut secrets: Vec<&Address> = self.wanted.iter().map(|wanted| &wanted.address).collect();
        secrets.sort_unstable();
        secrets.dedup();
        secrets
    }

    /// What a value is called in messages.
    pub(super) fn name(&self, origin: usize) -> String {
        match self.origins.get(origin) {
            Some(Origin::Field(wanted, field)) => {
                let address = self.wanted.get(*wanted).map(|wanted| wanted.address.to_string()).unwrap_or_default();
                if field.as_str() == VALUE { address } else { format!("{address}#{field}") }
            }
            Some(Origin::Variable(name)) => format!("$env.{name}"),
            None => String::new(),
        }
    }

    /// The same problem at each reference whose form is meant.
    pub(super) fn problems_of(
        &self,
        texts: &[Text<'_>],
        trouble: Trouble,
        cause: &str,
        is_meant: impl Fn(&(usize, Vec<Filter>)) -> bool,
    ) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (text, slots) in texts.iter().zip(&self.slots) {
            for ((place, _), form) in text.template.references().zip(slots) {
                let Some(form) = form.and_then(|form| self.forms.get(form)).filter(|form| is_meant(form)) else {
                    continue;
                };
                let secret = match self.origins.get(form.0) {
                    Some(Origin::Field(wanted, _)) => self.wanted.get(*wanted).map(|wanted| wanted.address.clone()),
                    _ => None,
                };
                problems.push(Problem { file: text.file.to_owned(), place, trouble, secret, cause: cause.to_owned() });
            }
        }
        problems
    }

    /// How many references there are.
    #[must_use]
    pub fn references(&self) -> usize {
        self.slots.iter().map(Vec::len).sum()
    }
}

/// Looks every reference up: a bare name in `context`, a full address from its own scope
/// outwards. At `now`, a secret that has expired is a problem, but is found all the same.
///
/// # Errors
/// What keeps the vault from being read.
pub fn survey(vault: &mut Vault, texts: &[Text<'_>], context: &Context, now: Timestamp) -> Result<Survey> {
    let mut search = Search {
        vault,
        context,
        now,
        survey: Survey::default(),
        secrets: HashMap::new(),
        versions: HashMap::new(),
        subjects: HashMap::new(),
        forms: HashMap::new(),
    };
    for text in texts {
        let mut slots = Vec::new();
        for (place, reference) in text.template.references() {
            let found = search.subject(&reference.subject)?;
            if let Some((trouble, secret, cause)) = &found.problem {
                let (trouble, secret, cause) = (*trouble, secret.clone(), cause.clone());
                search.survey.problems.push(Problem { file: text.file.to_owned(), place, trouble, secret, cause });
            }
            slots.push(found.origin.map(|origin| search.form(origin, &reference.filters)));
        }
        search.survey.slots.push(slots);
    }
    Ok(search.survey)
}

/// What became of looking one subject up.
#[derive(Clone, Default)]
struct Found {
    origin: Option<usize>,
    problem: Option<(Trouble, Option<Address>, String)>,
}

impl Found {
    fn not(trouble: Trouble, secret: Option<&Secret>, cause: String) -> Self {
        Self { origin: None, problem: Some((trouble, secret.map(|secret| secret.address.clone()), cause)) }
    }
}

/// A secret, or why there is none.
type Lookup = std::result::Result<Secret, String>;

/// A survey being made; what was found once is not looked up again.
struct Search<'a> {
    vault: &'a mut Vault,
    context: &'a Context,
    now: Timestamp,
    survey: Survey,
    secrets: HashMap<(Option<ScopePath>, SecretName), Lookup>,
    versions: HashMap<Address, HashMap<u64, usize>>,
    subjects: HashMap<Subject, Found>,
    forms: HashMap<(usize, Vec<Filter>), usize>,
}

impl Search<'_> {
    fn subject(&mut self, subject: &Subject) -> Result<Found> {
        if let Some(known) = self.subjects.get(subject) {
            return Ok(known.clone());
        }
        let found = match subject {
            Subject::Variable(name) => self.variable(name),
            Subject::Secret { scope, name, version, field } => match self.secret(scope.as_ref(), name)? {
                Ok(secret) => self.version(&secret, *version, field)?,
                Err(cause) => Found::not(Trouble::Missing, None, cause),
            },
        };
        self.subjects.insert(subject.clone(), found.clone());
        Ok(found)
    }

    fn variable(&mut self, name: &str) -> Found {
        if OUR_KEYS.contains(&name) {
            let cause = format!("The variable {name} opens the vault; it goes into no text.");
            return Found::not(Trouble::Refused, None, cause);
        }
        if std::env::var_os(name).is_none() {
            return Found::not(Trouble::Unset, None, format!("The variable {name} is not set."));
        }
        Found { origin: Some(self.origin(Origin::Variable(name.to_owned()))), problem: None }
    }

    fn secret(&mut self, scope: Option<&ScopePath>, name: &SecretName) -> Result<Lookup> {
        let key = (scope.cloned(), name.clone());
        if let Some(known) = self.secrets.get(&key) {
            return Ok(known.clone());
        }
        let resolved = match scope {
            Some(scope) => self.vault.resolve(&Context::new(vec![scope.clone()]), name),
            None => self.vault.resolve(self.context, name),
        };
        let lookup = match resolved {
            Ok(resolved) => Ok(resolved.secret),
            // A conflict: it is there in another spelling alone.
            Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Conflict) => Err(error.message().to_owned()),
            Err(error) => return Err(error),
        };
        self.secrets.insert(key, lookup.clone());
        Ok(lookup)
    }

    /// A field of the version meant.
    fn version(&mut self, secret: &Secret, pick: Pick, field: &FieldName) -> Result<Found> {
        let address = &secret.address;
        let number = match pick {
            Pick::Current => secret.version,
            Pick::Number(number) => number,
            Pick::Previous => secret.version - 1,
        };
        if number == 0 || number > secret.version {
            let cause = match number {
                0 => format!("{address} has no version before its first."),
                _ => format!("{address} has no version {number}; its newest is {}.", secret.version),
            };
            self.refuse(secret, number, Error::not_found(cause.clone()));
            return Ok(Found::not(Trouble::NoVersion, Some(secret), cause));
        }
        let fields = self.fields(secret, number)?;
        if !fields.contains(field) {
            let known: Vec<&str> = fields.iter().map(FieldName::as_str).collect();
            let which = if number == secret.version { String::new() } else { format!(" in version {number}") };
            let cause = format!("{address} has no field {field}{which}; it has {}.", known.join(", "));
            return Ok(Found::not(Trouble::NoField, Some(secret), cause));
        }
        let wanted = self.wanted(secret, number);
        let mut found = Found { origin: Some(self.origin(Origin::Field(wanted, field.clone()))), problem: None };
        if let Some(expired) = secret.metadata.expires_at.filter(|_| secret.is_expired(self.now)) {
            let cause = format!("{address} expired at {expired}.");
            self.refuse(secret, number, Error::expired(cause.clone()));
            found.problem = Some((Trouble::Expired, Some(address.clone()), cause));
        }
        Ok(found)
    }

    /// What fields a version has. Those of an old one are seen by its shape: no value is given out.
    fn fields(&mut self, secret: &Secret, number: u64) -> Result<Vec<FieldName>> {
        if number == secret.version {
            return Ok(secret.fields.clone());
        }
        let shape = self.vault.shape_diff(secret.id, number, number)?;
        Ok(shape.fields.into_iter().map(|field| field.name).collect())
    }

    /// The number of a version among those wanted.
    fn wanted(&mut self, secret: &Secret, number: u64) -> usize {
        let known = self.versions.entry(secret.address.clone()).or_default();
        *known.entry(number).or_insert_with(|| {
            self.survey.wanted.push(wanted(secret, number));
            self.survey.wanted.len() - 1
        })
    }

    fn refuse(&mut self, secret: &Secret, number: u64, error: Error) {
        let wanted = wanted(secret, number);
        if !self.survey.refused.iter().any(|(known, _)| *known == wanted) {
            self.survey.refused.push((wanted, error));
        }
    }

    fn origin(&mut self, origin: Origin) -> usize {
        self.survey.origins.push(origin);
        self.survey.origins.len() - 1
    }

    fn form(&mut self, origin: usize, filters: &[Filter]) -> usize {
        *self.forms.entry((origin, filters.to_vec())).or_insert_with(|| {
            self.survey.forms.push((origin, filters.to_vec()));
            self.survey.forms.len() - 1
        })
    }
}

fn wanted(secret: &Secret, number: u64) -> Wanted {
    Wanted { id: secret.id, address: secret.address.clone(), version: Some(number) }
}
