//! `render`: a text with values in the place of its references, to standard output or
//! into a file for its owner alone.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::error::{Error, Kind, Result};
use crate::inject::fill::{Terms, fill};
use crate::inject::lookup::survey;
use crate::inject::private_file::PrivateFile;
use crate::inject::problem::{Problem, all_told, malformed};
use crate::inject::survey::{Survey, Text};
use crate::inject::template::Template;
use crate::secret_text::SecretText;
use crate::session::read_secret;
use crate::vault::Release;
use crate::vault::scope::Context;

use super::call::Call;
use super::scope_args::ScopeArgs;

/// Longest template, in bytes.
const MOST: usize = 16 * 1024 * 1024;

pub(super) const EXAMPLES: &str = "\
References, several a line; all else passes byte for byte, other {{…}} too:
  {{secrets.NAME}}            the value; NAME may be an address, a/b/NAME
  {{secrets.NAME@3}}          version 3; @previous: the one before the current
  {{secrets.NAME#username}}   another field; with a version NAME@3#username
  {{secrets.NAME | json}}     a JSON string with its quotes; yaml: so for YAML
  {{secrets.NAME | shell}}    one quoted word; url: percent-encoded; base64
  {{secrets.NAME | line}}     as it is; refused where it is more than a line
  $secret.NAME  $env.NAME     letters, digits and _ alone; $env: a variable
  \\{{secrets.  $$secret.     stay as text, without the \\ or the first $

Examples:
  strongroom render service.yaml --env production -o /run/service/service.yaml
  strongroom render service.yaml --scope production/payments --reason deploy-7
  strongroom render - < service.yaml";

/// Which text, and where it goes.
#[derive(Args)]
pub(super) struct RenderArgs {
    /// The text with the references, `-` for standard input
    file: PathBuf,
    /// Write into this file, mode 0600, replacing what is there; standard output if left away
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    #[command(flatten)]
    scope: ScopeArgs,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
    /// Use values although they have expired
    #[arg(long)]
    allow_expired: bool,
    /// Write the file although it lies in a git work tree
    #[arg(long, requires = "output")]
    into_git: bool,
}

pub(super) fn run(call: &Call, args: &RenderArgs) -> Result<()> {
    let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
    if call.output.json && output.is_none() {
        return Err(Error::usage("A text with values is never written as JSON.")
            .hint("Leave --json away for the text, or add -o FILE to have what was done as JSON."));
    }
    let context = Context::new(args.scope.scopes(&call.config.scope)?);
    let place = output.map(|path| place(path, args)).transpose()?;
    let file = shown(&args.file);
    let template = parsed(call, &args.file)?.map_err(|problems| all_told(&problems))?;
    let texts = [Text { file: &file, template: &template }];
    let mut vault = call.open()?;
    let survey = survey(&mut vault, &texts, &context, call.now)?;
    let reason = if args.reason.is_empty() { default_reason(&args.file) } else { args.reason.clone() };
    let terms = Terms { how: Release::Render, reason: &reason, allow_expired: args.allow_expired };
    let filled = fill(&mut vault, &texts, &survey, &terms).map_err(nothing_written)?;
    drop(vault);
    survey.doubts().iter().for_each(|doubt| call.output.warn(doubt));
    if survey.references() == 0 {
        call.output.warn(&format!("{file} has no references; it is as it was."));
    }
    let [text] = &filled.texts[..] else { return Err(Error::failure("The text was not filled.")) };
    match place {
        None => call.output.print_exactly(text),
        Some(place) => {
            place.write(text)?;
            tell(call, &file, output.unwrap_or(Path::new("-")), &survey)
        }
    }
}

/// The place of the output, unless it is one where the text should not get by accident.
fn place(path: &Path, args: &RenderArgs) -> Result<PrivateFile> {
    let place = PrivateFile::at(path)?;
    if place.is_same_as(&args.file) {
        return Err(Error::usage(format!("{} would replace itself.", path.display()))
            .hint("Give another path for the output: the references are needed the next time."));
    }
    if let Some(root) = place.work_tree().filter(|_| !args.into_git) {
        let inside = format!("{} lies in the git work tree {}", path.display(), root.display());
        return Err(Error::denied(format!("{inside} and would soon be committed."))
            .hint("Write it elsewhere; or, if git ignores it there, add --into-git."));
    }
    Ok(place)
}

/// The references of a text, or what is wrong with their spelling.
pub(super) fn parsed(call: &Call, file: &Path) -> Result<std::result::Result<Template, Vec<Problem>>> {
    let source = read(call, file)?;
    Ok(Template::parse(source.expose()).map_err(|faults| malformed(&shown(file), faults)))
}

/// What messages call the text.
pub(super) fn shown(file: &Path) -> String {
    if file == Path::new("-") { "stdin".to_owned() } else { file.display().to_string() }
}

/// `render service.yaml`
fn default_reason(file: &Path) -> String {
    format!("render {}", file.file_name().unwrap_or(file.as_os_str()).to_string_lossy())
}

fn read(call: &Call, file: &Path) -> Result<SecretText> {
    let is_stdin = file == Path::new("-");
    if is_stdin && call.keys.uses_stdin() {
        return Err(Error::usage("Standard input is asked for more than once.")
            .hint("Use it for the text, and --passphrase-file PATH for the key."));
    }
    let read = if is_stdin { read_secret::from_stdin(MOST) } else { read_secret::from_file(file, MOST) };
    read.map_err(|error| match error.kind() {
        Kind::Usage => error.hint("Nothing was written. Split the text."),
        _ => error,
    })
}

/// The first line of what went wrong says that nothing came of it.
fn nothing_written(error: Error) -> Error {
    let hint = error.next_step().map(|step| format!("Nothing was written. {step}"));
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

fn tell(call: &Call, file: &str, output: &Path, survey: &Survey) -> Result<()> {
    let secrets: Vec<String> = survey.secrets().iter().map(ToString::to_string).collect();
    if call.output.json {
        return call.output.print_json(&json!({
            "file": file,
            "output": output.display().to_string(),
            "references": survey.references(),
            "secrets": secrets,
        }));
    }
    let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let (references, secrets) = (count(survey.references(), "reference"), count(secrets.len(), "secret"));
    call.output.note(&format!("Wrote {} for you alone: {references}, {secrets}.", output.display()));
    Ok(())
}
