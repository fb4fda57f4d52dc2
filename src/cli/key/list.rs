//! `key list`: the slots, and which of them opened this session.

use serde_json::Value;

use crate::error::Result;
use crate::vault::KeySlot;

use super::super::audit::say_what_is_elsewhere;
use super::super::call::Call;
use super::super::shapes;
use super::super::table::Table;
use super::super::times::relative;
use super::{shape, warn_of_one};

pub(super) fn run(call: &Call) -> Result<()> {
    let mut vault = call.open()?;
    let (slots, tests) = (vault.key_slots()?, vault.key_tests()?);
    let tested = |slot: &KeySlot| tests.iter().find(|(id, _)| *id == slot.id.to_string()).map(|(_, at)| *at);
    if call.output.json {
        let shape = |slot: &KeySlot| {
            let mut value = shape(slot);
            value["tested_at"] = tested(slot).map(shapes::time).into();
            value
        };
        return call.output.print_json(&Value::Array(slots.iter().map(shape).collect()));
    }
    let mut table = Table::new(&["ID", "KIND", "COST OF A GUESS", "TESTED", "NOW"]);
    for slot in &slots {
        let now = if slot.opened_this { "opened this" } else { "" };
        let tested = tested(slot).map_or_else(|| "-".to_owned(), |at| relative(at, call.now));
        table.row(vec![slot.id.to_string(), slot.kind.word().to_owned(), cost(slot), tested, now.to_owned()]);
    }
    call.output.print(&table.render(call.output.color))?;
    if slots.iter().any(|slot| tested(slot).is_none()) {
        say_what_is_elsewhere(call, &vault.segments()?, None);
    }
    warn_of_one(call, slots.len());
    Ok(())
}

/// What Argon2id does for one guess; a key of 256 bits is not guessed.
fn cost(slot: &KeySlot) -> String {
    slot.cost.map_or_else(|| "-".to_owned(), |cost| format!("{} MiB, {} passes", cost.memory_kib / 1024, cost.passes))
}
