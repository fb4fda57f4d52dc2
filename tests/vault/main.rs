//! The vault on a real file, without a screen: what it does, against a model, under
//! attack, and when it is killed.

mod audit_chain;
// A minute of work: run by .ci/run.
#[cfg(feature = "desktop-tests")]
mod backup;
mod bulk;
mod compare;
mod crash;
mod deleted;
mod differential;
mod duplicates;
mod filling;
mod hostile;
mod incident;
mod keys;
mod mentions;
mod moved;
mod one_time_codes;
mod place;
mod properties;
mod release;
mod replaced;
mod staging;
mod tamper;
mod usage;
mod value_age;
mod vectors;
mod walk;
