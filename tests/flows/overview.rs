//! The overview, and the way from a number to the secrets behind it.

use strongroom::vault::Segment;
use strongroom::vault::audit::AuditVerdict;
use strongroom::vault::backup::{Backups, Made, Tried};
use strongroom::vault::usage::Extent;

use super::*;

#[test]
fn every_row_of_the_overview_leads_to_the_secrets_behind_it() {
    for (keys, filter, selected) in [
        ("o Enter", "/expired", "production/payments/ADYEN_HMAC_KEY"),
        ("o j Enter", "/due", "staging/payments/STRIPE_WEBHOOK_SECRET"),
        ("o j j Enter", "/rotated:never age:>1y", "production/platform/TLS_PRIVATE_KEY"),
        ("o Tab Enter", "/age:<7d", ""),
        ("o Tab G k k Enter", "/due", ""),
        ("o G k Enter", "/expired", ""),
        ("o S-Tab S-Tab l l l l l l l l l l l l l Enter", "/due:>84d due:<91d", STRIPE),
    ] {
        let mut screen = Screen::unlocked(140, 45);
        screen.keys(keys);
        assert_eq!(filter_shown(&mut screen), filter, "{keys}");
        assert_eq!(screen.state.context(), Some(Context::Secrets), "{keys}");
        assert!(selected.is_empty() || screen.text().contains(&format!("┌ {selected} ")), "{keys}\n{}", screen.text());
        assert!(screen.take_effects().is_empty());
    }
}

#[test]
fn the_header_says_what_is_due_and_what_soon_will_be() {
    let with = |days_left: &[i64]| {
        let secrets = (1..).zip(days_left).map(|(number, left)| {
            let mut secret = secret(number, &format!("prod/KEY_{number}"), 1, 30 - left);
            secret.metadata.rotation_days = Some(30);
            secret
        });
        let text = Screen::with(secrets.collect(), 100, 24).text();
        text.lines().next().unwrap_or_default().trim_end().to_owned()
    };
    assert!(with(&[20, 8]).ends_with("unlocked"), "{}", with(&[20, 8]));
    assert!(with(&[20, 6, 3]).ends_with("unlocked · 2 due soon"), "{}", with(&[20, 6, 3]));
    assert!(with(&[-1, 6]).ends_with("unlocked · 1 due (o) · 1 due soon"), "{}", with(&[-1, 6]));
}

#[test]
fn the_overview_is_left_by_its_own_key_and_a_row_without_secrets_says_so() {
    for leave in ["o", "Esc", "q"] {
        let mut screen = Screen::unlocked(80, 24);
        screen.keys("o");
        assert_eq!(screen.state.context(), Some(Context::Overview));
        assert!(bar(&mut screen).contains("Enter show them"), "{}", screen.text());
        screen.keys("Tab Tab");
        assert!(!bar(&mut screen).contains("Enter show them"), "{}", screen.text());
        screen.keys("Enter");
        assert!(screen.text().contains("No secret stands behind this."));
        screen.keys(leave);
        assert_eq!(screen.state.context(), Some(Context::Secrets), "{leave}");
        assert!(screen.take_effects().is_empty());
    }
}

/// The last row, which names the keys.
fn bar(screen: &mut Screen) -> String {
    screen.text().lines().last().unwrap_or_default().to_owned()
}

#[test]
fn nothing_is_done_to_a_secret_that_the_overview_covers() {
    let mut screen = Screen::unlocked(80, 24);
    for key in ["y", "s", "d", "r", "e", "D", "u", "R", "z", "2"] {
        screen.keys("o");
        screen.keys(key);
        assert!(screen.take_effects().is_empty(), "{key}");
        assert_eq!(screen.state.context(), Some(Context::Overview), "{key}");
        screen.keys("Esc");
    }
    screen.keys("o :");
    screen.type_text("delete");
    assert!(screen.text().contains("Leave the overview first: Esc"), "{}", screen.text());
    screen.keys("Enter");
    assert!(screen.take_effects().is_empty());
}

#[test]
fn the_overview_counts_again_and_is_there_after_an_idle_lock() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("o");
    assert!(screen.text().contains("12 secrets"));
    screen.event(Event::Vault(Answer::Changed(CatalogChange {
        upserted: vec![secret(99, "production/NEW", 1, 0)],
        removed: Vec::new(),
    })));
    assert!(screen.text().contains("13 secrets"));
    screen.keys("C-l");
    assert!(screen.state.is_locked());
    screen.unlock();
    assert_eq!(screen.state.context(), Some(Context::Overview));
}

/// What is not in the log any more was perhaps made, tried and used all the same.
#[test]
fn the_overview_says_of_a_log_that_was_cut_only_what_it_tells() {
    let at = |days: i64| screen::time(-days * 86_400);
    let made = Made::new(at(3), "3f9ac2d1: 12 secrets with 29 versions to /mnt/usb/vault.backup".to_owned());
    let told = |backups, cut_off| {
        let mut screen = Screen::unlocked(140, 45);
        let (uses, extent, cut_off) = (Vec::new(), Extent::Whole, Some(cut_off));
        screen.event(Event::Vault(Answer::Used { uses, extent, backups, cut_off }));
        screen.event(Event::Vault(Answer::AuditVerified(AuditVerdict::Intact { records: 4_711 })));
        screen.keys("o");
        screen
    };
    let mut screen = told(Backups::default(), screen::cut_off());
    for row in [
        "list and log verified 02:14 UTC, 711 records ",
        "last backup  ! none since 2025-11-30 ",
        "not used     12 since 2025-11-30 ",
    ] {
        assert!(screen.text().contains(row), "{row}\n{}", screen.text());
    }
    screen.keys("Tab Tab");
    assert!(screen.text().contains("711 records · cut off: 1 to 4 000, until 2025-11-30"), "{}", screen.text());
    screen.keys("j j j j");
    assert!(screen.text().contains("last backup: none since 2025-11-30 · the log begins there"), "{}", screen.text());
    screen.keys("Esc");
    assert!(screen.text().contains("used         not since 2025-11-30"), "{}", screen.text());
    // A backup that the log does tell of stays as old as it is; whether it was tried is another thing.
    let mut screen = told(Backups::new(Some(made), None), Segment { until: at(5), ..screen::cut_off() });
    assert!(screen.text().contains("last backup  3 days ago, no drill in the log"), "{}", screen.text());
    screen.keys("G");
    assert!(screen.text().contains("0 accesses · the log begins on Mar 5"), "{}", screen.text());
}

#[test]
fn the_overview_says_how_old_the_last_backup_and_the_last_drill_are_and_what_to_do() {
    let at = |days: i64| screen::time(-days * 86_400);
    let made = |days| Made::new(at(days), "3f9ac2d1: 12 secrets with 29 versions to /mnt/usb/vault.backup".to_owned());
    let tried = |days, passed| Tried { at: at(days), passed };
    for (backups, row, told) in [
        (Backups::default(), "! none yet ", "last backup: none yet · strongroom backup create FILE"),
        (
            Backups::new(Some(made(40)), Some(tried(12, true))),
            "! 40 days ago, tried 12 days ago",
            "· strongroom backup create FILE · to /mnt/usb/vault.backup",
        ),
        (
            Backups::new(Some(made(3)), None),
            "! 3 days ago, never tried",
            "· strongroom backup verify FILE --compare · to /mnt/usb/vault.backup",
        ),
        (
            Backups::new(Some(made(3)), Some(tried(2, false))),
            "!! 3 days ago, last drill FAILED",
            "· strongroom audit --action backup_test · to /mnt/usb/vault.backup",
        ),
        (
            Backups::new(Some(made(3)), Some(tried(2, true))),
            " 3 days ago, tried 2 days ago",
            "· to /mnt/usb/vault.backup",
        ),
    ] {
        let mut screen = Screen::unlocked(140, 45);
        screen.event(Event::Vault(Answer::Used { uses: Vec::new(), extent: Extent::Whole, backups, cut_off: None }));
        screen.keys("o Tab Tab j j j j");
        assert!(screen.text().contains(&format!("last backup  {}", row.trim_start())), "{row}\n{}", screen.text());
        assert!(screen.text().contains(told), "{told}\n{}", screen.text());
    }
    // Where there is nothing to lose nobody is urged.
    let mut screen = Screen::with(Vec::new(), 140, 45);
    screen.event(Event::Vault(Answer::Used {
        uses: Vec::new(),
        extent: Extent::Whole,
        backups: Backups::default(),
        cut_off: None,
    }));
    screen.keys("o");
    assert!(screen.text().contains("last backup  none yet"), "{}", screen.text());
}
