//! [`SourceArgs`]: the one place a new value comes from, and the named fields
//! beside it. Shared by `set` and `rotate`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::{Error, Result};
use crate::secret_text::SecretText;
use crate::session::key_source::into_secret;
use crate::session::{prompt, read_secret};
use crate::vault::generate::{Generated, Recipe, generate};
use crate::vault::secret::{FieldName, Fields, MAX_VERSION_BYTES, VALUE};

use super::call::Call;
use super::recipe_args::RecipeArgs;

/// Where the value and the fields come from.
#[derive(Args)]
pub(super) struct SourceArgs {
    /// The value itself; other users can see it while the command runs, so better use the prompt or --stdin
    #[arg(value_name = "VALUE", conflicts_with_all = ["stdin", "file", "generate"])]
    value: Option<OsString>,
    /// Read the value from standard input; one final line end is dropped
    #[arg(long, conflicts_with_all = ["file", "generate"])]
    stdin: bool,
    /// Keep the final line end of --stdin
    #[arg(long, requires = "stdin")]
    raw: bool,
    /// Read the value from a file, every byte
    #[arg(long, value_name = "PATH", conflicts_with = "generate")]
    file: Option<PathBuf>,
    /// Generate the value
    #[arg(long)]
    generate: bool,
    #[command(flatten)]
    recipe: RecipeArgs,
    /// Set a named field: K=V, K=@FILE, K=- for standard input, K=@@V for a V that begins with @ (repeat for more)
    #[arg(long = "field", value_name = "K=V")]
    fields: Vec<OsString>,
}

impl SourceArgs {
    /// Refuses what cannot be meant, before anything is opened or asked.
    pub(super) fn check(&self, call: &Call) -> Result<()> {
        if self.recipe.is_given() && !self.generate {
            return Err(Error::usage("It is said how long or of which kind, but there is no --generate.")
                .hint("Add --generate, or leave --length, --alphabet, --must-contain, --words, --hex, --base64 and --uuid away."));
        }
        let mut readers = usize::from(self.stdin) + usize::from(call.keys.uses_stdin());
        let mut named = Vec::new();
        for field in &self.fields {
            let (name, text) = split(field.as_bytes())?;
            if name.as_str() == VALUE && self.names_a_value() {
                return Err(Error::usage("The value is given twice, once by --field value=.").hint("Give it once."));
            }
            readers += usize::from(text == b"-");
            if named.contains(&name) {
                return Err(Error::usage(format!("The field {name} is given twice.")).hint("Give it once."));
            }
            named.push(name);
        }
        if readers > 1 {
            return Err(Error::usage("Standard input is asked for more than once.")
                .hint("Use it for one value, and --file, K=@FILE or --passphrase-file PATH for the others."));
        }
        Ok(())
    }

    /// True when the main value has a source on the command line.
    fn names_a_value(&self) -> bool {
        self.value.is_some() || self.stdin || self.file.is_some() || self.generate
    }

    /// True when any field has a source on the command line, so that nobody need be asked.
    pub(super) fn is_given(&self) -> bool {
        self.names_a_value() || !self.fields.is_empty()
    }

    /// What is to be generated.
    pub(super) fn recipe(&self) -> Result<Recipe> {
        self.recipe.recipe()
    }

    /// The fields given on the command line.
    pub(super) fn read(mut self, call: &Call) -> Result<Fields> {
        let mut fields = match self.main_value(call)? {
            Some(value) => Fields::value(value),
            None => Fields::default(),
        };
        for field in std::mem::take(&mut self.fields) {
            let field = into_secret(field);
            let (name, text) = split(field.expose())?;
            if is_telling(name.as_str()) && !matches!(text, b"-") && !matches!(text, [b'@', c, ..] if *c != b'@') {
                call.output.warn(&format!("The field {name} was given as an argument: other users of this machine could see it. Better write {name}=- or {name}=@FILE."));
            }
            let value = field_value(text)?;
            refuse_empty(&value, name.as_str())?;
            fields.set(name, value);
        }
        if fields.bytes() > MAX_VERSION_BYTES {
            return Err(Error::usage(format!("The fields are {} bytes together.", fields.bytes()))
                .hint(format!("A version holds at most {MAX_VERSION_BYTES} bytes. Nothing was written.")));
        }
        Ok(fields)
    }

    fn main_value(&mut self, call: &Call) -> Result<Option<SecretText>> {
        let value = if let Some(value) = self.value.take() {
            call.output.warn("The value was given as an argument: other users of this machine could see it, and the shell may keep it. Better use the prompt or --stdin.");
            into_secret(value)
        } else if self.stdin {
            let mut text = read_secret::from_stdin(MAX_VERSION_BYTES + 2)?;
            if !self.raw {
                read_secret::drop_line_end(&mut text);
            }
            text
        } else if let Some(path) = &self.file {
            read_secret::from_file(path, MAX_VERSION_BYTES)?
        } else if self.generate {
            let Generated { value, entropy_bits, .. } = generate(&self.recipe.recipe()?)?;
            call.output.note(&format!("Generated a value with {entropy_bits:.0} bits of entropy."));
            value
        } else {
            return Ok(None);
        };
        refuse_empty(&value, VALUE)?;
        Ok(Some(value))
    }
}

/// Asks for the value on the terminal, twice.
pub(super) fn ask(call: &Call, name: &str) -> Result<Fields> {
    if call.no_input || !prompt::has_terminal() {
        return Err(Error::usage(format!("There is no value for {name}, and nobody to ask."))
            .hint("Give it with --stdin, --file or --generate."));
    }
    prompt::hidden_twice(&format!("Value for {name}: "), "Again: ").map(Fields::value)
}

/// True for a field that holds a secret by its name; a user name or an address is none.
fn is_telling(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == VALUE || ["pass", "secret", "token", "key", "totp", "pin"].iter().any(|part| name.contains(part))
}

/// `K=V`; the error never repeats what follows the `=`, or all of it where there is none.
fn split(bytes: &[u8]) -> Result<(FieldName, &[u8])> {
    let at = bytes.iter().position(|&byte| byte == b'=').ok_or_else(|| {
        Error::usage("A --field has no =.").hint("Write --field NAME=VALUE, for example --field username=ops.")
    })?;
    let name = std::str::from_utf8(&bytes[..at]).unwrap_or("\u{fffd}");
    Ok((name.parse()?, &bytes[at + 1..]))
}

fn field_value(text: &[u8]) -> Result<SecretText> {
    match text {
        b"-" => {
            let mut text = read_secret::from_stdin(MAX_VERSION_BYTES + 2)?;
            read_secret::drop_line_end(&mut text);
            Ok(text)
        }
        [b'@', b'@', ..] => Ok(SecretText::copied_from(&text[1..])),
        [b'@', path @ ..] => {
            read_secret::from_file(Path::new(OsStr::from_bytes(path)), MAX_VERSION_BYTES).map_err(|error| {
                // What follows the @ may be a value, not a path, so it is not repeated.
                Error::new(error.kind(), "The file named by a --field K=@FILE cannot be read.")
                    .hint("Check the path. A value that begins with @ is written K=@@VALUE.")
            })
        }
        _ => Ok(SecretText::copied_from(text)),
    }
}

fn refuse_empty(value: &SecretText, field: &str) -> Result<()> {
    if value.is_empty() {
        return Err(Error::usage(format!("The field {field} would be empty."))
            .hint("Give at least one byte. Nothing was written."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_split_at_the_first_equals_sign() {
        let (name, text) = split(b"url=https://x/?a=b").unwrap();
        assert_eq!((name.as_str(), text), ("url", &b"https://x/?a=b"[..]));
    }

    #[test]
    fn fields_that_hold_secrets_are_known_by_their_names() {
        for (name, is) in [("value", true), ("password", true), ("API_KEY", true), ("username", false), ("url", false)]
        {
            assert_eq!(is_telling(name), is, "{name}");
        }
    }

    #[test]
    fn a_field_error_repeats_nothing_that_may_be_a_value() {
        let error = split(b"hunter2").unwrap_err();
        assert!(!error.message().contains("hunter2"), "{error}");
        let error = field_value(b"@hunter2").err().unwrap();
        assert!(!error.message().contains("hunter2"), "{error}");
    }

    #[test]
    fn an_at_sign_reads_a_file_and_two_stand_for_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, b"a\n\0").unwrap();
        let written = format!("@{}", path.display());
        assert_eq!(field_value(written.as_bytes()).unwrap().expose(), b"a\n\0");
        assert_eq!(field_value(b"@@bob").unwrap().expose(), b"@bob");
        assert_eq!(field_value(b"plain").unwrap().expose(), b"plain");
    }
}
