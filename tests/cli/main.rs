//! The command line from outside: the real binary, a vault in a folder of its own.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]
mod anchor;
mod audit;
mod backup;
mod changes;
mod checking;
mod completing;
mod contract;
mod copying;
mod dependents;
mod due;
mod findings;
mod generating;
mod halfway;
mod incident;
mod interrupted;
mod key_slots;
mod keys;
mod making;
mod one_time_codes;
mod prompts;
mod reading;
mod render;
mod rotating;
mod run;
mod scopes;
mod support;
mod timers;
mod tour;
mod unlocking;
mod usage;
