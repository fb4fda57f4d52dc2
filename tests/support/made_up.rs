//! Made-up secrets as they are found in the wild, many of them or some with a past.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use strongroom::secret_text::SecretText;
use strongroom::vault::audit::Actor;
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::secret::Fields;
use strongroom::vault::{Expected, MetadataChange};

use super::support::vault::TestVault;

/// Names and values as they are found in the wild: environments, teams, usual suffixes.
pub(crate) fn realistic(count: usize) -> impl Iterator<Item = (String, String)> {
    const ENVIRONMENTS: [&str; 5] = ["production", "staging", "development", "ci", "sandbox"];
    const TEAMS: [&str; 10] =
        ["payments", "search", "mail", "billing", "identity", "platform", "reporting", "edge", "mobile", "warehouse"];
    const SYSTEMS: [&str; 10] =
        ["STRIPE", "KAFKA", "POSTGRES", "REDIS", "SENTRY", "DATADOG", "GITHUB", "SMTP", "S3", "VAULT"];
    const KINDS: [&str; 10] = [
        "API_KEY",
        "PASSWORD",
        "WEBHOOK_SECRET",
        "TOKEN",
        "PRIVATE_KEY",
        "ACCESS_KEY_ID",
        "URL",
        "SIGNING_KEY",
        "DSN",
        "CLIENT_SECRET",
    ];
    (0..count).map(|number| {
        let part = |of: &'static [&'static str], by: usize| of[number / by % of.len()];
        let scope = format!("{}/{}", part(&ENVIRONMENTS, 1000), part(&TEAMS, 100));
        (
            format!("{scope}/{}_{}", part(&SYSTEMS, 10), part(&KINDS, 1)),
            format!("sk_{number:05}_{:032x}", spread(number)),
        )
    })
}

/// A number that looks random.
fn spread(number: usize) -> u128 {
    u128::try_from(number + 1).unwrap().wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
}

/// How many seconds ago the writer of [`with_a_past`] believes to be.
static AGO: AtomicI64 = AtomicI64::new(0);

/// An address, the days since each version, the days until it expires, and the rotation interval.
type Past = (&'static str, &'static [i64], Option<i64>, Option<u32>);

/// Fills a vault with two dozen made-up secrets of several ages.
pub(crate) fn with_a_past(vault: &TestVault) {
    const DAY: i64 = 86_400;
    let clock = || {
        let ago = AGO.load(Ordering::SeqCst);
        Timestamp::now() - SignedDuration::from_secs(ago)
    };
    let actor = |user: &str| Actor { user: user.to_owned(), host: "bastion1".to_owned(), ..Actor::default() };
    let secrets: &[Past] = &[
        ("production/payments/STRIPE_KEY", &[189, 127, 96, 34, 3], Some(200), Some(90)),
        ("production/payments/STRIPE_WEBHOOK_SECRET", &[182, 91], None, Some(90)),
        ("production/payments/ADYEN_HMAC_KEY", &[200], Some(-9), None),
        ("production/payments/ADYEN_API_KEY", &[160, 44], None, Some(90)),
        ("production/payments/BRAINTREE_PRIVATE_KEY", &[61], None, None),
        ("production/payments/PAYPAL_CLIENT_SECRET", &[240, 12], None, Some(60)),
        ("production/payments/POSTGRES_PASSWORD", &[90, 60, 30, 1], None, Some(30)),
        ("production/payments/POSTGRES_URL", &[90, 1], None, None),
        ("production/payments/REDIS_PASSWORD", &[77], None, None),
        ("production/payments/SENTRY_DSN", &[310], None, None),
        ("production/payments/SIGNING_KEY", &[400, 18], None, Some(365)),
        ("production/payments/TLS_PRIVATE_KEY", &[330, 25], Some(65), None),
        ("production/platform/KAFKA_SASL_PASSWORD", &[80, 50, 20], None, Some(30)),
        ("production/platform/DATADOG_API_KEY", &[500], None, None),
        ("production/platform/GITHUB_TOKEN", &[28], Some(62), None),
        ("production/reporting/SNOWFLAKE_PASSWORD", &[55], None, None),
        ("staging/payments/STRIPE_KEY", &[150, 30], None, None),
        ("staging/payments/STRIPE_WEBHOOK_SECRET", &[91], None, None),
        ("staging/payments/POSTGRES_PASSWORD", &[70, 40, 10], None, Some(30)),
        ("staging/payments/ADYEN_API_KEY", &[44], None, None),
        ("staging/payments/REDIS_PASSWORD", &[77], None, None),
        ("staging/platform/KAFKA_SASL_PASSWORD", &[33], None, None),
        ("STATUSPAGE_TOKEN", &[12], None, None),
    ];
    let reasons = ["Created for the launch", "Scheduled rotation", "Vendor asked for it", "Leaked in a build log"];
    let mut writers = [vault.open_as(actor("ops")), vault.open_as(actor("ana"))];
    writers.iter_mut().for_each(|writer| writer.set_clock(clock));
    for (number, (address, ages, expires, rotation_days)) in secrets.iter().enumerate() {
        let address = Address::parse(address, &ScopePath::root()).unwrap();
        for (at, age) in ages.iter().enumerate() {
            AGO.store(age * DAY + 3600, Ordering::SeqCst);
            let vault = &mut writers[(number + at) % 3 / 2];
            let fields = Fields::value(SecretText::from(format!("made up, version {at}")));
            let reason = reasons[if age % 30 == 4 { 3 } else { [0, 1, 2, 1, 1][at] }];
            if at > 0 {
                vault.rotate(&address, fields, reason, Expected::Present).unwrap();
                continue;
            }
            let is_first = number == 0;
            let metadata = MetadataChange {
                description: is_first
                    .then(|| "Stripe production API key, restricted to charges and refunds".to_owned()),
                tags: is_first.then(|| ["payments", "pci", "tier1"].map(str::to_owned).to_vec()),
                owner: is_first.then(|| "payments-oncall@example.com".to_owned()),
                expires_at: expires.map(|days| Some(Timestamp::now() + SignedDuration::from_hours(24 * days + 12))),
                rotation_days: rotation_days.map(Some),
                json: None,
            };
            vault.set(&address, Some(fields), metadata, reason, Expected::Absent).unwrap();
        }
    }
    for writer in writers {
        writer.lock().unwrap();
    }
}
