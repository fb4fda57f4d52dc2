//! strongroom: a terminal vault for operators. This page is the map of the house.
//!
//! # Rooms
//! | room | idea |
//! |---|---|
//! | [`error`] | what went wrong, by what the operator can do about it |
//! | [`guarded`] | memory for keys: in no dump, no swap, nobody else's map; all the `unsafe` there is |
//! | [`secret_text`] | bytes that are wiped and that nothing prints |
//! | [`printable`] | text that cannot deceive the eye |
//! | [`config`] | settings: file < environment < flag |
//! | [`crypto`] | bytes in, bytes out: sealing, key slots, derived keys |
//! | [`store`] | the SQLite file: the only SQL; knows no keys |
//! | [`vault`] | the domain: the only place where sealed bytes become plaintext |
//! | [`session`] | who acts, where the key comes from, what was seen last, what the process may leak |
//! | [`clipboard`] | a copy with a lease: the thread that gives it, the ways to a clipboard, the processes that clear it when we are gone |
//! | [`inject`] | secrets into texts and programs |
//! | [`rotation`] | recipes: the programs that change a live credential, and the running of one |
//! | [`cli`] | one file a command |
//! | `fuzzing` | what a fuzzer is let at; compiled for tests and `cargo fuzz` alone |
//! | [`tui`] | the screen: threads, loop, state, update, view |
//!
//! # Who may import whom
//! ```text
//! main → cli → tui → rotation → inject, clipboard → session, config → vault ┬→ store
//!                                                                           └→ crypto
//! anything may use error, guarded, secret_text, printable.     store ✗ crypto    vault ✗ front ends
//! inside tui: view and every draw → state, theme, layout, text   read &State only
//!             update              → state, action, effect, layout  no crossterm, no vault calls
//!             runtime             → vault thread, clipboard, terminal  the only one that acts
//!             terminal, event, input, keymap → crossterm
//! ```
//! `main` may also call `session::process`, since hardening comes before everything.
//! `tests/house_rules.rs` reads the `use` lines and fails on any other arrow.
//!
//! # The journey of one key: `y` (copy)
//! 1. `tui::input`: the input thread makes it [`tui::event`]'s `Event::Key`.
//! 2. [`tui::keymap`]: the focused context makes it `Action::Copy`.
//! 3. [`tui::update`], pure, answers with an effect: a request to open one field.
//! 4. The runtime hands it to [`tui::vault_thread`] and returns at once; the thread's keeper serves it.
//! 5. [`vault`] opens the record and commits the audit record: no copy without its line.
//! 6. [`store`] runs prepared statements on sealed bytes.
//! 7. The answer is an event: the plaintext passes through `update` as a value that only
//!    moves, into the clipboard lease; it never stays in [`tui::state`].
//! 8. The clipboard's thread tries the ways to the operator's desk, answers with what can
//!    honestly be said, and the countdown is drawn. What it leased it takes away again.
//!
//! *Reveal* is the only road by which plaintext reaches the state, with a deadline.

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::todo))]

pub mod cli;
pub mod clipboard;
pub mod config;
pub mod crypto;
pub mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod guarded;
pub mod inject;
pub mod printable;
pub mod rotation;
pub mod secret_text;
pub mod session;
pub mod store;
pub mod tui;
pub mod vault;
