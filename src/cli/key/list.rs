//! `key list`: the slots, and which of them opened this session.

use serde_json::Value;

use crate::error::Result;
use crate::vault::KeySlot;

use super::super::call::Call;
use super::super::table::Table;
use super::{shape, warn_of_one};

pub(super) fn run(call: &Call) -> Result<()> {
    let slots = call.open()?.key_slots()?;
    if call.output.json {
        return call.output.print_json(&Value::Array(slots.iter().map(shape).collect()));
    }
    let mut table = Table::new(&["ID", "KIND", "COST OF A GUESS", "NOW"]);
    for slot in &slots {
        let now = if slot.opened_this { "opened this" } else { "" };
        table.row(vec![slot.id.to_string(), slot.kind.word().to_owned(), cost(slot), now.to_owned()]);
    }
    call.output.print(&table.render(call.output.color))?;
    warn_of_one(call, slots.len());
    Ok(())
}

/// What Argon2id does for one guess; a key of 256 bits is not guessed.
fn cost(slot: &KeySlot) -> String {
    slot.cost.map_or_else(|| "-".to_owned(), |cost| format!("{} MiB, {} passes", cost.memory_kib / 1024, cost.passes))
}
