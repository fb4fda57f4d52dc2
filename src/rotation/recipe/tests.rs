//! What is a recipe, what is refused and how that is said, and what people are shown of it.

use proptest::prelude::*;

use super::*;
use crate::rotation::ready::{READY, Ready};
use crate::vault::generate::{Alphabet, Must};

/// A recipe that is whole but for what a test adds: lines for `[apply]`.
fn with_apply(lines: &str) -> String {
    format!("what = \"a test\"\n[verify]\nrun = [\"v\"]\nstdin = \"{{{{value}}}}\"\n[apply]\n{lines}")
}

/// The message of what must be refused, which has its line and a next step.
#[track_caller]
fn refused(text: &str) -> String {
    let error = Recipe::parse(text).unwrap_err();
    let message = error.message().to_owned();
    assert!(message.contains("ine ") && message.ends_with('.') && !message.contains('\n'), "{message}");
    assert!(error.next_step().is_some_and(|step| step.ends_with(['.', '…', ')'])), "{error:?}");
    message
}

fn applied(lines: &str) -> Step {
    Recipe::parse(&with_apply(lines)).unwrap().apply.unwrap()
}

#[test]
fn every_part_is_read() {
    let text = r#"
        what = "the password of a role"
        grace = "2d"
        [with]
        role = "app"
        folder = "prod/db"
        [make]
        generate = { length = 40, alphabet = "symbols", must_contain = "digit" }
        [apply]
        run = ["psql", "--username={{ with.role }}", "-c", '\password \{{x}}']
        stdin = "{{login}}\n{{value}}\n"
        timeout = "1m"
        fd = { 3 = "{{value#public | json}}", 9 = "{{secrets.{{with.folder}}/ADMIN@previous#user|url}}" }
        env = { PGUSER = "{{login#username}}" }
        [verify]
        run = ["/usr/bin/psql"]
        stdin = '{"a": {"b": {{value|json}}}}'
    "#;
    let recipe = Recipe::parse(text).unwrap();
    assert_eq!(recipe.what, "the password of a role");
    assert_eq!(recipe.grace, Some(Duration::from_secs(2 * 86_400)));
    let made = generate::Recipe::Password {
        length: 40,
        alphabet: Alphabet::Symbols,
        must: Must::Each(vec![generate::Class::Digit]),
    };
    assert_eq!(recipe.make, Some(Make::Generate(Generate::Value(made))));
    let apply = recipe.step(StepKind::Apply).unwrap();
    assert_eq!(apply.run, ["psql", "--username=app", "-c", "\\password {{x}}"]);
    assert_eq!(apply.timeout, Duration::from_secs(60));
    let field = |whose, field: &str| Piece::Field { whose, field: field.parse().unwrap(), filters: Vec::new() };
    let text = |text: &str| Piece::Text(text.to_owned());
    let stdin = [field(Whose::Login, "value"), text("\n"), field(Whose::Value, "value"), text("\n")];
    assert_eq!(apply.stdin.as_ref().unwrap().pieces(), stdin);
    assert_eq!(apply.fd[&9].pieces(), [Piece::Secret("{{secrets.prod/db/ADMIN@previous#user|url}}".into())]);
    assert_eq!(apply.env["PGUSER"].pieces(), [field(Whose::Login, "username")]);
    let verify = recipe.step(StepKind::Verify).unwrap();
    assert_eq!(verify.timeout, TIMEOUT);
    let pieces = verify.stdin.as_ref().unwrap().pieces();
    assert_eq!((&pieces[0], &pieces[2]), (&text("{\"a\": {\"b\": "), &text("}}")));
    assert!(recipe.step(StepKind::Revoke).is_none() && recipe.step(StepKind::Make).is_none());
}

#[test]
fn makes_are_read() {
    let make = |lines: &str| {
        let text = format!("{}\nstdin = \"{{{{value}}}}\"\nrun = [\"a\"]\n[make]\n{lines}", with_apply(""));
        Recipe::parse(&text).map(|recipe| recipe.make.unwrap())
    };
    for (lines, wanted) in [
        ("generate = { words = 5 }", generate::Recipe::Passphrase { words: 5 }),
        ("generate = { hex = 16 }", generate::Recipe::Hex { bytes: 16 }),
        ("generate = { base64 = 32 }", generate::Recipe::Base64 { bytes: 32 }),
        ("generate = { uuid = true }", generate::Recipe::Uuid),
        (
            "generate = {}",
            generate::Recipe::Password { length: 24, alphabet: Alphabet::Alphanumeric, must: Must::WhatFits },
        ),
    ] {
        assert_eq!(make(lines).unwrap(), Make::Generate(Generate::Value(wanted)));
    }
    let ssh = make("generate = { ssh = \"ed25519\" }\nfields = { public = \"public\" }").unwrap();
    assert_eq!(ssh, Make::Generate(Generate::SshEd25519(vec![("public".parse().unwrap(), SshPart::Public)])));
    let Make::Run(step, Printed::Whole) = make("run = [\"m\"]\nstdin = \"{{login}}\"").unwrap() else { panic!() };
    assert_eq!(step.run, ["m"]);
    let Make::Run(_, Printed::Json(pointers)) = make("run = [\"m\"]\njson = \"/t\"\nfields.id = \"/i\"").unwrap()
    else {
        panic!()
    };
    assert_eq!(
        pointers.iter().map(|(name, at)| (name.as_str(), at.as_str())).collect::<Vec<_>>(),
        [("value", "/t"), ("id", "/i")]
    );
    for (lines, told) in [
        ("generate = { words = 5, hex = 3 }", "One thing"),
        ("generate = { length = 0 }", "Cannot generate 0"),
        ("generate = { alphabet = \"klingon\" }", "no alphabet klingon"),
        ("generate = { must_contain = \"vowel\" }", "no kind of characters vowel"),
        ("generate = { ssh = \"rsa\" }", "ed25519"),
        ("generate = { ssh = \"ed25519\", length = 3 }", "ed25519"),
        ("generate = { ssh = \"ed25519\" }\nfields = { a = \"private\" }", "public, fingerprint"),
        ("generate = { ssh = \"ed25519\" }\nfields = { value = \"public\" }", "private key"),
        ("generate = { hex = 3 }\nfields = { a = \"public\" }", "no other fields"),
        ("generate = { hex = 3 }\nrun = [\"x\"]", "both generate"),
        ("generate = { hexx = 3 }", "unknown field"),
        ("run = [\"m\"]\njson = \"t\"", "begins with a slash"),
        ("run = [\"m\"]\nfields = { a = \"/b\" }", "without json"),
        ("run = [\"m\"]\njson = \"/t\"\nfields = { value = \"/b\" }", "what json leads to"),
        ("run = [\"m\"]\njson = \"/t\"\nfields = { \"a b\" = \"/b\" }", "not allowed"),
        ("run = [\"m\"]\nstdin = \"{{value}}\"", "no {{value}} yet"),
        ("timeout = \"3s\"", "[make] has no run"),
    ] {
        let error = make(lines).unwrap_err();
        assert!(error.message().contains(told) && error.message().starts_with("Line "), "{lines}: {error}");
    }
}

#[test]
fn what_is_not_known_or_makes_no_sense_is_refused_with_its_line() {
    for (text, told) in [
        ("", "Line 1 of the recipe: it does not say what it is for."),
        ("what = \"x\"", "it has no step"),
        ("what = \"\"\n[verify]\nrun=[\"a\"]\nstdin=\"{{value}}\"", "not one line"),
        ("what = \"a\\nb\"\n[verify]\nrun=[\"a\"]\nstdin=\"{{value}}\"", "not one line"),
        ("what = \"x\"\nwaht = 1", "Line 2 of the recipe: unknown field `waht`"),
        ("what = 3", "Line 1 of the recipe: a string should stand here"),
        ("what = \"x\"\n[aply]\nrun = []", "Line 2 of the recipe: unknown field `aply`"),
        ("what = \"x\"\ngrace = \"1\"", "Line 2"),
        ("what = \"x\"\ngrace = \"2y\"", "at most 366 days"),
        ("what = [", "Line 1"),
        ("what = \"x\"\n[with]\nport = 5432", "Line 3 of the recipe: a string should stand here"),
        ("what = \"x\"\n[with]\n\"a b\" = \"1\"", "Line 3 of the recipe: the name of a parameter"),
        ("what = \"x\"\n[apply]\nrun = [\"a\"]\nstdin = \"{{value}}\"", "Line 2 of the recipe: [apply] changes"),
        ("what = \"x\"\n[verify]\nrun = [\"a\"]", "Line 2 of the recipe: [verify] is never given {{value}}"),
        ("what = \"x\"\n\n[verify]\nstdin = \"{{value}}\"", "Line 3 of the recipe: [verify] has no run"),
        (
            "what = \"x\"\n[verify]\nrun = [\"a\"]\nstdin = \"{{value}}{{login}}\"",
            "Line 4 of the recipe: [verify] tries",
        ),
        ("what = \"x\"\n[revoke]\nrun = [\"a\", 3]", "Line 3 of the recipe: a string should stand here"),
        (
            "what = \"x\"\n[with]\nrloe = \"a\"\n[revoke]\nrun = [\"a\"]",
            "Line 3 of the recipe: with.rloe is used nowhere",
        ),
    ] {
        let message = refused(text);
        assert!(message.contains(told), "{text:?}: {message}");
    }
}

#[test]
fn steps_are_bounded_and_no_secret_is_an_argument() {
    for (lines, told) in [
        ("run = [\"a\", \"{{value}}\"]", "read by every user"),
        ("run = [\"a\", \"x{{login#username}}\"]", "read by every user"),
        ("run = [\"a\", \"{{secrets.A}}\"]", "read by every user"),
        ("run = [\"{{secrets.A|shell}}\"]", "read by every user"),
        ("run = []", "run is empty"),
        ("run = [\"\"]", "no name"),
        ("run = [\"./rotate\"]", "depends on the folder"),
        ("run = [\"bin/rotate\"]", "depends on the folder"),
        ("run = [\"a\\u0000\"]", "zero byte"),
        ("run = \"psql\"", "a sequence should stand here"),
        ("run = [\"a\"]\ntimeout = \"0s\"", "at least a second"),
        ("run = [\"a\"]\ntimeout = \"61m\"", "at most an hour"),
        ("run = [\"a\"]\ntimeout = \"30\"", "has no unit"),
        ("run = [\"a\"]\nfd = { 2 = \"{{value}}\" }", "from 3 to 9"),
        ("run = [\"a\"]\nfd = { 10 = \"{{value}}\" }", "from 3 to 9"),
        ("run = [\"a\"]\nfd = { 03 = \"{{value}}\" }", "from 3 to 9"),
        ("run = [\"a\"]\nenv = { LD_PRELOAD = \"{{value}}\" }", "LD_PRELOAD is never set"),
        ("run = [\"a\"]\nenv = { BASH_ENV = \"{{value}}\" }", "BASH_ENV is never set"),
        ("run = [\"a\"]\nenv = { PATH = \"{{value}}\" }", "PATH is never set"),
        ("run = [\"a\"]\nenv = { HOME = \"{{value}}\" }", "HOME is never set"),
        ("run = [\"a\"]\nenv = { STRONGROOM_COMPLETE = \"{{value}}\" }", "strongroom's own"),
        ("run = [\"a\"]\nenv = { 1A = \"{{value}}\" }", "no digit first"),
        ("run = [\"a\"]\nenv = { \"A=B\" = \"{{value}}\" }", "letters, digits and _"),
        ("run = [\"a\"]\nstdin = \"{{vaule}}\"", "A reference is {{value}}"),
        ("run = [\"a\"]\nstdin = \"{{ .Values.x }}\"", "A reference is {{value}}"),
        ("run = [\"a\"]\nstdin = \"{{value\"", "no }} behind it"),
        ("run = [\"a\"]\nstdin = \"{{value#}}\"", "empty"),
        ("run = [\"a\"]\nstdin = \"{{value|jsn}}\"", "no such filter"),
        ("run = [\"a\"]\nstdin = \"{{secrets.}}\"", "names no secret"),
        ("run = [\"a\"]\nstdin = \"{{secrets.A B}}\"", "no name has"),
        ("run = [\"a\"]\nstdin = \"{{secrets.{{value}}}}\"", "only {{with.NAME}}"),
        ("run = [\"a\"]\nstdin = \"$secret.A {{value}}\"", "{{secrets.NAME}}"),
        ("run = [\"a\"]\nstdin = \"{{value}} $env.HOME\"", "{{secrets.NAME}}"),
        ("run = [\"a\"]\nstdin = \"no value\"", "[apply] is never given {{value}}"),
        ("run = [\"a\", \"{{with.}}\"]", "name of a parameter"),
        ("run = [\"a\"]\nstdin = \"{{value}}\"\nretries = 3", "unknown field `retries`"),
    ] {
        let message = refused(&with_apply(lines));
        assert!(message.contains(told) && message.starts_with("Line "), "{lines:?}: {message}");
    }
    let long = format!("what = \"{}\"", "x".repeat(LONGEST));
    assert!(Recipe::parse(&long).unwrap_err().message().contains("64 KiB"));
}

#[test]
fn a_refusal_quotes_nothing_that_may_be_a_value() {
    for lines in ["run = [\"a\"]\nstdin = [\"hunter2\"]", "run = [\"a\"]\ntimeout = { hunter2 = 1 }", "run = 'hunter2'"]
    {
        let message = refused(&with_apply(lines));
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[test]
fn what_is_missing_is_named_all_at_once() {
    let error = Recipe::parse(&with_apply(
        "run = [\"{{with.program}}\", \"{{with.a-b}}{{with.program}}\"]\nstdin = \"{{value}}{{secrets.{{with.where}}/X}}\"",
    ))
    .unwrap_err();
    assert_eq!(error.message(), "Line 6 of the recipe: nothing is given for program, a-b, where.");
    assert!(error.next_step().unwrap().contains("--with program="));
}

#[test]
fn parameters_go_into_arguments_texts_and_names() {
    let step = applied(
        "run = [\"a\", \"http://h/{{with.a|url}}\"]\nstdin = \"{{value}}{{with.a|json}}{{secrets.{{with.b}}}}\"\n\
         [with]\na = \"x y\\\"{{value}}\"\nb = \"p/Q\"",
    );
    assert_eq!(step.run[1], "http://h/x%20y%22%7B%7Bvalue%7D%7D");
    let pieces = step.stdin.unwrap().pieces().to_vec();
    assert_eq!(pieces[1], Piece::Text("\"x y\\\"{{value}}\"".into()), "what a parameter says is never read again");
    assert_eq!(pieces[2], Piece::Secret("{{secrets.p/Q}}".into()));
    let odd = with_apply("run = [\"a\"]\nstdin = \"{{value}}{{secrets.{{with.b}}}}\"\n[with]\nb = \"A}}{{secrets.B\"");
    assert!(refused(&odd).contains("cannot be read"));
}

#[test]
fn people_are_shown_what_runs_and_what_it_is_given() {
    let step = applied(
        "run = [\"sh\", \"-c\", \"echo 'a' \\u001b[31m\\nb\", \"\", \"ä b\", \"\\u202e\"]\n\
         stdin = \"{{login}}{{value}}{{login}}\"\nfd = { 4 = \"{{value#public}}{{secrets.p/ADMIN#user|json}}\", 3 = \"x\" }\n\
         env = { TOKEN = \"{{value|base64}}\", LANG = \"C\" }",
    );
    let shown = command_line(&step);
    assert_eq!(shown.line, "sh -c $'echo \\'a\\' \\U0000001b[31m\\nb' '' 'ä b' $'\\U0000202e'");
    assert_eq!(
        shown.notes,
        [
            "stdin: the login, the value",
            "fd 4: the value's public, the secret p/ADMIN#user",
            "env TOKEN: the value",
            "fixed text in fd 3, $LANG",
        ]
    );
    assert!(shown.to_string().ends_with(
        "(stdin: the login, the value; fd 4: the value's public, the secret p/ADMIN#user; \
        env TOKEN: the value; fixed text in fd 3, $LANG)"
    ));
}

#[test]
fn parameters_from_outside_are_written_into_the_text() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let text = "what = \"x\"\n\n# of this\n[with]\n# The role.\n# role = \"app\"  # of whom\nhost = \"localhost\"  # its host\n\n[apply]\n";
    let filled = fill(text, &[pair("role", "my \"app\""), pair("host", "db"), pair("port", "5433")]).unwrap();
    assert_eq!(
        filled,
        "what = \"x\"\n\n# of this\n[with]\n# The role.\nrole = 'my \"app\"'  # of whom\nhost = \"db\"  # its host\nport = \"5433\"\n\n[apply]\n"
    );
    assert_eq!(fill(text, &[]).unwrap(), text);
    assert_eq!(
        fill("what = \"x\"\n# Sets it.\n[apply]\n", &[pair("a", "b")]).unwrap(),
        "what = \"x\"\n[with]\na = \"b\"\n\n# Sets it.\n[apply]\n"
    );
    assert_eq!(fill("with = { a = \"b\" }\n", &[pair("a", "c")]).unwrap(), "with = { a = \"c\" }\n");
    for (text, given) in [
        ("with = { a = \"b\" }\n", vec![pair("c", "d")]),
        ("x = '''\n[with]\n'''\n", vec![pair("a", "b")]),
        ("with = 3", vec![pair("a", "b")]),
        ("nonsense", vec![pair("a", "b")]),
        ("", vec![pair("a b", "c")]),
        ("", vec![pair("a", "c"), pair("a", "d")]),
    ] {
        let error = fill(text, &given).unwrap_err();
        assert!(error.message().ends_with('.') && error.next_step().is_some(), "{text}");
    }
}

#[test]
fn ready_recipes_are_whole_once_their_parameters_are_given() {
    for ready in READY {
        assert!(!ready.what().is_empty(), "{}", ready.name);
        let missing = Recipe::parse(ready.text).err().map(|error| error.message().to_owned()).unwrap_or_default();
        let names = missing.split_once("nothing is given for ").map_or("", |(_, names)| names).trim_end_matches('.');
        assert!(!names.is_empty(), "{}: {missing}", ready.name);
        let given: Vec<(String, String)> =
            names.split(", ").map(|name| (name.to_owned(), format!("a-{name}"))).collect();
        let text = fill(ready.text, &given).unwrap();
        let recipe = Recipe::parse(&text).unwrap();
        assert_eq!(recipe.what, ready.what());
        for (name, value) in &given {
            assert_eq!(recipe.with[name], *value);
            assert!(text.lines().any(|line| line.starts_with(&format!("{name} = \"a-{name}\"  "))), "{text}");
            assert!(!text.contains(&format!("# {name} =")), "its place is taken: {text}");
        }
        assert!(recipe.verify.is_some() && recipe.grace.is_some(), "{}", ready.name);
        assert_eq!(Ready::find(ready.name).unwrap().name, ready.name);
    }
    assert!(Ready::find("nothing").unwrap_err().next_step().unwrap().contains("http-api"));
}

/// Texts of recipes, and what is nearly one.
fn almost() -> impl Strategy<Value = String> {
    let words = vec![
        "what = \"x\"\n",
        "grace = \"1d\"\n",
        "[with]\n",
        "a = \"b\"\n",
        "[make]\n",
        "[apply]\n",
        "[verify]\n",
        "[revoke]\n",
        "run = [\"p\"]\n",
        "run = [\"p\", \"{{with.a}}\"]\n",
        "stdin = \"{{value}}\"\n",
        "stdin = \"{{login|json}}{{secrets.{{with.a}}/B#c}}\"\n",
        "timeout = \"5s\"\n",
        "fd = { 3 = \"{{value#f}}\" }\n",
        "env = { A = \"{{value}}\" }\n",
        "generate = { hex = 8 }\n",
        "json = \"/a\"\n",
        "fields = { b = \"/c\" }\n",
        "{{",
        "}}",
        "\\{{",
        "\"",
        "'''",
        "ä",
        "\u{0}",
        "=",
        "[",
        "]",
        "#",
        "\n",
        "secrets.",
        "with.",
        "|",
    ];
    prop::collection::vec(prop_oneof![prop::sample::select(words).prop_map(str::to_owned), any::<String>()], 0..25)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_text_panics(text in almost(), name in "[a-z]{0,2}", value in any::<String>()) {
        if let Err(error) = Recipe::parse(&text) {
            prop_assert!(error.message().ends_with('.') && !error.message().contains('\n'));
        }
        if let Ok(filled) = fill(&text, &[(name.clone(), value.clone())]) {
            let table: toml::Table = toml::from_str(&filled).unwrap();
            prop_assert_eq!(table["with"][&name].as_str(), Some(value.as_str()));
        }
    }

    #[test]
    fn any_template_is_read_or_refused(text in "[{}|\\\\a-z#. \n]{0,40}") {
        let text = format!("{text}{{{{value}}}}");
        let _ = Recipe::parse(&with_apply(&format!("run = [\"a\"]\nstdin = {}", toml::Value::String(text))));
    }

    #[test]
    fn arguments_are_read_as_they_were_written_and_a_shell_reads_back_what_is_shown(
        words in prop::collection::vec("[^\0]{0,12}", 0..6)
    ) {
        let words: Vec<String> = std::iter::once("program".to_owned()).chain(words).collect();
        let written = |word: &String| toml::Value::String(escaped(word)).to_string();
        let run: Vec<String> = words.iter().map(written).collect();
        let step = applied(&format!("run = [{}]\nstdin = \"{{{{value}}}}\"", run.join(", ")));
        prop_assert_eq!(&step.run, &words);
        let line = command_line(&step).line;
        prop_assert!(!line.chars().any(crate::printable::is_deceptive));
        let script = format!("set -- {line}; printf '%s\\0' \"$@\"");
        let shell = std::process::Command::new("bash").args(["-c", &script]).env("LC_ALL", "C.UTF-8").output().unwrap();
        let read: Vec<String> = shell.stdout.split(|byte| *byte == 0).map(|word| String::from_utf8(word.to_vec()).unwrap()).collect();
        prop_assert_eq!(&read[..read.len() - 1], &words[..]);
    }
}

/// `\{{` for `{{`, with the backslashes before it doubled.
fn escaped(word: &str) -> String {
    let (mut out, mut rest) = (String::new(), word);
    while let Some(found) = rest.find("{{") {
        let before = rest[..found].trim_end_matches('\\');
        let braces = rest[found..].len() - rest[found..].trim_start_matches('{').len();
        out.push_str(before);
        out.push_str(&"\\".repeat(2 * (found - before.len()) + 1));
        out.push_str(&"{".repeat(braces));
        rest = &rest[found + braces..];
    }
    out + rest
}
