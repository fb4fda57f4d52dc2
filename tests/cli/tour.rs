//! The tour in `assets/example/tour.sh`, done by the real binary: what it prints is read
//! and kept.

use std::process::Command;

use assert_cmd::cargo::cargo_bin;

/// What differs from day to day and from machine to machine, made the same; columns are
/// two blanks apart, since their width follows what is in them.
fn steady(text: &str) -> String {
    let command = |name: &str, argument: &str| {
        let told = Command::new(name).arg(argument).output().unwrap().stdout;
        String::from_utf8(told).unwrap().trim().to_owned()
    };
    let who = format!("{}@{}", command("id", "-un"), command("uname", "-n"));
    let mut steady = String::new();
    for line in text.replace(&who, "ops@host").lines() {
        let mut words: Vec<String> = Vec::new();
        for cell in line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()) {
            words.push(timeless(cell));
        }
        let indent = if line.starts_with("  ") { "  " } else { "" };
        steady.push_str(&format!("{indent}{}\n", words.join("  ")));
    }
    steady
}

/// A cell without its moment.
fn timeless(cell: &str) -> String {
    let mut words: Vec<String> = cell.split(' ').map(str::to_owned).collect();
    for word in &mut words {
        let name = word.strip_prefix('/').and_then(|path| path.rsplit_once('/')).map(|(_, name)| name.to_owned());
        if let Some(name) = name.filter(|name| name.starts_with("tour.db")) {
            *word = format!("/PLACE/{name}");
        }
        let shape: String = word.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
        if shape.trim_start_matches('(') == "9999-99-99" {
            *word = "2026-01-31".to_owned();
        } else if shape == "99:99" {
            *word = "14:05".to_owned();
        } else if shape.starts_with("9999-99-99T") {
            *word = "2026-01-31T14:05:00Z.".to_owned();
        }
    }
    let text = words.join(" ");
    let mut recent = text.clone();
    for second in 1..120 {
        for said in [format!("{second} seconds ago"), format!("{second} second ago")] {
            recent = recent.replace(&format!("({said})"), "(now)").replace(&format!("expired {said}"), "expired now");
            if recent == said {
                recent = "now".to_owned();
            }
        }
    }
    recent.replace("1 minute ago", "now").replace("in 30 days", "in 29 days").replace("in 90 days", "in 89 days")
}

#[test]
fn the_tour_prints_what_a_reader_expects() {
    let tour = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/example/tour.sh");
    // As its head says: with the program in the PATH.
    let folder = cargo_bin("strongroom").parent().unwrap().display().to_string();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let ran = Command::new("sh")
        .args(["-c", "exec sh \"$0\" 2>&1"])
        .arg(tour)
        .env_clear()
        .env("PATH", path)
        .env("TZ", "UTC")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{told}");
    insta::assert_snapshot!("tour", steady(&told));
}
