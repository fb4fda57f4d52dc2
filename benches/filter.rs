//! How long a key in the filter takes at 100,000 secrets: `cargo bench --bench filter`.
//!
//! Prints medians and 99th percentiles; asserts nothing, since only ratios within one run count.

use std::hint::black_box;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use strongroom::vault::catalog::Catalog;
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::search::{Index, Query};
use strongroom::vault::secret::{Metadata, Secret, SecretId};

const ROUNDS: usize = 200;

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
fn addresses(count: usize) -> Vec<String> {
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

fn secret(number: usize, address: &str, now: Timestamp) -> Option<Secret> {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    Some(Secret {
        id: SecretId(id),
        address: Address::parse(address, &ScopePath::root()).ok()?,
        version: 3,
        fields: vec!["value".parse().ok()?],
        metadata: Metadata {
            tags: if number.is_multiple_of(3) { vec!["db".to_owned(), "pci".to_owned()] } else { Vec::new() },
            rotation_days: number.is_multiple_of(2).then_some(90),
            ..Metadata::default()
        },
        created_at: now,
        created_by: "ops@bastion1".to_owned(),
        updated_at: now,
        value_changed_at: now,
        last_rotated: None,
        deleted_at: None,
    })
}

/// The median and the 99th percentile.
fn percentiles(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

fn main() {
    let count = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(100_000);
    let now = Timestamp::now();
    let catalog: Catalog =
        addresses(count).iter().enumerate().filter_map(|(number, address)| secret(number, address, now)).collect();
    let build = (0..20).map(|_| {
        let start = Instant::now();
        black_box(Index::build(&catalog));
        start.elapsed()
    });
    println!("{} secrets; building the index {:?}", catalog.listed().len(), percentiles(build.collect()).0);
    let index = Index::build(&catalog);
    println!("{:<36} {:>8} {:>11} {:>11}", "typed, its last key timed", "found", "median", "99th");
    let lines = [
        "s",
        "st",
        "str",
        "stri",
        "stripe",
        "stripe_api",
        "e",
        "ea",
        "p pay",
        "prod stripe",
        "prod/payments/str",
        "key",
        "_",
        "zzz",
        "scope:prod s",
        "tag:db",
        "due:<120d stri",
        "tag:db a",
        "",
    ];
    for line in lines {
        let Ok(query) = Query::parse(line, now) else { continue };
        let before = line.char_indices().next_back().and_then(|(last, _)| Query::parse(&line[..last], now).ok());
        let previous = before.map(|before| index.filter(&catalog, &before, None, now).survivors);
        let times = (0..ROUNDS).map(|_| {
            let start = Instant::now();
            black_box(index.filter(&catalog, &query, previous.as_ref(), now));
            start.elapsed()
        });
        let (median, slowest) = percentiles(times.collect());
        let found = index.filter(&catalog, &query, previous.as_ref(), now).order.len();
        println!("{line:<36} {found:>8} {median:>11.1?} {slowest:>11.1?}");
    }
}
