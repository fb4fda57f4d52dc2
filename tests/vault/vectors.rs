//! The file format, pinned: a small vault of each released format that opens,
//! verifies and gives its known values for ever, and the numbers of
//! `assets/format.md` §18, recomputed here from the words of that document.
//!
//! `tests/spec_reader.py`, written from the document alone, gives the same numbers.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use strongroom::crypto::keyring::{Keyring, MasterKey, RawKey, SealedSlot, SlotKind, UnlockKey};
use strongroom::crypto::passphrase::Cost;
use strongroom::crypto::seal::{Padding, Place, Purpose, SealKey};
use strongroom::error::Kind;
use strongroom::secret_text::SecretText;
use strongroom::store::Store;
use strongroom::vault::audit::{AuditAction, AuditQuery, AuditVerdict};
use strongroom::vault::rotation::{Busy, Promotion, Rotation, Runner, StepDone, StepEnd, StepKind, Turn, Which};
use strongroom::vault::secret::{Fields, Secret};
use strongroom::vault::{Doomed, Expected, LockedVault, MetadataChange, NewVault, Pick, Release, Vault};
use tempfile::TempDir;

use crate::place::{actor, at, put, reveal, value};

/// The formats so far. The worked example of the document is of the first.
const FORMATS: [u32; 4] = [1, 2, 3, 4];
/// What this program writes.
const NEWEST: u32 = FORMATS[FORMATS.len() - 1];
/// As it was given when the vault was made: with a combining diaeresis.
const PASSPHRASE: &str = "fixtu\u{308}re passphrase";

fn raw(first: u8) -> RawKey {
    let bytes: Vec<u8> = (first..first + 32).collect();
    RawKey::from_text(data_encoding::HEXLOWER.encode(&bytes).as_bytes()).unwrap()
}

fn passphrase(text: &str) -> UnlockKey {
    UnlockKey::Passphrase(SecretText::copied_from(text.as_bytes()))
}

fn keys() -> Vec<UnlockKey> {
    vec![
        passphrase(PASSPHRASE),
        UnlockKey::KeyFile(raw(0)),
        UnlockKey::Environment(raw(0x20)),
        UnlockKey::Recovery(raw(0x40)),
    ]
}

fn in_project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The fixture of a format in a folder of its own, private as a vault must be.
struct Copy(TempDir);

impl Copy {
    fn of(format: u32) -> Self {
        let copy = Self(tempfile::tempdir().unwrap());
        fs::copy(in_project(&format!("tests/fixtures/format-{format}.db")), copy.path()).unwrap();
        fs::set_permissions(copy.path(), fs::Permissions::from_mode(0o600)).unwrap();
        copy
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("kept.db")
    }

    fn format(&self) -> u32 {
        let sql = rusqlite::Connection::open(self.path()).unwrap();
        sql.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    }

    fn unlock(&self, key: &UnlockKey) -> Vault {
        LockedVault::open(&self.path()).unwrap().unlock(key, actor()).map_err(|refused| refused.1).unwrap()
    }
}

fn numbers(format: u32) -> Json {
    serde_json::from_slice(&fs::read(in_project(&format!("tests/fixtures/format-{format}.json"))).unwrap()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn text(json: &Json) -> &str {
    json.as_str().unwrap()
}

fn words(json: &Json) -> Vec<&str> {
    json.as_array().unwrap().iter().map(text).collect()
}

/// A field as the numbers have it.
fn shown(value: &[u8]) -> Json {
    match std::str::from_utf8(value) {
        _ if value.len() > 200 => serde_json::json!({"bytes": value.len(), "sha256": hex(&Sha256::digest(value))}),
        Ok(text) => serde_json::json!({ "text": text }),
        Err(_) => serde_json::json!({ "hex": hex(value) }),
    }
}

fn fields(parts: &[(&str, &[u8])]) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in parts {
        fields.set(name.parse().unwrap(), SecretText::copied_from(value));
    }
    fields
}

/// About how many records were cut off the log of the kept vault of format 4.
const CUT_OFF: usize = 10;

/// Makes the fixture of the newest format, once for each format that is released. An
/// existing one is never overwritten: it is what old vaults are.
#[test]
#[ignore = "makes the fixture of the newest format, which is committed"]
fn make_the_fixture() {
    let path = in_project(&format!("tests/fixtures/format-{NEWEST}.db"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("made.db");
    let mut vault = Vault::create(&made, NewVault { keys: keys(), cost: Some(Cost::FLOOR) }, actor()).unwrap();
    vault.begin_session().unwrap();
    let none = MetadataChange::default;

    let stripe = at("production/payments/STRIPE_KEY");
    let kept = MetadataChange {
        description: Some("Zahlungen, nur lesen".into()),
        json: Some(Some(serde_json::json!({"team": "payments", "oncall": ["ada", "grace"]}))),
        tags: Some(vec!["payments".into(), "eu".into()]),
        rotation_days: Some(Some(90)),
        owner: Some("team-payments".into()),
        ..none()
    };
    vault.set(&stripe, Some(value("sk_made_up_1")), kept, "first", Expected::Absent).unwrap();
    vault.rotate(&stripe, value("sk_made_up_2"), "INC-7: it was in a log", Expected::Version(1)).unwrap();
    vault.roll_back(&stripe, 1, "2 is refused", Expected::Any).unwrap();
    let edit = MetadataChange { description: Some("Zahlungen".into()), ..none() };
    vault.edit(&stripe, edit, "shorter").unwrap();

    let three = fields(&[("value", b"postgres://db.invalid/app"), ("username", b"app"), ("password", b"made up")]);
    vault.set(&at("DB_URL"), Some(three), none(), "", Expected::Any).unwrap();
    let cut = fields(&[("value", b"postgres://db2.invalid/app"), ("password", b"made up 2")]);
    vault.set(&at("DB_URL"), Some(cut), none(), "moved", Expected::Any).unwrap();

    let pair = fields(&[("certificate", b"-----BEGIN MADE UP-----\n"), ("key", &[0, 0xff, 0xfe, 10])]);
    vault.set(&at("staging/TLS"), Some(pair), none(), "", Expected::Any).unwrap();
    vault.set(&at("staging/LONG"), Some(value(&"0123456789".repeat(500))), none(), "", Expected::Any).unwrap();

    put(&mut vault, "~alice/Mixed-Case.Token", "first life");
    vault.delete(&at("~alice/Mixed-Case.Token"), "left").unwrap();
    put(&mut vault, "~alice/Mixed-Case.Token", "second life");

    put(&mut vault, "staging/OLD", "one");
    put(&mut vault, "staging/OLD", "two");
    vault.purge(&at("staging/OLD"), Doomed::Single, "for good").unwrap();

    let ended = MetadataChange { expires_at: Some(Some("2020-02-02T02:02:02.020Z".parse().unwrap())), ..none() };
    vault.set(&at("EXPIRED"), Some(value("too late")), ended, "", Expected::Any).unwrap();
    let expired = vault.find(&at("EXPIRED")).unwrap().id;
    assert!(vault.release(expired, None, Release::Reveal, "just looking", false).is_err());
    reveal(&mut vault, "DB_URL", Some(1));
    rotations(&mut vault);
    let locked = vault.lock().unwrap();

    let Err(refused) = locked.unlock(&passphrase("wrong"), actor()) else { panic!("it opened") };
    let mut vault = refused.0.unlock(&UnlockKey::Recovery(raw(0x40)), actor()).map_err(|refused| refused.1).unwrap();
    vault.begin_session().unwrap();
    // The clock goes back for a moment; then the oldest records are cut off.
    vault.set_clock(|| Timestamp::now() - SignedDuration::from_hours(3));
    reveal(&mut vault, "DB_URL", None);
    vault.set_clock(Timestamp::now);
    let before = vault.audit(&AuditQuery::default()).unwrap().into_iter().rev().nth(CUT_OFF).unwrap().at;
    let cut_off = folder.path().join("cut-off");
    let cut = vault.cut_audit(&cut_off, before, "kept elsewhere").unwrap().unwrap();
    fs::rename(&cut.file, in_project(&format!("tests/fixtures/format-{NEWEST}.segment"))).unwrap();
    let locked = vault.lock().unwrap();
    // One that waits to be folded.
    assert!(locked.unlock(&passphrase("wrong again"), actor()).is_err());

    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the log is back in the file");
    assert!(!path.exists(), "{} exists already.", path.display());
    fs::copy(&made, &path).unwrap();
}

/// A recipe alone, a version that is pending and was verified, one that was promoted with
/// grace and is to be revoked, and one whose step has begun and not ended.
fn rotations(vault: &mut Vault) {
    let recipe = "what = \"the made-up broker\"\ngrace = \"1d\"\n\n[verify]\nrun = [\"true\"]\n";
    let kept = MetadataChange { recipe: Some(Some(recipe.into())), ..MetadataChange::default() };
    vault.set(&at("rotation/RECIPE"), Some(value("broker 1")), kept, "", Expected::Absent).unwrap();

    let first = fields(&[("value", b"made up 1"), ("username", b"app")]);
    vault.set(&at("rotation/VERIFIED"), Some(first), MetadataChange::default(), "", Expected::Absent).unwrap();
    let grace = Some(SignedDuration::from_hours(24));
    let turn = staged(vault, "rotation/VERIFIED", "made up 2", grace);
    let turn = told(vault, turn, (StepKind::Apply, Which::Pending), (StepEnd::Exited(0), 412));
    told(vault, turn, (StepKind::Verify, Which::Pending), (StepEnd::Exited(0), 73));

    put(vault, "rotation/PROMOTED", "promoted 1");
    let turn = staged(vault, "rotation/PROMOTED", "promoted 2", grace);
    let turn = told(vault, turn, (StepKind::Apply, Which::Pending), (StepEnd::Exited(0), 1_999));
    let turn = told(vault, turn, (StepKind::Verify, Which::Pending), (StepEnd::Exited(0), 3));
    let how = Promotion { revoke: true, ..Promotion::default() };
    vault.promote(turn.id, &how, "both ends agree").unwrap();
    let turn = Turn { number: 1, ..turn };
    told(vault, turn, (StepKind::Revoke, Which::Previous), (StepEnd::Signalled(9), 30_000));

    put(vault, "rotation/CUT_OFF", "before");
    let turn = staged(vault, "rotation/CUT_OFF", "after", None);
    begun(vault, turn, (StepKind::Apply, Which::Pending));

    // Its number and its row are free again.
    put(vault, "rotation/ABORTED", "kept");
    let turn = staged(vault, "rotation/ABORTED", "never current", None);
    vault.abort(turn.id, false, "a mistake").unwrap();
}

fn staged(vault: &mut Vault, address: &str, text: &str, grace: Option<SignedDuration>) -> Turn {
    let secret = vault.stage(&at(address), value(text), grace, "quarterly", Expected::Present).unwrap();
    Turn { id: secret.id, number: secret.rotation.stage.unwrap().turn }
}

fn begun(vault: &mut Vault, turn: Turn, step: (StepKind, Which)) -> Turn {
    let runner = Runner { pid: 4_242, within: SignedDuration::from_secs(30), to_promote: false };
    vault.begin_step(turn, step, Which::Current, runner, "quarterly").unwrap().turn
}

fn told(vault: &mut Vault, turn: Turn, step: (StepKind, Which), (end, took): (StepEnd, u64)) -> Turn {
    let turn = begun(vault, turn, step);
    vault.finish_step(turn, end, took, "quarterly").unwrap().1
}

/// How many secrets live in the kept vault of a format.
fn living(format: u32) -> usize {
    if format < 3 { 6 } else { 11 }
}

#[test]
fn the_kept_vaults_open_with_every_key_they_were_made_with() {
    FORMATS.into_iter().for_each(opens_with_every_key);
}

fn opens_with_every_key(format: u32) {
    let copy = Copy::of(format);
    // The same letters from another keyboard, and a raw key from another source.
    let others = [passphrase("fixt\u{fc}re passphrase"), UnlockKey::KeyFile(raw(0x20)), UnlockKey::Environment(raw(0))];
    for key in keys().into_iter().chain(others) {
        let mut vault = copy.unlock(&key);
        assert_eq!(vault.catalog().unwrap().listed().len(), living(format), "{:?}", key.kind());
    }
    let wrong = LockedVault::open(&copy.path()).unwrap().unlock(&UnlockKey::Recovery(raw(1)), actor());
    assert_eq!(wrong.err().unwrap().1.kind(), Kind::Locked);
}

#[test]
fn the_kept_vaults_give_their_known_secrets_for_ever() {
    for format in FORMATS {
        let copy = Copy::of(format);
        let mut vault = copy.unlock(&UnlockKey::Environment(raw(0x20)));
        // Versions, and those that were released.
        let seen = if format < 3 { (10, 9) } else { (16, 15) };
        assert_eq!(gives_its_known_secrets(&mut vault, format), seen);
        // Under another master key as under their own.
        let presented = vault.present(keys()).unwrap().by_hand(true);
        assert_eq!((presented.kept().count(), presented.dropped().len()), (4, 0));
        vault.replace_master_key(&presented, &[], Some(Cost::FLOOR), "").unwrap();
        assert_eq!(gives_its_known_secrets(&mut copy.unlock(&UnlockKey::Recovery(raw(0x40))), format), seen);
        let records = vault.audit(&AuditQuery::default()).unwrap()[0].seq;
        assert_eq!(vault.verify_audit().unwrap(), AuditVerdict::Intact { records });
        vault.verify_rows().unwrap();
    }
}

/// Gives how many versions there were, and how many were released.
fn gives_its_known_secrets(vault: &mut Vault, format: u32) -> (usize, usize) {
    let (numbers, mut seen) = (numbers(format), (0, 0));
    for known in numbers["secrets"].as_array().unwrap().iter().filter(|known| known["what"] != "husk") {
        let metadata = &known["metadata"];
        let text = |name: &str| metadata[name].as_str().unwrap();
        let secret = if known["what"] == "living" {
            vault.find(&at(format!("{}/{}", text("scope"), text("name")).trim_start_matches('/'))).unwrap()
        } else {
            vault.deleted().unwrap().pop().unwrap()
        };
        let time = |time: Option<jiff::Timestamp>| time.map_or(Json::Null, |time| time.as_millisecond().into());
        assert_eq!(hex(&secret.id.0), known["id"]);
        assert_eq!((secret.scope().as_stored(), secret.address.name.as_str()), (text("scope"), text("name")));
        assert_eq!(secret.version, known["current"]);
        assert_eq!(secret.fields.iter().map(|name| name.as_str()).collect::<Vec<_>>(), words(&metadata["fields"]));
        assert_eq!(secret.metadata.tags, words(&metadata["tags"]));
        assert_eq!(
            (secret.metadata.description.as_str(), secret.metadata.owner.as_str()),
            (text("description"), text("owner"))
        );
        assert_eq!(secret.metadata.json.clone().unwrap_or_default(), metadata["json"]);
        assert_eq!(secret.metadata.rotation_days.map_or(Json::Null, Json::from), metadata["rotation_days"]);
        assert_eq!(secret.created_by, text("created_by"));
        assert_eq!(time(Some(secret.created_at)), known["created_at"]);
        assert_eq!(secret.deleted_at.map_or(0.into(), |at| time(Some(at))), known["deleted_at"]);
        for (ours, name) in [
            (Some(secret.updated_at), "updated_at"),
            (Some(secret.value_changed_at), "value_changed_at"),
            (secret.last_rotated, "last_rotated"),
            (secret.metadata.expires_at, "expires_at"),
        ] {
            assert_eq!(time(ours), metadata[name], "{name}");
        }
        let history = vault.history(secret.id).unwrap();
        assert_eq!(history.len(), known["versions"].as_array().unwrap().len());
        for version in known["versions"].as_array().unwrap() {
            let ours = history.iter().find(|ours| ours.number == version["number"]).unwrap();
            let note = &version["note"];
            let origin = ours.origin.to_string();
            let words = origin.strip_suffix(&format!(" from {}", note["from"])).unwrap_or(&origin);
            assert_eq!(
                (words, ours.created_by.as_str()),
                (note["origin"].as_str().unwrap(), note["by"].as_str().unwrap())
            );
            assert_eq!(ours.reason, note["reason"]);
            assert_eq!(time(Some(ours.created_at)), version["created_at"]);
            seen.0 += 1;
            if known["what"] == "living" {
                let fields = vault.release(secret.id, Some(ours.number), Release::Reveal, "", true).unwrap();
                let fields: serde_json::Map<String, Json> =
                    fields.iter().map(|(name, value)| (name.to_string(), shown(value.expose()))).collect();
                assert_eq!(Json::Object(fields), version["fields"]);
                seen.1 += 1;
            }
        }
        if format >= 3 {
            has_its_known_rotation(vault, &secret, known);
        } else {
            assert_eq!((&secret.rotation, &secret.metadata.recipe), (&Rotation::default(), &None));
        }
    }
    seen
}

/// The recipe, what is pending, and what is to be revoked.
fn has_its_known_rotation(vault: &mut Vault, secret: &Secret, known: &Json) {
    let (rotation, metadata) = (&secret.rotation, &known["metadata"]);
    let time = |time: jiff::Timestamp| Json::from(time.as_millisecond());
    let steps = |steps: &[StepDone]| -> Json {
        let step = |step: &StepDone| {
            let (kind, of, end) = (step.kind.word(), step.of.word(), step.end.word());
            serde_json::json!({"step": kind, "of": of, "end": end, "took": step.took})
        };
        steps.iter().map(step).collect()
    };
    let busy = |busy: &Busy| {
        let (kind, of) = (busy.kind.word(), busy.of.word());
        serde_json::json!({"step": kind, "of": of, "since": time(busy.since), "until": time(busy.until),
            "by": busy.by, "pid": busy.pid})
    };
    let optional = |json: Option<Json>| json.unwrap_or_default();
    assert_eq!(optional(secret.metadata.recipe.clone().map(Json::from)), metadata["recipe"]);
    assert_eq!(optional(rotation.previous_until.map(time)), metadata["previous_until"]);
    let revoke = rotation.revoke.as_ref().map(|revoke| {
        serde_json::json!({"version": revoke.version, "steps": steps(&revoke.steps), "turn": revoke.turn,
            "busy": optional(revoke.busy.as_ref().map(busy))})
    });
    assert_eq!(optional(revoke), metadata["revoke"]);
    let stage = rotation.stage.as_ref().map(|stage| {
        let fields: Vec<&str> = stage.fields.iter().map(|name| name.as_str()).collect();
        // Where the fields are sealed is nobody's business outside of the vault.
        serde_json::json!({"state": stage.state.word(), "revision": metadata["stage"]["revision"],
            "since": time(stage.since), "by": stage.by, "reason": stage.reason, "fields": fields,
            "grace": optional(stage.grace.map(|grace| grace.as_secs().into())), "steps": steps(&stage.steps),
            "turn": stage.turn, "busy": optional(stage.busy.as_ref().map(busy)),
            "digest": metadata["stage"]["digest"], "to_promote": stage.to_promote, "from": stage.from})
    });
    assert_eq!(optional(stage), metadata["stage"]);
    for version in vault.history(secret.id).unwrap() {
        let at = usize::try_from(version.number).unwrap() - 1;
        assert_eq!(steps(&version.steps), known["versions"][at]["note"]["steps"]);
    }
    if known["what"] == "living" {
        let pending = vault.release(secret.id, Pick::Pending, Release::Reveal, "", true);
        let pending = pending.map(|fields| -> Json {
            Json::Object(fields.iter().map(|(name, value)| (name.to_string(), shown(value.expose()))).collect())
        });
        assert_eq!(
            pending.map_err(|error| error.kind()),
            match &known["pending"] {
                Json::Null => Err(Kind::NotFound),
                pending => Ok(pending["fields"].clone()),
            }
        );
    }
}

#[test]
fn the_kept_vaults_give_their_known_audit_logs_for_ever() {
    FORMATS.into_iter().for_each(gives_its_known_audit_log);
}

fn gives_its_known_audit_log(format: u32) {
    let (copy, numbers) = (Copy::of(format), numbers(format));
    let mut vault = copy.unlock(&UnlockKey::Recovery(raw(0x40)));
    let kept = |name: &str| numbers[name].as_array().cloned().unwrap_or_default();
    let known = [kept("segment_records"), kept("audit")].concat();
    assert_eq!(vault.verify_audit().unwrap(), AuditVerdict::Intact { records: known.len() as u64 });
    let mut log = vault.audit(&AuditQuery::default()).unwrap();
    assert_eq!(log.len(), kept("audit").len());
    if format >= 4 {
        let segment = in_project(&format!("tests/fixtures/format-{format}.segment"));
        log.extend(vault.audit_of_segment(&segment, &AuditQuery::default()).unwrap());
        assert!(log.iter().any(|record| record.action == AuditAction::ClockRegressed));
        let (segments, known) = (vault.segments().unwrap(), kept("segments"));
        assert_eq!((segments.len(), known.len()), (1, 1));
        assert_eq!(
            (hex(&segments[0].id), segments[0].last),
            (text(&known[0]["id"]).to_owned(), known[0]["last"].as_u64().unwrap())
        );
        assert_eq!(segments[0].until.as_millisecond(), known[0]["until"].as_i64().unwrap());
    }
    log.reverse();
    assert_eq!(log.len(), known.len());
    for (ours, known) in log.iter().zip(&known) {
        assert_eq!((ours.action.word(), hex(&ours.hash)), (text(&known["action"]), text(&known["mac"]).to_owned()));
        assert_eq!(
            (ours.seq, ours.at.as_millisecond()),
            (known["seq"].as_u64().unwrap(), known["at"].as_i64().unwrap())
        );
        assert_eq!(ours.secret.map_or(Json::Null, |id| hex(&id.0).into()), known["secret"]);
        let address = ours.address.as_ref();
        let address = address.map(|address| serde_json::json!([address.scope.as_stored(), address.name.as_str()]));
        assert_eq!(address.unwrap_or_default(), known["address"]);
        assert_eq!(ours.version.map_or(Json::Null, Json::from), known["version"]);
        assert_eq!((ours.actor.user.as_str(), ours.actor.host.as_str()), (text(&known["user"]), text(&known["host"])));
        assert_eq!(
            (ours.reason.as_str(), ours.error.clone().map_or(Json::Null, Json::from)),
            (text(&known["reason"]), known["error"].clone())
        );
    }
    assert_eq!(vault.begin_session().unwrap(), 1, "the failed unlock that waited");
    let newest = vault.audit(&AuditQuery { limit: Some(2), ..AuditQuery::default() }).unwrap();
    assert_eq!(
        newest.iter().map(|record| record.action).collect::<Vec<_>>(),
        [AuditAction::Unlock, AuditAction::UnlockFailed]
    );
}

/// What this program writes into a vault of any format, this program reads. The first
/// write brings an old one to the newest format, and nothing before it does.
#[test]
fn the_kept_vaults_can_be_written() {
    FORMATS.into_iter().for_each(can_be_written);
}

fn can_be_written(format: u32) {
    let copy = Copy::of(format);
    let known = numbers(format)["audit"].as_array().unwrap().len();
    let mut vault = copy.unlock(&UnlockKey::KeyFile(raw(0)));
    let listed = listed(&mut vault);
    vault.verify_rows().unwrap();
    let wrong = LockedVault::open(&copy.path()).unwrap().unlock(&UnlockKey::Recovery(raw(1)), actor());
    assert!(wrong.is_err());
    assert_eq!(copy.format(), format, "what has no key, or writes nothing, migrates nothing");
    vault.begin_session().unwrap();
    assert_eq!(copy.format(), NEWEST);
    let log = vault.audit(&AuditQuery::default()).unwrap();
    let first = &log[log.len() - 1 - known];
    assert_eq!(first.action == AuditAction::Migrate, format != NEWEST);
    assert_eq!(self::listed(&mut vault), listed, "from the lists that the migration made");
    assert_eq!(self::listed(&mut copy.unlock(&UnlockKey::KeyFile(raw(0)))), listed);
    let mut store = Store::open(&copy.path()).unwrap();
    let mut lists = 0;
    store
        .read(|tx| {
            tx.each_listing(|_, _| {
                lists += 1;
                Ok(())
            })
        })
        .unwrap();
    assert_eq!(lists, living(format) + 1, "a list for each bucket with a row, the husk's too");
    vault.verify_rows().unwrap();
    vault.restore(&at("~alice/mixed-case.token"), None, "").unwrap_err();
    vault.delete(&at("~alice/Mixed-Case.Token"), "").unwrap();
    vault.restore(&at("~alice/Mixed-Case.Token"), None, "").unwrap();
    assert_eq!(put(&mut vault, "DB_URL", "new"), 3);
    let turn = staged(&mut vault, "staging/LONG", "short", None);
    assert_eq!(vault.promote(turn.id, &Promotion::default(), "").unwrap().secret.version, 2);
    staged(&mut vault, "EXPIRED", "fresh", None);
    drop(vault);
    let mut vault = copy.unlock(&UnlockKey::KeyFile(raw(0)));
    assert_eq!(reveal(&mut vault, "DB_URL", None), "new");
    assert_eq!(reveal(&mut vault, "~alice/Mixed-Case.Token", None), "second life");
    assert_eq!(reveal(&mut vault, "staging/LONG", None), "short");
    assert_eq!(vault.verify().unwrap().damage, [""; 0]);
    assert!(matches!(vault.verify_audit().unwrap(), AuditVerdict::Intact { .. }));
}

/// Scope and name of what is listed.
fn listed(vault: &mut Vault) -> Vec<(String, String)> {
    let catalog = vault.catalog().unwrap();
    let listed = catalog.listed().iter();
    listed.map(|listed| (catalog.text(listed.scope).to_owned(), listed.name.to_string())).collect()
}

/// Migrated while another session has the file open: it sees what is there and writes on.
#[test]
fn a_session_goes_on_after_another_one_has_migrated() {
    FORMATS.into_iter().filter(|format| *format < NEWEST).for_each(goes_on);
}

fn goes_on(format: u32) {
    let copy = Copy::of(format);
    let mut mine = copy.unlock(&UnlockKey::KeyFile(raw(0)));
    mine.catalog().unwrap();
    let mut theirs = copy.unlock(&UnlockKey::KeyFile(raw(0)));
    put(&mut theirs, "NEW", "theirs");
    assert_eq!(copy.format(), NEWEST);
    assert_eq!(mine.changes().unwrap().unwrap().upserted.len(), 1);
    assert_eq!(listed(&mut mine).len(), living(format) + 1);
    assert_eq!(put(&mut mine, "NEW", "mine"), 2);
    mine.verify_rows().unwrap();
    assert_eq!(reveal(&mut theirs, "NEW", None), "mine");
}

/// A migration makes no list of rows that somebody has altered, and hides nothing by it.
#[test]
fn a_migration_keeps_damage_damage() {
    FORMATS.into_iter().filter(|format| *format < NEWEST).for_each(keeps_damage);
}

fn keeps_damage(format: u32) {
    let copy = Copy::of(format);
    rusqlite::Connection::open(copy.path())
        .unwrap()
        .execute("UPDATE secret SET current = 1 WHERE current = 3", [])
        .unwrap();
    let mut vault = copy.unlock(&UnlockKey::KeyFile(raw(0)));
    put(&mut vault, "NEW", "x");
    assert_eq!(copy.format(), NEWEST);
    let mut vault = copy.unlock(&UnlockKey::KeyFile(raw(0)));
    let (catalog, damage) = vault.catalog_with_damage();
    assert_eq!((catalog.listed().len(), damage.unwrap().kind()), (living(format) + 1, Kind::Damaged));
    assert_eq!(vault.verify_rows().unwrap_err().kind(), Kind::Damaged);
}

/// A file that claims an older format, so that its lists or what is pending are forgotten,
/// is no vault of that format.
#[test]
fn a_newer_vault_does_not_pass_for_an_older_one() {
    for (format, sql) in [
        (2, "PRAGMA user_version = 1"),
        (2, "DROP TABLE listing"),
        (2, "DROP TABLE listing; PRAGMA user_version = 1"),
        (3, "PRAGMA user_version = 2"),
        (3, "PRAGMA user_version = 1"),
        (3, "DROP TABLE stage"),
        (3, "DROP TABLE stage; PRAGMA user_version = 2"),
        (3, "DROP TABLE stage; DROP TABLE listing; PRAGMA user_version = 1"),
    ] {
        let copy = Copy::of(format);
        rusqlite::Connection::open(copy.path()).unwrap().execute_batch(sql).unwrap();
        let opened = LockedVault::open(&copy.path());
        let error = match opened {
            Ok(locked) => locked.unlock(&UnlockKey::KeyFile(raw(0)), actor()).err().unwrap().1,
            Err(error) => error,
        };
        assert_eq!(error.kind(), Kind::Damaged, "{format}: {sql}");
    }
}

/// HMAC-SHA256 and HKDF's expand step, put together here and not taken from the program.
fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn expand(key: &[u8], info: &[&[u8]]) -> [u8; 32] {
    mac(key, &[&info.concat(), &[1]])
}

#[test]
fn the_numbers_of_keys_and_slots() {
    let document = fs::read_to_string(in_project("assets/format.md")).unwrap();
    let numbers = numbers(1);
    let recovery = raw(0x40).to_text();
    assert_eq!(
        recovery.expose_str(),
        Some("SR1-IBAU-EQ2E-IVDE-OSCJ-JJFU-YTKO-J5IF-CUST-KRKV-MV2Y-LFNF-WXC5-LZP5-ZVQL")
    );
    assert!(document.contains(recovery.expose_str().unwrap()));

    let copy = Copy::of(1);
    let mut store = Store::open(&copy.path()).unwrap();
    let (state, slots) = store.read(|tx| Ok((tx.state()?, tx.slots()?))).unwrap();
    let row = slots.iter().find(|slot| slot.kind == SlotKind::Recovery as u8).unwrap();
    let slot = SealedSlot { id: row.id, kind: SlotKind::Recovery, cost: None, salt: row.salt, wrapped: row.wrapped };
    let slot_key = expand(raw(0x40).bytes(), &[b"strongroom/1\0slot\0", &[4], &state.vault_id, &slot.salt]);
    assert!(document.contains(&hex(&slot_key)), "{}", hex(&slot_key));

    let master = data_encoding::HEXLOWER.decode(text(&numbers["master_key"]).as_bytes()).unwrap();
    let derive = |purpose: &[u8], owner: &[u8]| {
        expand(&master, &[b"strongroom/1\0", purpose, b"\0", &state.vault_id, &state.key_epoch.to_be_bytes(), owner])
    };
    for purpose in ["metadata", "index", "state", "audit", "audit-body", "hedge"] {
        assert_eq!(hex(&derive(purpose.as_bytes(), &[])), numbers["derived_keys"][purpose], "{purpose}");
    }
    assert_eq!(hex(&derive(b"owner", &state.vault_id)), numbers["derived_keys"]["owner"]);
    assert_eq!(derive(b"commitment", &[]), state.commitment);

    // And the program's own derivation: the same keys, as far as it shows them.
    let opened =
        MasterKey::from_slot(&slot, state.vault_id, 1, &UnlockKey::Recovery(raw(0x40)), &mut None).unwrap().unwrap();
    let keys = Keyring::new(opened, state.vault_id, 1).unwrap();
    assert!(keys.fits(&state.commitment).unwrap());
    for (ours, purpose) in [(&keys.index, "index"), (&keys.state, "state"), (&keys.audit, "audit")] {
        assert_eq!(ours.digest(&[b"x"]), mac(&derive(purpose.as_bytes(), &[]), &[b"x"]), "{purpose}");
    }
}

#[test]
fn the_numbers_of_names_heads_and_the_state() {
    FORMATS.into_iter().for_each(names_heads_and_the_state);
}

fn names_heads_and_the_state(format: u32) {
    let (copy, numbers) = (Copy::of(format), numbers(format));
    let key = |name: &str| data_encoding::HEXLOWER.decode(text(&numbers["derived_keys"][name]).as_bytes()).unwrap();
    let known = numbers["secrets"].as_array().unwrap();
    let (mut heads, mut seen) = (vec![Vec::new(); 1024], 0);
    let mut store = Store::open(&copy.path()).unwrap();
    let (state, slots, digests, fingerprint) = store
        .read(|tx| {
            tx.each_secret(|row| {
                let known = &known[seen];
                seen += 1;
                let head = mac(
                    &key("state"),
                    &[
                        b"head\0",
                        &row.name_index,
                        &row.buried.to_be_bytes(),
                        &row.id,
                        &row.current.to_be_bytes(),
                        &row.revision.to_be_bytes(),
                        &row.created_at.to_be_bytes(),
                        &row.deleted_at.to_be_bytes(),
                        &row.modified.to_be_bytes(),
                        &row.chain,
                        &row.metadata,
                    ],
                );
                assert_eq!((hex(&head), hex(&row.chain)), (text(&known["head"]).into(), text(&known["chain"]).into()));
                heads[usize::from(row.name_index[0]) * 4 + usize::from(row.name_index[1] / 64)].push(head);
                if let Some(name) = known["metadata"]["name"].as_str() {
                    let scope = text(&known["metadata"]["scope"]);
                    let index = mac(&key("index"), &[scope.as_bytes(), &[0], name.to_lowercase().as_bytes()]);
                    assert_eq!(index[..16], row.name_index);
                }
                let mut chain = [0; 32];
                for version in tx.versions(&row.id)? {
                    let sealed = [&version.data_key[..], &version.value, &version.note].map(Sha256::digest);
                    let (number, at) = (version.number.to_be_bytes(), version.created_at.to_be_bytes());
                    chain = mac(
                        &key("state"),
                        &[b"version\0", &chain, &row.id, &number, &at, &sealed[0], &sealed[1], &sealed[2]],
                    );
                }
                assert_eq!(chain, row.chain);
                Ok(())
            })?;
            Ok((tx.state()?, tx.slots()?, tx.bucket_digests()?, tx.schema_fingerprint()?))
        })
        .unwrap();
    assert_eq!((seen as u64, known.len()), (state.secrets, seen));

    let ours =
        heads.iter().flat_map(|heads| if heads.is_empty() { [0; 32] } else { Sha256::digest(heads.concat()).into() });
    assert!(ours.eq(digests.iter().copied()));
    assert_eq!(Sha256::digest(&digests)[..], state.root);

    let mut all = b"slots\0".to_vec();
    for slot in &slots {
        all.extend_from_slice(&slot.id);
        all.push(slot.kind);
        all.extend([slot.memory_kib, slot.passes, slot.lanes].map(u32::to_be_bytes).concat());
        all.extend_from_slice(&slot.salt);
        all.extend_from_slice(&slot.wrapped);
    }
    let slots = mac(&key("state"), &[&all]);
    let cut_off = store.read(|tx| tx.segments()).unwrap();
    let parts: Vec<u8> = cut_off
        .iter()
        .flat_map(|row| [&row.last.to_be_bytes()[..], &row.mac, &Sha256::digest(&row.body)].concat())
        .collect();
    let segments = if format < 4 { Vec::new() } else { mac(&key("state"), &[b"segments\0", &parts]).to_vec() };
    assert_eq!(hex(&slots), numbers["slots_digest"]);
    assert_eq!(hex(&fingerprint), numbers["schema_fingerprint"]);
    let tag = [
        &b"state\0"[..],
        &state.vault_id,
        &state.key_epoch.to_be_bytes(),
        &state.lineage,
        &state.created_at.to_be_bytes(),
        &state.commitment,
        &state.seq.to_be_bytes(),
        &state.secrets.to_be_bytes(),
        &state.root,
        &state.audit_seq.to_be_bytes(),
        &state.audit_head,
        &state.sealed.to_be_bytes(),
        &slots,
        &fingerprint,
        &segments,
    ];
    assert_eq!(mac(&key("state"), &tag), state.tag);
    assert_eq!(hex(&state.tag), numbers["state"]["tag"]);
}

/// The lists of the buckets, opened where the document says that they belong, hold what
/// the other reader found in them.
#[test]
fn the_numbers_of_the_lists() {
    FORMATS.into_iter().filter(|format| *format > 1).for_each(lists);
}

fn lists(format: u32) {
    let (copy, numbers) = (Copy::of(format), numbers(format));
    let key = |name: &str| data_encoding::HEXLOWER.decode(text(&numbers["derived_keys"][name]).as_bytes()).unwrap();
    let bytes = |json: &Json| data_encoding::HEXLOWER.decode(text(json).as_bytes()).unwrap();
    let listing = SealKey::new(key("listing")[..].try_into().unwrap());
    let known = numbers["listings"].as_array().unwrap();
    let (mut seen, mut living) = (0, 0);
    Store::open(&copy.path())
        .unwrap()
        .read(|tx| {
            let (state, digests) = (tx.state()?, tx.bucket_digests()?);
            tx.each_listing(|bucket, sealed| {
                let known = &known[seen];
                let digest = &digests[bucket * 32..bucket * 32 + 32];
                assert_eq!(
                    (bucket as u64, hex(digest)),
                    (known["bucket"].as_u64().unwrap(), text(&known["digest"]).to_owned())
                );
                let place = Place {
                    key_epoch: 1,
                    owner_id: digest[..16].try_into().unwrap(),
                    subject_id: digest[16..].try_into().unwrap(),
                    version: bucket as u64,
                    ..Place::new(Purpose::Listing, state.vault_id)
                };
                let list = listing.open(&place, Padding::Buckets, sealed)?;
                assert_eq!(list.expose(), bytes(&known["listing"]));
                assert_eq!(bytes(&known["associated_data"])[32..64], *digest);
                seen += 1;
                living += known["secrets"].as_array().unwrap().len();
                Ok(())
            })
        })
        .unwrap();
    assert_eq!((seen, living), (known.len(), self::living(format)));
}

/// The pending versions, opened where the document says that they belong.
#[test]
fn the_numbers_of_the_pending_versions() {
    let (copy, numbers) = (Copy::of(3), numbers(3));
    let bytes = |json: &Json| data_encoding::HEXLOWER.decode(text(json).as_bytes()).unwrap();
    let owner = SealKey::new(bytes(&numbers["derived_keys"]["owner"])[..].try_into().unwrap());
    let (state, rows) = Store::open(&copy.path()).unwrap().read(|tx| Ok((tx.state()?, tx.stages()?))).unwrap();
    assert_eq!(rows.len(), 2, "the promoted one and the aborted one are gone");
    for row in &rows {
        let secrets = numbers["secrets"].as_array().unwrap();
        let secret = secrets.iter().find(|secret| secret["id"] == hex(&row.secret_id)).unwrap();
        let (known, stage) = (&secret["pending"], &secret["metadata"]["stage"]);
        assert_eq!((&known["revision"], &known["created_at"]), (&row.revision.into(), &row.created_at.into()));
        assert_eq!(
            (&stage["revision"], text(&stage["digest"])),
            (&row.revision.into(), &*hex(&Sha256::digest(&row.value)))
        );
        assert!(row.revision <= secret["revision"].as_u64().unwrap());
        // §5, byte by byte.
        let padded = row.value.len() as u64 - 28;
        let data = [
            &b"SRM1\x01\x01\0\0\x0b\0\0\0\0\0\0\0"[..],
            &state.vault_id,
            &state.vault_id,
            &row.secret_id,
            &0_u64.to_be_bytes(),
            &row.revision.to_be_bytes(),
            &row.created_at.to_be_bytes(),
            &padded.to_be_bytes(),
        ];
        assert_eq!(known["value_associated_data"], hex(&data.concat()));
        let place = Place {
            owner_id: state.vault_id,
            subject_id: row.secret_id,
            revision: row.revision,
            created_at: row.created_at,
            ..Place::new(Purpose::Pending, state.vault_id)
        };
        let wrapped = Place { key_epoch: 1, ..Place { purpose: Purpose::DataKey, ..place } };
        let data_key = owner.open(&wrapped, Padding::Exact, &row.data_key).unwrap();
        assert_eq!(known["data_key"], hex(data_key.expose()));
        let key = SealKey::new(data_key.expose().try_into().unwrap());
        let opened = key.open(&place, Padding::Buckets, &row.value).unwrap();
        for (_, field) in known["fields"].as_object().unwrap() {
            let field = text(&field["text"]).as_bytes();
            assert!(opened.expose().windows(field.len()).any(|window| window == field));
        }
    }
}

/// The document has the schema to the letter, and its worked example is of the kept vault.
#[test]
fn the_document_is_of_this_schema_and_this_vault() {
    let document = fs::read_to_string(in_project("assets/format.md")).unwrap();
    let of = |format| fs::read_to_string(in_project(&format!("src/store/schema/{format}.sql"))).unwrap();
    let schema = FORMATS.map(of).concat();
    let schema: Vec<&str> = schema.lines().filter(|line| !line.starts_with("--")).collect();
    let schema = schema.join("\n");
    let statements: Vec<&str> = schema.split(';').map(str::trim).filter(|text| !text.is_empty()).collect();
    assert_eq!(statements.len(), 12);
    for statement in statements {
        assert!(document.contains(statement), "{statement}");
    }
    let example = document.split_once("\n## 18. ").unwrap().1;
    let numbers = FORMATS.map(|format| numbers(format).to_string()).concat();
    let long = |word: &&str| word.len() >= 32 && word.bytes().all(|c| c.is_ascii_hexdigit());
    let shown: Vec<&str> = example.split(|c: char| !c.is_ascii_alphanumeric()).filter(long).collect();
    let unknown: Vec<&&str> = shown.iter().filter(|word| !numbers.contains(**word)).collect();
    // The slot key, which `the_numbers_of_keys_and_slots` computes.
    assert_eq!((shown.len() > 15, unknown.len()), (true, 1), "{unknown:?}");
}
