//! The JSON of a secret, a version and an audit record, as scripts rely on them.
//! Times are UTC in RFC 3339, to the second. No shape has a place for a value.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::crypto::keyring::SlotKind;
use crate::vault::audit::AuditRecord;
use crate::vault::compare::{ShapeDiff, Side};
use crate::vault::rotation::{GivenUp, StepDone};
use crate::vault::secret::{FieldName, Origin, Secret, Version};
use crate::vault::{Outcome, Written};

/// A secret.
pub(super) fn secret(secret: &Secret, now: Timestamp) -> Value {
    let metadata = &secret.metadata;
    let mut value = json!({
        "id": secret.id.to_string(),
        "name": secret.address.name.as_str(),
        "scope": secret.address.scope.to_string(),
        "version": secret.version,
        "description": metadata.description,
        "metadata": metadata.json,
        "tags": metadata.tags,
        "fields": secret.fields.iter().map(FieldName::as_str).collect::<Vec<_>>(),
        "owner": metadata.owner,
        "created_at": time(secret.created_at),
        "created_by": secret.created_by,
        "updated_at": time(secret.updated_at),
        "last_rotated": secret.last_rotated.map(time),
        "rotation_days": metadata.rotation_days,
        "next_rotation": secret.due_at().map(time),
        "expires_at": metadata.expires_at.map(time),
        "is_expired": secret.is_expired(now),
        "is_due": secret.is_due(now),
    });
    if let Some(deleted_at) = secret.deleted_at {
        value["deleted_at"] = time(deleted_at).into();
    }
    let rotation = &secret.rotation;
    if let Some(stage) = &rotation.stage {
        value["pending"] = json!({
            "version": secret.version + 1,
            "state": stage.state.word(),
            "staged_at": time(stage.since),
            "staged_by": stage.by,
            "reason": stage.reason,
            "fields": stage.fields.iter().map(FieldName::as_str).collect::<Vec<_>>(),
            "steps": stage.steps.iter().map(step).collect::<Vec<_>>(),
            "from": stage.from,
        });
    }
    if let Some(until) = rotation.previous_until {
        value["previous_until"] = time(until).into();
    }
    if let Some(revoke) = &rotation.revoke {
        value["to_revoke"] = revoke.version.into();
    }
    value
}

/// A step of a rotation.
pub(super) fn step(step: &StepDone) -> Value {
    json!({
        "step": step.kind.word(),
        "of": step.of.word(),
        "end": step.end.word(),
        "milliseconds": step.took,
    })
}

/// A secret after a write, with what the write did.
pub(super) fn written(written: &Written, now: Timestamp) -> Value {
    let mut value = secret(&written.secret, now);
    value["outcome"] = outcome(written.outcome).into();
    value
}

/// What a write did, in one word.
fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "created",
        Outcome::NewVersion => "new_version",
        Outcome::MetadataOnly => "metadata_only",
        Outcome::Unchanged => "unchanged",
    }
}

/// A version.
pub(super) fn version(version: &Version) -> Value {
    let from = match version.origin {
        Origin::RolledBack { from } => Some(from),
        _ => None,
    };
    let mut value = json!({
        "version": version.number,
        "created_at": time(version.created_at),
        "created_by": version.created_by,
        "reason": version.reason,
        "origin": version.origin.to_string(),
        "rolled_back_from": from,
    });
    if !version.steps.is_empty() {
        value["steps"] = version.steps.iter().map(step).collect();
    }
    value
}

/// A version, with the rotations that were given up while it was the current one.
pub(super) fn version_with(current: &Version, given_up: &[GivenUp]) -> Value {
    let mut value = version(current);
    let given_up = given_up.iter().filter(|given_up| given_up.version == current.number);
    let given_up: Vec<Value> = given_up
        .map(|given_up| {
            json!({
                "aborted_at": time(given_up.at),
                "aborted_by": given_up.by,
                "reason": given_up.reason,
                "steps": given_up.steps.iter().map(step).collect::<Vec<_>>(),
            })
        })
        .collect();
    if !given_up.is_empty() {
        value["aborted_rotations"] = given_up.into();
    }
    value
}

/// How two versions differ, by shape.
pub(super) fn diff(diff: &ShapeDiff) -> Value {
    let fields = diff.fields.iter().map(|field| {
        json!({
            "name": field.name.as_str(),
            "change": field.fate().word(),
            "before": field.before.as_ref().map(side),
            "after": field.after.as_ref().map(side),
        })
    });
    json!({
        "before": version(&diff.before),
        "after": version(&diff.after),
        "fields": fields.collect::<Vec<_>>(),
    })
}

/// What a field's bytes are like in one version.
fn side(side: &Side) -> Value {
    let shape = &side.shape;
    json!({
        "bytes": shape.bytes,
        "characters": shape.characters,
        "lines": shape.lines,
        "alphabet": shape.alphabet.iter().map(|class| class.word()).collect::<Vec<_>>(),
        "looks_like": shape.looks.map(|looks| looks.word()),
        "final_newline": shape.final_newline,
        "same_as": side.same_as,
    })
}

/// An audit record.
pub(super) fn record(record: &AuditRecord) -> Value {
    json!({
        "seq": record.seq,
        "timestamp": time(record.at),
        "action": record.action.word(),
        "secret": record.address.as_ref().map(|address| address.name.as_str().to_owned()),
        "scope": record.address.as_ref().map(|address| address.scope.to_string()),
        "version": record.version,
        "actor": record.actor.user,
        "host": record.actor.host,
        "ip": record.actor.ip,
        "tty": record.actor.tty,
        "run_id": record.actor.run_id,
        "reason": record.reason,
        "success": record.error.is_none(),
        "error": record.error,
        "hash": data_encoding::HEXLOWER.encode(&record.hash),
    })
}

/// The word of a key's kind.
pub(super) fn slot_kind(kind: SlotKind) -> String {
    kind.word().replace(' ', "_")
}

/// `2026-01-31T14:05:09Z`
pub(super) fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::audit::{Actor, AuditAction};
    use crate::vault::secret::{Metadata, SecretId};

    fn keys(value: &Value) -> Vec<&str> {
        value.as_object().unwrap().keys().map(String::as_str).collect()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_secret_has_every_promised_key() {
        let held = Secret {
            id: SecretId([1; 16]),
            address: crate::vault::scope::Address::parse("prod/KEY", &Default::default()).unwrap(),
            version: 2,
            fields: vec!["value".parse().unwrap()],
            metadata: Metadata { rotation_days: Some(1), expires_at: Some(at(50)), ..Metadata::default() },
            created_at: at(0),
            created_by: "ops@host".into(),
            updated_at: at(5),
            value_changed_at: at(5),
            last_rotated: None,
            deleted_at: None,
            rotation: Default::default(),
        };
        let value = secret(&held, at(100));
        for key in [
            "id",
            "name",
            "scope",
            "version",
            "description",
            "metadata",
            "tags",
            "fields",
            "created_at",
            "created_by",
            "updated_at",
            "last_rotated",
            "rotation_days",
            "next_rotation",
            "expires_at",
            "is_expired",
            "is_due",
        ] {
            assert!(keys(&value).contains(&key), "{key}");
        }
        assert_eq!(value["created_at"], "1970-01-01T00:00:00Z");
        assert_eq!(value["next_rotation"], "1970-01-02T00:00:05Z");
        assert_eq!((&value["is_expired"], &value["is_due"]), (&true.into(), &false.into()));
        assert_eq!((&value["last_rotated"], &value["scope"]), (&Value::Null, &"prod".into()));
    }

    #[test]
    fn a_version_tells_where_it_came_from() {
        let origin = Origin::RolledBack { from: 1 };
        let held = Version {
            number: 3,
            created_at: at(0),
            created_by: String::new(),
            reason: String::new(),
            origin,
            steps: Vec::new(),
        };
        let value = version(&held);
        assert_eq!(keys(&value), ["version", "created_at", "created_by", "reason", "origin", "rolled_back_from"]);
        assert_eq!((&value["origin"], &value["rolled_back_from"]), (&"rolled back from 1".into(), &1.into()));
    }

    #[test]
    fn a_record_has_exactly_the_promised_keys() {
        let held = AuditRecord {
            seq: 1,
            at: at(0),
            action: AuditAction::Reveal,
            secret: None,
            address: None,
            version: None,
            actor: Actor::default(),
            reason: String::new(),
            error: Some("It has expired.".into()),
            hash: [0xab; 32],
        };
        let value = record(&held);
        let promised = "seq timestamp action secret scope version actor host ip tty run_id reason success error hash";
        assert_eq!(keys(&value), promised.split(' ').collect::<Vec<_>>());
        assert_eq!(value["success"], false);
        assert!(value["hash"].as_str().unwrap().starts_with("abab"));
    }
}
