//! A vault of made-up secrets at a fixed time, driven by keys: what the tests
//! of screens and flows share.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "made-up data is known to be right")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use strongroom::crypto::keyring::SlotKind;
use strongroom::error::Error;
use strongroom::secret_text::SecretText;
use strongroom::tui::clock::Now;
use strongroom::tui::dialogs::Dialog;
use strongroom::tui::effect::{Effect, Request};
use strongroom::tui::event::{Answer, Event, Found};
use strongroom::tui::job::Job;
use strongroom::tui::keymap::Keymap;
use strongroom::tui::state::{State, StateOptions};
use strongroom::tui::theirs::Theirs;
use strongroom::tui::theme::{Borders, Palette, Theme};
use strongroom::tui::tmux::TmuxPane;
use strongroom::tui::update::update;
use strongroom::tui::view::draw;
use strongroom::vault::audit::{Actor, AuditAction, AuditRecord};
use strongroom::vault::backup::{Backups, Made, Tried};
use strongroom::vault::bulk::{Act, Done, Seen, Step};
use strongroom::vault::catalog::Catalog;
use strongroom::vault::compare::{FieldDiff, ShapeDiff, Side};
use strongroom::vault::incident::{Choice, Doing, ExposedSecret, Exposure, Incident, Standing};
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::secret::{Fields, Metadata, Origin, Secret, SecretId, Version};
use strongroom::vault::shape::Shape;
use strongroom::vault::usage::{Extent, Use};
use strongroom::vault::{Checkpoint, ReadOnly, Segment, Stale};

/// 2026-03-10 02:14:00 UTC.
pub(crate) const NOW: i64 = 1_773_108_840;
/// One day in seconds.
pub(crate) const DAY: i64 = 86_400;

/// A time so many seconds after [`NOW`].
pub(crate) fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOW + seconds).unwrap()
}

/// A secret at `address`, `days` old, in version `version`.
pub(crate) fn secret(number: u8, address: &str, version: u64, days: i64) -> Secret {
    let changed = time(-days * DAY);
    Secret {
        id: SecretId([number; 16]),
        address: Address::parse(address, &ScopePath::root()).unwrap(),
        version,
        fields: vec!["value".parse().unwrap()],
        metadata: Metadata::default(),
        created_at: time(-400 * DAY),
        created_by: "ana@bastion1".to_owned(),
        updated_at: changed,
        value_changed_at: changed,
        last_rotated: (version > 1).then_some(changed),
        deleted_at: None,
        rotation: Default::default(),
    }
}

/// A dozen secrets: due, expired, long, in the root.
pub(crate) fn secrets() -> Vec<Secret> {
    let mut secrets = vec![
        secret(1, "STATUSPAGE_TOKEN", 1, 12),
        secret(2, "production/DATABASE_URL", 3, 40),
        secret(3, "production/payments/ADYEN_HMAC_KEY", 2, 200),
        secret(4, "production/payments/STRIPE_KEY", 7, 3),
        secret(5, "production/payments/STRIPE_WEBHOOK_SECRET", 2, 91),
        secret(6, "production/platform/KAFKA_SASL_PASSWORD", 12, 0),
        secret(7, "production/platform/TLS_PRIVATE_KEY", 1, 700),
        secret(8, "production/reporting/warehouse/SNOWFLAKE_LOADER_PRIVATE_KEY_PASSPHRASE", 4, 18),
        secret(9, "staging/DATABASE_URL", 3, 41),
        secret(10, "staging/payments/STRIPE_KEY", 5, 30),
        secret(11, "staging/payments/STRIPE_WEBHOOK_SECRET", 1, 91),
        secret(12, "~ana/NOTES", 1, 1),
    ];
    secrets[3].fields = ["value", "username", "webhook_url"].map(|name| name.parse().unwrap()).to_vec();
    secrets[3].metadata = Metadata {
        description: "Stripe production API key, restricted to charges and refunds".to_owned(),
        json: Some(serde_json::json!({"account": "acct_1Nv0", "mode": "live"})),
        tags: ["payments", "pci", "tier1"].map(str::to_owned).to_vec(),
        rotation_days: Some(90),
        expires_at: Some(time(200 * DAY)),
        owner: "payments-oncall@example.com".to_owned(),
        recipe: None,
    };
    secrets[4].metadata.rotation_days = Some(90);
    secrets[2].metadata.expires_at = Some(time(-9 * DAY));
    secrets[10].metadata.rotation_days = Some(30);
    secrets[10].metadata.expires_at = Some(time(-2 * DAY));
    secrets
}

/// What was deleted: two of one name, one whose name is taken again, one with a long name.
pub(crate) fn deleted() -> Vec<Secret> {
    let made = |number: u8, address: &str, version: u64, ago: i64| {
        let mut secret = secret(number, address, version, 500);
        (secret.deleted_at, secret.updated_at) = (Some(time(-ago)), time(-ago));
        secret
    };
    vec![
        made(21, "staging/OLD_TOKEN", 3, 400 * DAY),
        made(22, "production/payments/PAYPAL_SECRET", 12, DAY + 3_000),
        made(23, "production/payments/STRIPE_KEY", 2, 90 * DAY),
        made(24, "staging/OLD_TOKEN", 1, 12 * DAY),
        made(25, "production/reporting/warehouse/SNOWFLAKE_UNLOADER_PRIVATE_KEY_PASSPHRASE", 4, DAY + 3_000),
    ]
}

/// What those who are chosen could have seen: one of each standing.
pub(crate) fn incident(choice: Choice) -> Incident {
    let actor = Arc::new(Actor {
        user: "alice".to_owned(),
        host: "laptop".to_owned(),
        ip: "10.0.0.7".to_owned(),
        ..Actor::default()
    });
    let seen = |ago: i64, action: AuditAction, version: u64| Exposure {
        seq: 900 - u64::try_from(ago / 3600).unwrap(),
        at: time(-ago),
        action,
        version: Some(version),
        actor: Arc::clone(&actor),
        reason: String::new(),
        aborted: false,
    };
    let line = |number: u8, address: &str, exposures: Vec<Exposure>, standing: Standing| ExposedSecret {
        id: SecretId([number; 16]),
        address: Some(Address::parse(address, &ScopePath::root()).unwrap()),
        exposures,
        standing,
        since: Vec::new(),
        dependents: Vec::new(),
    };
    let (copy, reveal) = (AuditAction::Copy, AuditAction::Reveal);
    let url = Some(Address::parse("production/DATABASE_URL", &ScopePath::root()).unwrap());
    let by = history(&secret(8, "x/KEY", 4, 2)).remove(0);
    let purged = Doing { at: time(-DAY), action: AuditAction::Purge, actor: Arc::clone(&actor), reason: String::new() };
    let long = "production/reporting/warehouse/SNOWFLAKE_LOADER_PRIVATE_KEY_PASSPHRASE";
    Incident {
        choice,
        records: 12_840,
        secrets: vec![
            line(
                4,
                "production/payments/STRIPE_KEY",
                vec![seen(9 * DAY, copy, 6), seen(3 * DAY, reveal, 7), seen(2 * DAY, copy, 7)],
                Standing::Current { version: 7 },
            ),
            line(
                2,
                "production/DATABASE_URL",
                vec![seen(4 * DAY, copy, 2)],
                Standing::CameBack { version: 3, like: 2 },
            ),
            line(
                6,
                "production/platform/KAFKA_SASL_PASSWORD",
                vec![seen(5 * DAY, copy, 11)],
                Standing::StillTaken { version: 11 },
            ),
            line(10, "staging/payments/STRIPE_KEY", vec![seen(6 * DAY, reveal, 6)], Standing::Pending { version: 6 }),
            line(23, "staging/OLD_TOKEN", vec![seen(12 * DAY, copy, 1)], Standing::Deleted { at: time(-8 * DAY) }),
            line(9, "staging/DATABASE_URL", Vec::new(), Standing::SameValue { version: 3, of: url, like: 2 }),
            line(
                8,
                long,
                vec![seen(20 * DAY, AuditAction::Export, 3)],
                Standing::Replaced { by, unchanged: vec!["username".parse().unwrap()] },
            ),
            line(30, "legacy/FTP_PASSWORD", vec![seen(25 * DAY, copy, 1)], Standing::Destroyed { by: Some(purged) }),
        ],
        sessions: 4,
        last_session: Some(time(-2 * DAY)),
        ..Incident::default()
    }
}

/// The versions of a secret, newest first.
pub(crate) fn history(secret: &Secret) -> Vec<Version> {
    let reasons = ["Created for the launch", "Scheduled rotation", "Leaked in a build log", "Vendor asked for it", ""];
    let mut versions: Vec<Version> = (1..=secret.version)
        .map(|number| {
            let age = i64::try_from(secret.version - number).unwrap() * 31 * DAY;
            Version {
                number,
                created_at: Timestamp::from_second(secret.value_changed_at.as_second() - age).unwrap(),
                created_by: if number.is_multiple_of(3) { "ana@bastion1" } else { "ops@bastion1" }.to_owned(),
                reason: reasons[usize::try_from(number - 1).unwrap() % reasons.len()].to_owned(),
                steps: Vec::new(),
                origin: match number {
                    1 => Origin::Created,
                    6 => Origin::RolledBack { from: 4 },
                    2 => Origin::Set,
                    _ => Origin::Rotated,
                },
            }
        })
        .collect();
    versions.reverse();
    versions
}

/// A few audit records of a secret, newest first.
pub(crate) fn records(secret: &Secret) -> Vec<AuditRecord> {
    let record = |seq: u64, ago: i64, action: AuditAction, error: Option<&str>, reason: &str| AuditRecord {
        seq,
        at: time(-ago),
        action,
        secret: Some(secret.id),
        address: Some(secret.address.clone()),
        version: Some(secret.version),
        actor: Actor {
            user: "ops".to_owned(),
            host: "bastion1".to_owned(),
            ip: if seq.is_multiple_of(2) { "203.0.113.7" } else { "" }.to_owned(),
            ..Actor::default()
        },
        reason: reason.to_owned(),
        error: error.map(str::to_owned),
        hash: [0; 32],
    };
    vec![
        record(88, 60, AuditAction::Copy, None, ""),
        record(71, 3 * DAY, AuditAction::Rotate, None, "Scheduled rotation"),
        record(70, 3 * DAY + 30, AuditAction::Reveal, Some("The secret had expired."), ""),
        record(4, 90 * DAY, AuditAction::Create, None, "Created for the launch"),
    ]
}

/// What a log of three months tells: all but two secrets are used now and then, weekends
/// less; one of the expired ones still is, the other was when it had not expired yet.
pub(crate) fn uses() -> Vec<Use> {
    let mut uses = vec![used(11, 80 * DAY, false)];
    for day in (0..75_i64).rev() {
        let busy = if day % 7 < 2 { day % 3 } else { 2 + (day * day * 7 + day * 3) % 9 };
        for turn in 0..busy {
            let number = [2, 4, 5, 6, 8, 9, 10][usize::try_from((day * 5 + turn * 3) % 7).unwrap()];
            uses.push(used(number, day * DAY + 3_600 + turn * 977, number == 9 && day > 3));
        }
        if day == 2 {
            uses.push(used(3, day * DAY + 600, true));
        }
    }
    uses
}

/// A backup of two weeks ago, and the drill with it.
fn backups() -> Backups {
    let at = |days: i64| Timestamp::from_second(NOW - days * DAY).unwrap();
    let told = "3f9ac2d1: 12 secrets with 29 versions to /mnt/usb/vault.backup".to_owned();
    Backups::new(Some(Made::new(at(14), told)), Some(Tried { at: at(13), passed: true }))
}

/// The first four thousand records, cut off a month ago.
pub(crate) fn cut_off() -> Segment {
    Segment { id: [7; 16], first: 1, last: 4_000, until: time(-100 * DAY), cut_at: time(-30 * DAY) }
}

/// A file that was seen further than it is.
pub(crate) fn older() -> ReadOnly {
    let (vault_id, lineage, audit_head, at) = ([1; 16], [2; 16], [3; 32], time(-7_200));
    let seen = Checkpoint { vault_id, key_epoch: 1, lineage, seq: 4_711, audit_seq: 5_000, audit_head, at };
    ReadOnly::Stale(Stale::Older { seen })
}

/// A use of a secret so many seconds ago.
pub(crate) fn used(number: u8, ago: i64, mine: bool) -> Use {
    Use { secret: SecretId([number; 16]), at: NOW - ago, mine }
}

/// The application without its threads: keys in, effects out, a vault that answers by heart.
pub(crate) struct Screen {
    pub(crate) state: State,
    pub(crate) start: Instant,
    pub(crate) elapsed: Duration,
    pub(crate) secrets: Vec<Secret>,
    /// What was deleted, always by Ana.
    pub(crate) deleted: Vec<Secret>,
    /// What was cut off the log.
    pub(crate) cut_off: Option<Segment>,
    /// What is damaged, with what is wrong.
    pub(crate) damaged: Vec<(SecretId, Error)>,
    /// Effects that the harness does not answer.
    pub(crate) effects: Vec<Effect>,
}

impl Screen {
    /// A locked vault, found.
    pub(crate) fn locked(width: u16, height: u16) -> Self {
        let mut screen = Self::started(width, height);
        screen.event(Event::Vault(Answer::Found(Found::Locked(vec![SlotKind::Passphrase, SlotKind::Recovery], None))));
        screen
    }

    /// Before the vault was looked at.
    pub(crate) fn started(width: u16, height: u16) -> Self {
        let start = Instant::now();
        let now = Now { instant: start, time: time(0) };
        let options = StateOptions::new("/srv/ops/vault.db", "ops@bastion1", (width, height), now);
        let (secrets, deleted, effects) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            state: State::new(options),
            start,
            elapsed: Duration::ZERO,
            secrets,
            deleted,
            cut_off: None,
            damaged: Vec::new(),
            effects,
        }
    }

    /// The same in tmux.
    pub(crate) fn started_in_tmux(width: u16, height: u16) -> Self {
        let mut screen = Self::started(width, height);
        let options = StateOptions::new("/srv/ops/vault.db", "ops@bastion1", (width, height), screen.now());
        screen.state = State::new(StateOptions { in_tmux: true, ..options });
        screen
    }

    /// An unlocked vault with these secrets.
    pub(crate) fn with(secrets: Vec<Secret>, width: u16, height: u16) -> Self {
        let mut screen = Self::locked(width, height);
        screen.secrets = secrets;
        screen.unlock();
        screen
    }

    /// An unlocked vault with a dozen secrets, the Stripe key selected.
    pub(crate) fn unlocked(width: u16, height: u16) -> Self {
        let mut screen = Self::with(secrets(), width, height);
        screen.keys("j j j");
        screen
    }

    /// The same with other keys.
    pub(crate) fn unlocked_with(keymap: Keymap, width: u16, height: u16) -> Self {
        Self::opened(width, height, |options| StateOptions { keymap, ..options })
    }

    /// The same on a screen without colours.
    pub(crate) fn colourless(width: u16, height: u16) -> Self {
        Self::opened(width, height, |options| StateOptions { colourless: true, ..options })
    }

    /// The same with a tmux around it.
    pub(crate) fn in_tmux(width: u16, height: u16) -> Self {
        Self::opened(width, height, |options| StateOptions { in_tmux: true, ..options })
    }

    fn opened(width: u16, height: u16, with: impl FnOnce(StateOptions) -> StateOptions) -> Self {
        let mut screen = Self::started(width, height);
        let options = StateOptions::new("/srv/ops/vault.db", "ops@bastion1", (width, height), screen.now());
        screen.state = State::new(with(options));
        screen.event(Event::Vault(Answer::Found(Found::Locked(vec![SlotKind::Passphrase, SlotKind::Recovery], None))));
        screen.secrets = secrets();
        screen.unlock();
        screen.keys("j j j");
        screen
    }

    /// The same, just started, with other keys.
    pub(crate) fn with_keymap(&self, keymap: Keymap) -> State {
        let now = Now { instant: self.start, time: time(0) };
        let areas = self.state.areas();
        let size = (areas.header.width, areas.hints.bottom());
        let options = StateOptions::new("/srv/ops/vault.db", "ops@bastion1", size, now);
        State::new(StateOptions { keymap, ..options })
    }

    /// The vault answers that it is open.
    pub(crate) fn unlock(&mut self) {
        let catalog: Catalog = self.secrets.iter().cloned().collect();
        self.event(Event::Vault(Answer::Unlocked {
            catalog: Arc::new(catalog),
            failed_unlocks: 0,
            read_only: None,
            unkept: None,
        }));
    }

    /// The vault has walked its log to the end.
    pub(crate) fn read_log(&mut self) {
        self.event(Event::Vault(Answer::Used {
            uses: uses(),
            extent: Extent::Whole,
            backups: backups(),
            cut_off: None,
        }));
    }

    /// The time of the next event.
    pub(crate) fn now(&self) -> Now {
        let seconds = i64::try_from(self.elapsed.as_secs()).unwrap();
        Now { instant: self.start + self.elapsed, time: time(seconds) }
    }

    /// Hands an event over, and answers what the vault would answer at once.
    pub(crate) fn event(&mut self, event: Event) {
        let now = self.now();
        let effects = update(&mut self.state, event, now);
        for effect in effects {
            match self.answer(&effect) {
                Some(answer) => self.event(Event::Vault(answer)),
                None => self.effects.push(effect),
            }
        }
    }

    fn answer(&self, effect: &Effect) -> Option<Answer> {
        let find = |id: &SecretId| self.secrets.iter().find(|secret| secret.id == *id);
        let damage = |id: &SecretId| self.damaged.iter().find(|damaged| damaged.0 == *id).cloned();
        match effect {
            Effect::Vault(Request::Detail(id)) if let Some((id, error)) = damage(id) => {
                Some(Answer::DetailFailed(id, error))
            }
            Effect::Vault(Request::Detail(id)) => {
                let secret = find(id)?;
                Some(Answer::Detail { history: history(secret), secret: Box::new(secret.clone()) })
            }
            Effect::Vault(Request::Audit(id)) => {
                Some(Answer::Audit { id: *id, records: records(find(id)?), cut_off: self.cut_off.clone() })
            }
            Effect::Vault(Request::Reveal { id, version, .. }) => {
                let secret = find(id)?;
                Some(Answer::Revealed { id: *id, version: version.unwrap_or(secret.version), fields: fields(secret) })
            }
            Effect::Vault(Request::OpenToEdit { id, version }) => {
                Some(Answer::ReadyToEdit { id: *id, version: *version, fields: fields(find(id)?) })
            }
            Effect::Vault(Request::Compare { id, before, after }) => {
                Some(Answer::Compared(Box::new(compared(find(id)?, *before, *after))))
            }
            Effect::Vault(Request::Theirs { id, seen, .. }) => {
                let secret = find(id)?;
                let theirs = Theirs::Newer { diff: Box::new(compared(secret, *seen, secret.version)), to: None };
                Some(Answer::Theirs(*id, theirs))
            }
            Effect::Vault(Request::Deleted) if !self.deleted.is_empty() => Some(Answer::Deleted(self.deleted.clone())),
            Effect::Vault(Request::DeletedBy(ids)) => {
                Some(Answer::DeletedBy(ids.iter().map(|id| (*id, "ana@bastion1".to_owned())).collect()))
            }
            Effect::Vault(Request::Incident(choice)) if !self.secrets.is_empty() => {
                Some(Answer::Incident(Box::new(incident(Choice::clone(choice))), false))
            }
            _ => None,
        }
    }

    /// Presses keys as people write them, separated by blanks; each is drawn before the
    /// next, and after the last one the cursor rests.
    pub(crate) fn keys(&mut self, keys: &str) {
        self.keys_without_rest(keys);
        let rested = self.start + self.elapsed + RESTS;
        if self.state.next_deadline().is_some_and(|next| next <= rested) {
            self.wait(RESTS);
        }
        self.state.mark_drawn();
    }

    /// The same in so quick a hand that nothing happens by itself.
    pub(crate) fn keys_without_rest(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            self.state.mark_drawn();
            self.event(Event::Key(key_event(key)));
        }
        self.state.mark_drawn();
    }

    /// Types text, blanks too.
    pub(crate) fn type_text(&mut self, text: &str) {
        for character in text.chars() {
            self.event(Event::Key(KeyEvent::new(KeyCode::Char(character), KeyModifiers::NONE)));
        }
        self.state.mark_drawn();
    }

    /// The next event comes so much later, and nothing in between.
    pub(crate) fn elapse(&mut self, duration: Duration) {
        self.elapsed += duration;
    }

    /// Lets time pass; the loop's tick comes at each deadline.
    pub(crate) fn wait(&mut self, duration: Duration) {
        let end = self.elapsed + duration;
        for _ in 0..10_000 {
            let next = self.state.next_deadline().map(|next| next.saturating_duration_since(self.start));
            match next.filter(|next| *next <= end) {
                Some(next) => self.elapsed = next.max(self.elapsed),
                None => break,
            }
            self.event(Event::Tick);
        }
        self.elapsed = end;
        self.event(Event::Tick);
    }

    /// The vault does the job that it was handed; gives the job back.
    pub(crate) fn do_job(&mut self) -> Job {
        let is_job = |effect: &Effect| matches!(effect, Effect::Vault(Request::Job(_)));
        let at = self.effects.iter().position(is_job).expect("no job was asked for");
        let Effect::Vault(Request::Job(job)) = self.effects.remove(at) else { unreachable!() };
        let back = |step: &Step| Step {
            act: if step.act == Act::Delete { Act::Restore } else { Act::Delete },
            seen: Seen::Revision(9),
            ..step.clone()
        };
        let done = Done { changed: job.steps.len(), unchanged: 0, undo: job.steps.iter().rev().map(back).collect() };
        self.event(Event::Vault(Answer::Job { job: job.clone(), result: Box::new(Ok(Some(done))) }));
        *job
    }

    /// The effects since the last call.
    pub(crate) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The screen's text.
    pub(crate) fn text(&mut self) -> String {
        let (buffer, _) = self.drawn(Theme::default(), None);
        rows(&buffer).join("\n")
    }

    /// Draws into a buffer, at another size if asked to.
    pub(crate) fn drawn(&mut self, theme: Theme, size: Option<(u16, u16)>) -> (Buffer, Option<(u16, u16)>) {
        let (width, height) = size.unwrap_or_else(|| {
            let area = self.state.areas();
            (area.header.width, area.hints.bottom())
        });
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut cursor = None;
        terminal
            .draw(|frame| {
                draw(&self.state, &theme, frame);
            })
            .unwrap();
        if terminal.backend().cursor_visible() {
            cursor = Some(terminal.backend().cursor_position().into());
        }
        (terminal.backend().buffer().clone(), cursor)
    }
}

/// Panes around us, as tmux lists them.
pub(crate) fn tmux_panes() -> Vec<TmuxPane> {
    let pane = |id: &str, place: &str, command: &str, title: &str| TmuxPane {
        id: id.to_owned(),
        place: place.to_owned(),
        command: command.to_owned(),
        title: title.to_owned(),
        obstacle: None,
        takes_whole: None,
        is_piped: false,
        server: "4711".to_owned(),
    };
    let mut panes = vec![
        pane("%3", "ops:1.2", "psql", "payments=> on db1.example.com"),
        pane("%4", "ops:1.0", "bash", "ops@bastion1: ~/runbooks"),
        pane("%9", "ops:2.1", "tail", ""),
        pane("%12", "incident-4711:0.0", "ssh", "web3"),
        pane("%13", "incident-4711:0.1", "vim", "notes.md (~/incidents) - VIM"),
    ];
    panes[1].takes_whole = Some(true);
    panes[2].obstacle = Some("it is in copy-mode".to_owned());
    panes[3].is_piped = true;
    panes[3].takes_whole = Some(false);
    panes
}

/// The detail follows the cursor that stops for so long.
const RESTS: Duration = Duration::from_millis(50);

/// A secret's made-up plaintext.
pub(crate) fn fields(secret: &Secret) -> Fields {
    let mut fields = Fields::value(SecretText::copied_from(b"sk_live_51Nv0QkLmZ7example"));
    for name in secret.fields.iter().skip(1) {
        fields.set(name.clone(), SecretText::copied_from(b"billing@example.com"));
    }
    fields
}

/// How two versions of a secret differ: the value always, `username` never, the last field is new.
pub(crate) fn compared(secret: &Secret, before: u64, after: u64) -> ShapeDiff {
    let noted = |number: u64| {
        let at = history(secret).into_iter().find(|version| version.number == number);
        at.unwrap_or_else(|| Version {
            number,
            created_at: time(-120),
            created_by: "ana@bastion1".to_owned(),
            reason: "Leaked in a build log".to_owned(),
            origin: Origin::Rotated,
            steps: Vec::new(),
        })
    };
    let side = |text: &str, same_as| Side { shape: Shape::of(&SecretText::copied_from(text.as_bytes())), same_as };
    let fields = secret.fields.iter().map(|name| {
        let (before, after) = match name.as_str() {
            "value" => (Some(side("hunter2", None)), Some(side("sk_live_51Nv0QkLmZ7example", Some(4)))),
            "username" => (Some(side("billing@example.com", None)), Some(side("billing@example.com", None))),
            _ => (None, Some(side("https://example.com/hook\n", None))),
        };
        FieldDiff { name: name.clone(), same: name.as_str() == "username", before, after }
    });
    let current = secret.version.max(after);
    ShapeDiff { id: secret.id, before: noted(before), after: noted(after), current, fields: fields.collect() }
}

/// The event of a key as people write it.
pub(crate) fn key_event(text: &str) -> KeyEvent {
    let (control, rest) = text.strip_prefix("C-").map_or((false, text), |rest| (true, rest));
    let modifiers = if control { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
    let code = match rest {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "S-Tab" => KeyCode::BackTab,
        "Space" => KeyCode::Char(' '),
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "PgUp" => KeyCode::PageUp,
        "PgDn" => KeyCode::PageDown,
        "Backspace" => KeyCode::Backspace,
        "Delete" => KeyCode::Delete,
        "Insert" => KeyCode::Insert,
        function if function.len() > 1 && function.starts_with('F') => KeyCode::F(function[1..].parse().unwrap()),
        other => KeyCode::Char(other.chars().next().unwrap()),
    };
    KeyEvent::new(code, modifiers)
}

/// The text of each row; the cell after a wide glyph is skipped.
pub(crate) fn rows(buffer: &Buffer) -> Vec<String> {
    cells(buffer, |cell| cell.symbol().to_owned())
}

/// A letter for each cell's style, blanks where it is plain.
fn styles(buffer: &Buffer) -> Vec<String> {
    cells(buffer, |cell| letter(cell).to_string()).into_iter().map(|row| row.trim_end().to_owned()).collect()
}

fn cells(buffer: &Buffer, show: impl Fn(&Cell) -> String) -> Vec<String> {
    let area = buffer.area;
    (area.top()..area.bottom())
        .map(|y| {
            let mut row = String::new();
            let mut x = area.left();
            while x < area.right() {
                let cell = &buffer[(x, y)];
                row.push_str(&show(cell));
                let wide = unicode_width::UnicodeWidthStr::width(cell.symbol()).max(1);
                x = x.saturating_add(u16::try_from(wide).unwrap());
            }
            row
        })
        .collect()
}

/// `R` reverse, `M` matched (bold and underlined), `B` bold, `d` dim, a colour's first letter, capital when bold, `!` bold red.
fn letter(cell: &Cell) -> char {
    let bold = cell.modifier.contains(Modifier::BOLD);
    let colour = match cell.fg {
        Color::Cyan => 'c',
        Color::Green => 'g',
        Color::Yellow => 'y',
        Color::Red => 'r',
        Color::Magenta => 'm',
        Color::Reset => ' ',
        _ => '?',
    };
    match () {
        () if cell.modifier.contains(Modifier::REVERSED) => 'R',
        () if bold && cell.modifier.contains(Modifier::UNDERLINED) => 'M',
        () if cell.modifier.contains(Modifier::DIM) => 'd',
        () if bold && colour == ' ' => 'B',
        () if bold && colour == 'r' => '!',
        () if bold => colour.to_ascii_uppercase(),
        () => colour,
    }
}

/// Text, then the style letters of the default theme (`c:`) and of mono (`m:`) where a row has any.
pub(crate) fn dump(screen: &mut Screen) -> String {
    let theme = |palette| Theme::new(palette, Borders::Line);
    let (colour, cursor) = screen.drawn(theme(Palette::Default), None);
    let (mono, _) = screen.drawn(theme(Palette::Mono), None);
    assert_eq!(rows(&colour), rows(&mono), "a theme changes no text");
    let mut dump = String::new();
    for ((text, colour), mono) in rows(&colour).into_iter().zip(styles(&colour)).zip(styles(&mono)) {
        dump.push_str(&format!("  |{text}|\n"));
        if !colour.is_empty() {
            dump.push_str(&format!("c: {colour}\n"));
        }
        if !mono.is_empty() {
            dump.push_str(&format!("m: {mono}\n"));
        }
    }
    let cursor = cursor.map_or_else(|| "hidden".to_owned(), |(x, y)| format!("column {x}, row {y}"));
    format!("{dump}cursor: {cursor}\n")
}

/// The sizes of the snapshots: an ordinary terminal, a small one, a large one.
pub(crate) const SIZES: [(u16, u16); 3] = [(80, 24), (40, 15), (140, 45)];

/// Takes a snapshot of one state at every size, in one file.
pub(crate) fn snapshot(name: &str, make: impl Fn(u16, u16) -> Screen) {
    let at = |(width, height): (u16, u16)| format!("{width}x{height}\n{}", dump(&mut make(width, height)));
    let dumps: Vec<String> = SIZES.into_iter().map(at).collect();
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "../snapshots" }, {
        insta::assert_snapshot!(name, dumps.join("\n"));
    });
}

/// Every kind of dialog.
pub(crate) const KINDS: &[&str] = &[
    "setup",
    "unlock",
    "edit",
    "rotate",
    "compare",
    "write out",
    "bulk",
    "confirm",
    "help",
    "palette",
    "jump",
    "deleted",
    "clipboard test",
    "paste",
    "cockpit",
    "incident",
];

/// Which one is open; a new kind wants a name here and states of its own in the table.
pub(crate) fn kind(dialog: &Dialog) -> &'static str {
    match dialog {
        Dialog::Setup(_) => "setup",
        Dialog::Unlock(_) => "unlock",
        Dialog::Edit(_) => "edit",
        Dialog::Rotate(_) => "rotate",
        Dialog::Compare(_) => "compare",
        Dialog::WriteOut(_) => "write out",
        Dialog::Cockpit(_) => "cockpit",
        Dialog::Incident(_) => "incident",
        Dialog::Bulk(_) => "bulk",
        Dialog::Confirm(_) => "confirm",
        Dialog::Help(_) => "help",
        Dialog::Palette(_) => "palette",
        Dialog::Jump(_) => "jump",
        Dialog::Paste(_) => "paste",
        Dialog::Deleted(_) => "deleted",
        Dialog::ClipboardTest(_) => "clipboard test",
    }
}
