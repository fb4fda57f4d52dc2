//! The two recipes for the password of a PostgreSQL role, step by step.

use strongroom::rotation::step::How;
use strongroom::vault::rotation::StepKind::{Apply, Verify};

use super::postgresql::{ADMIN, Server};
use super::ready::{Bench, text, value};

const ROLE: &str = "app";
const OLD: &str = "0ld-password";

fn server() -> Server {
    let server = Server::start();
    server.create_role(ROLE, OLD);
    server
}

fn own(server: &Server, role: &str) -> Bench {
    let port = server.port().to_string();
    Bench::new("postgresql", &[("role", role), ("database", "postgres"), ("host", "127.0.0.1"), ("port", &port)])
}

#[test]
fn a_role_changes_its_own_password_and_changes_it_back() {
    let server = server();
    let bench = own(&server, ROLE);
    let (old, new) = (value(OLD), bench.make(None));
    assert!(bench.verifies(&old) && !bench.verifies(&new));

    let end = bench.step(Apply, Some(&new), Some(&old));
    assert_eq!(end.how, How::Exited(0), "{}", end.shown);
    assert!(bench.verifies(&new) && !bench.verifies(&old));
    assert!(server.accepts(ROLE, &text(&new, "value")) && !server.accepts(ROLE, OLD));

    // Once more, by somebody who does not know that it is done.
    let end = bench.step(Apply, Some(&new), Some(&old));
    assert_eq!(end.how, How::Exited(2), "{}", end.shown);
    assert!(end.shown.contains("password authentication failed"), "{}", end.shown);

    let end = bench.step(Apply, Some(&old), Some(&new));
    assert_eq!(end.how, How::Exited(0), "{}", end.shown);
    assert!(bench.verifies(&old) && !bench.verifies(&new));

    let log = server.log();
    assert!(log.contains("SCRAM-SHA-256$"), "the server was sent something else");
    assert!(!log.contains(&text(&new, "value")), "the log has a password");
}

#[test]
fn passwords_of_any_kind_of_character_go_through() {
    let server = server();
    let bench = own(&server, ROLE);
    let mut login = value(OLD);
    for password in ["it's $HOME `x` \"q\" \\ %s", "ä€😀秘", " blanks ", "\\password", "-", &"x".repeat(900)] {
        let new = value(password);
        let end = bench.step(Apply, Some(&new), Some(&login));
        assert_eq!(end.how, How::Exited(0), "{password}: {}", end.shown);
        assert!(bench.verifies(&new), "{password}");
        login = new;
    }
}

/// What psql would obey, were it not read as the answer to what it asks.
#[test]
fn a_password_that_is_a_command_is_a_password_or_is_refused_before_anything_is_started() {
    let server = server();
    server.create_role("other", OLD);
    let folder = tempfile::tempdir().unwrap();
    let canary = folder.path().join("ran");
    let touch = format!("touch {}", canary.display());
    let bench = own(&server, ROLE);
    let mut login = value(OLD);
    for attack in [
        "x'; DROP ROLE other; --".to_owned(),
        "x\"; DROP ROLE other; --".to_owned(),
        format!("\\! {touch}"),
        format!("'; \\! {touch} ; \\q"),
        format!("$({touch})`{touch}`"),
        "x' VALID UNTIL '2000-01-01".to_owned(),
    ] {
        let new = value(&attack);
        let end = bench.step(Apply, Some(&new), Some(&login));
        assert_eq!(end.how, How::Exited(0), "{attack}: {}", end.shown);
        assert!(server.accepts(ROLE, &attack) && server.accepts("other", OLD), "{attack}");
        login = new;
    }
    let port = server.port().to_string();
    let with = [("role", ROLE), ("database", "postgres"), ("admin", ADMIN.0), ("admin-secret", "prod/ADMIN")];
    let admin = Bench::new("postgresql-admin", &[&with[..], &[("host", "127.0.0.1"), ("port", &port)]].concat());
    admin.vault.set("prod/ADMIN", ADMIN.1);
    for more in ["\n", "\r", "\r\n", "\0"] {
        for attack in
            [format!("x{more}\\! {touch}"), format!("x{more}x{more}DROP ROLE other;{more}"), format!("x{more}")]
        {
            let odd = value(&attack);
            for bench in [&bench, &admin] {
                let why = bench.refuses(Apply, Some(&odd), Some(&login));
                assert!(why.contains("{{value}} cannot be written with line: it has a"), "{why}");
                assert!(bench.refuses(Verify, Some(&odd), None).contains("{{value}}"));
            }
            assert!(bench.refuses(Apply, Some(&login), Some(&odd)).contains("{{login}}"));
        }
    }
    // The administrator's as well.
    admin.vault.run(&["rotate", "prod/ADMIN", "--stdin", "--raw", "--reason", "test"], b"two\nlines");
    assert!(admin.refuses(Apply, Some(&login), None).contains("line"));
    assert!(bench.verifies(&login) && server.accepts("other", OLD) && !canary.exists());
}

#[test]
fn odd_names_are_names() {
    let server = Server::start();
    for role in ["A b", "it's", "-c"] {
        server.create_role(role, OLD);
        let bench = own(&server, role);
        let (old, new) = (value(OLD), value("another"));
        assert_eq!(bench.step(Apply, Some(&new), Some(&old)).how, How::Exited(0), "{role}");
        assert!(server.accepts(role, "another"), "{role}");
    }
}

#[test]
fn a_server_that_is_gone_is_no_refused_password() {
    let server = server();
    let bench = own(&server, ROLE);
    drop(server);
    let end = bench.step(Verify, Some(&value(OLD)), None);
    assert_eq!(end.how, How::Exited(2));
    assert!(end.shown.contains("Connection refused"), "{}", end.shown);
}

#[test]
fn an_administrator_changes_the_password_of_a_role() {
    let server = server();
    let port = server.port().to_string();
    let with = [("role", ROLE), ("database", "postgres"), ("admin", ADMIN.0), ("admin-secret", "prod/ADMIN")];
    let bench = Bench::new("postgresql-admin", &[&with[..], &[("host", "127.0.0.1"), ("port", &port)]].concat());
    bench.vault.set("prod/ADMIN", ADMIN.1);
    let (old, new) = (value(OLD), bench.make(None));
    let end = bench.step(Apply, Some(&new), Some(&old));
    assert_eq!(end.how, How::Exited(0), "{}", end.shown);
    assert!(bench.verifies(&new) && !bench.verifies(&old));
    let end = bench.step(Apply, Some(&old), None);
    assert_eq!(end.how, How::Exited(0), "{}", end.shown);
    assert!(bench.verifies(&old) && !bench.verifies(&new));
    let log = server.log();
    assert!(!log.contains(&text(&new, "value")), "the log has the new password");

    bench.vault.run(&["rotate", "prod/ADMIN", "--stdin", "--raw", "--reason", "test"], b"not the password");
    let end = bench.step(Apply, Some(&new), None);
    assert_eq!(end.how, How::Exited(2));
    assert!(end.shown.contains("password authentication failed") && !end.shown.contains("not the password"));
}
