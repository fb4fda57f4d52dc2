//! Made-up secrets as they are found in the wild.

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
