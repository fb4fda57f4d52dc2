//! What somebody could have seen, found out by the thread, and again after what this and
//! another session write.

use crate::tui::effect::Request;
use crate::vault::incident::{Choice, Incident};

use super::*;

fn people(names: &[&str]) -> Choice {
    Choice { people: names.iter().map(ToString::to_string).collect(), ..Choice::default() }
}

/// The next that is told about an incident.
fn told(bench: &Bench) -> Result<(Box<Incident>, bool)> {
    loop {
        match bench.any() {
            Answer::Incident(incident, takes_us) => return Ok((incident, takes_us)),
            Answer::IncidentFailed(error) => return Err(error),
            _ => {}
        }
    }
}

/// What is told once so many are still to do.
fn told_open(bench: &Bench, open: usize) -> Box<Incident> {
    loop {
        let (incident, _) = told(bench).unwrap();
        if incident.open() == open {
            return incident;
        }
    }
}

#[test]
fn the_checklist_follows_what_this_and_another_session_write_until_it_is_ended() {
    let (bench, key) = Bench::unlocked();
    let id = bench.create("prod/KEY", "one");
    let path = bench.folder.path().join("store/vault.db");
    let alice = Actor { user: "alice".into(), host: "laptop".into(), ..Actor::default() };
    let opened = LockedVault::open(&path).unwrap().unlock(&UnlockKey::Environment(key.duplicate()), alice);
    let mut other = opened.unwrap_or_else(|refused| panic!("{}", refused.1));
    bench.ask(Request::Incident(Box::new(people(&["alice"]))));
    let (incident, takes_us) = told(&bench).unwrap();
    assert!(incident.secrets.is_empty() && !takes_us, "she has not seen anything");
    assert_eq!(incident.unknown, ["Nobody called alice is in the log: it has ops@bastion."]);

    // She looks: no secret changes by it, and it is told all the same.
    other.release(id, None, crate::vault::Release::Reveal, "", false).unwrap();
    let incident = told_open(&bench, 1);
    assert_eq!((incident.secrets[0].id, incident.secrets[0].versions()), (id, vec![1]));
    assert!(incident.unknown.is_empty());

    // A new value of ours makes it done; hers opens it again.
    bench.ask(set("prod/KEY", "two"));
    assert_eq!(told_open(&bench, 0).secrets.len(), 1);
    let at = Address::parse("prod/KEY", &ScopePath::root()).unwrap();
    other.rotate(&at, Fields::value(SecretText::copied_from(b"three")), "", Expected::Any).unwrap();
    told_open(&bench, 1);

    // The one who acts here is told so; of the choice before nothing comes any more.
    bench.ask(Request::Incident(Box::new(people(&["ops@bastion"]))));
    let (mut incident, mut takes_us) = told(&bench).unwrap();
    while incident.choice.people == ["alice"] {
        (incident, takes_us) = told(&bench).unwrap();
    }
    assert!(takes_us && incident.choice.people == ["ops@bastion"]);

    bench.ask(Request::EndIncident);
    bench.ask(set("prod/KEY", "four"));
    bench.ask(Request::Detail(id));
    loop {
        match bench.any() {
            Answer::Detail { .. } => break,
            Answer::Incident(incident, _) => assert!(incident.secrets[0].since.len() < 4, "it goes on"),
            _ => {}
        }
    }
    // Quiet for longer than a look takes: nothing is told.
    let until = std::time::Instant::now() + 2 * LOOK_EVERY;
    while let Some(left) = until.checked_duration_since(std::time::Instant::now()) {
        if let Some(Event::Vault(answer)) = bench.messages.recv_timeout(left).ok().and_then(Message::into_event) {
            assert!(!matches!(answer, Answer::Incident(..) | Answer::IncidentFailed(_)), "it goes on");
        }
    }
}

#[test]
fn a_choice_of_nobody_and_a_broken_log_are_told_as_failures() {
    let (bench, _) = Bench::unlocked();
    bench.create("prod/KEY", "one");
    bench.ask(Request::Incident(Box::default()));
    assert_eq!(told(&bench).unwrap_err().kind(), Kind::Usage);

    let path = bench.folder.path().join("store/vault.db");
    let file = rusqlite::Connection::open(&path).unwrap();
    file.execute("UPDATE audit SET body = zeroblob(length(body)) WHERE seq = 2", []).unwrap();
    drop(file);
    bench.ask(Request::Incident(Box::new(people(&["alice"]))));
    assert_eq!(told(&bench).unwrap_err().kind(), Kind::Damaged);
}

#[test]
fn a_report_goes_into_a_new_file_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let (bench, _) = Bench::unlocked();
    let path = bench.folder.path().join("alice.md");
    let write = || {
        let (text, path) = ("# Incident\n".to_owned(), path.display().to_string());
        bench.ask(Request::WriteReport { text, path, in_work_tree: false });
    };
    write();
    let Answer::WroteReport(to) = bench.next() else { panic!("not written") };
    assert_eq!(to, path.display().to_string());
    assert_eq!(std::fs::read(&path).unwrap(), b"# Incident\n");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    write();
    assert_eq!(bench.failed().kind(), Kind::Conflict, "never over a file that is there");
}
