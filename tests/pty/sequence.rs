//! Username, value and one-time code of one secret, on one key of the real screen.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use totp_rs::{Builder, Secret};

use crate::copied;
use crate::support::vault::TestVault;

const SEED: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
/// Of its ten seconds, codes are given in the first five.
const PERIOD: u64 = 10;
const VALUE: &str = "value-Wq41LmPz-canary";

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

fn code_at(seconds: u64) -> String {
    let totp = Builder::new().with_step_duration(PERIOD).with_secret(Secret::try_from_base32(SEED).unwrap());
    totp.build().unwrap().generate(seconds).to_string()
}

#[test]
fn one_key_copies_the_username_the_value_and_a_code_that_is_waited_for() {
    let vault = TestVault::new();
    let uri = format!("otpauth://totp/ACME:ops?secret={SEED}&issuer=ACME&period={PERIOD}");
    vault.run(&["set", "LOGIN", VALUE, "--field", "username=ops@example.com", "--field", "totp=-"], uri.as_bytes());
    let mut pty = vault.screen().start();
    pty.wait_for("LOGIN");
    pty.settle();
    pty.send("Y");
    pty.wait_wrote(copied("ops@example.com"));
    pty.wait_for("Sent, unconfirmed: username of LOGIN · Y copies the value");
    pty.send("Y");
    pty.wait_wrote(copied(VALUE));
    pty.wait_for("Y copies the one-time code");
    // Into the second half of a period, early: the present code is not given any more.
    while !(5_200..6_000).contains(&(since_epoch().as_millis() % u128::from(PERIOD * 1000))) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let asked_at = since_epoch().as_secs();
    pty.send("Y");
    pty.wait_for("The code is nearly over; a fresh one is copied in");
    assert!(!pty.wrote(copied(&code_at(asked_at))));
    pty.wait_wrote(copied(&code_at(asked_at + 5)));
    pty.wait_for("one-time code of LOGIN");
    pty.wait_for("Y copies the username");
    pty.send("q");
    pty.wait_exit(Duration::from_secs(10));
    pty.assert_clean(&[SEED, &uri]);
    let records = String::from_utf8(vault.run(&["audit", "--action", "copy"], b"").stdout).unwrap();
    assert_eq!(records.lines().filter(|line| line.contains(" copy ")).count(), 3, "{records}");
    assert_eq!(records.lines().filter(|line| line.contains("one-time code")).count(), 1, "{records}");
}
