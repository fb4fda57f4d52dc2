//! `dependents`: what is built from a secret, and what its own value refers to.

use serde_json::{Value, json};

use crate::error::Result;
use crate::inject::dependents::dependents;
use crate::rotation::recipe::mentioned;
use crate::vault::catalog::Catalog;
use crate::vault::scope::Address;
use crate::vault::secret::SecretId;

use super::args::NameArgs;
use super::call::Call;
use super::table::Table;

pub(super) const EXAMPLES: &str = "\
Examples:
  strongroom dependents production/DB_PASSWORD
  strongroom dependents DB_PASSWORD --env production --json | jq -r .dependents[].name

Found are the references in the current values of all secrets, in any field: {{secrets.NAME}} and $secret.NAME,
looked for in the scope of the secret that holds them, then outwards; and those in their recipes. No value leaves
the vault.";

pub(super) fn run(call: &Call, args: &NameArgs) -> Result<()> {
    let mut vault = call.open()?;
    let secret = call.resolve(&mut vault, &args.scope, &args.name)?;
    let catalog = vault.catalog()?;
    let found = dependents(&mut vault, &catalog, mentioned)?;
    let (built, sources) = (found.of(secret.id), found.sources(secret.id));
    let recipes = found.recipes(secret.id);
    let missing: Vec<String> = found.missing(secret.id).collect();
    if call.output.json {
        let built = built.iter().map(|dependent| {
            let mut value = named(&catalog, dependent.secret);
            value["through"] = dependent.through.map_or(Value::Null, |through| named(&catalog, through));
            value
        });
        return call.output.print_json(&json!({
            "name": secret.address.name.as_str(),
            "scope": secret.address.scope.to_string(),
            "dependents": built.collect::<Vec<_>>(),
            "refers_to": sources.iter().map(|source| named(&catalog, *source)).collect::<Vec<_>>(),
            "missing": missing,
            "recipes": recipes.iter().map(|holder| named(&catalog, *holder)).collect::<Vec<_>>(),
        }));
    }
    if built.is_empty() && sources.is_empty() && missing.is_empty() && recipes.is_empty() {
        call.output
            .note(&format!("Nothing is built from {0}, it refers to nothing, and no recipe names it.", secret.address));
        return Ok(());
    }
    let mut table = Table::new(&["SECRET", "WHAT"]);
    for dependent in &built {
        let what = match dependent.through {
            Some(through) => format!("is built from it through {}", told(&catalog, through)),
            None => "is built from it".to_owned(),
        };
        table.row(vec![told(&catalog, dependent.secret), what]);
    }
    for holder in recipes {
        table.row(vec![told(&catalog, *holder), "names it in its recipe".to_owned()]);
    }
    for source in sources {
        table.row(vec![told(&catalog, *source), "it refers to".to_owned()]);
    }
    for name in missing {
        table.row(vec![name, "it refers to, but is not there".to_owned()]);
    }
    call.output.print(&table.render(call.output.color))
}

/// The address of a secret of the catalog.
fn address(catalog: &Catalog, id: SecretId) -> Option<Address> {
    catalog.position(id).and_then(|at| catalog.listed().get(at)).and_then(|listed| catalog.address(listed))
}

fn told(catalog: &Catalog, id: SecretId) -> String {
    address(catalog, id).map_or_else(|| id.to_string(), |address| address.to_string())
}

fn named(catalog: &Catalog, id: SecretId) -> Value {
    let address = address(catalog, id);
    json!({
        "name": address.as_ref().map(|address| address.name.to_string()),
        "scope": address.as_ref().map(|address| address.scope.to_string()),
    })
}
