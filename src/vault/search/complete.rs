//! What a half-typed term of the query line may go on with: the terms themselves,
//! and behind the colon the values that the catalog has.

use std::collections::BTreeSet;

use super::super::catalog::{Catalog, Listed, Symbol};
use super::vocabulary::beginnings;

/// All that `token`, the word before the cursor, may become: whole words in order,
/// never itself. Nothing for quoted text and for words that begin no term.
#[must_use]
pub fn complete(token: &str, catalog: &Catalog) -> Vec<String> {
    let Some((key, value)) = token.split_once(':') else {
        let begun = beginnings().filter(|term| term.starts_with(token) && *term != token);
        return begun.map(str::to_owned).collect();
    };
    let values = match key {
        "scope" => scopes(value, catalog),
        "tag" => words(catalog, |listed| listed.tags),
        "has" => words(catalog, |listed| listed.fields),
        "owner" => words(catalog, |listed| listed.owner),
        "by" => words(catalog, |listed| listed.created_by),
        "due" | "expires" => some(&["<7d", "<30d", ">90d"]),
        "age" => some(&["<1d", "<7d", ">90d", ">365d"]),
        "rotated" => some(&["never", "<7d", ">90d", ">1y"]),
        "used" => some(&["never", "<1d", "<30d", ">90d"]),
        "changed" => some(&["today", "yesterday", "<7d", ">90d"]),
        _ => BTreeSet::new(),
    };
    let (equals, begun) = value.strip_prefix('=').map_or(("", value), |rest| ("=", rest));
    let fits = |known: &&String| starts_like(known, begun) && known.as_str() != begun;
    values.iter().filter(fits).map(|known| format!("{key}:{equals}{known}")).collect()
}

fn some(values: &[&str]) -> BTreeSet<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// True when a text begins so, whatever the case.
#[must_use]
pub fn starts_like(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// Every tag of the vault, in order.
#[must_use]
pub fn tags(catalog: &Catalog) -> Vec<String> {
    words(catalog, |listed| listed.tags).into_iter().collect()
}

/// The different texts of one column of the catalog.
fn column(catalog: &Catalog, of: impl Fn(&Listed) -> Symbol) -> Vec<&str> {
    let symbols: BTreeSet<Symbol> = catalog.listed().iter().map(of).collect();
    symbols.into_iter().map(|symbol| catalog.text(symbol)).collect()
}

/// The words of one column.
fn words(catalog: &Catalog, of: impl Fn(&Listed) -> Symbol) -> BTreeSet<String> {
    let column = column(catalog, of);
    column.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect()
}

/// The scopes one level further down: `pro` becomes `production/`, that `production/payments/`.
/// What begins no scope may begin a segment of one.
fn scopes(value: &str, catalog: &Catalog) -> BTreeSet<String> {
    let value = value.strip_prefix('=').unwrap_or(value);
    let stored = column(catalog, |listed| listed.scope);
    let level = |scope: &str| {
        let end = scope.get(value.len()..)?.find('/').map_or(scope.len(), |at| value.len() + at);
        starts_like(scope, value).then(|| format!("{}/", &scope[..end]))
    };
    let whole = || stored.iter().filter(|scope| !scope.is_empty());
    let mut found: BTreeSet<String> = whole().filter_map(|scope| level(scope)).collect();
    if found.is_empty() {
        let segments = whole().flat_map(|scope| scope.match_indices('/').map(|(at, _)| &scope[at + 1..]));
        found = segments.filter_map(level).collect();
    }
    if stored.iter().any(|scope| scope.is_empty()) {
        found.insert("global".to_owned());
    }
    found.remove(&format!("{value}/").replace("//", "/"));
    found
}
