//! [`Doomed`]: which of the secrets that bear a name is destroyed: the one that lives
//! there, or one that was deleted before.

use jiff::Timestamp;

use crate::tui::dialogs::page::Page;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::vault::scope::Address;
use crate::vault::secret::{Secret, SecretId};

/// Those to choose from.
pub(super) struct Doomed {
    /// The one that lives comes first, if it is about that.
    all: Vec<One>,
    /// What each is called.
    words: Vec<String>,
    chosen: usize,
}

struct One {
    id: SecretId,
    versions: u64,
    deleted_at: Option<Timestamp>,
    /// What is told of what stands beside the versions.
    pending: Option<String>,
}

impl Doomed {
    /// The one that lives, as long as no other is known.
    pub(super) fn new(secret: &Secret) -> Self {
        let alive = One { deleted_at: None, ..One::deleted(secret) };
        Self { words: vec![alive.words(&[])], all: vec![alive], chosen: 0 }
    }

    /// One that is deleted already, whoever else bears its name.
    pub(super) fn deleted(secret: &Secret) -> Self {
        let one = One::deleted(secret);
        Self { words: vec![one.words(&[])], all: vec![one], chosen: 0 }
    }

    /// Deleted ones bear the name, too.
    pub(super) fn learn(&mut self, deleted: &[Secret]) {
        let chosen = self.id();
        self.all.truncate(1);
        self.all.extend(deleted.iter().map(One::deleted));
        self.words = self.all.iter().map(|one| one.words(&self.all)).collect();
        self.chosen = self.all.iter().position(|one| Some(one.id) == chosen).unwrap_or(0);
    }

    /// Which is destroyed.
    pub(super) fn id(&self) -> Option<SecretId> {
        self.all.get(self.chosen).map(|one| one.id)
    }

    /// True when it is deleted already.
    pub(super) fn is_deleted(&self) -> bool {
        self.all.get(self.chosen).is_some_and(|one| one.deleted_at.is_some())
    }

    /// True when there is a choice.
    pub(super) fn are_several(&self) -> bool {
        self.all.len() > 1
    }

    /// Another one, round and round.
    pub(super) fn choose(&mut self, forth: bool) {
        let by = if forth { 1 } else { self.all.len().saturating_sub(1) };
        self.chosen = (self.chosen + by) % self.all.len().max(1);
    }

    /// What is destroyed, and what stays.
    pub(super) fn show<'a>(&'a self, page: &mut Page<'a>, address: &Address) {
        let Some(one) = self.all.get(self.chosen) else { return };
        let all = text::counted(one.versions, "version");
        let effect = match one.deleted_at {
            None => format!("{address} with {all} will be destroyed."),
            Some(at) => format!("{address}, deleted {}, with {all} will be destroyed.", day(at)),
        };
        page.prose(effect, Role::Danger);
        if let Some(pending) = &one.pending {
            page.prose(pending.as_str(), Role::Warn);
        }
        page.prose("Nothing brings it back, unlike what is deleted.", Role::Text);
        if self.are_several() {
            page.gap();
            page.prose(format!("{} secrets bear this name; the others stay.", self.all.len()), Role::Warn);
            page.choice("which", self.words.iter().map(String::as_str).collect(), self.chosen, false);
        }
    }
}

impl One {
    fn deleted(secret: &Secret) -> Self {
        let goes = secret.rotation.stage.is_some().then(|| "Its pending version goes too.".to_owned());
        // The vault refuses that: it is said before the name is typed.
        let pending = secret.standing().filter(|_| secret.is_mid_rotation()).or(goes);
        Self { id: secret.id, versions: secret.version, deleted_at: secret.deleted_at, pending }
    }

    /// Short enough for a narrow screen; where two went in one minute, to the second.
    fn words(&self, all: &[Self]) -> String {
        let minute = |at: Timestamp| at.as_second().div_euclid(60);
        let Some(at) = self.deleted_at else { return "the one in use".to_owned() };
        let alike = all.iter().filter_map(|one| one.deleted_at).filter(|other| minute(*other) == minute(at)).count();
        let form = if alike > 1 { "%m-%d %H:%M:%S" } else { "%Y-%m-%d %H:%M" };
        format!("deleted {}", at.strftime(form))
    }
}

/// A moment, to the second, in UTC: so that two of one day are told apart.
fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
