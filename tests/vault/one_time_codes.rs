//! One-time codes: each on record as one, the seed never given out.

use jiff::Timestamp;
use strongroom::error::Kind;
use strongroom::secret_text::SecretText;
use strongroom::vault::audit::{AuditAction, AuditQuery};
use strongroom::vault::one_time_code::OneTimeCode;
use strongroom::vault::secret::SecretId;
use strongroom::vault::{Expected, MetadataChange, Release, Vault};

use crate::place::{Place, at, value};

/// The seed of RFC 6238, appendix B.
const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// A secret whose field holds `seed`.
fn with_seed(vault: &mut Vault, name: &str, seed: &str) -> SecretId {
    let mut fields = value("password");
    fields.set("totp".parse().unwrap(), SecretText::copied_from(seed.as_bytes()));
    vault.set(&at(name), Some(fields), MetadataChange::default(), "", Expected::Any).unwrap().secret.id
}

fn ask(vault: &mut Vault, id: SecretId) -> String {
    match vault.release_code(id, Release::Copy, "INC-7", false).unwrap() {
        OneTimeCode::Code(code, good_for) => format!("{} for {good_for:?}", code.expose_str().unwrap()),
        OneTimeCode::FreshIn(wait) => format!("fresh in {wait:?}"),
    }
}

/// The records of copies, the oldest first: the version, the reason, the error.
fn copies(vault: &mut Vault) -> Vec<(Option<u64>, String, Option<String>)> {
    let query = AuditQuery { action: Some(AuditAction::Copy), ..AuditQuery::default() };
    let told = vault.audit(&query).unwrap().into_iter().rev();
    told.map(|record| (record.version, record.reason, record.error)).collect()
}

#[test]
fn a_code_is_on_record_as_a_code_and_waiting_for_one_is_not() {
    let (_place, mut vault) = Place::new();
    let id = with_seed(&mut vault, "DB", &format!("otpauth://totp/ops?secret={SEED}&digits=8"));
    vault.set_clock(|| Timestamp::new(1_111_111_109, 0).unwrap());
    assert_eq!(ask(&mut vault, id), "fresh in 1s");
    assert!(copies(&mut vault).is_empty(), "nothing was given out");
    vault.set_clock(|| Timestamp::new(1_111_111_111, 0).unwrap());
    assert_eq!(ask(&mut vault, id), "14050471 for 29s");
    vault.release_code(id, Release::Copy, "", false).unwrap();
    let wanted = [(Some(1), "one-time code: INC-7".to_owned(), None), (Some(1), "one-time code".to_owned(), None)];
    assert_eq!(copies(&mut vault), wanted);
    assert_eq!(vault.usage().unwrap().accesses(), 2, "a code is a use of its secret");
}

#[test]
fn what_makes_no_code_gives_nothing_out() {
    let (_place, mut vault) = Place::new();
    let hotp = with_seed(&mut vault, "A", &format!("otpauth://hotp/ops?secret={SEED}&counter=4"));
    let refused = |vault: &mut Vault, id| vault.release_code(id, Release::Copy, "", false).err().unwrap();
    let error = refused(&mut vault, hotp);
    assert_eq!(error.kind(), Kind::Usage);
    assert_eq!(error.message(), "The field totp of A makes no codes: codes that count (HOTP) are not supported.");
    let none = vault.set(&at("B"), Some(value("v")), MetadataChange::default(), "", Expected::Any).unwrap().secret.id;
    assert_eq!(refused(&mut vault, none).kind(), Kind::NotFound);
    let old = with_seed(&mut vault, "C", SEED);
    let past = MetadataChange { expires_at: Some(Some(Timestamp::UNIX_EPOCH)), ..MetadataChange::default() };
    vault.merge(&at("C"), None, past, "", Expected::Present).unwrap();
    // The clock stands where the code is nearly over: whoever may not have it is not made to wait.
    vault.set_clock(|| Timestamp::new(1_111_111_109, 0).unwrap());
    assert_eq!(refused(&mut vault, old).kind(), Kind::Expired);
    vault.set_clock(|| Timestamp::new(1_111_111_111, 0).unwrap());
    assert!(matches!(vault.release_code(old, Release::Copy, "", true), Ok(OneTimeCode::Code(..))));
    let gone = with_seed(&mut vault, "D", SEED);
    vault.delete(&at("D"), "").unwrap();
    assert_eq!(refused(&mut vault, gone).kind(), Kind::NotFound);
    let outcomes: Vec<bool> = copies(&mut vault).iter().map(|(_, _, error)| error.is_none()).collect();
    assert_eq!(outcomes, [false, false, true, false], "no field, expired, allowed, deleted");
}

#[test]
fn a_code_that_cannot_be_recorded_is_not_given() {
    let (place, mut vault) = Place::new();
    let id = with_seed(&mut vault, "DB", SEED);
    let damaged = with_seed(&mut vault, "OTHER", SEED);
    vault.lock().unwrap();
    let sql = rusqlite::Connection::open(place.path()).unwrap();
    sql.execute("UPDATE version SET value = zeroblob(length(value)) WHERE secret_id = ?1", [damaged.0]).unwrap();
    let mut vault = place.open();
    vault.set_clock(|| Timestamp::new(1_111_111_111, 0).unwrap());
    assert!(matches!(vault.release_code(id, Release::Copy, "", false), Ok(OneTimeCode::Code(..))));
    let kind = |vault: &mut Vault, id| vault.release_code(id, Release::Copy, "", false).err().unwrap().kind();
    assert_eq!(kind(&mut vault, damaged), Kind::Damaged);
    // From here on nothing is written, so the sound one stays in as well.
    assert_eq!(kind(&mut vault, id), Kind::Denied);
}
