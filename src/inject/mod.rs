//! Secrets into texts and programs. `cli` calls these rooms with a vault that is open;
//! every value comes from [`crate::vault::Vault::release_all`], so all of them are recorded
//! before one is given.
