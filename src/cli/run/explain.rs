//! `run --explain`: which variables there would be, whence, and who wins. No value is opened.

use serde_json::{Value, json};

use crate::error::Result;
use crate::inject::environment::Row;
use crate::inject::lookup::survey;
use crate::inject::survey::Text;
use crate::vault::Vault;

use super::super::call::Call;
use super::super::table::Table;
use super::gather::{Found, Gathered};

pub(super) fn print(call: &Call, vault: &mut Vault, gathered: &Gathered, rows: &[Row]) -> Result<()> {
    let mut array = Vec::new();
    let mut table = Table::new(&["VARIABLE", "FROM", "OUTCOME"]);
    for row in rows {
        let Some(found) = gathered.found.get(row.wish) else { continue };
        let mut shape = json!({
            "variable": row.variable, "outcome": row.outcome.word(), "secret": null, "scope": null, "version": null,
            "is_expired": null, "file": null, "line": null, "references": [],
        });
        let (from, is_expired) = match found {
            Found::Secret(secret) => {
                let is_expired = secret.is_expired(call.now);
                shape["secret"] = secret.address.name.as_str().into();
                shape["scope"] = secret.address.scope.to_string().into();
                shape["version"] = secret.version.into();
                shape["is_expired"] = is_expired.into();
                (format!("{}@{}", secret.address, secret.version), is_expired)
            }
            Found::Line { file, number, value } => {
                let survey = survey(vault, &[Text { file, template: value }], &gathered.context, call.now)?;
                let references: Vec<String> = survey.secrets().into_iter().map(ToString::to_string).collect();
                shape["file"] = file.as_str().into();
                shape["line"] = (*number).into();
                shape["references"] = references.clone().into();
                let with = if references.is_empty() { "" } else { ", with " };
                (format!("{file}:{number}{with}{}", references.join(", ")), false)
            }
        };
        let expired = if is_expired { ", but EXPIRED" } else { "" };
        table.row(vec![row.variable.clone(), from, format!("{}{expired}", row.outcome.words())]);
        array.push(shape);
    }
    if call.output.json {
        return call.output.print_json(&Value::Array(array));
    }
    call.output.print(&table.render(call.output.color))
}
