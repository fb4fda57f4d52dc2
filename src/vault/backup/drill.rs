//! The restore drill.
