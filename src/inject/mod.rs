//! Secrets into texts and programs. `cli` calls these rooms with a vault that is open;
//! every value comes from [`crate::vault::Vault::release_all`], so all of them are recorded
//! before one is given.
//!
//! A text goes this way: [`template`] finds the references in its bytes, [`lookup`] looks
//! every one of them up and tells all that stands in the way, [`fill`] releases the values
//! and puts them in, [`private_file`] writes the outcome where nobody else can read it.
//!
//! The values themselves may name other secrets: [`dependents`] tells which is built from which.
//!
//! A program goes this way: [`program`] finds it, [`env_file`] reads what files say,
//! [`environment`] settles which variable comes from where, the values are opened as for a
//! text; then it takes our place, or [`child`] runs it beside us while [`mask`] looks over
//! what it writes, in a [`session`] of its own where that goes to a terminal.

pub mod dependents;
pub mod fill;
pub mod filters;
pub mod lookup;
pub mod private_file;
pub mod problem;
pub mod reference;
pub mod survey;
pub mod template;

pub mod child;
pub mod env_file;
pub mod environment;
pub mod mask;
pub mod program;
mod pty;
pub(crate) mod refused_names;
mod relay;
pub mod session;
mod signals;
mod terminal;
