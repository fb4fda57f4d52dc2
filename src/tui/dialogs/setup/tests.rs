//! The whole walk through the wizard, keys to effects.

use std::time::Instant;

use jiff::Timestamp;

use super::*;
use crate::error::Error;

struct Walk(SetupDialog);

impl Walk {
    fn new() -> Self {
        Self(SetupDialog::new().at("/v/vault.db", "/c/key"))
    }

    fn give(&mut self, input: Input) -> Step {
        self.0.update(input, Now { instant: Instant::now(), time: Timestamp::UNIX_EPOCH })
    }

    fn act(&mut self, actions: &[Action]) -> Step {
        actions.iter().fold(Step::default(), |_, action| self.give(Input::Press(Press::Action(*action))))
    }

    fn paste(&mut self, text: &[u8]) {
        self.give(Input::Paste(SecretText::copied_from(text)));
    }

    fn key(&mut self, made_for: RawKeyUse, digit: u8) -> SecretText {
        let key = RawKey::from_text(&[digit; 64]).unwrap();
        let text = key.to_text();
        self.give(Input::RawKey(made_for, key));
        text
    }

    fn settle_recovery(&mut self) {
        let step = self.act(&[Action::Submit]);
        assert!(matches!(step.effects.as_slice(), [Effect::GenerateRawKey(RawKeyUse::Recovery)]));
        let text = self.key(RawKeyUse::Recovery, b'1');
        self.act(&[Action::Submit]);
        self.give(Input::Paste(text));
        self.act(&[Action::Submit]);
        assert_eq!(self.0.at, At::Consent);
    }
}

#[test]
fn a_passphrase_and_a_recovery_key() {
    let mut walk = Walk::new();
    walk.act(&[Action::Submit]);
    walk.paste(b"velvet orbit canyon mustard lantern");
    walk.act(&[Action::Submit]);
    walk.paste(b"velvet orbit canyon mustard lantern\n");
    walk.act(&[Action::Submit]);
    walk.settle_recovery();
    assert!(walk.act(&[Action::Submit]).effects.is_empty(), "Enter is no consent");
    let mut step = walk.act(&[Action::Yes]);
    let Some(Effect::Vault(Request::Create { keys, key_file })) = step.effects.pop() else { panic!("no request") };
    assert!(matches!(keys.as_slice(), [UnlockKey::Passphrase(_), UnlockKey::Recovery(_)]) && key_file.is_none());
    // Nothing interferes while it is made; a failure goes back and keeps everything.
    assert!(walk.act(&[Action::Yes, Action::Cancel]).effects.is_empty());
    walk.give(Input::Failed(Error::failure("The disk is full.")));
    assert_eq!(walk.0.at, At::Consent);
    let step = walk.act(&[Action::Yes]);
    assert!(matches!(step.effects.as_slice(), [Effect::Vault(Request::Create { keys, .. })] if keys.len() == 2));
}

#[test]
fn a_key_file() {
    let mut walk = Walk::new();
    let step = walk.act(&[Action::NextChoice, Action::Submit]);
    assert!(matches!(step.effects.as_slice(), [Effect::GenerateRawKey(RawKeyUse::KeyFile)]));
    walk.act(&[Action::Submit]);
    assert_eq!(walk.0.at, At::Key, "there is no key yet");
    walk.key(RawKeyUse::KeyFile, b'2');
    walk.act(&[Action::Submit]);
    walk.act(&[Action::NextChoice, Action::Submit, Action::Yes]);
    let step = walk.act(&[Action::Yes]);
    assert!(matches!(
        step.effects.as_slice(),
        [Effect::Vault(Request::Create { keys, key_file: Some(_) })] if matches!(keys.as_slice(), [UnlockKey::KeyFile(_)])
    ));
}

#[test]
fn an_environment_key_and_the_way_back() {
    let mut walk = Walk::new();
    let step = walk.act(&[Action::PreviousChoice, Action::Submit]);
    assert!(matches!(step.effects.as_slice(), [Effect::GenerateRawKey(RawKeyUse::Environment)]));
    walk.key(RawKeyUse::Environment, b'3');
    walk.act(&[Action::Submit]);
    walk.settle_recovery();
    // Back to the beginning, step by step, and on again: the key that was noted is kept.
    walk.act(&[Action::Cancel, Action::Cancel, Action::Cancel]);
    assert_eq!(walk.0.at, At::Welcome);
    assert!(walk.act(&[Action::Submit]).effects.is_empty());
    walk.act(&[Action::Submit, Action::Submit, Action::Submit]);
    let step = walk.act(&[Action::Cancel, Action::Cancel, Action::Cancel, Action::Cancel, Action::Cancel]);
    assert!(step.effects.is_empty());
    assert!(matches!(walk.act(&[Action::Cancel]).effects.as_slice(), [Effect::Quit(0)]));
}

#[test]
fn another_protection_makes_another_key() {
    let mut walk = Walk::new();
    walk.act(&[Action::NextChoice, Action::Submit]);
    walk.key(RawKeyUse::KeyFile, b'4');
    let step = walk.act(&[Action::Cancel, Action::NextChoice, Action::Submit]);
    assert!(matches!(step.effects.as_slice(), [Effect::GenerateRawKey(RawKeyUse::Environment)]));
    assert!(walk.0.master_key().is_none());
}
