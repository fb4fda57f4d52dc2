//! [`Context`]: what has the keyboard, and the sets of contexts that share keys.

/// What has the keyboard; decides which keys mean what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// The list of secrets.
    Secrets,
    /// The secret's fields and metadata.
    Detail,
    /// The secret's versions or audit records.
    History,
    /// The overview of the whole vault.
    Overview,
    /// The filter line above the list.
    Filter,
    /// A dialog with a one-line input in focus.
    Form,
    /// A dialog with a multi-line input in focus.
    Lines,
    /// A dialog with a line in focus that may go to the operator's editor.
    Prose,
    /// A dialog with lines in focus that may go to the operator's editor.
    Document,
    /// A dialog with a list of choices in focus, no text.
    Choice,
    /// The unlock dialog.
    Unlock,
    /// A question answered by one key.
    Confirm,
    /// A question that the key for yes itself asked, so that another one answers.
    ConfirmCopy,
    /// The help dialog.
    Help,
    /// The command palette.
    Palette,
    /// The dialog that leads to any secret.
    Jump,
    /// The dialog with the deleted secrets.
    Deleted,
    /// The dialog with the panes of the tmux around us.
    TmuxPanes,
    /// A rotation that is under way.
    Cockpit,
    /// The checklist of an incident.
    Incident,
}

impl Context {
    /// Every context.
    pub const ALL: &'static [Self] = &[
        Self::Secrets,
        Self::Detail,
        Self::History,
        Self::Overview,
        Self::Filter,
        Self::Form,
        Self::Lines,
        Self::Prose,
        Self::Document,
        Self::Choice,
        Self::Unlock,
        Self::Confirm,
        Self::ConfirmCopy,
        Self::Help,
        Self::Palette,
        Self::Jump,
        Self::Deleted,
        Self::TmuxPanes,
        Self::Cockpit,
        Self::Incident,
    ];

    /// True where a character that has no action of its own is typed into an input.
    #[must_use]
    pub fn takes_text(self) -> bool {
        let in_dialog = matches!(self, Self::Form | Self::Lines | Self::Prose | Self::Document | Self::Unlock);
        in_dialog
            || matches!(self, Self::Filter | Self::Help | Self::Palette | Self::Jump | Self::Deleted | Self::TmuxPanes)
            || self == Self::Incident
    }

    /// Where it is, for the README and the help dialog.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Secrets => "list",
            Self::Detail => "detail",
            Self::History => "history",
            Self::Overview => "overview",
            Self::Filter => "filter",
            Self::Form | Self::Prose => "input",
            Self::Lines | Self::Document => "long input",
            Self::Choice => "choice",
            Self::Unlock => "unlock",
            Self::Confirm => "question",
            Self::ConfirmCopy => "copy question",
            Self::Help => "help",
            Self::Palette => "palette",
            Self::Jump => "jump",
            Self::Deleted => "deleted",
            Self::TmuxPanes => "tmux panes",
            Self::Cockpit => "cockpit",
            Self::Incident => "incident",
        }
    }
}

/// The panes of an unlocked vault.
pub(super) const PANES: &[Context] = &[Context::Secrets, Context::Detail, Context::History];
/// Everything an unlocked vault shows without a dialog.
pub(super) const SCREENS: &[Context] = &[Context::Secrets, Context::Detail, Context::History, Context::Overview];
/// Dialogs with a list below a line of text.
pub(super) const TYPED_LISTS: &[Context] =
    &[Context::Help, Context::Palette, Context::Jump, Context::Deleted, Context::TmuxPanes, Context::Incident];
/// The filter line, where the arrows walk through earlier filters.
pub(super) const FILTER: &[Context] = &[Context::Filter];
/// Dialogs with inputs or choices.
pub(super) const INPUTS: &[Context] = &[Context::Form, Context::Prose, Context::Choice, Context::Unlock];
/// Inputs of several lines.
pub(super) const LONG_INPUTS: &[Context] = &[Context::Lines, Context::Document];
/// Dialogs whose inputs stand one after another.
pub(super) const FIELDS: &[Context] = &[
    Context::Form,
    Context::Lines,
    Context::Prose,
    Context::Document,
    Context::Choice,
    Context::Unlock,
    Context::Confirm,
];
/// Dialogs where `?` is no text.
pub(super) const WORDLESS: &[Context] = &[Context::Choice, Context::Confirm, Context::ConfirmCopy, Context::Cockpit];
/// Lists in dialogs where nothing is typed.
pub(super) const LISTS: &[Context] = &[Context::Confirm, Context::Cockpit];
/// The rotation that is under way.
pub(super) const COCKPIT: &[Context] = &[Context::Cockpit];
/// Everything where `?` is text, but the help itself.
pub(super) const TYPED: &[Context] = &[
    Context::Filter,
    Context::Form,
    Context::Lines,
    Context::Prose,
    Context::Document,
    Context::Unlock,
    Context::Palette,
    Context::Jump,
    Context::Deleted,
    Context::TmuxPanes,
    Context::Incident,
];
