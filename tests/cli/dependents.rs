//! `dependents` from outside, and what `incident` makes of it.

use serde_json::json;

use crate::support::{Ran, Room};

fn built() -> Room {
    let room = Room::new();
    room.set("prod/DB_PASSWORD", "hunter2");
    room.set("prod/DB_URL", "postgres://app:{{secrets.DB_PASSWORD}}@db/app");
    room.set("prod/CONFIG", "url = \"$secret.DB_URL\", other = {{secrets.GONE}}");
    room.set("stage/DB_URL", "postgres://app:{{secrets.DB_PASSWORD}}@db/app");
    room
}

#[test]
fn dependents_tells_what_is_built_from_a_secret_and_what_it_refers_to() {
    let room = built();
    let before = room.json(&["audit"]).as_array().unwrap().len();
    let table = room.good(&["dependents", "DB_PASSWORD", "--env", "prod"]).text();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 3, "{table}");
    assert!(lines[1].starts_with("prod/DB_URL") && lines[1].ends_with("is built from it"), "{table}");
    assert!(
        lines[2].starts_with("prod/CONFIG") && lines[2].ends_with("is built from it through prod/DB_URL"),
        "{table}"
    );
    let table = room.good(&["dependents", "prod/CONFIG"]).text();
    assert!(table.contains("prod/DB_URL  it refers to\n"), "{table}");
    assert!(table.contains("it refers to, but is not there"), "{table}");
    let value = room.json(&["dependents", "prod/DB_PASSWORD"]);
    assert_eq!((&value["scope"], &value["refers_to"], &value["missing"]), (&"prod".into(), &json!([]), &json!([])));
    assert_eq!(value["dependents"][1]["through"], json!({"name": "DB_URL", "scope": "prod"}));
    assert_eq!(value["dependents"][0]["through"], json!(null));
    let lost = room.json(&["dependents", "stage/DB_URL"]);
    assert_eq!(lost["missing"], json!(["DB_PASSWORD"]), "it is not seen from there");
    assert!(room.good(&["dependents", "prod/DB_PASSWORD"]).text().find("hunter2").is_none());
    room.set("ALONE", "x");
    assert!(room.good(&["dependents", "ALONE"]).err.contains("Nothing is built from ALONE"));
    room.fails(3, &["dependents", "NONE"]);
    assert_eq!(room.json(&["audit"]).as_array().unwrap().len(), before + 1, "no value left");
}

#[test]
fn whose_recipe_needs_a_secret_is_told_beside_what_is_built_from_it() {
    let room = built();
    room.set("prod/ADMIN", "sesame");
    let text = "what = \"x\"\n[with]\nadmin = \"ADMIN\"\n[verify]\nrun = [\"true\"]\nstdin = \"{{value}}{{secrets.{{with.admin}}}}\"\n";
    let path = room.file("recipe.toml", text.as_bytes());
    room.good(&["recipe", "set", "prod/DB_PASSWORD", "--file", &path]);
    let table = room.good(&["dependents", "prod/ADMIN"]).text();
    assert!(table.contains("prod/DB_PASSWORD  names it in its recipe"), "{table}");
    let value = room.json(&["dependents", "prod/ADMIN"]);
    assert_eq!(value["recipes"], json!([{"name": "DB_PASSWORD", "scope": "prod"}]));
    assert_eq!(value["dependents"], json!([]));
    room.good(&["recipe", "remove", "prod/DB_PASSWORD"]);
    assert_eq!(room.json(&["dependents", "prod/ADMIN"])["recipes"], json!([]));
}

#[test]
fn an_incident_names_what_is_built_from_what_was_seen() {
    let room = built();
    let mut command = room.command(&["reveal", "prod/DB_PASSWORD"]);
    command.env("SSH_CONNECTION", "10.0.0.7 5000 10.0.0.1 22");
    assert_eq!(Ran::from(command.output().unwrap()).code, 0);
    let ran = room.run(&["incident", "--host", "10.0.0.7"]);
    assert!(ran.text().contains("rotate: version 1 is current; 2 are built from it"), "{}", ran.text());
    let value = room.run(&["incident", "--host", "10.0.0.7", "--json"]).json();
    assert_eq!(value["secrets"][0]["dependents"], json!(["prod/DB_URL", "prod/CONFIG"]));
    let report = room.run(&["incident", "--host", "10.0.0.7", "--report", "markdown"]).text();
    assert!(report.contains("| prod/DB\\_URL, prod/CONFIG |"), "{report}");
}
