//! What is a reference, what is not, and what stands where.

use proptest::prelude::*;

use super::*;
use crate::inject::filters::Filter;

/// What comes out when every reference is written as `<…>`.
fn marked(source: &[u8]) -> Vec<u8> {
    let template = Template::parse(source).unwrap();
    let mut out = Vec::new();
    for piece in template.pieces() {
        match piece {
            Piece::Text(range) => out.extend_from_slice(template.text(range)),
            Piece::Reference(_, reference) => out.extend_from_slice(format!("<{reference}>").as_bytes()),
        }
    }
    out
}

fn shown(source: &str) -> String {
    String::from_utf8(marked(source.as_bytes())).unwrap()
}

fn faults(source: &str) -> Vec<String> {
    let faults = Template::parse(source.as_bytes()).err().unwrap();
    faults.into_iter().map(|fault| format!("{} {}", fault.place, fault.cause)).collect()
}

#[test]
fn references_are_found_several_a_line() {
    for (source, out) in [
        ("{{secrets.A}}", "<{{secrets.A}}>"),
        ("{{ secrets.A }}", "<{{secrets.A}}>"),
        ("{{\tsecrets.prod/pay/A@3#user |json | base64\t}}", "<{{secrets.prod/pay/A@3#user|json|base64}}>"),
        (
            "p://{{secrets.U | url}}:{{secrets.P|url}}@h/$env.DB?x",
            "p://<{{secrets.U|url}}>:<{{secrets.P|url}}>@h/<$env.DB>?x",
        ),
        ("Authorization: Bearer $secret.API_KEY", "Authorization: Bearer <{{secrets.API_KEY}}>"),
        ("Say Bearer $secret.API_KEY. Then", "Say Bearer <{{secrets.API_KEY}}>. Then"),
        ("$secret.A-$secret.B/$secret.C", "<{{secrets.A}}>-<{{secrets.B}}>/<{{secrets.C}}>"),
        (
            "{{secrets.A}}{{secrets.B}}$secret.C$env.D{{secrets.E}}",
            "<{{secrets.A}}><{{secrets.B}}><{{secrets.C}}><$env.D><{{secrets.E}}>",
        ),
        ("{\"a\":{\"b\":{{secrets.A | json}}}}", "{\"a\":{\"b\":<{{secrets.A|json}}>}}"),
        ("PWD={{{secrets.A}}};", "PWD={<{{secrets.A}}>};"),
        ("'{{secrets.A | json}}'", "'<{{secrets.A|json}}>'"),
        ("{{ .Values.a }}{{secrets.A}}{{ .Values.b }}", "{{ .Values.a }}<{{secrets.A}}>{{ .Values.b }}"),
        ("{{ never closed {{secrets.A}}", "{{ never closed <{{secrets.A}}>"),
    ] {
        assert_eq!(shown(source), out, "{source}");
    }
}

#[test]
fn escapes_give_the_reference_as_text() {
    for (source, out) in [
        ("\\{{secrets.A}}", "{{secrets.A}}"),
        ("\\{{ secrets.A }} {{secrets.B}}", "{{ secrets.A }} <{{secrets.B}}>"),
        ("$$secret.A $$env.B", "$secret.A $env.B"),
        ("$$$secret.A", "$$secret.A"),
        ("\\\\{{secrets.A}}", "\\\\<{{secrets.A}}>"),
        ("\\\\\\{{secrets.A}}", "\\\\{{secrets.A}}"),
        ("\\{{{secrets.A}}}", "{{{secrets.A}}}"),
        ("\\$secret.A", "\\<{{secrets.A}}>"),
        ("\\{{secrets.not closed", "{{secrets.not closed"),
    ] {
        assert_eq!(shown(source), out, "{source}");
    }
}

#[test]
fn other_templates_pass_byte_for_byte() {
    for foreign in [
        // Helm and Go
        "{{- if .Values.ingress.enabled -}}\napiVersion: v1\n{{- end }}",
        "{{ include \"chart.fullname\" . | nindent 4 }}",
        "{{- $secret := (lookup \"v1\" \"Secret\" .Release.Namespace \"db\") -}}\n{{ $secret.data.password | b64dec }}",
        "{{/* a comment with $secret.KEY\nover two lines */}}",
        "{{ range $i, $e := .Values.hosts }}{{ $e }}{{ end }}",
        "{{ \"{\" }} {{`{{ .x }}`}}",
        // Jinja and Ansible
        "{% for host in hosts %}{{ host.name|upper }}{% endfor %} {# secrets.A #}",
        "{{ lookup('env', 'HOME') }} {{ vault_password }} C:\\{{ app }}\\bin",
        "{{ secrets['KEY'] }} {{ secrets }} {{secretsKEY}} {{ my.secrets.KEY }}",
        // GitHub, GitLab, Azure
        "env:\n  TOKEN: ${{ secrets.GITHUB_TOKEN }}\n  KEY: ${{secrets.DEPLOY_KEY}}\n  CI: ${{ env.CI }}",
        "if: ${{ github.ref == 'refs/heads/main' && secrets.KEY != '' }}",
        "variables: $[variables.a] $(Build.Id) ${CI_JOB_TOKEN} $$CI",
        // Handlebars and Mustache
        "{{#each users}}{{{body}}}{{/each}} {{> partial}} {{! note }} \\{{escaped}} {{{{raw}}}} x {{{{/raw}}}}",
        "{{!-- a comment with $env.HOME --}}",
        // Vault Agent, consul-template
        "{{ with secret \"kv/data/db\" }}{{ .Data.data.password }}{{ end }}",
        // shells, make, PHP, PowerShell, Terraform, LaTeX, JSX, C
        "echo \"the secret is $secret.\" ${secret.x} $secret $secrets.A ${env:HOME} $env:PATH $$",
        "$(shell echo $$secret) $$secret. $secret.'x' $env. $env.-",
        "password = \"${var.password}\" %{ if true }x%{ endif }",
        "\\textbf{{{x}}} style={{ color: \"red\" }} int a[2][2] = {{1, 2}, {3, 4}};",
        "{{ {{ }} }} {{}} {{{}}} }} {{",
        "{ {secrets.A} } {secrets.A} { {secrets.A}}",
        "\u{feff}ä€😀\r\n\0{{\r\n",
    ] {
        assert_eq!(shown(foreign), foreign);
    }
}

#[test]
fn a_reference_that_cannot_be_read_is_told_with_its_place() {
    assert_eq!(faults("a {{secrets.}}"), ["1:3 The reference names no secret."]);
    let told = faults("{{ secrets.A B }}\nä{{secrets.A | jsn}} $secret.X {{secrets.C\n{{secrets.D}}");
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].starts_with("1:1 ") && told[1].starts_with("2:2 There is no filter jsn"), "{told:?}");
    assert!(told[2].starts_with("2:32 The reference is not closed"), "{told:?}");
    assert!(faults("{{secrets.A\n}}")[0].contains("not closed"));
    assert!(faults("key: \"{{secrets.A | yaml}}\"")[0].contains("writes the quotes itself"));
    assert!(faults("{{secrets.{{secrets.A}}}}")[0].contains("character"));
}

#[test]
fn places_count_characters_or_bytes() {
    let places = |source: &[u8]| -> Vec<String> {
        Template::parse(source).unwrap().references().map(|(place, _)| place.to_string()).collect()
    };
    assert_eq!(places("ä😀$secret.A $secret.B\r\n\n  $secret.C".as_bytes()), ["1:3", "1:13", "3:3"]);
    assert_eq!(places(b"\xff\xc3\xa4$secret.A\n\xff$secret.B"), ["1:4", "2:2"]);
    let later = Template::parse_at(b"x$secret.A\n$secret.B", Place { line: 7, column: 5 }).unwrap();
    assert_eq!(later.references().map(|(place, _)| place.to_string()).collect::<Vec<_>>(), ["7:6", "8:1"]);
}

#[test]
fn hostile_texts_are_read_in_one_pass() {
    for source in ["{{", "{{ ", "$secret.", "$$", "{{secrets.A}} ", "\\{{secrets. ", "{{ }}", "\\", "${{"] {
        let text = source.repeat(2_000_000 / source.len());
        let _ = Template::parse(text.as_bytes());
    }
}

/// Bytes in which much looks like a reference and nothing is one.
fn almost() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        any::<Vec<u8>>(),
        prop::sample::select(vec![
            "{{", "}}", "{", "}", "$", "\\", " ", "\n", "secret", "secrets", ".", "env", "ä", "A"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat()).prop_filter("a reference", |bytes| {
        let is_in = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
        !is_in(b"secrets.") && !is_in(b"$secret.") && !is_in(b"$env.")
    })
}

/// A reference as it may be written, or a text that stays, and how that is written.
#[derive(Debug, Clone)]
enum Part {
    Text(&'static str, &'static str),
    Reference(String),
}

fn part() -> impl Strategy<Value = Part> {
    let texts = vec![
        ("plain, with ä\n", "plain, with ä\n"),
        ("{{ .Values.x }}", "{{ .Values.x }}"),
        ("{ a: {b} }", "{ a: {b} }"),
        (" $secret.A", " $$secret.A"),
        (" $env.B ", " $$env.B "),
        (" {{secrets.A}}", " \\{{secrets.A}}"),
        ("${{ secrets.A }}", "${{ secrets.A }}"),
        ("\\\\", "\\\\"),
        ("\r\n", "\r\n"),
    ];
    let version = prop::sample::select(vec!["", "@1", "@18446744073709551615", "@previous"]);
    let field = prop::sample::select(vec!["", "#username", "#a.b-c"]);
    let filters = prop::collection::vec(prop::sample::select(Filter::ALL.to_vec()), 0..4);
    let name = "(~[a-z]{1,3}/)?([a-z]{1,4}/){0,3}[A-Za-z0-9_][A-Za-z0-9_.-]{0,8}";
    let reference = (name, version, field, filters).prop_map(|(name, version, field, filters)| {
        let filters: String = filters.iter().map(|filter| format!("|{}", filter.word())).collect();
        Part::Reference(format!("{{{{secrets.{name}{version}{field}{filters}}}}}"))
    });
    let variable = "[A-Za-z_][A-Za-z0-9_]{0,8}".prop_map(|name| Part::Reference(format!("$env.{name}")));
    prop_oneof![prop::sample::select(texts).prop_map(|(is, written)| Part::Text(is, written)), reference, variable]
}

proptest! {
    #[test]
    fn bytes_without_references_come_back(bytes in almost()) {
        prop_assert_eq!(marked(&bytes), bytes);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in any::<Vec<u8>>()) {
        let _ = Template::parse(&bytes);
    }

    #[test]
    fn what_is_written_is_what_is_read(parts in prop::collection::vec(part(), 0..20)) {
        let (mut source, mut wanted) = (String::new(), Vec::new());
        for part in &parts {
            match part {
                Part::Text(is, written) => {
                    source.push_str(written);
                    wanted.push(((*is).to_owned(), None));
                }
                Part::Reference(reference) => {
                    wanted.push((String::new(), Some((place_in(&source), canonical(reference)))));
                    source.push_str(reference);
                    // A name goes on as long as it can.
                    source.push('\'');
                    wanted.push(("'".to_owned(), None));
                }
            }
        }
        let template = Template::parse(source.as_bytes()).unwrap();
        let mut read: Vec<(String, Option<(String, String)>)> = Vec::new();
        for piece in template.pieces() {
            read.push(match piece {
                Piece::Text(range) => (String::from_utf8(template.text(range).to_vec()).unwrap(), None),
                Piece::Reference(place, reference) => (String::new(), Some((place.to_string(), reference.to_string()))),
            });
        }
        prop_assert_eq!(joined(read), joined(wanted));
    }
}

/// `global/` is the root's one name, and `org/` another of it.
fn canonical(reference: &str) -> String {
    reference.replace("{{secrets.org/", "{{secrets.global/")
}

fn place_in(before: &str) -> String {
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{line}:{column}")
}

type Parts = Vec<(String, Option<(String, String)>)>;

/// Neighbouring texts as one.
fn joined(parts: Parts) -> Parts {
    let mut joined: Parts = Vec::new();
    for (text, reference) in parts {
        match joined.last_mut() {
            Some((before, None)) if reference.is_none() => before.push_str(&text),
            _ => joined.push((text, reference)),
        }
    }
    joined
}
