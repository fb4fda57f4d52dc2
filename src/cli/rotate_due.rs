//! `rotate --due`: what must be rotated, as a plan or done, with generated values.

use std::ops::ControlFlow;

use clap::Args;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::vault::bulk::{Act, Seen, Step};
use crate::vault::catalog::{Catalog, Listed, stored_scope_is_within};
use crate::vault::generate::Recipe;
use crate::vault::secret::VALUE;

use super::args::VersionArgs;
use super::call::Call;
use super::scope_args::ScopeArgs;
use super::table::Table;
use super::times::push_relative;

/// All that is due rather than one secret.
#[derive(Args)]
pub(super) struct DueArgs {
    /// All secrets that are due, in the scopes given and below them; each gets a generated value
    #[arg(help_heading = "What is due", long, requires = "what_to_do", conflicts_with_all = ["name", "value", "stdin", "file", "fields", "if_version"])]
    pub(super) due: bool,
    /// Show what would be done; nothing is changed
    #[arg(help_heading = "What is due", long, group = "what_to_do", requires = "due")]
    plan: bool,
    /// Do it: all of them in one transaction, or none
    #[arg(help_heading = "What is due", long, group = "what_to_do", requires = "due")]
    apply: bool,
}

/// A due secret, and what is done about it.
struct Planned<'a> {
    listed: &'a Listed,
    step: Option<Step>,
}

pub(super) fn run(call: &Call, due: &DueArgs, version: &VersionArgs, scope: &ScopeArgs) -> Result<()> {
    let recipe = version.source.recipe()?;
    let bits = recipe.entropy_bits()?;
    let scopes = match scope.is_given() || call.config.scope_is_set {
        true => scope.scopes(&call.config.scope)?,
        false => Vec::new(),
    };
    let mut vault = call.open()?;
    let catalog = vault.catalog()?;
    let is_wanted = |listed: &&Listed| {
        let stored = catalog.text(listed.scope);
        scopes.is_empty() || scopes.iter().any(|scope| stored_scope_is_within(stored, scope))
    };
    let mut planned: Vec<Planned<'_>> = catalog
        .listed()
        .iter()
        .filter(|listed| listed.is_due(call.now))
        .filter(is_wanted)
        .map(|listed| Planned { listed, step: step(&catalog, listed, &recipe) })
        .collect();
    planned.sort_by_key(|planned| planned.listed.due_at());
    if due.plan {
        return show(call, &catalog, &planned, bits);
    }
    let steps: Vec<Step> = planned.iter().filter_map(|planned| planned.step.clone()).collect();
    vault.bulk(&steps, &version.reason, |_, _| ControlFlow::Continue(()))?;
    show(call, &catalog, &planned, bits)
}

/// The rotation of one secret; `None` where there is no main field to generate.
fn step(catalog: &Catalog, listed: &Listed, recipe: &Recipe) -> Option<Step> {
    let has_value = catalog.text(listed.fields).split(' ').any(|field| field == VALUE);
    let address = catalog.address(listed).filter(|_| has_value)?;
    let seen = Seen::Version(listed.version.into());
    Some(Step { id: listed.id, address, seen, act: Act::Rotate(recipe.clone()) })
}

fn show(call: &Call, catalog: &Catalog, planned: &[Planned<'_>], bits: f64) -> Result<()> {
    if call.output.json {
        let rows = planned.iter().map(|planned| row_json(catalog, planned)).collect();
        return call.output.print_json(&Value::Array(rows));
    }
    if planned.is_empty() {
        call.output.note("Nothing is due.");
        return Ok(());
    }
    let mut table = Table::new(&["SECRET", "DUE", "VERSION"]);
    for Planned { listed, step } in planned {
        let mut when = String::new();
        push_relative(&mut when, listed.due_at(), call.now);
        let address = catalog.address(listed).map(|address| address.to_string()).unwrap_or_default();
        let version = match step {
            Some(_) => format!("{} -> {}", listed.version, listed.version + 1),
            None => format!("{}, left out: it has no field named value", listed.version),
        };
        table.row(vec![address, when, version]);
    }
    call.output.print(&table.render(call.output.color))?;
    call.output.note(&format!(
        "Each gets a generated value of {bits:.0} bits. Only the vault changes: whoever uses them is not told."
    ));
    Ok(())
}

fn row_json(catalog: &Catalog, Planned { listed, step }: &Planned<'_>) -> Value {
    let scope = catalog.text(listed.scope);
    json!({
        "name": listed.name.to_string(),
        "scope": if scope.is_empty() { "global" } else { scope },
        "version": listed.version,
        "next_version": step.as_ref().map(|_| listed.version + 1),
    })
}

/// A name and `--due`, or neither.
pub(super) fn nameless() -> Error {
    Error::usage("The name of the secret is missing.").hint("Name it, or rotate all that is due with --due --plan.")
}
