//! Every dialog in every state that looks different.

use std::sync::Arc;

use jiff::Timestamp;
use strongroom::crypto::keyring::SlotKind;
use strongroom::error::Error;
use strongroom::secret_text::SecretText;
use strongroom::tui::effect::{Draft, RawKeyUse};
use strongroom::tui::event::{Answer, ClipboardNews, Event, Found, KeyPath};
use strongroom::tui::rotating::{Begun, End, Heard, LastUse, News, What};
use strongroom::tui::theirs::{Taken, Theirs};
use strongroom::vault::audit::AuditAction;
use strongroom::vault::catalog::CatalogChange;
use strongroom::vault::incident::{Choice, Doing, Incident, Progress};
use strongroom::vault::mentions::Mention;
use strongroom::vault::rotation::{Busy, Revoke, Stage, StageState, StepDone, StepEnd, StepKind, Which};
use strongroom::vault::scope::Address;
use strongroom::vault::secret::{Secret, SecretId};
use strongroom::vault::shape::Shape;

use super::{At, State, Steps, address};
use crate::screen::{DAY, Screen, compared, incident, secret, secrets, time, tmux_panes};

const WORDS: &str = "velvet-orbit-canyon-mustard-lantern-pilot";
const PEM: &[u8] = b"-----BEGIN PRIVATE KEY-----\r\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\r\n-----END PRIVATE KEY-----\r\n";
const PASSPHRASE: &[SlotKind] = &[SlotKind::Passphrase];
const TWO_WAYS: &[SlotKind] = &[SlotKind::Passphrase, SlotKind::Recovery];

fn passphrase(at: At) -> Steps {
    at.setup().keys("Enter").typed(WORDS).keys("Enter").typed(WORDS).keys("Enter")
}

fn recovery(at: At) -> Steps {
    passphrase(at).keys("Enter").key(RawKeyUse::Recovery)
}

/// The doings of one account in the last 30 days, as the form asks for them.
fn chosen(who: &str) -> Choice {
    Choice { people: vec![who.to_owned()], since: Some(time(-30 * DAY)), ..Choice::default() }
}

/// The values of two secrets name the Stripe key.
fn mentions() -> Answer {
    let named = |number: u8| {
        let Address { scope, name } = address("production/payments/STRIPE_KEY");
        (SecretId([number; 16]), vec![Mention { scope: Some(scope), name }])
    };
    Answer::Mentions([named(2), named(5)].into_iter().collect())
}

const RECIPE: &str = r#"
what = "the password of a PostgreSQL role"
[apply]
run = ["psql", "--username=app", "--dbname=shop", "-c", '\\password']
stdin = "{{login}}\n{{value}}\n{{value}}\n"
[verify]
run = ["psql", "--username=app", "--dbname=shop", "-c", "select 1"]
stdin = "{{value}}\n"
timeout = "10s"
"#;

/// The Stripe key with a recipe, and with what `change` makes of it.
fn with_recipe(at: At, change: impl FnOnce(&mut Secret)) -> Steps {
    let mut secrets = secrets();
    secrets[3].metadata.recipe = Some(RECIPE.to_owned());
    change(&mut secrets[3]);
    Steps(Screen::with(secrets, at.0, at.1)).keys("j j j")
}

/// With a new value staged.
fn staged(at: At, change: impl FnOnce(&mut Secret)) -> Steps {
    with_recipe(at, |secret| {
        stage(secret);
        change(secret);
    })
}

/// The same without a recipe.
fn by_hand(at: At) -> Steps {
    staged(at, |secret| secret.metadata.recipe = None)
}

fn stage(secret: &mut Secret) {
    let mut stage = Stage::new(StageState::Staged, time(-180), "ops@bastion1".to_owned(), "Scheduled rotation");
    stage.fields.clone_from(&secret.fields);
    secret.rotation.stage = Some(stage);
}

fn done(kind: StepKind, of: Which, code: i32) -> StepDone {
    StepDone { kind, of, end: StepEnd::Exited(code), took: 412 }
}

fn verified(secret: &mut Secret) {
    let stage = secret.rotation.stage.as_mut().unwrap();
    stage.state = StageState::Verified;
    stage.steps = vec![
        done(StepKind::Apply, Which::Pending, 0),
        done(StepKind::Verify, Which::Pending, 0),
        done(StepKind::Verify, Which::Current, 2),
    ];
}

/// The far side does not take the current value.
fn refused(secret: &mut Secret) {
    secret.rotation.stage.as_mut().unwrap().steps = vec![done(StepKind::Verify, Which::Current, 2)];
}

fn cut_off(secret: &mut Secret) {
    let stage = secret.rotation.stage.as_mut().unwrap();
    stage.state = StageState::Applying;
    stage.busy = Some(Busy {
        kind: StepKind::Apply,
        of: Which::Pending,
        since: time(-20),
        until: time(25),
        by: "ana@bastion2".to_owned(),
        pid: 4711,
    });
}

fn unsettled(secret: &mut Secret) {
    secret.rotation.stage.as_mut().unwrap().state = StageState::Unsettled;
}

fn revoke(secret: &mut Secret) {
    secret.rotation.stage = None;
    secret.rotation.revoke = Some(Revoke { version: 6, steps: Vec::new(), busy: None, turn: 1 });
}

fn last_use() -> Answer {
    let who = "ops@bastion1 from 203.0.113.7".to_owned();
    Answer::LastUse(SecretId([4; 16]), Some(LastUse { at: time(-7200), action: "copy", who }))
}

/// News of the Stripe key's rotation.
fn news(what: What) -> Answer {
    let address = address("production/payments/STRIPE_KEY");
    Answer::Rotation(Box::new(News { id: SecretId([4; 16]), address, secret: None, what }))
}

fn running() -> What {
    What::Began(Begun { kind: StepKind::Apply, of: Which::Pending, since: time(0) })
}

fn heard(kind: StepKind, of: Which, code: i32, shown: &str) -> Answer {
    let heard =
        Heard { done: done(kind, of, code), error: None, shown: shown.to_owned(), warning: None, as_meant: code == 0 };
    news(What::Heard(Box::new(heard)))
}

/// The new value did not work; the old one works again, or not.
fn gone_back(steps: Steps, is_unsettled: bool) -> Steps {
    let (verify, apply) = (StepKind::Verify, StepKind::Apply);
    let refused = "psql: error: FATAL:  password authentication failed for user \"app\"\n[masked]";
    let steps = steps.vault(news(What::Opened)).vault(heard(apply, Which::Pending, 0, ""));
    let steps = steps.vault(heard(verify, Which::Pending, 2, refused)).vault(heard(verify, Which::Current, 2, refused));
    if !is_unsettled {
        let steps = steps.vault(heard(apply, Which::Current, 0, "")).vault(heard(verify, Which::Current, 0, ""));
        let told = "The pending version of production/payments/STRIPE_KEY is destroyed: version 7 stays current.";
        let secret = secrets().into_iter().nth(3).map(Box::new);
        let what = What::Done { told: told.to_owned(), end: End::Aborted };
        let address = address("production/payments/STRIPE_KEY");
        return steps.vault(Answer::Rotation(Box::new(News { id: SecretId([4; 16]), address, secret, what })));
    }
    let again = |steps: Steps| {
        steps.vault(heard(apply, Which::Current, 1, refused)).vault(heard(verify, Which::Current, 2, refused))
    };
    let steps = again(again(steps)).vault(heard(verify, Which::Pending, 2, refused));
    let told =
        "Whether the far side takes version 7 of production/payments/STRIPE_KEY or the pending one is not known.";
    steps.vault(news(What::Done { told: told.to_owned(), end: End::Open }))
}

fn without(at: At) -> Steps {
    passphrase(at).keys("Down Enter")
}

fn taken() -> Error {
    Error::version_conflict("production/payments/STRIPE_KEY has version 8 meanwhile.", 8)
}

fn tested() -> Event {
    let word = "0123456789abcdef".to_owned();
    Event::Clipboard(ClipboardNews::TestSent { word, route: "terminal clipboard (OSC 52)" })
}

fn full() -> Error {
    Error::failure("The disk is full.").hint("Make room on /srv and try again.")
}

/// Two deleted secrets bore the same name.
fn with_deleted(steps: Steps) -> Steps {
    let deleted = [(21, 3, 2), (22, 400, 11)].map(|(number, days, version)| {
        let mut secret = secret(number, "production/payments/STRIPE_KEY", version, days);
        secret.deleted_at = Some(time(-days * DAY));
        secret
    });
    steps.vault(Answer::DeletedOf(address("production/payments/STRIPE_KEY"), deleted.to_vec()))
}

/// An edit met another session's version; what that is has not been told yet.
fn conflict(at: At) -> Steps {
    at.after("e").typed("new").silent().keys("Enter").failed(taken())
}

/// What another session wrote, by shape.
fn theirs() -> Theirs {
    let mut newer = secrets().remove(3);
    newer.version = 8;
    Theirs::Newer { diff: Box::new(compared(&newer, 7, 8)), to: None }
}

fn someone() -> (String, Timestamp) {
    ("ana@bastion1".to_owned(), time(-120))
}

fn wrong() -> Error {
    Error::locked("The passphrase does not open this vault.").hint("Check the keyboard layout and try again.")
}

/// Every state of every dialog.
pub(crate) fn dialogs() -> Vec<State> {
    [
        gates(),
        adding(),
        editing(),
        conflicts(),
        rotating(),
        questions(),
        files(),
        many(),
        finding(),
        bringing_back(),
        pasting(),
    ]
    .concat()
}

fn gates() -> Vec<State> {
    vec![
        ("setup_welcome", |at| at.setup().keys("Down")),
        ("setup_leave", |at| at.setup().keys("Esc")),
        ("setup_passphrase_empty", |at| at.setup().keys("Enter")),
        ("setup_passphrase", |at| at.setup().keys("Enter").typed("correct horse battery")),
        ("setup_passphrase_weak", |at| {
            at.setup().keys("Enter").typed("hunter2").keys("Tab").typed("hunter2").keys("Enter")
        }),
        ("setup_passphrase_differs", |at| {
            at.setup().keys("Enter").typed(WORDS).keys("Enter").typed("velvet").keys("Enter")
        }),
        ("setup_passphrase_words", |at| at.setup().keys("Enter C-g").generated(WORDS, 66.0)),
        ("setup_key_file", |at| at.setup().keys("Down Enter").key(RawKeyUse::KeyFile)),
        ("setup_environment", |at| at.setup().keys("Up Enter").key(RawKeyUse::Environment)),
        ("setup_recovery", passphrase),
        ("setup_recovery_shown", recovery),
        ("setup_recovery_asked", |at| recovery(at).keys("Enter").typed("ABCD EFGH").keys("Enter")),
        ("setup_recovery_without", without),
        ("setup_consent", |at| without(at).keys("y")),
        ("setup_creating", |at| without(at).keys("y y")),
        ("setup_failed", |at| {
            let denied = Error::denied("The folder /home/ops/.local/share/strongroom cannot be written.");
            without(at).keys("y y").failed(denied.hint("Check who owns it."))
        }),
        ("unlock_empty", |at| at.unlock(PASSPHRASE)),
        ("unlock_passphrase", |at| at.unlock(PASSPHRASE).typed("open")),
        ("unlock_shown", |at| at.unlock(PASSPHRASE).typed("open sesame").keys("C-t")),
        ("unlock_choice", |at| at.unlock(TWO_WAYS).keys("Down")),
        ("unlock_master_key", |at| at.unlock(&[SlotKind::Environment])),
        ("unlock_key_file", |at| at.unlock(&[SlotKind::KeyFile, SlotKind::Recovery])),
        ("unlock_by_file", |at| {
            let file = KeyPath { kind: SlotKind::KeyFile, path: "/home/ops/keys/ops.key".to_owned() };
            at.started().vault(Answer::Found(Found::Locked(vec![SlotKind::Passphrase, SlotKind::KeyFile], Some(file))))
        }),
        ("unlock_wrong", |at| at.unlock(TWO_WAYS).typed("open").keys("Enter").refused(wrong())),
        ("unlock_pause", |at| {
            let tried = |steps: Steps| steps.typed("open").keys("Enter").refused(wrong()).waited(60);
            let steps = tried(tried(tried(at.unlock(PASSPHRASE))));
            steps.typed("open").keys("Enter").refused(wrong()).waited(1)
        }),
        ("unlock_unlocking", |at| at.unlock(PASSPHRASE).typed("open").keys("Enter")),
        ("unlock_leave", |at| at.unlock(PASSPHRASE).keys("Esc")),
        ("unlock_idle", |at| at.after("").waited(301)),
    ]
}

fn adding() -> Vec<State> {
    vec![
        ("add_empty", |at| at.after("a")),
        ("add_generated", |at| at.after("a").typed("STRIPE_KEY").keys("Tab C-g").generated("x7Kq9vWm", 190.5)),
        ("add_recipe", |at| {
            at.after("a").typed("STRIPE_KEY").keys("Tab C-g").generated("x7Kq9vWm", 190.5).keys("C-g Tab")
        }),
        ("add_help", |at| at.after("a").typed("STRIPE_KEY").keys("F1")),
        ("add_bad_name", |at| at.after("a").pasted("STRIPE\u{202e}YEK".as_bytes()).keys("Enter")),
        ("add_clash", |at| at.after("a").typed("STRIPE_KEY").keys("Tab").typed("x").keys("Enter").failed(clash())),
        ("add_pem", |at| at.after("a").typed("TLS_KEY").keys("Tab C-t").pasted(PEM)),
        ("add_field", |at| {
            let with_value = at.after("a").typed("DB").keys("Tab").typed("x");
            with_value.keys("Tab Enter").typed("username").keys("Tab").typed("ops ")
        }),
        ("add_trap", |at| at.after("a").typed("KEY").keys("Tab").pasted("\u{feff}a\r\nb".as_bytes())),
        ("add_offer", |at| at.after("a").pasted(ENV)),
        ("add_offer_taken", |at| at.after("a").pasted(ENV).keys("Enter")),
        ("add_saving", |at| at.after("a").typed("NEW_KEY").keys("Tab").typed("x").keys("Enter")),
        ("add_full", |at| at.after("a").typed("NEW_KEY").keys("Tab").typed("x").keys("Enter").failed(full())),
        ("add_long", |at| {
            let name = "A_NAME_".repeat(24);
            let wide = "秘密の鍵 🔑 e\u{301}".repeat(8);
            at.after("a").typed(&name).keys("Tab").typed(&wide).keys("C-t Tab Tab").typed(&wide)
        }),
        ("add_unsaved", |at| at.after("a").typed("NEW_KEY").keys("Esc")),
    ]
}

const ENV: &[u8] = b"DB_USER=ops\nDB_PASSWORD='hunter2'\n";

fn clash() -> Error {
    Error::conflict("production/payments/STRIPE_KEY exists already.").hint("Choose another name, or edit it.")
}

fn editing() -> Vec<State> {
    vec![
        ("edit_prefilled", |at| at.after("e")),
        ("edit_strange", |at| at.strange().keys("e Tab Tab Tab")),
        ("edit_opened", |at| at.after("e C-t")),
        ("edit_replaced", |at| at.after("e").typed("new").keys("Tab C-u")),
        ("edit_renamed", |at| at.after("e Tab C-r")),
        ("edit_read_file", |at| at.after("e C-o").typed("/etc/ssl/k").completed("/etc/ssl/k")),
        ("edit_file_read", |at| {
            at.after("e C-o").typed("/k").keys("Enter").read(Ok(SecretText::copied_from(&[0xff, 0xfe, 0])))
        }),
        ("edit_file_refused", |at| {
            let denied = Error::denied("The file /k cannot be read: permission denied.").hint("Check who may read it.");
            at.after("e C-o").typed("/k").keys("Enter").read(Err(denied))
        }),
        ("edit_written_elsewhere", |at| at.after("e").typed("new").written_elsewhere()),
        ("edit_described_elsewhere", |at| at.after("e Tab Tab Tab Tab").typed(" (mine)").described_elsewhere()),
        ("edit_described_asked", |at| {
            at.after("e Tab Tab Tab Tab").typed(" (mine)").described_elsewhere().keys("Enter")
        }),
        ("edit_past_expiry", |at| at.after("e").keys("Tab Tab Tab Tab Tab Tab C-u").typed("2020-01-01").keys("Enter")),
        ("edit_bad_json", |at| at.after("e S-Tab S-Tab S-Tab C-u").typed("{\"account\": ").keys("Enter")),
        ("edit_json", |at| at.after("e S-Tab S-Tab Enter")),
        ("edit_json_fault", |at| at.after("e S-Tab S-Tab Enter Down").typed("x")),
        ("edit_json_refused", |at| at.after("e S-Tab S-Tab Enter").pasted(b"{ \"tagz\": 1,").keys("C-s")),
        ("edit_json_unsaved", |at| at.after("e S-Tab S-Tab Enter").typed(" ").keys("Esc")),
        ("edit_json_taken", |at| {
            let text = br#"{"description": "Other", "tags": ["payments", "pci", "tier1"], "owner": "ana"}"#;
            at.after("e S-Tab S-Tab S-Tab C-e").edited(Draft::Metadata, Ok(Some(text)))
        }),
        ("edit_editor", |at| {
            at.after("e Tab Tab Tab Tab C-e").edited(Draft::Description, Ok(Some(b"From the editor\nin two lines")))
        }),
        ("edit_editor_failed", |at| {
            let failed = Error::failure("The editor ended with code 1; the text stays as it was.").hint("Try again.");
            at.after("e Tab Tab Tab Tab C-e").edited(Draft::Description, Err(failed))
        }),
        ("edit_editor_locked", |at| {
            let steps = at.after("e Tab Tab Tab Tab C-e").waited(300);
            steps.edited(Draft::Description, Ok(Some(b"Typed for a long time")))
        }),
        ("edit_json_trap", |at| at.after("e").pasted(b"{\"user\": \"ops\",\n \"password\" \"hunter2\"}")),
        ("edit_saving", |at| at.after("e").typed("new").keys("Enter")),
        ("edit_same", |at| at.after("e").typed("new").keys("Tab").same()),
        ("edit_unsaved", |at| at.after("e C-u").typed("new").keys("Esc")),
    ]
}

fn conflicts() -> Vec<State> {
    vec![
        ("edit_conflict", conflict),
        ("edit_conflict_told", |at| conflict(at).told(theirs())),
        ("edit_conflict_both", |at| conflict(at).told(theirs()).keys("Enter")),
        ("edit_conflict_shown", |at| conflict(at).told(theirs()).keys("Enter C-t").opened(8)),
        ("edit_conflict_moved", |at| {
            let to = address("production/billing/STRIPE_KEY");
            conflict(at).told(Theirs::Moved { to, version: 7 })
        }),
        ("edit_conflict_deleted", |at| {
            let (by, at_time) = someone();
            conflict(at).told(Theirs::Deleted {
                by,
                at: at_time,
                from: address("production/payments/STRIPE_KEY"),
                version: 7,
                metadata: Box::new(secrets().remove(3).metadata),
                taken: None,
            })
        }),
        ("edit_conflict_taken", |at| {
            let (by, at_time) = someone();
            let taken = Some(Taken { id: SecretId([9; 16]), version: 2 });
            conflict(at).told(Theirs::Destroyed { by, at: at_time, taken })
        }),
        ("edit_conflict_moved_and_written", |at| {
            let Theirs::Newer { diff, .. } = theirs() else { unreachable!() };
            conflict(at).told(Theirs::Newer { diff, to: Some(address("production/billing/STRIPE_KEY")) })
        }),
        ("edit_conflict_destroyed", |at| {
            let (by, at_time) = someone();
            conflict(at).told(Theirs::Destroyed { by, at: at_time, taken: None })
        }),
        ("rotate_conflict", |at| at.after("r").pasted(b"mine").silent().keys("Enter").failed(taken()).told(theirs())),
    ]
}

fn rotating() -> Vec<State> {
    vec![
        ("rotate_recipe", |at| with_recipe(at, |_| {}).keys("r")),
        ("rotate_stage", |at| at.after("r Tab Tab Tab Tab Tab Right")),
        ("cockpit_staged", |at| staged(at, |_| {}).keys("r").vault(last_use())),
        ("cockpit_refused", |at| staged(at, refused).keys("r")),
        ("cockpit_refused_asked", |at| staged(at, refused).keys("r v")),
        ("cockpit_by_hand", |at| by_hand(at).keys("r")),
        ("cockpit_read", |at| staged(at, |_| {}).keys("r k k")),
        ("cockpit_applying", |at| staged(at, |_| {}).keys("r v").vault(news(What::Opened)).vault(news(running()))),
        ("cockpit_leaving", |at| {
            staged(at, |_| {}).keys("r v").vault(news(What::Opened)).vault(news(running())).keys("Esc")
        }),
        ("cockpit_waits", |at| staged(at, |_| {}).keys("r v")),
        ("cockpit_verified", |at| staged(at, verified).keys("r")),
        ("cockpit_cut_off", |at| staged(at, cut_off).keys("r")),
        ("cockpit_busy", |at| {
            staged(at, cut_off).keys("r g").failed(
                Error::busy("ana@bastion2 runs apply, until 02:14:40 at most.")
                    .hint("Wait for it, or go on when that time has come."),
            )
        }),
        ("cockpit_failed", |at| gone_back(staged(at, |_| {}).keys("r v"), false)),
        ("cockpit_unsettled", |at| gone_back(staged(at, unsettled).keys("r v"), true)),
        ("cockpit_revoke", |at| staged(at, revoke).keys("r")),
        ("cockpit_abort", |at| staged(at, verified).keys("r d").typed("Wrong window")),
        ("cockpit_abort_asked", |at| staged(at, verified).keys("r d Enter")),
        ("cockpit_promote_asked", |at| by_hand(at).keys("r p")),
        ("rotate_empty", |at| at.after("r")),
        ("rotate_strange", |at| at.strange().keys("r")),
        ("rotate_generate", |at| at.after("r Tab")),
        ("rotate_made", |at| at.after("r C-g").generated("x7Kq9vWm-shown", 190.5).keys("C-t Tab Tab")),
        ("rotate_type", |at| at.after("r Right Tab").typed("new").keys("Enter").typed("nex").keys("Enter")),
        ("rotate_paste", |at| at.after("r").pasted(PEM)),
        ("rotate_rotating", |at| at.after("r").pasted(b"new").keys("Enter")),
        ("rotate_full", |at| at.after("r").pasted(b"new").keys("Enter").failed(full())),
        ("rotate_policy", |at| at.after("r Tab Right Tab C-u 8 Tab Right").typed(" ")),
        ("rotate_policy_refused", |at| at.after("r Tab Right Tab C-u 3")),
        ("rotate_same", |at| at.after("r").pasted(b"mine").keys("Enter").same()),
        ("rotate_unsaved", |at| at.after("r").pasted(b"new").keys("Esc")),
    ]
}

fn questions() -> Vec<State> {
    vec![
        ("roll_back_reason", |at| at.after("3 j j Enter")),
        ("roll_back", |at| at.after("3 j j Enter Enter")),
        ("roll_back_waiting", |at| at.after("3 j j").silent().keys("Enter Enter")),
        ("roll_back_sent", |at| at.after("3 j j Enter Enter y")),
        ("roll_back_conflict", |at| at.after("3 j j Enter").typed("bad deploy").keys("Enter y").failed(taken())),
        ("roll_back_recipe", |at| with_recipe(at, |_| {}).keys("3 j j Enter Enter")),
        ("roll_back_strange", |at| at.strange().keys("3 j j Enter Enter")),
        ("purge", |at| at.after("D")),
        ("purge_several", |at| with_deleted(at.after("D"))),
        ("purge_deleted", |at| with_deleted(at.after("D")).keys("Down").typed("STRIPE_KEY")),
        ("purge_wrong_name", |at| at.after("D").typed("stripe_key").keys("Enter")),
        ("purge_failed", |at| at.after("D").typed("STRIPE_KEY").keys("Enter").failed(full())),
        ("purge_strange", |at| at.strange().keys("D")),
        ("expired_copy", |at| at.after("k y")),
        ("expired_show", |at| at.after("k s")),
        ("compare_waiting", |at| at.after("3 j j").silent().keys("d")),
        ("compare", |at| at.after("3 j j Space j d")),
        ("compare_strange", |at| at.strange().keys("3 j d")),
        ("compare_failed", |at| at.after("3 j j").silent().keys("d").failed(full())),
    ]
}

fn files() -> Vec<State> {
    vec![
        ("clipboard_test", |at| at.after("T").event(tested())),
        ("clipboard_test_cleared", |at| {
            let pasted = Event::Paste(SecretText::copied_from(b"0123456789abcdef"));
            let cleared = Event::Clipboard(ClipboardNews::Cleared { confirmed: false });
            at.after("T").event(tested()).event(pasted).event(cleared)
        }),
        ("clipboard_test_lost", |at| at.after("T").event(tested()).keys("Enter")),
        ("write_out", |at| at.after("2 j w")),
        ("write_out_completed", |at| at.after("w").typed("/etc/ssl/k").completed("/etc/ssl/k")),
        ("write_out_work_tree", |at| {
            at.after("w").typed("./stripe.key").keys("Enter").vault(Answer::InWorkTree("/srv/ops/infra".to_owned()))
        }),
        ("write_out_writing", |at| at.after("w").typed("/k").keys("Enter")),
        ("write_out_exists", |at| {
            let exists = Error::conflict("The file /srv/ops/stripe.key exists already.").hint("Choose another name.");
            at.after("w").typed("/srv/ops/stripe.key").keys("Enter").failed(exists)
        }),
    ]
}

fn many() -> Vec<State> {
    vec![
        ("bulk_rotate", |at| at.after("C-a r")),
        ("bulk_rotate_plan", |at| at.after("C-a r Enter")),
        ("bulk_rotate_hidden", |at| at.after("Space Space /").typed("kafka").keys("Enter Space r Enter")),
        ("bulk_move", |at| at.after("C-a m").typed("archive")),
        ("bulk_move_scopes", |at| at.after("C-a m").typed("archive").keys("Enter")),
        ("bulk_plan_top", |at| at.after("C-a m").typed("staging").keys("Tab Right Enter")),
        ("bulk_plan", |at| at.after("C-a m").typed("staging").keys("Tab Right Enter Down Down Down")),
        ("bulk_tags", |at| at.after("Space Space Space t").typed("+db -pci")),
        ("bulk_tags_known", |at| at.after("Space Space Space t").typed("+db -p").keys("Tab")),
        ("bulk_tags_wrong", |at| at.after("Space Space t").pasted("d\u{202e}b".as_bytes()).keys("Enter")),
        ("bulk_expiry", |at| at.after("Space Space E").typed("30 days").keys("Enter")),
        ("bulk_move_one", |at| at.after("m")),
        ("bulk_move_clash", |at| at.after("m C-u").typed("staging/payments").keys("Enter")),
        ("bulk_delete", |at| at.after("C-a d")),
        ("bulk_strange", |at| at.strange().keys("C-a d")),
        ("bulk_work", |at| {
            let mut steps = at.after("C-a d y");
            steps.0.elapse(std::time::Duration::from_secs(2));
            steps.vault(Answer::Progress { done: 5, total: 12 })
        }),
        ("bulk_ending", |at| at.after("C-a d y").vault(Answer::Progress { done: 5, total: 12 }).keys("Esc")),
        ("bulk_writing", |at| at.after("C-a d y").vault(Answer::Progress { done: 12, total: 12 })),
        ("bulk_elsewhere", |at| {
            let mut changed = secrets().remove(3);
            changed.version = 9;
            let change = CatalogChange { upserted: vec![changed], removed: Vec::new() };
            at.after("C-a r Enter").vault(Answer::Changed(change))
        }),
        ("bulk_done", |at| at.after("C-a d y").job_done()),
    ]
}

/// Values that go into a pane: of one line, and of several.
const KEY: &[u8] = b"sk_live_51Nv0QkLmZ7example";

fn pasting() -> Vec<State> {
    vec![
        ("paste", |at| at.pasting(KEY)),
        ("paste_lines", |at| at.pasting(PEM).keys("Down Down Down")),
        ("paste_found", |at| at.pasting(KEY).typed("incident vim")),
        ("paste_no_match", |at| at.pasting(KEY).typed("zzz")),
        ("paste_in_the_way", |at| at.pasting(KEY).keys("Down Down Enter")),
        ("paste_asking_tmux", |at| Steps(Screen::in_tmux(at.0, at.1)).keys("P")),
        ("paste_no_pane", |at| Steps(Screen::in_tmux(at.0, at.1)).keys("P").event(Event::TmuxPanes(Ok(Vec::new())))),
        ("paste_no_answer", |at| {
            let hangs = Error::busy("tmux did not answer within 1.5 s.");
            Steps(Screen::in_tmux(at.0, at.1)).keys("P").event(Event::TmuxPanes(Err(hangs)))
        }),
        ("paste_question", |at| at.pasting(KEY).keys("Enter")),
        ("paste_question_lines", |at| at.pasting(PEM).keys("Enter")),
        ("paste_question_whole", |at| at.pasting(PEM).keys("Down Enter")),
        ("paste_question_worst", |at| at.pasting(b"a\x07b\nc").keys("Down Down Down Enter")),
        ("paste_question_old", |at| {
            let mut steps = Steps(Screen::in_tmux(at.0, at.1)).keys("k P").event(Event::TmuxPanes(Ok(tmux_panes())));
            let shape = Box::new(Shape::of(&SecretText::copied_from(b"end\n")));
            steps = steps.vault(Answer::Shaped { id: SecretId([3; 16]), version: 2, shape });
            steps.keys("Enter")
        }),
        ("paste_strange", |at| {
            let mut panes = tmux_panes();
            panes[0].command = "秘密の鍵🔑-and-more-of-it".to_owned();
            panes[0].title = "a\u{202e}b\u{7}مفتاح".repeat(9);
            panes[0].place = "a-session-with-quite-a-name:12.3".to_owned();
            at.pasting(KEY).event(Event::TmuxPanes(Ok(panes)))
        }),
    ]
}

fn bringing_back() -> Vec<State> {
    vec![
        ("incident_ask", |at| at.after("I")),
        ("incident_nobody", |at| at.after("I Enter")),
        ("incident_wrong_time", |at| at.after("I Tab Tab").typed(" ago").keys("Enter")),
        ("incident_looking", |at| at.after("I").typed("alice").silent().keys("Enter")),
        ("incident_far", |at| {
            let looking = at.after("I").typed("alice").silent().keys("Enter");
            looking.vault(Answer::IncidentAt(Progress::Log(24_000, 118_240)))
        }),
        ("incident_list", |at| at.incident("")),
        ("incident_built", |at| at.incident("").vault(mentions())),
        ("incident_same_value", |at| at.incident("Down Down Down Down Down")),
        ("incident_done", |at| at.incident("Down Down Down Down Down Down")),
        ("incident_destroyed", |at| at.incident("PgDn PgDn Enter")),
        ("incident_found", |at| at.incident("").typed("stripe to do")),
        ("incident_no_match", |at| at.incident("").typed("zzz")),
        ("incident_warned", |at| {
            let mut incident = incident(chosen("ops"));
            let at_time = time(-5 * DAY);
            let actor = Arc::clone(&incident.secrets[0].exposures[0].actor);
            let (action, reason) = (AuditAction::KeyAdd, String::new());
            incident.keys.push(Doing { at: at_time, action, actor, reason });
            let looking = at.after("I").typed("ops").silent().keys("Enter");
            looking.vault(Answer::Incident(Box::new(incident), true))
        }),
        ("incident_nothing", |at| {
            let incident = Incident { choice: chosen("alice"), records: 118_240, ..Incident::default() };
            let looking = at.after("I").typed("alice").silent().keys("Enter");
            looking.vault(Answer::Incident(Box::new(incident), false))
        }),
        ("incident_unknown", |at| {
            let unknown = vec!["Nobody called alcie is in the log: it has alice@bastion1, ops@bastion1.".to_owned()];
            let incident = Incident { choice: chosen("alcie"), unknown, records: 118_240, ..Incident::default() };
            let looking = at.after("I").typed("alcie").silent().keys("Enter");
            looking.vault(Answer::Incident(Box::new(incident), false))
        }),
        ("incident_broken", |at| {
            let broken = Error::damaged("The audit log is broken from record 812 on: a hash does not match.")
                .hint("Compare it with a backup.");
            at.after("I").typed("alice").silent().keys("Enter").vault(Answer::IncidentFailed(broken))
        }),
        ("incident_report", |at| at.incident("C-s").typed("~/alice.json")),
        ("incident_report_work_tree", |at| {
            let typed = at.incident("C-s").typed("./alice.md").keys("Enter");
            typed.vault(Answer::InWorkTree("/srv/ops/infra".to_owned()))
        }),
        ("incident_report_written", |at| {
            let typed = at.incident("C-s").typed("~/alice.md").keys("Enter");
            typed.vault(Answer::WroteReport("/home/ops/alice.md".to_owned()))
        }),
        ("deleted_list", |at| at.deleted("")),
        ("deleted_long_name", |at| at.deleted("Down")),
        ("deleted_taken", |at| at.deleted("Down Down Down")),
        ("deleted_reading", |at| at.after("U")),
        ("deleted_none", |at| at.after("U").vault(Answer::Deleted(Vec::new()))),
        ("deleted_found", |at| at.deleted("").typed("token")),
        ("deleted_no_match", |at| at.deleted("").typed("zzz")),
        ("deleted_wrong", |at| at.deleted("").typed("colour:red")),
        ("deleted_restoring", |at| at.deleted("Enter")),
        ("deleted_refused", |at| {
            let taken = "production/payments/STRIPE_KEY exists again; the deleted one cannot come back beside it.";
            let taken = Error::conflict(taken).hint("Delete the new one first, or leave the old one buried.");
            at.deleted("Down Down Down Enter").job_failed(taken)
        }),
        ("deleted_some_stay", |at| at.deleted("C-r")),
        ("deleted_all_back", |at| at.deleted("C-r C-r").job_done()),
        ("deleted_back", |at| at.deleted("Enter").job_done()),
        ("deleted_elsewhere", |at| at.deleted("Down").restored_elsewhere()),
        ("deleted_damaged", |at| {
            let damaged = Error::damaged("The list of secrets was altered.").hint("Restore the file from a backup.");
            at.after("U").failed(damaged)
        }),
        ("deleted_purge", |at| at.deleted("Down C-x")),
        ("deleted_purge_wrong_name", |at| at.deleted("C-x").typed("paypal").keys("Enter")),
        ("deleted_purged", |at| at.deleted("C-x").typed("PAYPAL_SECRET").keys("Enter").purged()),
    ]
}

fn finding() -> Vec<State> {
    vec![
        ("jump", |at| at.after("p k p Tab Tab Tab f")),
        ("jump_used", |at| at.log_read().keys("k p k Enter f")),
        ("jump_reading_log", |at| at.after("f").typed("used:<7d")),
        ("jump_found", |at| at.after("f").typed("key")),
        ("jump_nothing", |at| at.after("f")),
        ("jump_no_match", |at| at.after("f").typed("zzz")),
        ("jump_wrong", |at| at.after("f").typed("colour:red")),
        ("jump_strange", |at| at.strange().keys("f").typed("longest")),
        ("help", |at| at.after("?")),
        ("help_filtered", |at| at.after("?").typed("version")),
        ("help_nothing", |at| at.after("?").typed("zzz")),
        ("help_end", |at| at.after("? PgDn PgDn PgDn PgDn PgDn PgDn PgDn PgDn")),
        ("palette", |at| at.after(":")),
        ("palette_filtered", |at| at.after(":").typed("roll")),
        ("palette_disabled", |at| at.after(":").typed("undo")),
        ("palette_nothing", |at| at.after(":").typed("zzz")),
        ("palette_strange", |at| at.strange().keys(":").typed("rotate")),
    ]
}
