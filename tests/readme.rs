//! The README's tables of keys and of terms are those that the application works by.
//!
//! `UPDATE_README=1 cargo test --test readme` writes them anew.

use strongroom::tui::key_table::readme_table;
use strongroom::vault::search::readme_terms;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

#[test]
fn the_tables_are_those_of_the_actions_and_of_the_terms() {
    let mut readme = std::fs::read_to_string(PATH).unwrap();
    for (mark, wanted) in [("keys", readme_table()), ("terms", readme_terms())] {
        let (start, end) = (format!("<!-- {mark} -->\n"), format!("<!-- /{mark} -->"));
        let (before, rest) = readme.split_once(&start).unwrap_or_else(|| panic!("README.md has no mark {start}"));
        let (table, after) = rest.split_once(&end).unwrap_or_else(|| panic!("README.md has no mark {end}"));
        if std::env::var_os("UPDATE_README").is_some() {
            let renewed = format!("{before}{start}{wanted}{end}{after}");
            std::fs::write(PATH, &renewed).unwrap();
            readme = renewed;
            continue;
        }
        assert_eq!(table, wanted, "README.md has an old table: UPDATE_README=1 cargo test --test readme.");
    }
}
