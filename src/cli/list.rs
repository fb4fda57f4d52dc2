//! `list`: every secret that the query and the scopes leave, without a value.

use std::sync::Arc;

use clap::Args;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::tui::panes::secrets::rotation_sign;
use crate::vault::Vault;
use crate::vault::catalog::{Catalog, Listed, NEVER, stored_scope_is_within};
use crate::vault::rotation::UnderWay;
use crate::vault::scope::ScopePath;
use crate::vault::search::{Alike, Fact, Facts, Query};
use crate::vault::secret::{Secret, SecretId};

use super::audit::say_what_is_elsewhere;
use super::call::Call;
use super::long_table;
use super::scope_args::ScopeArgs;
use super::shapes;
use super::table::Table;
use super::times::{push_number, push_relative, relative_or_dash};

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom list
  strongroom list stripe --scope production --recursive
  strongroom list 'due:<7d'
  strongroom list tag:db expired --json
  strongroom list 'used:never'
  strongroom list dup

Terms: scope:S tag:T expired due due:<7d age:>90d changed:today by:NAME owner:NAME has:FIELD
used:never used:>90d (read from the audit log, which is verified first) dup (the same value as another secret)";

/// What to list.
#[derive(Args)]
pub(super) struct ListArgs {
    /// Words that scope and name must match, and terms that narrow
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    #[command(flatten)]
    scope: ScopeArgs,
    /// Also what lives below the scopes given
    #[arg(short, long)]
    recursive: bool,
    /// What was deleted and can be restored
    #[arg(long)]
    deleted: bool,
}

pub(super) fn run(call: &Call, args: &ListArgs) -> Result<()> {
    let query = Query::parse(&args.query.join(" "), call.now)?;
    let wanted = Wanted::new(call, args)?;
    let mut vault = call.open()?;
    if args.deleted {
        if !query.is_empty() {
            return Err(Error::usage("--deleted takes no query.").hint("Give a --scope to narrow it."));
        }
        return print_deleted(call, &wanted, vault.deleted()?);
    }
    let query = informed(call, query, &mut vault)?;
    // What still opens is listed, and then the damage is the outcome.
    let (catalog, damage) = vault.catalog_with_damage();
    let chosen: Vec<&Listed> = catalog
        .listed()
        .iter()
        .filter(|listed| wanted.takes(catalog.text(listed.scope)))
        .filter(|listed| query.is_empty() || query.matches(&catalog, listed, call.now))
        .collect();
    if let Some(damage) = damage {
        if !call.output.json && !chosen.is_empty() {
            print_table(call, &catalog, &chosen)?;
        }
        return Err(damage);
    }
    if call.output.json {
        let chosen: Vec<SecretId> = chosen.iter().map(|listed| listed.id).collect();
        drop(catalog);
        return print_json(call, &mut vault, &chosen);
    }
    if chosen.is_empty() {
        call.output.note(if args.query.is_empty() { "There are no secrets here." } else { "There is no such secret." });
        return Ok(());
    }
    print_table(call, &catalog, &chosen)
}

/// The query with the facts that its terms ask for, and no others: they take a while.
fn informed(call: &Call, query: Query, vault: &mut Vault) -> Result<Query> {
    let mut facts = Facts::default();
    if query.asks_for(Fact::Usage) {
        facts.usage = Arc::new(vault.usage()?);
        say_what_is_elsewhere(call, &vault.segments()?, None);
    }
    if query.asks_for(Fact::Duplicates) {
        facts.duplicates = Alike::Found(Arc::new(vault.duplicates()?));
    }
    Ok(query.knowing(facts))
}

/// Which scopes are listed.
struct Wanted {
    scopes: Vec<ScopePath>,
    recursive: bool,
}

impl Wanted {
    /// The scopes given; all when none is given, by flag, environment or file.
    fn new(call: &Call, args: &ListArgs) -> Result<Self> {
        let all = !args.scope.is_given() && !call.config.scope_is_set;
        let scopes = if all { Vec::new() } else { args.scope.scopes(&call.config.scope)? };
        Ok(Self { scopes, recursive: args.recursive })
    }

    fn takes(&self, stored: &str) -> bool {
        self.scopes.is_empty()
            || self.scopes.iter().any(|scope| {
                if self.recursive { stored_scope_is_within(stored, scope) } else { stored == scope.as_stored() }
            })
    }
}

fn print_table(call: &Call, catalog: &Catalog, chosen: &[&Listed]) -> Result<()> {
    const HEADINGS: &[&str] = &["NAME", "SCOPE", "VERSION", "CREATED", "ROTATED", "EXPIRES", "DUE", "ROTATION"];
    // A column of its own, where anything is under way: nobody else's table changes.
    let has_rotations = chosen.iter().any(|listed| listed.under_way != UnderWay::Nothing);
    let headings = if has_rotations { HEADINGS } else { &HEADINGS[..HEADINGS.len() - 1] };
    long_table::print(call.output, headings, chosen, |listed, row| {
        let scope = catalog.text(listed.scope);
        row.cell(|cell| cell.push_str(&listed.name));
        row.cell(|cell| cell.push_str(if scope.is_empty() { "global" } else { scope }));
        row.cell(|cell| push_number(cell, listed.version.into()));
        for second in [listed.created_at, listed.last_rotated, listed.expires_at, listed.due_at()] {
            row.cell(|cell| match second {
                NEVER => cell.push('-'),
                second => push_relative(cell, second, call.now),
            });
        }
        if has_rotations {
            row.cell(|cell| match listed.under_way {
                UnderWay::Nothing => cell.push('-'),
                under_way => cell.extend([rotation_sign(under_way), " ", under_way.word()]),
            });
        }
    })
}

/// The whole of each secret, which the catalog does not hold.
fn print_json(call: &Call, vault: &mut Vault, chosen: &[SecretId]) -> Result<()> {
    call.output.print_json_array(|print| vault.each_in_full(chosen, |secret| print(&shapes::secret(&secret, call.now))))
}

fn print_deleted(call: &Call, wanted: &Wanted, deleted: Vec<Secret>) -> Result<()> {
    let deleted: Vec<Secret> = deleted.into_iter().filter(|secret| wanted.takes(secret.scope().as_stored())).collect();
    if call.output.json {
        let secrets = deleted.iter().map(|secret| shapes::secret(secret, call.now)).collect();
        return call.output.print_json(&Value::Array(secrets));
    }
    if deleted.is_empty() {
        call.output.note("Nothing deleted can be restored.");
        return Ok(());
    }
    let mut table = Table::new(&["NAME", "SCOPE", "VERSION", "DELETED"]);
    for secret in &deleted {
        table.row(vec![
            secret.address.name.to_string(),
            secret.address.scope.to_string(),
            secret.version.to_string(),
            relative_or_dash(secret.deleted_at, call.now),
        ]);
    }
    call.output.print(&table.render(call.output.color))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_taken_exactly_or_with_what_lies_below() {
        let wanted = |recursive| Wanted { scopes: vec!["prod".parse().unwrap()], recursive };
        assert!(wanted(false).takes("prod") && !wanted(false).takes("prod/pay"));
        assert!(wanted(true).takes("prod/pay") && !wanted(true).takes("production"));
        let all = Wanted { scopes: Vec::new(), recursive: false };
        assert!(all.takes("") && all.takes("a/b"));
    }
}
