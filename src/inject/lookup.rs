//! [`survey`]: every reference of some texts looked up, nothing released. All that stands in
//! the way is found at once, and what was found once is not looked up again.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::error::{Error, Kind, Result};
use crate::session::key_source::{MASTER_KEY, PASSPHRASE_FILE};
use crate::vault::scope::{Address, Context, ScopePath};
use crate::vault::secret::{FieldName, Secret, SecretId, SecretName};
use crate::vault::{Pick, Picked, Vault, Wanted};

use super::filters::Filter;
use super::problem::{Problem, Trouble};
use super::reference::Subject;
use super::survey::{Origin, Survey, Text};

/// The variables that may open the vault: they go into no text.
const OUR_KEYS: [&str; 2] = [MASTER_KEY, PASSPHRASE_FILE];

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
        refused: HashSet::new(),
        subjects: HashMap::new(),
        forms: HashMap::new(),
    };
    for text in texts {
        let mut slots = Vec::new();
        for (place, reference) in text.template.references() {
            let found = search.subject(&reference.subject)?;
            if let Some((trouble, secret, cause)) = &found.problem {
                let (trouble, secret, mut cause) = (*trouble, secret.clone(), cause.clone());
                if reference.may_be_cut && trouble == Trouble::Missing {
                    cause.push_str(" A name with - or . in it, or an address, is written {{secrets.NAME}}.");
                }
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
    versions: HashMap<(SecretId, Pick), usize>,
    refused: HashSet<(SecretId, Pick)>,
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
        let picked = match secret.picked(pick, self.now) {
            Ok(picked) => picked,
            Err(error) => {
                let trouble = if error.kind() == Kind::Expired { Trouble::Expired } else { Trouble::NoVersion };
                let cause = error.message().to_owned();
                self.refuse(secret, pick, error);
                return Ok(Found::not(trouble, Some(secret), cause));
            }
        };
        let fields = self.fields(secret, picked)?;
        if !fields.contains(field) {
            let known: Vec<&str> = fields.iter().map(FieldName::as_str).collect();
            let which = match picked {
                Picked { is_pending: true, .. } => " in its pending version".to_owned(),
                Picked { number, .. } if number == secret.version => String::new(),
                Picked { number, .. } => format!(" in version {number}"),
            };
            let cause = format!("{address} has no field {field}{which}; it has {}.", known.join(", "));
            return Ok(Found::not(Trouble::NoField, Some(secret), cause));
        }
        if !picked.is_pending && picked.number == secret.version {
            let doubt = secret.doubt().filter(|doubt| !self.survey.doubts.contains(doubt));
            self.survey.doubts.extend(doubt);
        }
        let pick = if picked.is_pending { Pick::Pending } else { Pick::Number(picked.number) };
        let wanted = self.wanted(secret, pick);
        let mut found = Found { origin: Some(self.origin(Origin::Field(wanted, field.clone()))), problem: None };
        if let Some(expired) = secret.metadata.expires_at.filter(|_| secret.is_expired(self.now)) {
            let cause = format!("{address} expired at {expired}.");
            self.refuse(secret, pick, Error::expired(cause.clone()));
            found.problem = Some((Trouble::Expired, Some(address.clone()), cause));
        }
        Ok(found)
    }

    /// What fields a version has. Those of an old one are seen by its shape: no value is given out.
    fn fields(&mut self, secret: &Secret, picked: Picked) -> Result<Vec<FieldName>> {
        if picked.is_pending {
            return Ok(secret.pending_field_names().to_vec());
        }
        if picked.number == secret.version {
            return Ok(secret.fields.clone());
        }
        let shape = self.vault.shape_diff(secret.id, picked.number, picked.number)?;
        Ok(shape.fields.into_iter().map(|field| field.name).collect())
    }

    /// The number of a version among those wanted.
    fn wanted(&mut self, secret: &Secret, pick: Pick) -> usize {
        *self.versions.entry((secret.id, pick)).or_insert_with(|| {
            self.survey.wanted.push(wanted(secret, pick));
            self.survey.wanted.len() - 1
        })
    }

    fn refuse(&mut self, secret: &Secret, pick: Pick, error: Error) {
        if self.refused.insert((secret.id, pick)) {
            self.survey.refused.push((wanted(secret, pick), error));
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

fn wanted(secret: &Secret, pick: Pick) -> Wanted {
    Wanted { id: secret.id, address: secret.address.clone(), pick }
}
