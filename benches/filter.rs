//! How long a key in the filter takes at 100,000 secrets: `cargo bench --bench filter`.
//!
//! Prints medians and 99th percentiles; asserts nothing, since only ratios within one run count.

mod support;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use strongroom::vault::catalog::{Catalog, Listed};
use strongroom::vault::duplicates::Duplicates;
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::search::{Alike, Facts, Index, Query};
use strongroom::vault::secret::{Metadata, Secret, SecretId};
use strongroom::vault::usage::{Extent, Usage, Use};

use support::{addresses, percentiles};

const ROUNDS: usize = 200;

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
        rotation: Default::default(),
    })
}

/// Two of three were used, one in ten has another's value.
fn facts(catalog: &Catalog, now: Timestamp) -> Facts {
    let used = |(number, secret): (usize, &Listed)| {
        let at = now.as_second() - i64::try_from(number).unwrap_or(0) * 60;
        (!number.is_multiple_of(3)).then_some(Use { secret: secret.id, at, mine: false })
    };
    let uses: Vec<Use> = catalog.listed().iter().enumerate().filter_map(used).collect();
    let (mut usage, start) = (Usage::default(), Instant::now());
    for slice in uses.chunks(10_000) {
        usage.add(slice, Extent::Whole);
    }
    println!("folding {} uses in slices of 10,000: {:?}", uses.len(), start.elapsed());
    let alike = catalog.listed().chunks(20).map(|some| some.iter().take(2).map(|secret| secret.id).collect());
    Facts { usage: Arc::new(usage), duplicates: Alike::Found(Arc::new(Duplicates::new(alike))) }
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
        "used:never",
        "used:<30d stri",
        "dup",
        "",
    ];
    let facts = facts(&catalog, now);
    for line in lines {
        let Ok(query) = Query::parse(line, now).map(|query| query.knowing(facts.clone())) else { continue };
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
