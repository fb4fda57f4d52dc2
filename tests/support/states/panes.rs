//! What an unlocked vault shows, with and without what stands over it.

use std::time::Duration;

use strongroom::error::Error;
use strongroom::secret_text::SecretText;
use strongroom::tui::event::{Answer, ClipboardNews, Event};
use strongroom::vault::ReadOnly;
use strongroom::vault::audit::AuditVerdict;
use strongroom::vault::backup::Backups;
use strongroom::vault::duplicates::Duplicates;
use strongroom::vault::rotation::{GivenUp, StepDone, StepEnd, StepKind, Which};
use strongroom::vault::secret::SecretId;
use strongroom::vault::usage::Extent;

use super::{At, State, Steps, address};
use crate::screen::{Screen, cut_off, older, secrets, time};

fn sent(steps: Steps, confirmed: bool) -> Steps {
    let route = if confirmed { "X11 clipboard" } else { "terminal clipboard (OSC 52)" };
    let address = address("production/payments/STRIPE_KEY");
    let clear_after = Duration::from_secs(30);
    steps.event(Event::Clipboard(ClipboardNews::Sent { address, route, confirmed, clear_after }))
}

/// The selected secret has a username and a seed of codes.
fn with_seed(At(width, height): At) -> Steps {
    let mut seeded = secrets();
    seeded[3].fields = ["value", "username", "totp"].map(|name| name.parse().unwrap()).to_vec();
    Steps(Screen::with(seeded, width, height)).keys("j j j")
}

/// The username and the value were copied, the code was asked for.
fn at_the_code(at: At) -> Steps {
    let copied = |steps: Steps| sent(value_comes(steps.keys("Y")), true);
    copied(copied(with_seed(at))).keys("Y")
}

fn value_comes(steps: Steps) -> Steps {
    let (address, value) = (address("production/payments/STRIPE_KEY"), SecretText::copied_from(b"plain"));
    steps.vault(Answer::ReadyToCopy { address, version: 7, value })
}

fn code_comes(steps: Steps) -> Steps {
    let (id, code) = (SecretId([4; 16]), SecretText::copied_from(b"282760"));
    let (address, good_for) = (address("production/payments/STRIPE_KEY"), Duration::from_secs(23));
    steps.vault(Answer::CodeReady { id, address, code, good_for })
}

fn busy() -> Error {
    Error::busy("The vault is in use by another process, pid 4711, since 02:10.")
        .hint("Wait for it, or look at it with strongroom doctor.")
}

fn damaged(At(width, height): At) -> Steps {
    let mut screen = Screen::locked(width, height);
    screen.secrets = secrets();
    let catalog = std::sync::Arc::new(screen.secrets.iter().cloned().collect());
    let read_only = Some(ReadOnly::Damaged("the list and the file do not agree.".to_owned()));
    let cause = "it was altered after it was written.".to_owned();
    Steps(screen)
        .vault(Answer::Unlocked { catalog, failed_unlocks: 3, read_only, unkept: None })
        .vault(Answer::AuditVerified(AuditVerdict::Broken { first_bad: 17, cause }))
}

/// With a log whose beginning was cut off, in which no backup was made and nothing used.
fn log_cut(At(width, height): At, keys: &str) -> Steps {
    let mut screen = Screen::unlocked(width, height);
    screen.cut_off = Some(cut_off());
    let (uses, backups, cut_off) = (Vec::new(), Backups::default(), screen.cut_off.clone());
    Steps(screen)
        .vault(Answer::Used { uses, extent: Extent::Whole, backups, cut_off })
        .vault(Answer::AuditVerified(AuditVerdict::Intact { records: 4_711 }))
        .keys(keys)
}

/// With a damaged secret below the selected one.
fn row_damaged(At(width, height): At, keys: &str) -> Steps {
    let mut screen = Screen::unlocked(width, height);
    let words = "The record of production/payments/STRIPE_WEBHOOK_SECRET does not match its seal: it was altered.";
    let error = Error::damaged(words).hint("Restore the file from a backup, and keep this one for inspection.");
    let read_only = ReadOnly::Damaged(error.message().to_owned());
    screen.damaged = vec![(SecretId([5; 16]), error)];
    Steps(screen).vault(Answer::ReadOnly(read_only)).keys(keys).waited(1)
}

/// Every state of the panes.
pub(crate) fn panes() -> Vec<State> {
    vec![
        ("start", |at| at.started()),
        ("list", |at| at.after("")),
        ("empty", |at| Steps(Screen::with(Vec::new(), at.0, at.1))),
        ("empty_deleted", |at| Steps(Screen::with(Vec::new(), at.0, at.1)).vault(Answer::DeletedCount(5))),
        ("filter", |at| at.filtered("strp")),
        ("filter_nothing", |at| at.filtered("zzz")),
        ("filter_unfinished", |at| at.filtered("pay tag:")),
        ("filter_candidates", |at| at.filtered("sc").keys("Tab Tab Tab")),
        ("filter_error", |at| at.filtered("pay colour:red")),
        ("filter_reading_log", |at| at.filtered("used:never")),
        ("filter_used", |at| at.log_read().keys("/").typed("used:>60d")),
        ("filter_log_broken", |at| at.log_broken().keys("/").typed("used:never")),
        ("filter_looking_for_duplicates", |at| at.filtered("dup")),
        ("filter_not_compared", |at| at.filtered("dup").vault(Answer::Duplicates(None))),
        ("tree", |at| at.after("`")),
        ("tree_scope", |at| at.after("` h h")),
        ("tree_scope_detail", |at| at.after("` - 2")),
        ("tree_filtered", |at| at.after("` /").typed("key")),
        ("tree_marked", |at| at.after("Space ` g j Space")),
        ("marked", |at| at.after("Space Space j v j k k")),
        ("strange", |at| at.strange()),
        ("strange_detail", |at| at.strange().keys("2")),
        ("strange_history", |at| at.strange().keys("3 j")),
        ("detail", |at| at.after("2 j")),
        ("detail_revealed", |at| at.after("2 s")),
        ("detail_blind", |at| at.after("2 S")),
        ("detail_expired", |at| at.after("k 2")),
        ("detail_damaged", |at| row_damaged(at, "j 2")),
        ("detail_known", |at| {
            let alike = [1, 2, 4, 10, 12].map(|number| SecretId([number; 16])).to_vec();
            at.log_read().keys("2").vault(Answer::Duplicates(Some(Duplicates::new([alike]))))
        }),
        ("history", |at| at.after("3 j j")),
        ("history_zoomed", |at| at.after("3 z")),
        ("history_given_up", |at| {
            let mut secrets = secrets();
            let done = |kind, of, code| StepDone { kind, of, end: StepEnd::Exited(code), took: 412 };
            let steps = vec![done(StepKind::Apply, Which::Pending, 0), done(StepKind::Verify, Which::Pending, 2)];
            secrets[3].rotation.given_up = vec![GivenUp {
                at: time(-3600),
                by: "ops@bastion1".to_owned(),
                version: 7,
                reason: "Scheduled rotation. The verify of the pending value failed with exit code 2 (0.4 s)."
                    .to_owned(),
                steps,
            }];
            Steps(Screen::with(secrets, at.0, at.1)).keys("j j j 3")
        }),
        ("history_marked", |at| at.after("3 Space j j")),
        ("audit", |at| at.after("3 ]")),
        ("audit_log_cut", |at| log_cut(at, "3 ] G")),
        ("overview", |at| at.after("o")),
        ("overview_used", |at| at.log_read().keys("o G")),
        ("overview_with_clipboard", |at| sent(at.log_read(), true).keys("o")),
        ("overview_log_broken", |at| at.log_broken().keys("o G")),
        ("overview_damaged", |at| row_damaged(at, "j o")),
        ("overview_older", |at| at.after("").vault(Answer::ReadOnly(older())).keys("o")),
        ("older_copy", |at| at.after("").vault(Answer::ReadOnly(older())).keys("y")),
        ("overview_log_cut", |at| log_cut(at, "o Tab Tab G G k")),
        ("overview_week", |at| at.after("o Tab Tab Tab l l")),
        ("overview_followed", |at| at.after("o Enter")),
        ("clipboard", |at| sent(at.after(""), false).waited(3)),
        ("clipboard_confirmed", |at| sent(at.after(""), true)),
        ("clipboard_cleared", |at| {
            sent(at.after(""), false).event(Event::Clipboard(ClipboardNews::Cleared { confirmed: false }))
        }),
        ("clipboard_next", |at| sent(value_comes(with_seed(at).keys("Y")), false)),
        ("clipboard_code", |at| sent(code_comes(at_the_code(at)), true)),
        ("clipboard_code_waits", |at| {
            at_the_code(at).vault(Answer::FreshCodeIn { id: SecretId([4; 16]), wait: Duration::from_millis(3_400) })
        }),
        ("clipboard_pending", |at| sent(at.after(""), false).event(Event::Clipboard(ClipboardNews::ClearPending))),
        ("locked_with_clipboard", |at| {
            sent(at.after(""), false).keys("C-l").event(Event::Clipboard(ClipboardNews::ClearPending))
        }),
        ("failed", |at| at.after("").failed(busy())),
        ("hint", |at| at.after("3 Enter")),
        ("deleted", |at| at.after("d").job_done()),
        ("damaged", damaged),
        ("locks_soon", |at| at.after("").waited(258)),
    ]
}
