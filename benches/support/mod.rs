//! Made-up names and figures that the benches share.

use std::time::Duration;

const ENVIRONMENTS: [&str; 8] = ["prod", "staging", "dev", "qa", "sandbox", "dr", "ci", "preview"];
const REGIONS: [&str; 8] = [
    "us-east-1",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-south-1",
    "ap-southeast-2",
    "sa-east-1",
    "ca-central-1",
];
const SERVICES: &str = "payments auth billing checkout search catalog inventory shipping notifications email webhooks \
    gateway edge cache sessions users accounts profiles orders cart pricing fraud ledger wallet invoices analytics \
    metrics logging alerts docs media uploads storage backups warehouse kafka rabbitmq redis postgres mysql consul \
    terraform jenkins registry grafana prometheus stripe adyen keycloak bastion";
const KEYS: &str = "stripe_api_key stripe_webhook_secret db_password db_url db_replica_url redis_url redis_password \
    jwt_signing_key oauth_client_id oauth_client_secret session_secret cookie_key encryption_key hmac_key \
    aws_access_key_id aws_secret_access_key gcp_service_account github_token npm_token slack_webhook_url sentry_dsn \
    datadog_api_key pagerduty_key smtp_password s3_bucket_key kms_key_id tls_cert tls_private_key ssh_private_key \
    ldap_bind_password admin_password root_password api_key api_secret signing_secret license_key service_token \
    deploy_key read_token write_token";

/// So many distinct addresses, the same in every run.
pub(crate) fn addresses(count: usize) -> Vec<String> {
    let environments = ENVIRONMENTS.iter();
    let places = environments.flat_map(|environment| {
        let regions = REGIONS.iter().map(move |region| format!("{environment}/{region}"));
        std::iter::once((*environment).to_owned()).chain(regions)
    });
    let mut addresses: Vec<String> = places
        .flat_map(|place| SERVICES.split_whitespace().map(move |service| format!("{place}/{service}")))
        .flat_map(|scope| KEYS.split_whitespace().map(move |key| format!("{scope}/{}", key.to_uppercase())))
        .collect();
    // A cheap, even shuffle: strides that share no factor with the length.
    let stride = ((addresses.len() / 3) | 1).max(1);
    let mut more = (2..).flat_map({
        let base = addresses.clone();
        move |number| base.clone().into_iter().map(move |address| format!("{address}_v{number}"))
    });
    while addresses.len() < count {
        addresses.extend(more.by_ref().take(1_000));
    }
    (0..count)
        .map(|at| std::mem::take(&mut addresses[at * stride % count]))
        .filter(|address| !address.is_empty())
        .collect()
}

/// The median and the 99th percentile.
pub(crate) fn percentiles(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}
