//! Audit records as people and programs want them: a table, CSV, a JSON object a line.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::vault::audit::AuditRecord;

use super::super::shapes;
use super::super::table::Table;
use super::super::times::local;

fn who(record: &AuditRecord) -> String {
    let from = if record.actor.ip.is_empty() { String::new() } else { format!(" from {}", record.actor.ip) };
    format!("{}{from}", record.actor.signature())
}

pub(super) fn table(records: &[AuditRecord]) -> Table {
    let mut table = Table::new(&["SEQ", "WHEN", "ACTION", "SECRET", "VERSION", "WHO", "OUTCOME", "REASON"]);
    for record in records {
        let dash = || "-".to_owned();
        table.row(vec![
            record.seq.to_string(),
            local(record.at),
            record.action.word().to_owned(),
            record.address.as_ref().map_or_else(dash, ToString::to_string),
            record.version.map_or_else(dash, |version| version.to_string()),
            who(record),
            record.error.clone().unwrap_or_else(|| "ok".to_owned()),
            record.reason.clone(),
        ]);
    }
    table
}

/// The objects of the JSON, one a line and no array around them.
pub(super) fn json_lines(records: &[AuditRecord]) -> String {
    records.iter().map(|record| format!("{}\n", shapes::record(record))).collect()
}

/// The same keys as the JSON, one line a record, quoted as RFC 4180 says.
pub(super) fn csv(records: &[AuditRecord]) -> Result<String> {
    const KEYS: &str = "seq,timestamp,action,secret,scope,version,actor,host,ip,tty,run_id,reason,success,error,hash";
    let failed = |error: String| Error::failure(format!("The CSV cannot be written: {error}."));
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(KEYS.split(',')).map_err(|error| failed(error.to_string()))?;
    for record in records {
        let shape = shapes::record(record);
        let cells = KEYS.split(',').map(|key| cell(&shape[key]));
        writer.write_record(cells).map_err(|error| failed(error.to_string()))?;
    }
    let written = writer.into_inner().map_err(|error| failed(error.to_string()))?;
    String::from_utf8(written).map_err(|error| failed(error.to_string()))
}

/// A cell that a spreadsheet would calculate is kept from doing so.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_harmless() {
        assert_eq!(cell(&"=SUM(A1)".into()), "'=SUM(A1)");
        assert_eq!(cell(&Value::Null), "");
        assert_eq!(cell(&true.into()), "true");
    }

    #[test]
    fn csv_has_a_heading_when_empty() {
        let text = csv(&[]).unwrap();
        assert!(text.starts_with("seq,timestamp,action") && text.ends_with("hash\r\n"), "{text}");
    }
}
