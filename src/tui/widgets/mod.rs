//! Inputs and lines that several panes and dialogs share.

pub mod candidates;
pub mod editing;
pub mod hint_bar;
pub mod input_line;
pub mod notice;
pub mod secret_input;
pub mod text_input;
pub mod traps;
