//! `man`: the manual pages, made from the definitions of the command line. One page
//! holds every command; `man COMMAND` gives one of its own.

use std::fmt::Write;

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;

use crate::error::{Error, Kind, Result};

use super::args::Arguments;
use super::output::Output;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom man | man -l -
  strongroom man rotate | man -l -
  strongroom man > /usr/local/share/man/man1/strongroom.1";

const NAME: &str = "strongroom";
/// The heading of what every command takes; told once on the page of all commands.
const EVERYWHERE: &str = "Everywhere";

/// Cells of an example: 80 without the margins.
const WIDTH: usize = 66;
/// When the text of these pages was last looked over as a whole.
const DATE: &str = "2026-11-22";

const DESCRIPTION: &str = "\
strongroom keeps secrets (passwords, keys, certificates) in one encrypted file, with every version that they ever had, \
who used them, when they expire and when they are due for rotation.

Without a command it opens the application on the terminal. Every command does one thing and ends; tables and values go \
to standard output, everything else to standard error.

A secret lives in a scope, a path such as production/payments, and is seen from every scope below it. The widest scope is \
called global. Commands that read look from the scope that is named outwards; commands that write act on exactly the \
scope given.";

const EXIT_CODES: &[(u8, &str)] = &[
    (0, "Done."),
    (1, "An error."),
    (2, "The command line is wrong."),
    (3, "There is no such secret, version or field."),
    (4, "It exists already, or another version is current than was expected."),
    (5, "The vault is locked, or the key is wrong."),
    (6, "The secret has expired."),
    (7, "Denied: file modes, or something that is not allowed."),
    (8, "The vault is busy, or something cannot be reached."),
    (9, "Damaged or tampered with."),
];

const ENVIRONMENT: &[(&str, &str)] = &[
    ("STRONGROOM_VAULT", "The vault file, as --vault."),
    ("STRONGROOM_CONFIG", "The settings file."),
    ("STRONGROOM_SCOPE", "The scope that a bare name is taken in."),
    ("STRONGROOM_MASTER_KEY", "A key that opens the vault, as `init --protect env` prints it."),
    ("STRONGROOM_PASSPHRASE_FILE", "The file that holds the passphrase, as --passphrase-file."),
    ("NO_COLOR", "When set, nothing is coloured."),
    ("VISUAL, EDITOR", "What the application opens for descriptions and metadata, never for a value."),
];

const FILES: &[(&str, &str)] = &[
    ("~/.local/share/strongroom/vault.db", "The vault: mode 0600, in a folder that others cannot write."),
    ("~/.config/strongroom/config.toml", "Settings; an unknown key is refused with its line."),
    ("~/.config/strongroom/keys/", "The vaults' own key files, mode 0600."),
];

/// Which page.
#[derive(Args)]
pub(super) struct ManArgs {
    /// The command; all of them if left away
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

/// Prints a page.
pub(super) fn run(output: Output, args: &ManArgs) -> Result<()> {
    output.print(&page(args.command.as_deref())?)
}

/// The page of all commands, or of one.
pub(super) fn page(command: Option<&str>) -> Result<String> {
    let mut all = Arguments::command().disable_help_subcommand(true).subcommand_value_name("command");
    all.build();
    let Some(wanted) = command else { return page_of_all(&all).map(plain) };
    let found = all
        .get_subcommands()
        .find(|command| command.get_name() == wanted || command.get_visible_aliases().any(|alias| alias == wanted));
    let found = found.ok_or_else(|| {
        Error::new(Kind::Usage, format!("There is no command {}", wanted.escape_debug()))
            .hint("`strongroom --help` lists them.")
    })?;
    page_of_one(found).map(plain)
}

fn page_of_all(all: &Command) -> Result<String> {
    let mut page = head(all, NAME)?;
    page.push_str(".SH DESCRIPTION\n");
    paragraphs(&mut page, DESCRIPTION);
    page.push_str(&options(all)?);
    page.push_str(".SH COMMANDS\n");
    for command in all.get_subcommands().filter(|command| !command.is_hide_set()) {
        section_of(&mut page, command)?;
    }
    tail(&mut page);
    Ok(page)
}

fn page_of_one(command: &Command) -> Result<String> {
    let mut page = head(command, &format!("{NAME}-{}", command.get_name()))?;
    page.push_str(".SH DESCRIPTION\n");
    paragraphs(&mut page, &format!("{}.", command.get_about().map(ToString::to_string).unwrap_or_default()));
    page.push_str(&options(command)?);
    for inner in command.get_subcommands() {
        let _ = writeln!(page, ".SH {}", escape(&title(inner).to_uppercase()));
        paragraphs(&mut page, &format!("{}.", inner.get_about().map(ToString::to_string).unwrap_or_default()));
        page.push_str(&inner_options(inner)?);
        examples(&mut page, inner, ".PP\n");
    }
    examples(&mut page, command, ".SH EXAMPLES\n");
    tail(&mut page);
    page.push_str(".SH SEE ALSO\n.BR strongroom (1)\n");
    Ok(page)
}

/// One command on the page of all of them.
fn section_of(page: &mut String, command: &Command) -> Result<()> {
    let _ = writeln!(page, ".SS {}", escape(&title(command)));
    paragraphs(page, &format!("{}.", command.get_about().map(ToString::to_string).unwrap_or_default()));
    page.push_str(&inner_options(command)?);
    examples(page, command, ".PP\n");
    for inner in command.get_subcommands() {
        section_of(page, inner)?;
    }
    Ok(())
}

/// `strongroom diff NAME A B`
fn title(command: &Command) -> String {
    let mut title = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    title.push_str(&operands(command));
    title
}

/// What follows a command's name: ` NAME [A] [-- PROGRAM...]`.
pub(super) fn operands(command: &Command) -> String {
    let mut text = String::new();
    for arg in command.get_positionals().filter(|arg| !arg.is_hide_set()) {
        let name =
            arg.get_value_names().map_or_else(|| arg.get_id().to_string().to_uppercase(), |names| names.join(" "));
        let many = if arg.get_num_args().is_some_and(|range| range.max_values() > 1) { "..." } else { "" };
        let dashes = if arg.is_last_set() { "-- " } else { "" };
        let _ = match arg.is_required_set() {
            true => write!(text, " {dashes}{name}{many}"),
            false => write!(text, " [{dashes}{name}{many}]"),
        };
    }
    text
}

/// The title, the name and the synopsis.
fn head(command: &Command, title: &str) -> Result<String> {
    let man = Man::new(command.clone().display_name(title)).title(title).section("1").date(DATE);
    let man = man.source(format!("{NAME} {}", env!("CARGO_PKG_VERSION"))).manual(format!("{NAME} manual"));
    rendered(|page| {
        man.render_title(page)?;
        man.render_name_section(page)?;
        man.render_synopsis_section(page)
    })
}

/// The options, under the headings that `--help` has.
fn options(command: &Command) -> Result<String> {
    let man = Man::new(command.clone());
    rendered(|page| man.render_options_section(page))
}

/// The options of one among many commands, without headings and without what every command takes.
fn inner_options(command: &Command) -> Result<String> {
    let own = command.clone().mut_args(|arg| {
        let is_known =
            arg.get_help_heading() == Some(EVERYWHERE) || arg.get_id() == "help" || arg.get_id() == "version";
        if is_known { arg.hide(true) } else { arg.help_heading(None) }
    });
    if own.get_arguments().all(clap::Arg::is_hide_set) {
        return Ok(String::new());
    }
    let text = options(&own)?;
    Ok(text.lines().filter(|line| !line.starts_with(".SH")).fold(String::new(), |text, line| text + line + "\n"))
}

fn rendered(render: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> Result<String> {
    let mut page = Vec::new();
    let failed = |why: String| Error::failure(format!("The page cannot be written: {why}."));
    render(&mut page).map_err(|error| failed(error.to_string()))?;
    String::from_utf8(page).map_err(|error| failed(error.to_string()))
}

/// A command's examples and what is said behind them.
fn examples(page: &mut String, command: &Command, heading: &str) {
    let Some(help) = command.get_after_help().map(ToString::to_string) else { return };
    page.push_str(heading);
    if heading == ".PP\n" {
        page.push_str("Examples:\n");
    }
    let (mut verbatim, mut gap) = (false, false);
    for line in help.lines().filter(|line| !matches!(*line, "Examples:" | "Example:")) {
        let example = line.strip_prefix("  ");
        if verbatim && example.is_none() {
            page.push_str(".fi\n.RE\n");
        }
        match example {
            Some(_) if !verbatim => page.push_str(".PP\n.RS 4\n.nf\n"),
            None if gap && !line.is_empty() => page.push_str(".PP\n"),
            _ => {}
        }
        (verbatim, gap) = (example.is_some(), line.is_empty());
        match example {
            Some(example) => in_rows(page, example),
            None if line.is_empty() => {}
            // What a command's help says without an example begins with its word.
            None => page.push_str(&format!("{}\n", escape(line.strip_prefix("Example:").unwrap_or(line)))),
        }
    }
    if verbatim {
        page.push_str(".fi\n.RE\n");
    }
}

/// An example with its comment, in rows that fit into 80 columns and can be pasted.
fn in_rows(page: &mut String, example: &str) {
    let example = example.trim();
    let (line, comment) = example.split_once("   ").unwrap_or((example, ""));
    let comment = comment.trim().trim_start_matches('(').trim_end_matches(')');
    let is_short = line.len() + comment.len() + 4 <= WIDTH;
    if !comment.is_empty() && !is_short {
        let _ = writeln!(page, "{}", escape(&format!("# {comment}")));
    }
    let mut rest = line.to_owned();
    while let Some(at) = rest.get(..WIDTH).and_then(end_of_words) {
        let _ = writeln!(page, "{}", escape(&format!("{} \\", &rest[..at])));
        rest = format!("    {}", &rest[at + 1..]);
    }
    if !comment.is_empty() && is_short {
        let _ = write!(rest, "  # {comment}");
    }
    let _ = writeln!(page, "{}", escape(&rest));
}

/// Where a line is best cut: before an option, else before any word but the first.
fn end_of_words(line: &str) -> Option<usize> {
    let words = line.trim_start();
    let at = words.rfind(" -").or_else(|| words.rfind(' '))?;
    Some(line.len() - words.len() + at)
}

/// What every page ends with.
fn tail(page: &mut String) {
    page.push_str(".SH EXIT STATUS\n");
    for (code, meaning) in EXIT_CODES {
        tagged(page, &code.to_string(), meaning);
    }
    page.push_str(".SH ENVIRONMENT\n");
    for (name, meaning) in ENVIRONMENT {
        tagged(page, name, meaning);
    }
    page.push_str(".SH FILES\n");
    for (path, meaning) in FILES {
        tagged(page, path, meaning);
    }
}

fn tagged(page: &mut String, tag: &str, text: &str) {
    let _ = writeln!(page, ".TP\n\\fB{}\\fR\n{}", escape(tag), escape(text));
}

fn paragraphs(page: &mut String, text: &str) {
    for (number, paragraph) in text.split("\n\n").enumerate() {
        if number > 0 {
            page.push_str(".PP\n");
        }
        page.push_str(&escape(paragraph));
        page.push('\n');
    }
}

/// The page without what some readers of it stumble over: a break beside a gap, a gap
/// below a heading, and characters that are not ASCII.
fn plain(page: String) -> String {
    let lines: Vec<&str> = page.lines().collect();
    let is = |at: Option<usize>, what: fn(&str) -> bool| at.and_then(|at| lines.get(at)).is_some_and(|line| what(line));
    let is_needless = |at: usize, line: &str| match line {
        ".br" => is(at.checked_sub(1), str::is_empty) || is(at.checked_add(1), str::is_empty),
        ".PP" => is(at.checked_sub(1), |before| before.starts_with(".S") || before == ".PP"),
        _ => false,
    };
    let kept = lines.iter().enumerate().filter(|(at, line)| !is_needless(*at, line));
    let mut text = String::with_capacity(page.len());
    for (_, line) in kept {
        for character in line.chars() {
            match character {
                ' '..='~' => text.push(character),
                other => {
                    let _ = write!(text, "\\[u{:04X}]", u32::from(other));
                }
            }
        }
        text.push('\n');
    }
    text
}

/// A line of text in which nothing is a command of roff's.
fn escape(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-").replace('~', "\\(ti").replace('^', "\\(ha");
    let escaped = escaped.replace('\'', "\\(aq").replace('`', "\\(ga");
    if escaped.starts_with('.') { format!("\\&{escaped}") } else { escaped }
}
