//! The report, as people read it.

use std::sync::Arc;

use super::super::audit::{Actor, AuditAction};
use super::super::scope::{Address, ScopePath};
use super::super::secret::{Origin, SecretId, Version};
use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn exposed(number: u8, name: &str, standing: Standing) -> ExposedSecret {
    let actor = Actor { user: "alice".into(), host: "bastion1".into(), tty: "pts/3".into(), ..Actor::default() };
    let exposure = |seq: u64, action| Exposure {
        seq,
        at: at(i64::try_from(seq).unwrap()),
        action,
        version: Some(3),
        actor: Arc::new(actor.clone()),
        reason: "a | b <script>".into(),
        aborted: false,
    };
    ExposedSecret {
        id: SecretId([number; 16]),
        address: Some(Address::parse(name, &ScopePath::root()).unwrap()),
        exposures: vec![
            exposure(5, AuditAction::Reveal),
            exposure(9, AuditAction::Copy),
            exposure(11, AuditAction::Reveal),
        ],
        standing,
        since: Vec::new(),
        dependents: vec![Address::parse("prod/URL", &ScopePath::root()).unwrap()],
    }
}

fn incident() -> Incident {
    let by = Version {
        number: 4,
        created_at: at(90),
        created_by: "bob@web".into(),
        reason: "leaked".into(),
        origin: Origin::Rotated,
        steps: Vec::new(),
    };
    let mut done =
        exposed(2, "prod/KEY", Standing::Replaced { by: by.clone(), unchanged: vec!["totp".parse().unwrap()] });
    done.since = vec![by];
    Incident {
        choice: Choice { people: vec!["alice".into()], since: Some(at(0)), ..Choice::default() },
        unknown: vec!["Nobody called <b> is in the log: it has alice@bastion1.".into()],
        cut_off: Some("Records 1 to 7 were cut off.".into()),
        records: 40,
        secrets: vec![exposed(1, "prod/DB", Standing::Current { version: 3 }), done],
        sessions: 2,
        last_session: Some(at(4)),
        keys: vec![Doing {
            at: at(4),
            action: AuditAction::KeyAdd,
            actor: Arc::new(Actor::default()),
            reason: String::new(),
        }],
    }
}

#[test]
fn the_report_says_everything_and_lets_nobody_write_markup() {
    let text = incident().markdown(at(100));
    for told in [
        "# Incident: what alice, since 2027-01-15 08:00:00 UTC could have seen",
        "- Nobody called \\<b\\> is in the log: it has alice@bastion1.\n- Records 1 to 7 were cut off.\n- 1 of 2 secrets are still to do, 1 are done.",
        "began 2 sessions",
        "strongroom key replace",
        "## What it cannot know",
        "| to do | prod/DB | 3 | 2027-01-15 08:00:11 UTC | reveal 2, copy 1 | rotate: version 3 is current | prod/URL |",
        "| done | prod/KEY | 3 | 2027-01-15 08:00:11 UTC | reveal 2, copy 1 | version 4 by bob@web; unchanged: totp | prod/URL |",
        "### prod/DB: to do\n\nRotate: version 3 is current.\n",
        "- 2027-01-15 08:00:09 UTC: version 3, copy by alice@bastion1 pts/3: a \\| b \\<script\\> (record 9)",
        "Done about it:\n\n- Nothing yet.",
        "- 2027-01-15 08:01:30 UTC: version 4, rotated by bob@web: leaked",
    ] {
        assert!(text.contains(told), "{told}:\n{text}");
    }
    assert!(!text.contains("<script>"));
}

#[test]
fn the_json_has_every_promised_key() {
    let value = incident().json(at(100));
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(
        keys(&value),
        "choice at unknown cut_off records open done exposures sessions last_session keys secrets method limits"
    );
    assert_eq!(
        keys(&value["secrets"][0]),
        "id name scope done standing what_now versions_seen last_seen ways exposures versions_since replaced_by \
         unchanged_fields destroyed_by dependents"
    );
    assert_eq!((&value["open"], &value["secrets"][1]["replaced_by"]["created_by"]), (&1.into(), &"bob@web".into()));
    assert_eq!(value["secrets"][0]["ways"], serde_json::json!({"reveal": 2, "copy": 1}));
}
