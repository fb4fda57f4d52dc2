//! Where a new value comes from: our own generator, or what a program printed.

use serde_json::Value;
use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{HashAlg, LineEnding, PrivateKey};
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, Result};
use crate::secret_text::SecretText;
use crate::vault::generate;
use crate::vault::secret::{FieldName, Fields, VALUE};

use super::recipe::{Generate, Printed, SshPart};

/// Makes a new value, and the other fields that come with it.
///
/// # Errors
/// As [`generate::generate`].
pub fn generated(what: &Generate) -> Result<Fields> {
    match what {
        Generate::Value(recipe) => Ok(Fields::value(generate::generate(recipe)?.value)),
        Generate::SshEd25519(parts) => ssh_key_pair(parts),
    }
}

/// Takes the new value, and the other fields, out of what a program printed.
///
/// # Errors
/// Failure, when it is not there; nothing of what was printed is quoted.
pub fn printed(how: &Printed, printed: &SecretText) -> Result<Fields> {
    match how {
        Printed::Whole => whole(printed.expose()).map(Fields::value),
        Printed::Json(pointers) => json(pointers, printed.expose()),
    }
}

/// All of it, without one line end.
fn whole(printed: &[u8]) -> Result<SecretText> {
    let value = printed.strip_suffix(b"\n").unwrap_or(printed);
    let value = value.strip_suffix(b"\r").unwrap_or(value);
    if value.trim_ascii().is_empty() {
        return Err(unmade("It printed no value."));
    }
    Ok(SecretText::copied_from(value))
}

fn json(pointers: &[(FieldName, String)], printed: &[u8]) -> Result<Fields> {
    let read = serde_json::from_slice(printed).map(Wiped);
    // What the parser says may quote: only the place is taken over.
    let read = read.map_err(|error| {
        unmade(format!("What it printed is no JSON (line {}, column {}).", error.line(), error.column()))
    })?;
    let mut fields = Fields::default();
    for (name, pointer) in pointers {
        let value = match read.0.pointer(pointer) {
            Some(Value::String(text)) if !text.is_empty() => SecretText::copied_from(text.as_bytes()),
            Some(Value::Number(number)) if name.as_str() != VALUE => SecretText::from(number.to_string()),
            Some(_) => {
                return Err(unmade(format!("In what it printed, {pointer} is no text of at least a character.")));
            }
            None => return Err(unmade(format!("What it printed has nothing at {pointer}."))),
        };
        fields.set(name.clone(), value);
    }
    Ok(fields)
}

/// JSON of which every text is wiped. What the parser itself held for a text with escapes
/// in it is not: it is freed memory of a process that no other can read.
struct Wiped(Value);

impl Drop for Wiped {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(values) => values.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// An OpenSSH private key, and what else of it was asked for.
fn ssh_key_pair(parts: &[(FieldName, SshPart)]) -> Result<Fields> {
    let none = |_| Error::failure("No SSH key could be made.").hint("Try once more.");
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed)
        .map_err(|_| Error::failure("The operating system gives no randomness.").hint("Try once more."))?;
    let key = PrivateKey::new(KeypairData::Ed25519(Ed25519Keypair::from_seed(&seed)), "").map_err(none)?;
    let text = key.to_openssh(LineEnding::LF).map_err(none)?;
    let mut fields = Fields::value(SecretText::copied_from(text.as_bytes()));
    for (name, part) in parts {
        let text = match part {
            SshPart::Public => key.public_key().to_openssh().map_err(none)?,
            SshPart::Fingerprint => key.fingerprint(HashAlg::Sha256).to_string(),
        };
        fields.set(name.clone(), SecretText::from(text));
    }
    Ok(fields)
}

fn unmade(why: impl Into<String>) -> Error {
    Error::failure(why).hint("Nothing was staged. Try the step by hand, and correct [make] in the recipe.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(fields: &Fields, name: &str) -> String {
        String::from_utf8(fields.get(name).unwrap().expose().to_vec()).unwrap()
    }

    fn named(name: &str) -> FieldName {
        name.parse().unwrap()
    }

    #[test]
    fn what_is_printed_is_the_value_without_its_line_end() {
        for (text, value) in
            [("abc", "abc"), ("abc\n", "abc"), ("abc\r\n", "abc"), ("a\nb\n\n", "a\nb\n"), (" a ", " a ")]
        {
            let fields = printed(&Printed::Whole, &SecretText::copied_from(text.as_bytes())).ok().unwrap();
            assert_eq!(field(&fields, VALUE), value);
        }
        for nothing in ["", "\n", "  \r\n"] {
            assert!(printed(&Printed::Whole, &SecretText::copied_from(nothing.as_bytes())).is_err());
        }
    }

    #[test]
    fn json_gives_the_fields_that_pointers_lead_to_and_no_message_quotes_it() {
        let how = Printed::Json(vec![(named(VALUE), "/data/0/token".into()), (named("id"), "/id".into())]);
        let read = |text: &str| printed(&how, &SecretText::copied_from(text.as_bytes()));
        let fields = read("{\"id\": 17, \"data\": [{\"token\": \"hun\\u0074er2\"}]}").ok().unwrap();
        assert_eq!((field(&fields, VALUE), field(&fields, "id")), ("hunter2".to_owned(), "17".to_owned()));
        for wrong in [
            "hunter2",
            "",
            "{\"data\": [{\"token\": \"hunter2\"}]}",
            "{\"id\": 1, \"data\": [{\"token\": {\"hunter2\": 1}}]}",
            "{\"id\": 1, \"data\": [{\"token\": \"\"}]}",
            "{\"id\": 1, \"data\": [{\"token\": 5}]}",
            "{\"hunter2\": ",
        ] {
            let error = read(wrong).err().unwrap();
            assert!(!error.in_full().contains("hunter2") && error.next_step().is_some(), "{error}");
        }
    }

    #[test]
    fn ssh_keys_are_new_each_time_and_read_back() {
        let parts = [(named("public"), SshPart::Public), (named("fingerprint"), SshPart::Fingerprint)];
        let make = || generated(&Generate::SshEd25519(parts.to_vec())).ok().unwrap();
        let (one, other) = (make(), make());
        assert_ne!(field(&one, VALUE), field(&other, VALUE));
        let key = PrivateKey::from_openssh(field(&one, VALUE)).unwrap();
        assert_eq!(key.public_key().to_openssh().unwrap(), field(&one, "public"));
        assert!(field(&one, "public").starts_with("ssh-ed25519 AAAA") && !field(&one, "public").contains('\n'));
        assert!(field(&one, "fingerprint").starts_with("SHA256:"));
    }
}
