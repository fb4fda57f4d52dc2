//! Turns what clap says about a command line into an [`Error`] of ours.
//!
//! Not clap's own text: it repeats the arguments, and an argument too many may
//! well be a part of a value. Names of options, and the nearest spelling, stay.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::Error;

/// The error to show for a command line that was refused.
pub(super) fn refused(error: &clap::Error) -> Error {
    let text = |kind: ContextKind| error.get(kind).map(shown).filter(|text| !text.is_empty());
    let argument = text(ContextKind::InvalidArg);
    let message = match error.kind() {
        ErrorKind::InvalidSubcommand => match text(ContextKind::InvalidSubcommand) {
            Some(name) => format!("There is no command {}.", name.escape_debug()),
            None => "The command has no name.".to_owned(),
        },
        ErrorKind::UnknownArgument => unknown(argument.as_deref().unwrap_or_default()),
        ErrorKind::MissingRequiredArgument => format!("{} is missing.", argument.unwrap_or_default()),
        ErrorKind::ArgumentConflict => {
            let other = text(ContextKind::PriorArg).unwrap_or_else(|| "another argument".to_owned());
            format!("{} and {other} exclude each other.", argument.unwrap_or_default())
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation | ErrorKind::WrongNumberOfValues => {
            format!("What is given for {} is not allowed.", argument.unwrap_or_default())
        }
        ErrorKind::MissingSubcommand => "The command is missing.".to_owned(),
        _ => "The command line is not understood.".to_owned(),
    };
    Error::usage(message).hint(hint(error))
}

/// An option by its name; anything else may be a value and is not repeated.
fn unknown(argument: &str) -> String {
    let name = argument.split('=').next().unwrap_or_default();
    if is_option_name(name) {
        return format!("There is no option {name} here.");
    }
    if name.starts_with('-') {
        return "There is an option that is not known.".to_owned();
    }
    "There is an argument too many.".to_owned()
}

/// `--lower-case-words`; whatever has capitals, digits or signs may be a value.
fn is_option_name(text: &str) -> bool {
    text.strip_prefix("--").is_some_and(|name| {
        (2..=16).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    })
}

/// The nearest spelling or the allowed values, then where to read on.
fn hint(error: &clap::Error) -> String {
    let text = |kind: ContextKind| error.get(kind).map(shown).filter(|text| !text.is_empty());
    let nearest = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    if let Some(nearest) = nearest.into_iter().find_map(text) {
        return format!("Try {nearest} instead.");
    }
    if let Some(values) = text(ContextKind::ValidValue) {
        return format!("Use one of: {values}.");
    }
    if let Some((first, last)) = range(error) {
        return format!("Use a number from {first} to {last}.");
    }
    if error.kind() == ErrorKind::UnknownArgument {
        return "A value with blanks needs quotes, one that begins with - needs -- before it; --help shows more."
            .to_owned();
    }
    "Add --help to see what it takes.".to_owned()
}

/// The numbers that would have been allowed, of which clap tells in words alone.
fn range(error: &clap::Error) -> Option<(u64, u64)> {
    let told = error.source()?.to_string();
    let (first, last) = told.rsplit_once(" is not in ")?.1.split_once("..=")?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

fn shown(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        ContextValue::StyledStr(text) => text.to_string(),
        ContextValue::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::args::Arguments;
    use super::*;

    fn refuse(line: &str) -> Error {
        let words = line.split_whitespace();
        refused(&Arguments::try_parse_from(words).err().unwrap())
    }

    #[test]
    fn the_nearest_spelling_is_offered() {
        let error = refuse("strongroom hsitory KEY");
        assert_eq!(error.message(), "There is no command hsitory.");
        assert!(error.next_step().unwrap().contains("history"), "{:?}", error.next_step());
        let error = refuse("strongroom reveal KEY --resaon x");
        assert!(error.message().contains("--resaon"), "{error}");
        assert!(error.next_step().unwrap().contains("--reason"), "{:?}", error.next_step());
    }

    #[test]
    fn a_number_past_its_range_is_told_the_range() {
        let error = refuse("strongroom audit cut old.segment --keep-days 0");
        assert_eq!(error.next_step(), Some("Use a number from 1 to 36500."));
        let error = refuse("strongroom audit cut old.segment --keep-days many");
        assert_eq!(error.next_step(), Some("Add --help to see what it takes."));
    }

    #[test]
    fn no_message_quotes_nothing_or_leaves_a_blank_before_its_end() {
        let no_name = refused(&Arguments::try_parse_from(["strongroom", ""]).err().unwrap());
        assert_eq!(no_name.message(), "The command has no name.");
        let lines = ["strongroom hsitory", "strongroom get", "strongroom get A B", "strongroom init --protect keyfil"];
        for error in lines.into_iter().map(refuse).chain([no_name]) {
            let said = format!("{} {}", error.message(), error.next_step().unwrap_or_default());
            assert!(said.ends_with('.') && ![" .", " ?", "  "].iter().any(|stray| said.contains(stray)), "{said}");
        }
    }

    #[test]
    fn what_may_be_a_value_is_never_repeated() {
        for line in [
            "strongroom set KEY correct hunter2",
            "strongroom set KEY -hunter2",
            "strongroom set KEY --Hunter2",
            "strongroom set KEY --hunter2=x",
            "strongroom set KEY hunter2 --stdin",
            "strongroom set KEY --generate --length hunter2",
            "strongroom rotate KEY x --if-version hunter2",
        ] {
            let error = refuse(line);
            let said = format!("{} {}", error.message(), error.next_step().unwrap_or_default());
            assert!(!said.to_lowercase().contains("hunter2"), "{line}: {said}");
            assert_eq!(error.kind().exit_code(), 2);
        }
    }

    #[test]
    fn missing_and_wrong_arguments_are_named() {
        assert!(refuse("strongroom get").message().contains("NAME"), "{}", refuse("strongroom get"));
        let error = refuse("strongroom init --protect magic");
        assert!(error.message().contains("--protect"), "{error}");
        assert!(error.next_step().unwrap().contains("keyfile"), "{:?}", error.next_step());
    }
}
