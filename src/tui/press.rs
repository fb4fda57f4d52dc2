//! [`Press`]: a key after the keymap has looked at it, free of terminal types.

use super::action::Action;

/// What a key press means in the context in focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// An action of the table.
    Action(Action),
    /// A character for the input in focus.
    Type(char),
    /// A movement or deletion in the input in focus.
    Edit(Edit),
}

/// Line editing, the same in every input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// One cluster left.
    Left,
    /// One cluster right.
    Right,
    /// One line up, in a multi-line input.
    Up,
    /// One line down, in a multi-line input.
    Down,
    /// One word left.
    WordLeft,
    /// One word right.
    WordRight,
    /// To the start of the line.
    Start,
    /// To the end of the line.
    End,
    /// Delete the cluster before the cursor.
    Backspace,
    /// Delete the cluster after the cursor.
    Delete,
    /// Delete the word before the cursor.
    DeleteWord,
    /// Delete from the start of the line to the cursor.
    DeleteToStart,
    /// Delete from the cursor to the end of the line.
    DeleteToEnd,
    /// A line break, in a multi-line input.
    NewLine,
}
