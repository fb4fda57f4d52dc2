//! The README's tables of keys, terms and commands, and the manual page, are those that
//! the program works by.
//!
//! `UPDATE_README=1 cargo test --test readme` writes them anew.

use strongroom::cli::{manual, readme_commands};
use strongroom::tui::key_table::readme_table;
use strongroom::vault::search::readme_terms;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

#[test]
fn the_tables_are_those_of_the_actions_and_of_the_terms() {
    let mut readme = std::fs::read_to_string(PATH).unwrap();
    for (mark, wanted) in [("keys", readme_table()), ("terms", readme_terms()), ("commands", readme_commands())] {
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

#[test]
fn the_manual_page_is_that_of_the_commands() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/strongroom.1");
    let wanted = manual().unwrap();
    if std::env::var_os("UPDATE_README").is_some() {
        return std::fs::write(path, wanted).unwrap();
    }
    let page = std::fs::read_to_string(path).unwrap();
    assert!(page == wanted, "assets/strongroom.1 is old: UPDATE_README=1 cargo test --test readme.");
}

/// A promise of the clipboard's table stands for as long as the test that it names.
#[test]
fn every_test_that_the_table_of_promises_names_is_there() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clipboard");
    let files = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let tests: Vec<String> = files.collect();
    let readme = std::fs::read_to_string(PATH).unwrap();
    let is_number = |word: &str| word.get(1..3).is_some_and(|number| number.parse::<u8>().is_ok());
    let named: Vec<&str> = readme.split('`').filter(|word| word.starts_with('t') && is_number(word)).collect();
    assert!(named.len() > 15, "the table is gone: {named:?}");
    for name in named {
        assert!(tests.iter().any(|file| file.contains(&format!("\nfn {name}() {{"))), "there is no test {name}");
    }
}
