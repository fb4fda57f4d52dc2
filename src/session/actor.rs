//! The [`Actor`] of this process, as the kernel and the connection say it.
//!
//! Made once by `cli` and signed into every version and audit record. The user is who
//! logged in (`/proc/self/loginuid`, which the kernel keeps over `sudo` and `su`), or where
//! nobody did, the real user id; never `USER`, which anyone may set. `SUDO_UID` alone is
//! what a variable says: it is told beside the account, and takes nobody's place.

use std::net::IpAddr;
use std::os::fd::AsFd;

use uuid::Uuid;

use crate::vault::audit::Actor;

/// What `loginuid` holds of a process that no login led to: a service's, a container's.
const NOBODY_LOGGED_IN: u32 = u32::MAX;

/// Who runs this process.
#[must_use]
pub fn current() -> Actor {
    let accounts = std::fs::read("/etc/passwd").unwrap_or_default();
    let connection = std::env::var("SSH_CONNECTION").or_else(|_| std::env::var("SSH_CLIENT"));
    let login = std::fs::read_to_string("/proc/self/loginuid").unwrap_or_default();
    let sudo = std::env::var("SUDO_UID").unwrap_or_default();
    Actor {
        user: acting(&String::from_utf8_lossy(&accounts), rustix::process::getuid().as_raw(), &login, &sudo),
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        ip: client_address(&connection.unwrap_or_default()),
        tty: terminal_name(),
        run_id: Uuid::now_v7().to_string(),
    }
}

/// Who acts as the account `real`: `login` and `sudo` are the texts of `loginuid` and `SUDO_UID`.
fn acting(accounts: &str, real: u32, login: &str, sudo: &str) -> String {
    let number = |text: &str| text.trim().parse().ok().filter(|uid| *uid != NOBODY_LOGGED_IN);
    let account = user_name(accounts, real);
    match (number(login), number(sudo)) {
        (Some(login), _) => user_name(accounts, login),
        (None, Some(sudo)) if sudo != real => format!("{account}(sudo:{})", user_name(accounts, sudo)),
        (None, _) => account,
    }
}

/// The account of `uid` in the text of `/etc/passwd`; the number where it is not listed there.
fn user_name(accounts: &str, uid: u32) -> String {
    let number = uid.to_string();
    let listed = accounts.lines().find_map(|line| {
        let mut parts = line.split(':');
        let name = parts.next()?;
        (parts.nth(1)? == number).then(|| name.to_owned())
    });
    listed.filter(|name| !name.is_empty()).unwrap_or_else(|| format!("uid-{uid}"))
}

/// The client's address from `SSH_CONNECTION`; empty unless it is one.
fn client_address(connection: &str) -> String {
    let first = connection.split_whitespace().next().unwrap_or_default();
    // A link-local address carries its interface: fe80::1%eth0.
    let bare = first.split('%').next().unwrap_or_default();
    bare.parse::<IpAddr>().map(|address| address.to_string()).unwrap_or_default()
}

/// The terminal of standard input, or of standard error when the input is a pipe.
fn terminal_name() -> String {
    let name = |fd: std::os::fd::BorrowedFd<'_>| rustix::termios::ttyname(fd, Vec::new()).ok();
    name(std::io::stdin().as_fd())
        .or_else(|| name(std::io::stderr().as_fd()))
        .map(|name| name.to_string_lossy().trim_start_matches("/dev/").to_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_found_by_number() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\n# note\n\nops:x:1000:1000::/home/ops:/bin/sh\nbroken\n";
        assert_eq!(user_name(accounts, 1000), "ops");
        assert_eq!(user_name(accounts, 0), "root");
        assert_eq!(user_name(accounts, 7), "uid-7");
        assert_eq!(user_name("", 7), "uid-7");
    }

    #[test]
    fn who_logged_in_is_the_actor_whatever_account_they_use() {
        let accounts = "root:x:0:0::/:\nalice:x:1000:1000::/:\nbob:x:1001:1001::/:\nstrongroom:x:990:990::/:\n";
        let acting = |real, login, sudo| acting(accounts, real, login, sudo);
        assert_eq!(acting(1000, "1000", ""), "alice");
        // sudo -u strongroom: the kernel's word and sudo's agree.
        assert_eq!(acting(990, "1000\n", "1000"), "alice");
        // They do not: a variable is anybody's, and over two sudos it is the second one's.
        assert_eq!(acting(990, "1000", "1001"), "alice");
        assert_eq!(acting(990, "1000", "nonsense"), "alice");
        assert_eq!(acting(0, "1001", "0"), "bob");
        // No login is known: what sudo says is told, and the account stays.
        assert_eq!(acting(990, "4294967295", "1000"), "strongroom(sudo:alice)");
        assert_eq!(acting(990, "", "4242"), "strongroom(sudo:uid-4242)");
        for (login, sudo) in [("4294967295", ""), ("", ""), ("", "990"), ("", "4294967295"), ("x", "-1")] {
            assert_eq!(acting(990, login, sudo), "strongroom", "{login:?} {sudo:?}");
        }
    }

    #[test]
    fn only_an_address_counts_as_an_address() {
        assert_eq!(client_address("203.0.113.9 52114 10.0.0.4 22"), "203.0.113.9");
        assert_eq!(client_address("fe80::1%eth0 1 fe80::2%eth0 22"), "fe80::1");
        assert_eq!(client_address("drop\u{1b}table 1 2 3"), "");
        assert_eq!(client_address(""), "");
    }

    #[test]
    fn each_run_has_its_own_id() {
        let (first, second) = (current(), current());
        assert!(!first.user.is_empty() && !first.host.is_empty());
        assert_ne!(first.run_id, second.run_id);
    }
}
