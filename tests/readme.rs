//! The README's key table is the one that the actions give.
//!
//! `UPDATE_README=1 cargo test --test readme` writes it anew.

use strongroom::tui::action::readme_table;

const START: &str = "<!-- keys -->\n";
const END: &str = "<!-- /keys -->";

#[test]
fn the_key_table_is_that_of_the_actions() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (before, rest) = readme.split_once(START).expect("README.md has no mark <!-- keys -->.");
    let (table, after) = rest.split_once(END).expect("README.md has no mark <!-- /keys -->.");
    let wanted = readme_table();
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(path, format!("{before}{START}{wanted}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(table, wanted, "README.md has an old key table: UPDATE_README=1 cargo test --test readme.");
}
