//! The vault on a real file, without a screen: what it does, against a model, under
//! attack, and when it is killed.

mod bulk;
mod compare;
mod crash;
mod place;
mod properties;
mod tamper;
mod vectors;
mod walk;
