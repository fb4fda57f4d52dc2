//! `recipe`: how a secret's far side is told a new value.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::rotation::drive::recipe_of;
use crate::rotation::fit;
use crate::rotation::ready::{READY, Ready};
use crate::rotation::recipe::{LONGEST, Recipe, command_line, fill};
use crate::session::read_secret;
use crate::tui::text::printable;
use crate::vault::Outcome;
use crate::vault::rotation::StepKind;

use super::args::NameArgs;
use super::args::WriteArgs;
use super::call::Call;
use super::table::Table;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom recipe ready                                       those that come with strongroom
  strongroom recipe ready postgresql > mine.toml                one of them, to be changed
  strongroom recipe set production/DB postgresql --with role=app --with host=db1
  strongroom recipe set production/TOKEN --file mine.toml
  strongroom recipe show production/DB                          and the command lines of its steps
  strongroom recipe remove production/DB

The recipe is sealed with the secret; strongroom rotate follows it.
While the far side may have been told something it stays as it is: the way back is by it.";

/// What to do with recipes.
#[derive(Args)]
pub(super) struct RecipeArgs {
    #[command(subcommand)]
    command: RecipeCommand,
}

#[derive(Subcommand)]
enum RecipeCommand {
    /// Show a secret's recipe, or how its steps would be run
    Show(NameArgs),
    /// Give a secret a recipe: a ready one, or one of your own
    Set(SetArgs),
    /// Take a secret's recipe away
    #[command(visible_alias = "rm")]
    Remove(RemoveArgs),
    /// List the ready recipes, or print one
    Ready(ReadyArgs),
}

/// Which recipe, for which secret.
#[derive(Args)]
struct SetArgs {
    #[command(flatten)]
    secret: WriteArgs,
    #[command(flatten)]
    mid_rotation: MidRotationArgs,
    /// A ready recipe's name
    #[arg(required_unless_present = "file")]
    ready: Option<String>,
    /// A recipe in a file
    #[arg(long, value_name = "PATH", conflicts_with = "ready")]
    file: Option<PathBuf>,
    /// Set a plain parameter of the recipe (repeat for more); never a secret
    #[arg(long, value_name = "K=V")]
    with: Vec<String>,
}

/// Whose recipe goes.
#[derive(Args)]
struct RemoveArgs {
    #[command(flatten)]
    secret: WriteArgs,
    #[command(flatten)]
    mid_rotation: MidRotationArgs,
}

/// What may be done while a rotation is under way.
#[derive(Args)]
struct MidRotationArgs {
    /// Also while the far side may have been told something: the way back is by the recipe then there
    #[arg(long)]
    by_hand: bool,
}

/// Which ready recipe.
#[derive(Args)]
struct ReadyArgs {
    /// Its name; all of them if left away
    name: Option<String>,
}

pub(super) fn run(call: &Call, args: &RecipeArgs) -> Result<()> {
    match &args.command {
        RecipeCommand::Show(args) => show(call, args),
        RecipeCommand::Set(args) => set(call, args),
        RecipeCommand::Remove(args) => change(call, &args.secret, None, args.mid_rotation.by_hand),
        RecipeCommand::Ready(args) => print_ready(call, args),
    }
}

fn show(call: &Call, args: &NameArgs) -> Result<()> {
    let mut vault = call.open()?;
    let secret = call.resolve(&mut vault, &args.scope, &args.name)?;
    let Some(text) = &secret.metadata.recipe else {
        return Err(Error::not_found(format!("{} has no recipe.", secret.address))
            .hint("Give it one with strongroom recipe set."));
    };
    let recipe = recipe_of(&secret)?;
    if call.output.json {
        let steps = recipe.as_ref().map(|recipe| Value::Array(steps(recipe).collect()));
        return call.output.print_json(&json!({ "text": text, "steps": steps }));
    }
    let mut sheet: String = text.lines().map(|line| format!("{}\n", printable(line))).collect();
    if let Some(recipe) = &recipe {
        sheet.push('\n');
        for (kind, step) in StepKind::ALL.into_iter().filter_map(|kind| Some((kind, recipe.step(kind)?))) {
            let line = command_line(step);
            sheet.push_str(&format!("# {:<7} {}\n", kind.word(), line.line));
            for note in &line.notes {
                sheet.push_str(&format!("#         {note}\n"));
            }
        }
    }
    call.output.print(&sheet)
}

fn steps(recipe: &Recipe) -> impl Iterator<Item = Value> {
    StepKind::ALL.into_iter().filter_map(|kind| {
        let step = recipe.step(kind)?;
        let line = command_line(step);
        Some(json!({
            "step": kind.word(),
            "command": line.line,
            "notes": line.notes,
            "timeout_seconds": step.timeout.as_secs(),
        }))
    })
}

fn set(call: &Call, args: &SetArgs) -> Result<()> {
    let text = match (&args.file, &args.ready) {
        (Some(path), _) => {
            let text = read_secret::from_file(path, LONGEST)?;
            text.expose_str().map(str::to_owned).ok_or_else(|| {
                Error::usage(format!("The recipe {} is not UTF-8.", path.display())).hint("Write it as TOML.")
            })?
        }
        (None, name) => Ready::find(name.as_deref().unwrap_or_default())?.text.to_owned(),
    };
    let mut with = Vec::new();
    for pair in &args.with {
        let (name, value) = pair.split_once('=').ok_or_else(|| {
            Error::usage("A parameter of a recipe is written NAME=VALUE.").hint("For example --with role=app.")
        })?;
        with.push((name.to_owned(), value.to_owned()));
    }
    let text = fill(&text, &with)?;
    Recipe::parse(&text)?;
    change(call, &args.secret, Some(text), args.mid_rotation.by_hand)
}

fn change(call: &Call, args: &WriteArgs, recipe: Option<String>, by_hand: bool) -> Result<()> {
    let address = call.address(&args.scope, &args.name)?;
    let mut vault = call.open()?;
    let is_set = recipe.is_some();
    let missing = match (vault.find(&address), recipe.as_deref().map(Recipe::parse).transpose()?) {
        (Ok(secret), Some(recipe)) => fit::check_secret(&mut vault, &recipe, &secret, call.now)?,
        // Where there is no such secret it is the vault that says so.
        _ => Vec::new(),
    };
    let written = vault.set_recipe(&address, recipe, by_hand, &args.reason)?;
    if let Some(standing) = written.secret.standing().filter(|_| written.secret.is_mid_rotation()) {
        call.output.warn(&format!("{standing} Settle it with strongroom rotate {address} --resume."));
    }
    missing.iter().for_each(|told| call.output.warn(told));
    if call.output.json {
        return call.output.print_json(&super::shapes::written(&written, call.now));
    }
    call.output.note(&match (is_set, written.outcome) {
        (true, Outcome::Unchanged) => format!("{address} has that recipe already."),
        (true, _) => format!("Gave a recipe to {address}."),
        (false, Outcome::Unchanged) => format!("{address} had no recipe."),
        (false, _) => format!("Took the recipe of {address}."),
    });
    Ok(())
}

fn print_ready(call: &Call, args: &ReadyArgs) -> Result<()> {
    if let Some(name) = &args.name {
        return call.output.print(Ready::find(name)?.text);
    }
    if call.output.json {
        let names = READY.iter().map(|ready| json!({ "name": ready.name, "what": ready.what() }));
        return call.output.print_json(&Value::Array(names.collect()));
    }
    let mut table = Table::new(&["RECIPE", "ROTATES"]);
    for ready in READY {
        table.row(vec![ready.name.to_owned(), ready.what().to_owned()]);
    }
    call.output.print(&table.render(call.output.color))
}
