//! One-time codes of the field `totp`, printed and copied.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::BASE64;
use totp_rs::{Builder, Secret};

use crate::prompts::Typed;
use crate::support::Room;

/// In base32 `JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP`.
const SEED: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

fn room(totp: &str) -> Room {
    let room = Room::new();
    let ran = room.run_with(&["set", "DB", "hunter2", "--field", "totp=-"], totp.as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.err);
    room
}

fn uri(period: u64) -> String {
    format!("otpauth://totp/Example:ops?secret={SEED}&issuer=Example&period={period}")
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// The code of the period now, and which period that is.
fn code(period: u64) -> (u64, String) {
    let seconds = since_epoch().as_secs();
    let totp = Builder::new().with_step_duration(period).with_secret(Secret::try_from_base32(SEED).unwrap());
    (seconds / period, totp.build().unwrap().generate(seconds).to_string())
}

/// Sleeps until there are less than `left` to the end of a period.
fn near_the_end(period: u64, left: Duration) {
    let period = Duration::from_secs(period);
    let into = Duration::from_nanos((since_epoch().as_nanos() % period.as_nanos()).try_into().unwrap());
    std::thread::sleep((period - left).saturating_sub(into));
}

#[test]
fn a_code_is_printed_and_on_record_as_a_code() {
    let room = room("jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp\n");
    let (before, ran, after) = (code(30), room.good(&["reveal", "DB", "--otp", "--reason", "INC-7"]), code(30));
    assert!([before.1, after.1].contains(&ran.text()), "{}", ran.text());
    let records = room.json(&["audit", "--action", "reveal"]);
    assert_eq!(records[0]["reason"], "one-time code: INC-7");
    assert_eq!(records.as_array().unwrap().len(), 1);
}

#[test]
fn a_fresh_code_is_waited_for() {
    // Of four seconds the last two are too few.
    let room = room(&uri(4));
    let (ran, before) = loop {
        near_the_end(4, Duration::from_millis(1800));
        let before = code(4);
        let ran = room.good(&["reveal", "DB", "--otp"]);
        if !ran.err.is_empty() {
            break (ran, before);
        }
        // So slow a machine that the next period had begun: that one is waited for again.
    };
    let after = code(4);
    assert!(ran.err.starts_with("The code is nearly over; a fresh one comes in "), "{}", ran.err);
    assert!(after.0 > before.0 && ran.text() != before.1);
    assert_eq!(room.json(&["audit", "--action", "reveal"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_code_is_copied_and_ctrl_c_ends_the_wait_for_one() {
    let room = room(&uri(4));
    let line = ["copy", "DB", "--otp", "--clear-after", "1s"];
    let (end, seen) = Typed::start_with(&room, &line, &[("TERM", "xterm-256color")]).end();
    assert!(end == 0 && seen.contains("Sent DB to"), "{seen}");
    assert!(!seen.contains(&BASE64.encode(SEED.as_bytes())), "{seen:?}");
    let sent = seen.split("\x1b]52;c;").nth(1).and_then(|rest| rest.split('\x1b').next()).unwrap();
    let sent = String::from_utf8(BASE64.decode(sent.as_bytes()).unwrap()).unwrap();
    assert!(sent.len() == 6 && sent.bytes().all(|digit| digit.is_ascii_digit()), "{sent}");

    let room = self::room(&uri(9));
    near_the_end(9, Duration::from_millis(4200));
    let mut typed = Typed::start_with(&room, &["copy", "DB", "--otp"], &[("TERM", "xterm-256color")]);
    typed.wait_for("a fresh one comes in");
    typed.type_keys("\x03");
    let (end, seen) = typed.end();
    assert!(end == 130 && seen.contains("nothing was copied") && !seen.contains("\x1b]52"), "{end} {seen:?}");
    assert_eq!(room.json(&["audit", "--action", "copy"]).as_array().unwrap().len(), 0);
}

#[test]
fn what_makes_no_codes_is_told_without_the_seed() {
    let room = room("otpauth://steam/ops?secret=JBSWY3DPEHPK3PXP");
    let said = room.fails(2, &["reveal", "DB", "--otp"]);
    assert!(said.contains("Steam are not supported") && !said.contains("JBSW"), "{said}");
    room.set("PLAIN", "v");
    let said = room.fails(3, &["reveal", "PLAIN", "--otp"]);
    assert!(said.contains("PLAIN has no field totp.") && said.contains("It has: value."), "{said}");
    room.fails(2, &["reveal", "DB", "--otp", "--field", "totp"]);
    room.fails(2, &["copy", "DB", "--otp", "--version", "1"]);
    let (code, seen) = Typed::start_with(&room, &["copy", "DB", "--otp"], &[("TERM", "xterm-256color")]).end();
    assert!(code == 2 && !seen.contains("\x1b]52") && !seen.contains("JBSW"), "{code} {seen:?}");
}
