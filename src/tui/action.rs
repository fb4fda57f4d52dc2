//! [`Action`] and [`ACTIONS`], the one table: everything a key can do.
//!
//! The keymap, the hint bar, the help dialog, the palette, the README's key
//! table and the user's overrides all come from here. A row's doc comment is
//! its help text. Called by everything in `tui` that speaks of keys.

mod context;

pub use context::Context;
use context::{COCKPIT, FIELDS, FILTER, INPUTS, LISTS, LONG_INPUTS, PANES, SCREENS, TYPED, TYPED_LISTS, WORDLESS};

/// What an action is about; a heading in the help dialog and the README.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// Reading and changing secrets.
    Secrets,
    /// Moving about.
    Movement,
    /// The application itself.
    Application,
    /// Changing a live credential, step by step.
    Cockpit,
    /// Inside dialogs and inputs.
    Dialogs,
}

impl Group {
    /// In the order they are shown.
    pub const ALL: &'static [Self] = &[Self::Secrets, Self::Movement, Self::Application, Self::Cockpit, Self::Dialogs];

    /// The heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Secrets => "Secrets",
            Self::Movement => "Moving about",
            Self::Application => "Application",
            Self::Cockpit => "In the cockpit of a rotation",
            Self::Dialogs => "In dialogs and inputs",
        }
    }
}

/// Keys that do an action in some contexts, separated by blanks.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Where.
    pub contexts: &'static [Context],
    /// Which, the first one being shown: `j Down`.
    pub keys: &'static str,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The action.
    pub action: Action,
    /// What it does, a sentence.
    pub help: &'static str,
    /// What the palette and the configuration call it.
    pub name: &'static str,
    /// The word in the hint bar, at most 10 cells.
    pub hint: &'static str,
    /// What it is about.
    pub group: Group,
    /// The higher, the longer it stays in the hint bar; 0 never shows.
    pub priority: u8,
    /// The equal command line, see [`super::command_line`]; `None` where no command does the same.
    pub command: Option<&'static str>,
    /// The keys as shipped.
    pub bindings: &'static [Binding],
}

macro_rules! actions {
    ($($(#[doc = $help:literal])+ $variant:ident = $name:literal, $hint:literal, $group:ident $priority:literal,
        $command:expr, [$($contexts:expr => $keys:literal),*];)*) => {
        /// Something a key can do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[doc = $help])+ $variant,)*
        }

        /// Every action, one row each, in the order of the help dialog.
        pub const ACTIONS: &[Row] = &[
            $(Row {
                action: Action::$variant,
                help: concat!($($help),+).trim_ascii(),
                name: $name,
                hint: $hint,
                group: Group::$group,
                priority: $priority,
                command: $command,
                bindings: &[$(Binding { contexts: $contexts, keys: $keys }),*],
            },)*
        ];
    };
}

actions! {
    /// Copy the value; it is cleared again later.
    Copy = "copy", "copy", Secrets 95, Some("strongroom copy {}"), [PANES => "y"];
    /// Copy the next: username, value, one-time code.
    CopyNext = "copy-next", "copy next", Secrets 44, None, [PANES => "Y"];
    /// Paste the value into another pane of this tmux.
    PastePane = "paste-pane", "to pane", Secrets 71, Some("strongroom copy {} --pane PANE"), [PANES => "P"];
    /// Show the value for a moment, or hide it.
    Reveal = "show", "show", Secrets 94, Some("strongroom reveal {}"), [PANES => "s"];
    /// Show it unseen, to be selected with the mouse.
    RevealBlind = "show-blind", "show blind", Secrets 0, Some("strongroom reveal {}"), [PANES => "S"];
    /// Give the secret a new value, with a reason.
    Rotate = "rotate", "rotate", Secrets 92, Some("strongroom rotate {}"), [PANES => "r"];
    /// Make an earlier version current again.
    RollBack = "roll-back", "roll back", Secrets 75, Some("strongroom rollback {} {version}"), [PANES => "R"];
    /// Compare two versions, without their values.
    Compare = "compare", "compare", Secrets 94, Some("strongroom diff {} {version} {current}"), [&[Context::History] => "d"];
    /// Mark the version to compare with, or unmark it.
    MarkVersion = "mark-version", "mark", Secrets 45, None, [&[Context::History] => "Space"];
    /// Write the field's value into a new file.
    WriteOut = "write-out", "write out", Secrets 22, Some("strongroom reveal {}"),
        [&[Context::Secrets, Context::Detail] => "w"];
    /// Add a secret.
    Add = "add", "add", Secrets 85, Some("strongroom set NAME"), [PANES => "a"];
    /// Edit the secret's fields and metadata.
    Edit = "edit", "edit", Secrets 84, Some("strongroom set {}"), [PANES => "e"];
    /// Delete the secret; it can be brought back.
    Delete = "delete", "delete", Secrets 70, Some("strongroom delete {}"),
        [&[Context::Secrets, Context::Detail] => "d"];
    /// Take the last thing back that was done here.
    Undo = "undo", "undo", Secrets 72, None, [PANES => "u"];
    /// Destroy it for good; asks for its name.
    Purge = "purge", "purge", Secrets 20, Some("strongroom purge {}"), [PANES => "D"];
    /// Show what was deleted, to bring it back.
    ShowDeleted = "deleted", "deleted", Secrets 12, Some("strongroom list --deleted"), [SCREENS => "U"];
    /// Mark the secret for what comes next, or unmark it.
    Mark = "mark", "mark", Secrets 45, None, [&[Context::Secrets] => "Space"];
    /// Begin a range of marks that follows, or end it.
    MarkRange = "mark-range", "range", Secrets 0, None, [&[Context::Secrets] => "v"];
    /// Mark all that is shown, or unmark it.
    MarkAll = "mark-all", "mark all", Secrets 0, None, [&[Context::Secrets] => "C-a"];
    /// Add tags and take others away.
    Tag = "tags", "tags", Secrets 42, None, [PANES => "t"];
    /// Say when the value stops being given out.
    Expire = "expiry", "expiry", Secrets 41, None, [PANES => "E"];
    /// Move to another scope or name, with the history.
    Move = "move", "move", Secrets 43, Some("strongroom move {} NEW_ADDRESS"), [PANES => "m"];
    /// Clear the clipboard now.
    ClearClipboard = "clear-clipboard", "clear now", Secrets 97, None, [SCREENS => "x", COCKPIT => "x"];
    /// Leave the clipboard as it is; nothing clears it.
    KeepClipboard = "keep-clipboard", "keep", Secrets 96, None, [SCREENS => "K", COCKPIT => "K"];
    /// Test whether copies arrive and are cleared.
    TestClipboard = "test-clipboard", "test", Secrets 0, None, [SCREENS => "T"];

    /// Filter the list as you type.
    Filter = "filter", "filter", Movement 90, Some("strongroom list {filter}"), [SCREENS => "/"];
    /// Jump to any secret; pinned and opened ones first.
    Jump = "jump", "jump", Movement 65, None, [SCREENS => "f"];
    /// Pin the secret, so that a jump offers it first.
    Pin = "pin", "pin", Movement 15, None, [PANES => "p"];
    /// One row up.
    Up = "up", "up", Movement 0, None,
        [SCREENS => "k Up", TYPED_LISTS => "Up C-p", FILTER => "C-p", LISTS => "k Up"];
    /// One row down.
    Down = "down", "down", Movement 0, None,
        [SCREENS => "j Down", TYPED_LISTS => "Down C-n", FILTER => "C-n", LISTS => "j Down"];
    /// Half a page up.
    HalfPageUp = "half-page-up", "half up", Movement 0, None, [SCREENS => "C-u"];
    /// Half a page down.
    HalfPageDown = "half-page-down", "half down", Movement 0, None, [SCREENS => "C-d"];
    /// One page up.
    PageUp = "page-up", "page up", Movement 0, None, [SCREENS => "PgUp C-b", TYPED_LISTS => "PgUp", FILTER => "PgUp", LISTS => "PgUp"];
    /// One page down.
    PageDown = "page-down", "page down", Movement 0, None, [SCREENS => "PgDn C-f", TYPED_LISTS => "PgDn", FILTER => "PgDn", LISTS => "PgDn"];
    /// To the first row.
    Top = "top", "top", Movement 0, None, [SCREENS => "g Home", LISTS => "Home"];
    /// To the last row.
    Bottom = "bottom", "bottom", Movement 0, None, [SCREENS => "G End", LISTS => "End"];
    /// Open it; unfold a scope; roll back to a version.
    Open = "open", "open", Movement 60, Some("strongroom get {}"),
        [&[Context::Secrets, Context::Detail] => "Enter l Right", &[Context::History, Context::Overview] => "Enter"];
    /// One step out, at last to the whole list.
    Back = "back", "back", Movement 50, None,
        [&[Context::Secrets] => "Esc", &[Context::Detail, Context::History] => "Esc h Left",
         &[Context::Overview] => "Esc q"];
    /// Fold the scope, or go to the one above.
    Fold = "fold", "fold", Movement 0, None, [&[Context::Secrets] => "h Left"];
    /// The list as a tree of scopes, or flat again.
    ToggleTree = "tree", "tree", Movement 45, None, [PANES => "`"];
    /// Fold every scope of the tree.
    FoldAll = "fold-all", "fold all", Movement 0, None, [PANES => "-"];
    /// Unfold every scope of the tree.
    UnfoldAll = "unfold-all", "unfold all", Movement 0, None, [PANES => "="];
    /// To the next pane.
    NextPane = "next-pane", "next pane", Movement 30, None, [SCREENS => "Tab"];
    /// To the pane before.
    PreviousPane = "previous-pane", "prev pane", Movement 0, None, [SCREENS => "S-Tab"];
    /// To the list of secrets.
    SecretsPane = "secrets-pane", "secrets", Movement 0, None, [PANES => "1"];
    /// To the secret's detail.
    DetailPane = "detail-pane", "detail", Movement 0, None, [PANES => "2"];
    /// To the secret's history.
    HistoryPane = "history-pane", "history", Movement 0, Some("strongroom history {}"), [PANES => "3"];
    /// Switch between versions and audit records.
    SwitchTab = "switch-tab", "audit", Movement 40, Some("strongroom audit --secret {}"), [PANES => "] ["];
    /// Give this pane all the room, or put it back.
    Zoom = "zoom", "zoom", Movement 10, None, [PANES => "z"];

    /// One week or block to the left, in the overview.
    CellLeft = "cell-left", "left", Movement 0, None, [&[Context::Overview] => "h Left"];
    /// One week or block to the right, in the overview.
    CellRight = "cell-right", "right", Movement 0, None, [&[Context::Overview] => "l Right"];

    /// Ages, due dates, health: the vault at a glance.
    Overview = "overview", "overview", Application 78, None, [SCREENS => "o"];
    /// Who could have seen what: a checklist and a report.
    Incident = "incident", "incident", Application 9, Some("strongroom incident --actor USER"), [SCREENS => "I"];
    /// Show all that the keys do here.
    Help = "help", "help", Application 100, Some("strongroom --help"),
        [SCREENS => "? F1", WORDLESS => "? F1", TYPED => "F1"];
    /// Find an action by its name.
    Palette = "palette", "command", Application 80, None, [SCREENS => ":"];
    /// Lock the vault and wipe the screen.
    Lock = "lock", "lock", Application 25, None, [Context::ALL => "C-l"];
    /// Lock and go to the shell; `fg` comes back.
    Suspend = "suspend", "suspend", Application 0, None, [Context::ALL => "C-z"];
    /// Draw every cell again.
    Repaint = "repaint", "repaint", Application 0, None, [Context::ALL => "F5"];
    /// Lock and leave.
    Quit = "quit", "quit", Application 35, None,
        [PANES => "q C-c C-q", &[Context::Unlock, Context::Overview] => "C-c C-q"];

    /// Rotate it once more.
    RotateAgain = "rotate-again", "rotate", Cockpit 88, Some("strongroom rotate {}"), [COCKPIT => "r"];
    /// Tell the far side the new value; try nothing yet.
    Apply = "apply", "apply", Cockpit 89, None, [COCKPIT => "a"];
    /// Tell the far side, then try whether it works.
    TryPending = "verify", "verify", Cockpit 90, None, [COCKPIT => "v"];
    /// Make it current; with a recipe it is tried first.
    Promote = "promote", "promote", Cockpit 88, Some("strongroom rotate {} --promote"), [COCKPIT => "p"];
    /// Find out what the far side has, and go on.
    GoOn = "resume", "go on", Cockpit 91, Some("strongroom rotate {} --resume"), [COCKPIT => "g"];
    /// Destroy it; what the far side was told is put back.
    AbortStage = "abort", "abort", Cockpit 87, Some("strongroom rotate {} --abort"), [COCKPIT => "d"];
    /// Have the far side refuse the previous version.
    Retire = "retire", "retire", Cockpit 86, Some("strongroom rotate {} --retire"), [COCKPIT => "t"];
    /// Make it current; the far side was told by hand.
    PromoteByHand = "promote-by-hand", "by hand", Cockpit 0, Some("strongroom rotate {} --promote --by-hand"), [COCKPIT => "P"];
    /// Destroy it; the far side was told by hand.
    AbortByHand = "abort-by-hand", "by hand", Cockpit 0, Some("strongroom rotate {} --abort --by-hand"), [COCKPIT => "D"];
    /// Retire the previous version, revoked by hand.
    RetireByHand = "retire-by-hand", "by hand", Cockpit 0, Some("strongroom rotate {} --retire --by-hand"), [COCKPIT => "T"];
    /// End the step that runs; the way goes back.
    StopStep = "stop-step", "stop", Cockpit 92, None, [COCKPIT => "s"];
    /// Copy the value that is to come, or has just come.
    CopyNew = "copy-new", "copy new", Cockpit 85, Some("strongroom copy {}@pending"), [COCKPIT => "y"];
    /// Copy the value that it takes the place of.
    CopyOld = "copy-old", "copy old", Cockpit 84, Some("strongroom copy {}@previous"), [COCKPIT => "o"];
    /// Copy the username.
    CopyUsername = "copy-username", "copy user", Cockpit 83, Some("strongroom copy {} --field username"), [COCKPIT => "u"];

    /// Keep the filter and go back to the list.
    KeepFilter = "keep-filter", "keep", Dialogs 60, None, [FILTER => "Enter"];
    /// Clear the filter and show every secret.
    ClearFilter = "clear-filter", "clear", Dialogs 59, None, [FILTER => "Esc C-c"];
    /// Complete the term; again: the next candidate.
    CompleteTerm = "complete-term", "complete", Dialogs 58, None, [FILTER => "Tab"];
    /// The filter before this one.
    EarlierFilter = "earlier-filter", "earlier", Dialogs 57, None, [FILTER => "Up"];
    /// The filter after this one; last what was typed.
    LaterFilter = "later-filter", "later", Dialogs 0, None, [FILTER => "Down"];
    /// Do what the dialog is for, or go to its next step.
    Submit = "submit", "ok", Dialogs 99, None,
        [INPUTS => "Enter", COCKPIT => "Enter", &[Context::Palette, Context::Jump, Context::Deleted, Context::TmuxPanes, Context::Incident] => "Enter", LONG_INPUTS => "C-s"];
    /// Leave the dialog; nothing is changed.
    Cancel = "cancel", "cancel", Dialogs 98, None,
        [FIELDS => "Esc", TYPED_LISTS => "Esc", &[Context::ConfirmCopy] => "Esc", &[Context::Form, Context::Lines, Context::Prose, Context::Document, Context::Choice, Context::Palette, Context::Jump, Context::Deleted, Context::TmuxPanes, Context::Incident] => "C-c",
         &[Context::Confirm, Context::ConfirmCopy] => "n q C-c", &[Context::Help] => "C-c F1",
         COCKPIT => "Esc q C-c"];
    /// Yes, do it.
    Yes = "yes", "yes", Dialogs 99, None, [&[Context::Confirm] => "y", &[Context::ConfirmCopy] => "Y"];
    /// Stage that version; its recipe tells the far side.
    StageVersion = "stage-version", "stage it", Dialogs 0, Some("strongroom rotate {} --stage --to {version}"), [&[Context::Confirm] => "t"];
    /// To the next input.
    NextField = "next-field", "next", Dialogs 60, None,
        [FIELDS => "Tab"];
    /// To the input before.
    PreviousField = "previous-field", "previous", Dialogs 0, None,
        [FIELDS => "S-Tab"];
    /// To the next choice.
    NextChoice = "next-choice", "next", Dialogs 0, None,
        [&[Context::Form, Context::Prose, Context::Unlock] => "Down C-n", &[Context::Choice] => "Down j C-n Space Right"];
    /// To the choice before.
    PreviousChoice = "previous-choice", "previous", Dialogs 0, None,
        [&[Context::Form, Context::Prose, Context::Unlock] => "Up C-p", &[Context::Choice] => "Up k C-p Left"];
    /// Copy the equal command line; it has names only.
    CopyCommand = "copy-command", "copy line", Dialogs 65, None, [&[Context::Palette] => "C-y"];
    /// Restore all the deleted secrets that are shown.
    RestoreAll = "restore-all", "all", Dialogs 0, None, [&[Context::Deleted] => "C-r"];
    /// Destroy a deleted secret; asks for its name.
    PurgeDeleted = "purge-deleted", "destroy", Dialogs 0, None, [&[Context::Deleted] => "C-x"];
    /// Write the report of the incident into a new file.
    SaveReport = "save-report", "report", Dialogs 0, None, [&[Context::Incident] => "C-s"];
    /// Ask about somebody else, or another time.
    AskAnew = "ask-anew", "ask anew", Dialogs 0, None, [&[Context::Incident] => "C-r"];
    /// Generate a value.
    Generate = "generate", "generate", Dialogs 70, Some("strongroom generate"),
        [&[Context::Form, Context::Lines, Context::Prose, Context::Choice] => "C-g"];
    /// Read a file into the field, every byte.
    ReadFile = "read-file", "read file", Dialogs 0, None, [&[Context::Form, Context::Lines] => "C-o"];
    /// Mend what is pointed out.
    Mend = "mend", "mend", Dialogs 0, None, [&[Context::Form, Context::Lines] => "C-y"];
    /// Give the field another name.
    RenameField = "rename-field", "rename", Dialogs 0, None, [&[Context::Form, Context::Lines] => "C-r"];
    /// Description or metadata in $VISUAL or $EDITOR.
    OpenEditor = "open-editor", "editor", Dialogs 56, None, [&[Context::Prose, Context::Document] => "C-e"];
    /// Show what is typed, or hide it.
    ShowTyped = "show-typed", "show typed", Dialogs 55, None,
        [&[Context::Form, Context::Lines, Context::Prose, Context::Choice, Context::Unlock] => "C-t"];
}

/// The row of an action.
#[must_use]
pub fn row(action: Action) -> &'static Row {
    let found = ACTIONS.iter().find(|row| row.action == action);
    found.unwrap_or(&ACTIONS[0])
}

impl Action {
    /// True when it only moves a cursor or the focus: it does nothing to any secret.
    #[must_use]
    pub fn only_moves(self) -> bool {
        use Action::{
            Bottom, CellLeft, CellRight, DetailPane, Down, HalfPageDown, HalfPageUp, HistoryPane, NextChoice,
            NextField, NextPane, PageDown, PageUp, PreviousChoice, PreviousField, PreviousPane, SecretsPane, Top, Up,
        };
        let walks = matches!(self, Up | Down | HalfPageUp | HalfPageDown | PageUp | PageDown | Top | Bottom);
        let panes = matches!(self, NextPane | PreviousPane | SecretsPane | DetailPane | HistoryPane);
        let within = matches!(self, NextField | PreviousField | NextChoice | PreviousChoice | CellLeft | CellRight);
        walks || panes || within
    }

    /// The action of a palette or configuration name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        ACTIONS.iter().find(|row| row.name == name).map(|row| row.action)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::tui::keymap::{Key, Keymap};

    #[test]
    fn every_key_parses_and_stands_once_in_a_context() {
        let mut seen = HashSet::new();
        for row in ACTIONS {
            for binding in row.bindings {
                for text in binding.keys.split_whitespace() {
                    let key: Key = text.parse().unwrap();
                    assert_eq!(key.to_string(), text, "{}", row.name);
                    for context in binding.contexts {
                        assert!(seen.insert((*context, key)), "{text} twice in {context:?}: {}", row.name);
                    }
                }
            }
        }
    }

    #[test]
    fn every_action_is_reachable_and_named_once() {
        let mut names = HashSet::new();
        for row in ACTIONS {
            assert!(!row.bindings.is_empty(), "{}", row.name);
            assert!(names.insert(row.name), "{}", row.name);
            assert!(row.help.ends_with('.'), "{}", row.help);
            assert!(row.hint.chars().count() <= 10, "{}", row.hint);
            assert!(row.help.chars().count() <= 51, "cut off in the help dialog at 80 columns: {}", row.help);
        }
    }

    #[test]
    fn a_confirming_key_is_neither_enter_nor_the_asking_key() {
        let keymap = Keymap::default();
        let yes = keymap.keys(Context::Confirm, Action::Yes);
        use Action::{
            CopyNext, Delete, Expire, Move, Open, PastePane, Purge, Reveal, RollBack, Rotate, Submit, Tag, Undo,
        };
        for action in
            [CopyNext, RollBack, Open, PastePane, Reveal, Purge, Submit, Rotate, Tag, Expire, Move, Delete, Undo]
        {
            for context in Context::ALL {
                for key in keymap.keys(*context, action) {
                    assert!(!yes.contains(&key), "{action:?}");
                }
            }
        }
        let after_copy = keymap.keys(Context::ConfirmCopy, Action::Yes);
        assert!(after_copy.iter().all(|key| !keymap.keys(Context::Secrets, Action::Copy).contains(key)));
        let enter = "Enter".parse().unwrap();
        assert!(!yes.contains(&enter) && !after_copy.contains(&enter));
    }

    #[test]
    fn no_plain_character_is_bound_where_text_is_typed() {
        for row in ACTIONS {
            for binding in row.bindings.iter().filter(|b| b.contexts.iter().any(|context| context.takes_text())) {
                for key in binding.keys.split_whitespace().filter(|key| key.chars().count() == 1) {
                    assert!(key.is_empty(), "{key} would never be typed: {}", row.name);
                }
            }
        }
    }
}
