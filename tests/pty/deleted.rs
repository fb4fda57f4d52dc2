//! What was deleted yesterday comes back in another session, and what is destroyed does not.

use super::*;

#[test]
fn deleted_yesterday_found_today_and_brought_back() {
    let vault = small_vault();
    let mut pty = unlocked(&vault);
    pty.send("\x01d");
    pty.wait_for("Delete these 2 secrets?");
    pty.settle();
    pty.send("y");
    pty.wait_for("deleted ones can come back");
    pty.send("q");
    assert_eq!(pty.wait_exit(Duration::from_secs(10)), 0);
    // Another day: undo knows nothing of it.
    let mut pty = vault.screen().start();
    pty.wait_for("2 deleted ones can come back.");
    pty.settle();
    pty.send("u");
    pty.wait_for("nothing to undo");
    pty.send("U");
    pty.wait_for("Deleted secrets · 2");
    pty.wait_for(" by ");
    pty.settle();
    pty.send("hook");
    pty.wait_for("Deleted secrets · 1 of 2");
    pty.send("\r");
    pty.wait_for("Restored production/payments/STRIPE_WEBHOOK");
    pty.settle();
    let back = vault.run(&["list"], b"");
    let back = String::from_utf8(back.stdout).unwrap();
    assert!(back.contains("STRIPE_WEBHOOK") && !back.contains("STRIPE_KEY"), "{back}");
    // The other one is destroyed, by its name.
    pty.send("U");
    pty.wait_for("Deleted secrets · 1");
    pty.wait_for("STRIPE_KEY");
    pty.settle();
    pty.send("\x18");
    pty.wait_for("Destroy for good?");
    pty.settle();
    pty.send("STRIPE_KEY\r");
    pty.wait_for("Deleted secrets · 0");
    let deleted = vault.run(&["list", "--deleted", "--json"], b"");
    assert_eq!(String::from_utf8(deleted.stdout).unwrap().trim(), "[]");
    pty.send("\x1b");
    pty.wait_for("Destroyed");
    pty.settle();
    // What came back goes again with one key.
    pty.send("u");
    pty.wait_for("is deleted again");
    pty.send("q");
    assert_eq!(pty.wait_exit(Duration::from_secs(10)), 0);
    pty.assert_restored();
    pty.assert_clean(&[VALUE, "whsec_"]);
}
