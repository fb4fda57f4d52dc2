//! What happened: the audit record, its actions, and the questions one may ask.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::error::{Error, Result};

use super::scope::Address;
use super::secret::SecretId;

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $code:literal $word:literal,)*) => {
        /// What was done, or refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum AuditAction {
            $($(#[$doc])* $variant = $code,)*
        }

        impl AuditAction {
            /// Every action, in the order of its code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word that people and `--json` see.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

actions! {
    /// The vault was made.
    Init = 1 "init",
    /// The vault was unlocked.
    Unlock = 2 "unlock",
    /// An unlock failed earlier; seen by the first write after it.
    UnlockFailed = 3 "unlock_failed",
    /// The vault was locked.
    Lock = 4 "lock",
    /// A secret's first version.
    Create = 5 "create",
    /// A changed value.
    Set = 6 "set",
    /// A changed value, with a reason.
    Rotate = 7 "rotate",
    /// An earlier version's fields again.
    Rollback = 8 "rollback",
    /// Changed metadata.
    Edit = 9 "edit",
    /// A value shown or printed.
    Reveal = 10 "reveal",
    /// A value copied.
    Copy = 11 "copy",
    /// A secret deleted, to be restored.
    Delete = 12 "delete",
    /// A deleted secret back.
    Restore = 13 "restore",
    /// A secret destroyed for good.
    Purge = 14 "purge",
    /// A clipboard cleared by us.
    ClipboardCleared = 15 "clipboard_cleared",
    /// The whole vault checked.
    Verify = 16 "verify",
    /// Damage or tampering found.
    TamperDetected = 17 "tamper_detected",
    /// A secret in another scope, or under another name.
    Move = 18 "move",
    /// The file was brought to a newer format.
    Migrate = 19 "migrate",
    /// A value written into a file.
    Export = 20 "export",
    /// A value handed to a program.
    Run = 21 "run",
    /// A value written into a rendered text.
    Render = 22 "render",
    /// Another key opens the vault.
    KeyAdd = 23 "key_add",
    /// A key opens it no more.
    KeyRemove = 24 "key_remove",
    /// A passphrase was changed.
    KeyChange = 25 "key_change",
    /// Everything was sealed anew under another master key.
    KeyReplace = 26 "key_replace",
    /// A pending version was sealed, or is being made.
    Stage = 27 "stage",
    /// A pending version became current.
    Promote = 28 "promote",
    /// A pending version was destroyed.
    Abort = 29 "abort",
    /// A value was handed to a step of its rotation, which began.
    Step = 30 "step",
    /// The far side was told to refuse the previous version, or its grace was ended.
    Retire = 31 "retire",
    /// Another recipe, or none.
    Recipe = 32 "recipe",
    /// Such a step ended, or what it did is not known.
    StepEnd = 33 "step_end",
    /// Everything was sealed into a backup, which has keys of its own.
    Backup = 34 "backup",
    /// A backup was opened whole and compared with the vault.
    BackupTest = 35 "backup_test",
    /// Another file than the one that was seen last was taken for the vault.
    RestoreAccepted = 36 "restore_accepted",
    /// A key was shown to open the vault.
    KeyTest = 37 "key_test",
    /// The oldest records were moved to a file.
    AuditCut = 38 "audit_cut",
    /// The clock said an earlier time than when the record before was written.
    ClockRegressed = 39 "clock_regressed",
}

impl AuditAction {
    /// True for what lets a value out of the vault: the uses of a secret.
    #[must_use]
    pub fn lets_value_out(self) -> bool {
        matches!(self, Self::Reveal | Self::Copy | Self::Export | Self::Run | Self::Render | Self::Step)
    }

    /// True for what makes a version, or a pending one: whoever does it may know the value,
    /// since most type it.
    #[must_use]
    pub fn makes_version(self) -> bool {
        matches!(self, Self::Create | Self::Set | Self::Rotate | Self::Rollback | Self::Stage)
    }

    /// True for what leaves somebody with a key to the vault, or to all that was in it.
    #[must_use]
    pub fn gives_key(self) -> bool {
        matches!(self, Self::Init | Self::KeyAdd | Self::KeyChange | Self::KeyReplace | Self::Backup)
    }
}

impl fmt::Display for AuditAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for AuditAction {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.iter().copied().find(|action| action.word() == text).ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.iter().map(|action| action.word()).collect();
            Error::usage(match text {
                "" => "No audit action is named.".to_owned(),
                _ => format!("There is no audit action {}.", text.escape_debug()),
            })
            .hint(format!("Use one of {}.", words.join(", ")))
        })
    }
}

/// Who acts, as the kernel and the connection say it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Actor {
    /// The account's name, by its user id.
    pub user: String,
    /// This machine.
    pub host: String,
    /// The SSH client's address; empty when local.
    pub ip: String,
    /// The terminal; empty without one.
    pub tty: String,
    /// One id for all that one process does.
    pub run_id: String,
}

impl Actor {
    /// `user@host`, as versions are signed.
    #[must_use]
    pub fn signature(&self) -> String {
        format!("{}@{}", self.user, self.host)
    }

    /// `user@host pts/3 from 10.0.0.7`: the terminal and the SSH client, where there are any.
    #[must_use]
    pub fn place(&self) -> String {
        let mut place = self.signature();
        for (word, part) in [(" ", &self.tty), (" from ", &self.ip)] {
            if !part.is_empty() {
                place.push_str(word);
                place.push_str(part);
            }
        }
        place
    }
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its place in the chain, from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: AuditAction,
    /// The secret it was done to, by id.
    pub secret: Option<SecretId>,
    /// The secret's address at that time, `scope/name`.
    pub address: Option<Address>,
    /// The version written, revealed or copied.
    pub version: Option<u64>,
    /// Who.
    pub actor: Actor,
    /// Why.
    pub reason: String,
    /// `None` when it was done, else why it was not.
    pub error: Option<String>,
    /// The chain's authentication code after this record.
    pub hash: [u8; 32],
}

/// Which records to give; an empty query gives all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditQuery {
    /// Only this secret, by id.
    pub secret: Option<SecretId>,
    /// Only records whose address, at their time, was this one.
    pub address: Option<Address>,
    /// Only at or after this time.
    pub since: Option<Timestamp>,
    /// Only this action.
    pub action: Option<AuditAction>,
    /// Only this account, or account and machine, `user@host`.
    pub actor: Option<String>,
    /// Only what failed or was refused.
    pub failed: bool,
    /// The newest so many.
    pub limit: Option<usize>,
}

/// What walking the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Every record is in its place and unaltered.
    Intact {
        /// The number of the last one: how many were written, those that were cut off too.
        records: u64,
    },
    /// The chain breaks.
    Broken {
        /// The first record that is altered, missing or out of place.
        first_bad: u64,
        /// What is wrong with it, a sentence.
        cause: String,
    },
}
