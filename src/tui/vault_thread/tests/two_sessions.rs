//! Two sessions on one real vault: keys go into one, the other writes behind its back.
//!
//! Nothing is played here but the loop: the thread's keeper serves every effect, so that
//! a conflict that comes round and round would be seen.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use crossterm::event::{KeyCode, KeyEvent};
use jiff::Timestamp;

use crate::crypto::keyring::{RawKey, UnlockKey};
use crate::secret_text::SecretText;
use crate::tui::clock::Now;
use crate::tui::effect::{Effect, Request};
use crate::tui::event::{Answer, Event, Mailbox, Message};
use crate::tui::state::{State, StateOptions};
use crate::tui::update::update;
use crate::tui::view;
use crate::vault::audit::Actor;
use crate::vault::scope::{Address, ScopePath};
use crate::vault::secret::{Fields, VALUE};
use crate::vault::{Anchors, Expected, LockedVault, MetadataChange, NewVault, Release, Vault};

use super::super::{Keeper, Place};

const HERE: &str = "prod/KEY";
const THERE: &str = "prod/db/KEY";

fn at(text: &str) -> Address {
    Address::parse(text, &ScopePath::root()).unwrap()
}

fn value(text: &str) -> Fields {
    Fields::value(SecretText::copied_from(text.as_bytes()))
}

fn described(text: &str) -> MetadataChange {
    MetadataChange { description: Some(text.to_owned()), ..MetadataChange::default() }
}

/// A screen on one keeper, and another session's handle.
struct Sessions {
    _folder: tempfile::TempDir,
    mine: Keeper,
    answers: Receiver<Message>,
    theirs: Vault,
    /// What both were opened with.
    key: RawKey,
    state: State,
    start: Instant,
    /// How many conflicts were met.
    conflicts: usize,
}

impl Sessions {
    /// Both look at a secret of one version.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (path, key) = (folder.path().join("vault.db"), RawKey::generate().unwrap());
        let actor = |user: &str| Actor { user: user.into(), host: "bastion".into(), ..Actor::default() };
        let environment = || UnlockKey::Environment(key.duplicate());
        let mut vault = Vault::create(&path, NewVault { keys: vec![environment()], cost: None }, actor("ops")).unwrap();
        vault.set(&at(HERE), Some(value("one")), MetadataChange::default(), "", Expected::Absent).unwrap();
        vault.lock().unwrap();
        let theirs = LockedVault::open(&path).unwrap().unlock(&environment(), actor("ana"));
        let theirs = theirs.unwrap_or_else(|refused| panic!("{}", refused.1));
        let start = Instant::now();
        let now = Now { instant: start, time: Timestamp::now() };
        let state = State::new(StateOptions::new("vault.db", "ops@bastion", (80, 24), now));
        let (sender, answers) = channel();
        let key_file = folder.path().join("vault.key");
        let place = Place {
            vault: path,
            key_files: Default::default(),
            key_file,
            pins: None,
            anchors: Anchors::default(),
            actor: actor("ops"),
            clock: Timestamp::now,
        };
        let mine = Keeper::new(place, Mailbox::new(sender));
        let kept = key.duplicate();
        let mut sessions = Self { _folder: folder, mine, answers, theirs, key: kept, state, start, conflicts: 0 };
        sessions.mine.start(Box::new(move |_| Ok(Some(UnlockKey::Environment(key).into()))));
        sessions.take_answers();
        assert!(!sessions.state.is_locked());
        sessions
    }

    /// One event and all that comes of it.
    fn event(&mut self, event: Event) {
        let now = Now { instant: self.start, time: Timestamp::now() };
        let mut effects = VecDeque::from(update(&mut self.state, event, now));
        while let Some(effect) = effects.pop_front() {
            if let Effect::Vault(request) = effect {
                self.mine.serve(request);
                self.take_answers();
            }
        }
        self.state.mark_drawn();
    }

    /// All that the keeper has to say, and all that comes of it.
    fn take_answers(&mut self) {
        while let Some(event) = self.answers.try_recv().ok().and_then(Message::into_event) {
            self.conflicts += usize::from(matches!(event, Event::Vault(Answer::Theirs(..))));
            assert!(self.conflicts < 9, "the conflict comes round and round");
            self.event(event);
        }
    }

    fn keys(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            let code = match key {
                "Enter" => KeyCode::Enter,
                "Esc" => KeyCode::Esc,
                "Tab" => KeyCode::Tab,
                "S-Tab" => KeyCode::BackTab,
                "Up" => KeyCode::Up,
                "Down" => KeyCode::Down,
                "Right" => KeyCode::Right,
                other => KeyCode::Char(other.chars().next().unwrap()),
            };
            self.event(Event::Key(KeyEvent::from(code)));
        }
    }

    fn type_text(&mut self, text: &str) {
        for character in text.chars() {
            self.event(Event::Key(KeyEvent::from(KeyCode::Char(character))));
        }
    }

    /// The session looks for what others wrote, as it does twice a second.
    fn look(&mut self) {
        self.mine.look();
        self.take_answers();
    }

    fn text(&self) -> String {
        let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| view::draw(&self.state, &crate::tui::theme::Theme::default(), frame)).unwrap();
        terminal.backend().to_string()
    }

    /// The other session does something.
    fn other(&mut self, act: Other) {
        let vault = &mut self.theirs;
        match act {
            Other::Move => drop(vault.move_secret(&at(HERE), &at(THERE), "").unwrap()),
            Other::Rotate(place) => drop(vault.rotate(&at(place), value("theirs"), "Leaked", Expected::Any).unwrap()),
            Other::Delete(place) => drop(vault.delete(&at(place), "").unwrap()),
            Other::Restore(place) => drop(vault.restore(&at(place), None, "").unwrap()),
            Other::Describe(text) => drop(vault.edit(&at(HERE), described(text), "").unwrap()),
            Other::Purge(place) => drop(vault.purge(&at(place), crate::vault::Doomed::Single, "").unwrap()),
            Other::Create => drop(
                vault.set(&at(HERE), Some(value("other")), MetadataChange::default(), "", Expected::Absent).unwrap(),
            ),
        }
    }

    fn description(&mut self) -> String {
        self.theirs.find(&at(HERE)).unwrap().metadata.description
    }

    /// What the address holds, and how many versions there are.
    fn found(&mut self, place: &str) -> Option<(String, u64)> {
        let secret = self.theirs.find(&at(place)).ok()?;
        let fields = self.theirs.release(secret.id, None, Release::Reveal, "", true).unwrap();
        Some((fields.get(VALUE)?.expose_str()?.to_owned(), secret.version))
    }
}

#[derive(Debug, Clone, Copy)]
enum Other {
    Move,
    Rotate(&'static str),
    Delete(&'static str),
    Restore(&'static str),
    Describe(&'static str),
    Purge(&'static str),
    Create,
}

/// What the other session does while somebody types, and what keeping mine comes to.
const MEANWHILE: [(&[Other], &str, u64); 9] = [
    (&[Other::Rotate(HERE)], HERE, 3),
    (&[Other::Move], THERE, 2),
    (&[Other::Move, Other::Rotate(THERE)], THERE, 3),
    (&[Other::Rotate(HERE), Other::Move], THERE, 3),
    (&[Other::Delete(HERE)], HERE, 2),
    (&[Other::Move, Other::Delete(THERE)], THERE, 2),
    (&[Other::Purge(HERE)], HERE, 1),
    (&[Other::Delete(HERE), Other::Create], HERE, 2),
    (&[Other::Purge(HERE), Other::Create], HERE, 2),
];

/// The dialogs that write, and the keys that save from where the typing ends.
const WRITERS: [(&str, &str); 2] = [("e", "Enter"), ("r Right Right Tab", "Enter")];

/// A value is typed into a dialog while the other session acts.
fn overtaken(open: &str, acts: &[Other]) -> Sessions {
    let mut sessions = Sessions::start();
    sessions.keys(open);
    sessions.type_text("mine");
    acts.iter().for_each(|act| sessions.other(*act));
    sessions
}

#[test]
fn mine_is_kept_wherever_the_secret_has_gone() {
    for (open, save) in WRITERS {
        for (acts, place, version) in MEANWHILE {
            let mut sessions = overtaken(open, acts);
            sessions.keys(save);
            assert!(sessions.text().contains("keep mine"), "{acts:?}: {}", sessions.text());
            sessions.keys("Down Enter");
            assert!(sessions.state.dialog.is_none(), "{open} {acts:?}: {}", sessions.text());
            assert_eq!(sessions.found(place), Some(("mine".to_owned(), version)), "{open} {acts:?}");
            assert_eq!(sessions.conflicts, 1, "{open} {acts:?}");
        }
    }
}

#[test]
fn theirs_is_kept_and_looked_at_without_a_write() {
    for (open, save) in WRITERS {
        for (acts, place, _) in MEANWHILE {
            let mut sessions = overtaken(open, acts);
            let before = sessions.found(place);
            // Look at both, go back to the choice, to the form, save again, and give in.
            sessions.keys(save);
            sessions.keys("Enter Esc Esc");
            sessions.keys(save);
            sessions.keys("Up Enter");
            assert!(sessions.state.dialog.is_none(), "{open} {acts:?}: {}", sessions.text());
            assert_eq!(sessions.found(place), before, "{open} {acts:?}");
            assert!(!sessions.text().contains("mine"), "{open} {acts:?}");
        }
    }
}

#[test]
fn a_third_write_between_the_choice_and_the_disk_asks_again_and_ends() {
    let mut sessions = overtaken("e", &[Other::Move, Other::Rotate(THERE)]);
    sessions.keys("Enter");
    sessions.other(Other::Rotate(THERE));
    sessions.keys("Down Enter");
    assert!(sessions.text().contains("wrote version 3"), "{}", sessions.text());
    sessions.keys("Down Enter");
    assert_eq!(sessions.found(THERE), Some(("mine".to_owned(), 4)));
}

#[test]
fn metadata_alone_never_lands_on_another_secret_of_the_name() {
    let mut sessions = Sessions::start();
    sessions.keys("e Tab Tab");
    sessions.type_text("for the old one");
    sessions.other(Other::Delete(HERE));
    sessions.other(Other::Create);
    sessions.keys("Enter");
    assert!(sessions.text().contains("Another secret has its name"), "{}", sessions.text());
    assert_eq!(sessions.theirs.find(&at(HERE)).unwrap().metadata.description, "");
    sessions.keys("Up Enter");
    assert_eq!(sessions.theirs.find(&at(HERE)).unwrap().metadata.description, "");
}

#[test]
fn what_another_session_takes_away_is_told_in_the_form_and_nothing_typed_is_lost() {
    for act in [Other::Delete(HERE), Other::Purge(HERE)] {
        for (open, save) in WRITERS {
            let mut sessions = overtaken(open, &[act]);
            sessions.look();
            assert!(sessions.text().contains("Another session deleted this secret"), "{act:?}: {}", sessions.text());
            sessions.keys(save);
            sessions.keys("Down Enter");
            assert_eq!(sessions.found(HERE).unwrap().0, "mine", "{act:?}");
        }
    }
}

#[test]
fn the_current_value_again_makes_a_version_only_after_a_second_yes() {
    let mut sessions = Sessions::start();
    sessions.keys("r Right Right Tab");
    sessions.type_text("one");
    sessions.keys("Enter");
    assert!(sessions.text().contains("current value again"), "{}", sessions.text());
    assert_eq!(sessions.found(HERE), Some(("one".to_owned(), 1)));
    sessions.keys("Enter");
    assert_eq!(sessions.found(HERE), Some(("one".to_owned(), 2)));
    // In the form it is said on the way, and no version is made.
    sessions.keys("e");
    sessions.type_text("one");
    sessions.keys("Tab");
    assert!(sessions.text().contains("same as the current value"), "{}", sessions.text());
    sessions.keys("S-Tab Enter");
    assert_eq!(sessions.found(HERE), Some(("one".to_owned(), 2)));
    // Theirs may be the same as mine.
    sessions.keys("r Right Right Tab");
    sessions.type_text("theirs");
    sessions.other(Other::Rotate(HERE));
    sessions.keys("Enter Down Enter");
    assert!(sessions.text().contains("current value again"), "{}", sessions.text());
    assert_eq!(sessions.found(HERE), Some(("theirs".to_owned(), 3)));
}

/// A description is typed while the other session acts.
fn describing(acts: &[Other]) -> Sessions {
    let mut sessions = Sessions::start();
    sessions.keys("e Tab Tab");
    sessions.type_text("mine");
    acts.iter().for_each(|act| sessions.other(*act));
    sessions
}

#[test]
fn a_description_is_never_written_over_another_unasked() {
    let mut sessions = describing(&[Other::Describe("theirs")]);
    sessions.keys("Enter");
    let text = sessions.text();
    assert!(text.contains("Another session made this: theirs. Save again to write"), "{text}");
    assert_eq!(sessions.description(), "theirs");
    sessions.keys("Enter");
    assert!(sessions.state.dialog.is_none(), "{}", sessions.text());
    assert_eq!(sessions.description(), "mine");
    // It is told while the form is open; and what was answered does not count for a third one.
    let mut sessions = describing(&[Other::Describe("theirs")]);
    sessions.look();
    let text = sessions.text();
    assert!(text.contains("Another session changed the description.") && text.contains("made this: theirs"), "{text}");
    sessions.keys("Enter");
    assert_eq!(sessions.description(), "theirs");
    sessions.other(Other::Describe("third"));
    sessions.keys("Enter");
    assert!(sessions.text().contains("made this: third. Save again"), "{}", sessions.text());
    assert_eq!(sessions.description(), "third");
    sessions.keys("Enter");
    assert_eq!((sessions.description(), sessions.conflicts), ("mine".to_owned(), 0));
    // The same text is no conflict, and what is left alone follows theirs.
    let mut sessions = describing(&[Other::Describe("mine")]);
    sessions.keys("Enter");
    assert!(sessions.state.dialog.is_none(), "{}", sessions.text());
    let mut sessions = overtaken("e", &[Other::Describe("theirs")]);
    sessions.look();
    assert!(sessions.text().contains("Description   theirs"), "{}", sessions.text());
    sessions.keys("Enter");
    assert_eq!((sessions.found(HERE), sessions.description()), (Some(("mine".to_owned(), 2)), "theirs".to_owned()));
}

#[test]
fn different_details_merge_and_a_version_asks_before_its_details() {
    let mut sessions = describing(&[]);
    let tags = MetadataChange { tags: Some(vec!["db".to_owned()]), ..MetadataChange::default() };
    sessions.theirs.edit(&at(HERE), tags, "").unwrap();
    sessions.keys("Enter");
    let metadata = sessions.theirs.find(&at(HERE)).unwrap().metadata;
    assert_eq!((metadata.description.as_str(), metadata.tags), ("mine", vec!["db".to_owned()]));
    let mut sessions = overtaken("e", &[Other::Rotate(HERE), Other::Describe("theirs")]);
    sessions.keys("Tab Tab");
    sessions.type_text("my words");
    sessions.keys("Enter Down Enter");
    assert!(sessions.text().contains("made this: theirs"), "{}", sessions.text());
    sessions.keys("Enter");
    assert_eq!((sessions.found(HERE), sessions.description()), (Some(("mine".to_owned(), 3)), "my words".to_owned()));
}

#[test]
fn a_deleted_secret_is_brought_back_with_mine_or_not_at_all() {
    for (open, save) in WRITERS {
        let gone = || {
            let mut sessions = overtaken(open, &[Other::Rotate(HERE)]);
            sessions.keys(save);
            sessions.other(Other::Rotate(HERE));
            sessions.other(Other::Delete(HERE));
            sessions.keys("Down Enter");
            let text = sessions.text();
            assert!(text.contains("You began with version 1.") && text.contains("writes version 4"), "{text}");
            assert_eq!(sessions.found(HERE), None);
            sessions
        };
        let mut sessions = gone();
        sessions.keys("Up Enter");
        assert!(sessions.state.dialog.is_none(), "{}", sessions.text());
        assert_eq!(sessions.found(HERE), None, "theirs was kept");
        // Deleted again, at another version: nothing is restored until that is known.
        let mut sessions = gone();
        for act in [Other::Restore(HERE), Other::Rotate(HERE), Other::Delete(HERE)] {
            sessions.other(act);
        }
        sessions.keys("Down Enter");
        assert!(sessions.text().contains("writes version 5"), "{}", sessions.text());
        assert_eq!(sessions.found(HERE), None);
        sessions.keys("Down Enter");
        assert_eq!(sessions.found(HERE), Some(("mine".to_owned(), 5)));
        // Both are undone, one after the other.
        let mut sessions = gone();
        sessions.keys("Down Enter");
        assert!(sessions.text().contains("is back; version 4"), "{}", sessions.text());
        assert_eq!(sessions.found(HERE), Some(("mine".to_owned(), 4)));
        sessions.keys("u");
        assert_eq!(sessions.found(HERE), Some(("theirs".to_owned(), 5)));
        sessions.keys("u");
        assert_eq!(sessions.found(HERE), None, "{}", sessions.text());
    }
    // Restored meanwhile by somebody else: that is another conflict, and no dead end.
    let mut sessions = overtaken("e", &[Other::Delete(HERE)]);
    sessions.keys("Enter");
    sessions.other(Other::Restore(HERE));
    sessions.keys("Down Enter");
    assert!(sessions.text().contains("changed it back"), "{}", sessions.text());
    sessions.keys("Down Enter");
    assert_eq!(sessions.found(HERE), Some(("mine".to_owned(), 2)));
    // A description that was changed before the secret was deleted.
    let mut sessions = describing(&[Other::Describe("theirs"), Other::Delete(HERE)]);
    sessions.keys("Enter Down Enter");
    assert!(sessions.text().contains("made this: theirs"), "{}", sessions.text());
    assert_eq!(sessions.found(HERE), None);
    sessions.keys("Enter");
    assert_eq!((sessions.found(HERE), sessions.description()), (Some(("one".to_owned(), 1)), "mine".to_owned()));
}

#[test]
fn a_secret_that_comes_back_is_told_as_gone_no_longer() {
    for (open, save) in WRITERS {
        let mut sessions = overtaken(open, &[Other::Delete(HERE)]);
        sessions.look();
        assert!(sessions.text().contains("Another session deleted"), "{}", sessions.text());
        sessions.other(Other::Restore(HERE));
        sessions.look();
        assert!(!sessions.text().contains("Another session"), "{}", sessions.text());
        sessions.keys(save);
        assert_eq!((sessions.found(HERE), sessions.conflicts), (Some(("mine".to_owned(), 2)), 0));
    }
    let mut sessions = overtaken("e", &[Other::Delete(HERE)]);
    sessions.look();
    sessions.other(Other::Restore(HERE));
    sessions.other(Other::Rotate(HERE));
    sessions.look();
    assert!(sessions.text().contains("wrote version 2"), "{}", sessions.text());
}

/// The other session replaces the master key: the screen locks, drops what is typed, and
/// opens again with a key that the vault has now.
#[test]
fn a_screen_whose_master_key_was_replaced_locks_and_opens_again() {
    for save in [false, true] {
        let mut sessions = Sessions::start();
        let key = RawKey::generate().unwrap();
        sessions.keys("e");
        sessions.type_text("mine");
        let opened_by = || UnlockKey::Environment(sessions.key.duplicate());
        let presented = sessions.theirs.present(vec![opened_by()]).unwrap();
        let recovery = UnlockKey::Recovery(key.duplicate());
        sessions.theirs.replace_master_key(&presented, &[recovery], None, "").unwrap();
        if save {
            sessions.keys("Enter")
        } else {
            sessions.look()
        }
        assert!(sessions.state.is_locked());
        let text = sessions.text();
        assert!(text.contains("another session replaced the master key"), "{text}");
        sessions.event(Event::Key(KeyEvent::from(KeyCode::Esc)));
        sessions.mine.serve(Request::Unlock(UnlockKey::Recovery(key)));
        sessions.take_answers();
        assert!(!sessions.state.is_locked());
        assert_eq!(sessions.found(HERE), Some(("one".to_owned(), 1)));
    }
}
