//! strongroom: a terminal vault for operators.

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::todo))]

pub mod crypto;
pub mod error;
pub mod secret_text;
pub mod store;
pub mod vault;
