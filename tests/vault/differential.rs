//! C2, C3: the same records and the same keys in other implementations. What
//! `tests/differential.py` makes with OpenSSL and the reference code of Argon2 is opened and
//! derived here, and what is sealed here is written out for it to open.

use serde_json::{Value as Json, json};
use strongroom::crypto::passphrase::{Cost, Workspace};
use strongroom::crypto::seal::{Padding, Place, Purpose, SealKey};
use strongroom::secret_text::SecretText;

const PURPOSES: [Purpose; 8] = [
    Purpose::Slot,
    Purpose::Metadata,
    Purpose::DataKey,
    Purpose::Value,
    Purpose::Note,
    Purpose::Audit,
    Purpose::Listing,
    Purpose::Pending,
];

fn bytes(json: &Json) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(json.as_str().unwrap().as_bytes()).unwrap()
}

fn array<const N: usize>(json: &Json) -> [u8; N] {
    bytes(json).try_into().unwrap()
}

fn number(json: &Json) -> u32 {
    json.as_u64().unwrap().try_into().unwrap()
}

fn place(json: &Json) -> Place {
    let purpose = PURPOSES.into_iter().find(|purpose| *purpose as u64 == json["purpose"]).unwrap();
    Place {
        purpose,
        key_epoch: number(&json["key_epoch"]),
        vault_id: array(&json["vault_id"]),
        owner_id: array(&json["owner_id"]),
        subject_id: array(&json["subject_id"]),
        version: json["version"].as_u64().unwrap(),
        revision: json["revision"].as_u64().unwrap(),
        created_at: json["created_at"].as_i64().unwrap(),
    }
}

#[test]
#[ignore = "needs what tests/differential.py makes; run by .ci/run"]
fn c2_c3_other_implementations_give_the_same_records_and_keys() {
    let folder = std::path::PathBuf::from(std::env::var_os("STRONGROOM_VECTORS").expect("STRONGROOM_VECTORS names it"));
    let vectors: Json = serde_json::from_slice(&std::fs::read(folder.join("vectors.json")).unwrap()).unwrap();
    let mut ours = Vec::new();
    for vector in vectors["sealed"].as_array().unwrap() {
        let (key, place) = (SealKey::new(&array(&vector["key"])), place(&vector["place"]));
        let (plain, mut sealed) = (bytes(&vector["plain"]), bytes(&vector["sealed"]));
        assert_eq!(key.open(&place, Padding::Exact, &sealed).unwrap().expose(), plain, "{vector}");
        let again = key.seal(&place, Padding::Exact, &plain).unwrap();
        let again = data_encoding::HEXLOWER.encode(&again);
        ours.push(json!({"key": vector["key"], "place": vector["place"], "plain": vector["plain"], "sealed": again}));
        // And a wrong one in neither.
        let at = sealed.len() / 2;
        sealed[at] ^= 1;
        assert!(key.open(&place, Padding::Exact, &sealed).is_err(), "{vector}");
    }
    let derived = vectors["derived"].as_array().unwrap();
    for vector in derived {
        let cost = &vector["cost"];
        let cost = Cost { memory_kib: number(&cost[0]), passes: number(&cost[1]), lanes: number(&cost[2]) };
        let passphrase = SecretText::copied_from(vector["passphrase"].as_str().unwrap().as_bytes());
        let key = Workspace::prepare(cost).unwrap().derive(&passphrase, &array(&vector["salt"]), cost).unwrap();
        assert_eq!(key.bytes()[..], bytes(&vector["key"]), "{cost:?}");
    }
    println!("{} records and {} keys of others are the same here", ours.len(), derived.len());
    assert!(!ours.is_empty() && !derived.is_empty());
    std::fs::write(folder.join("sealed.json"), serde_json::to_vec(&ours).unwrap()).unwrap();
}
