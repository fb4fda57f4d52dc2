//! `run --explain`: which variables there would be, whence, and who wins. No value is opened.

use serde_json::{Value, json};

use crate::error::Result;
use crate::inject::environment::Row;

use super::super::call::Call;
use super::super::table::Table;
use super::gather::Gathered;

pub(super) fn print(call: &Call, gathered: &Gathered, rows: &[Row]) -> Result<()> {
    let found = |row: &Row| gathered.found.get(row.wish);
    if call.output.json {
        let rows = rows.iter().map(|row| {
            json!({
                "variable": row.variable,
                "secret": found(row).map(|found| found.wanted.address.name.to_string()),
                "scope": found(row).map(|found| found.wanted.address.scope.to_string()),
                "version": found(row).map(|found| found.version),
                "is_expired": found(row).map(|found| found.is_expired(call.now)),
                "outcome": row.outcome.word(),
            })
        });
        return call.output.print_json(&Value::Array(rows.collect()));
    }
    let mut table = Table::new(&["VARIABLE", "FROM", "OUTCOME"]);
    for row in rows {
        let from = found(row).map(|found| format!("{}@{}", found.wanted.address, found.version)).unwrap_or_default();
        let expired = if found(row).is_some_and(|found| found.is_expired(call.now)) { ", EXPIRED" } else { "" };
        table.row(vec![row.variable.clone(), from, format!("{}{expired}", row.outcome.words())]);
    }
    call.output.print(&table.render(call.output.color))
}
