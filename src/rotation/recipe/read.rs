//! From the text of a recipe to a [`Recipe`]. Whatever is not known is refused with its
//! line: a key that is misspelt must not be silently without effect on a live credential.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use toml::Spanned;

use crate::error::{Error, Result};
use crate::inject::refused_names::refusal;
use crate::vault::secret::{FieldName, VALUE};
use crate::vault::when::parse_duration;

use super::template::{Parameters, Place, Template, is_name, read};
use super::written::{Written, WrittenGenerate, WrittenMake, WrittenStep};
use super::{Generate, LONGEST, LONGEST_TIMEOUT, Make, Printed, Recipe, SshPart, Step, StepKind, TIMEOUT};

/// The longest description, in bytes.
const LONGEST_WHAT: usize = 200;
/// The longest grace window.
const LONGEST_GRACE: Duration = Duration::from_secs(366 * 24 * 60 * 60);
/// The descriptors that a step may find something on.
const DESCRIPTORS: std::ops::RangeInclusive<u8> = 3..=9;
/// See [`Recipe::parse`].
pub(super) fn recipe(text: &str) -> Result<Recipe> {
    if text.len() > LONGEST {
        return Err(Error::usage(format!("The recipe is longer than {} KiB.", LONGEST / 1024))
            .hint("Put what is long into a program of its own, and let the recipe run that."));
    }
    let mut reader = Reader { text, parameters: Parameters::default() };
    let written: Written = toml::from_str(text).map_err(|error| reader.unread(&error))?;
    let recipe = reader.recipe(written)?;
    reader.check_parameters()?;
    Ok(recipe)
}

/// A recipe being read.
struct Reader<'a> {
    text: &'a str,
    parameters: Parameters,
}

impl Reader<'_> {
    fn recipe(&mut self, written: Written) -> Result<Recipe> {
        let what = self.what(written.what)?;
        self.parameters.given = self.with(written.with)?;
        let grace = written.grace.map(|grace| self.grace(&grace)).transpose()?;
        let make = written.make.map(|make| self.make(make)).transpose()?;
        let apply = self.tried(written.apply, StepKind::Apply)?;
        let verify = self.tried(written.verify, StepKind::Verify)?;
        let revoke = written.revoke.map(|step| self.table(step, StepKind::Revoke)).transpose()?;
        let recipe = Recipe { what, with: self.parameters.given.clone(), grace, make, apply, verify, revoke };
        let runs = StepKind::ALL.into_iter().any(|kind| recipe.step(kind).is_some());
        if !runs {
            return Err(self.refuse(None, "it has no step that runs anything", "Write [apply] and [verify]."));
        }
        if recipe.apply.is_some() && recipe.verify.is_none() {
            let why = "[apply] changes the far side, and no [verify] could tell whether it did";
            return Err(self.refuse(self.place_of("[apply]"), why, "Write a [verify] that logs in with {{value}}."));
        }
        Ok(recipe)
    }

    fn what(&self, what: Option<Spanned<String>>) -> Result<String> {
        const HINT: &str = "Write what = \"…\": one line that says of what this changes the credential.";
        let Some(what) = what else { return Err(self.refuse(None, "it does not say what it is for", HINT)) };
        let text = what.get_ref().trim();
        let is_fit =
            !text.is_empty() && text.len() <= LONGEST_WHAT && !text.chars().any(crate::printable::is_deceptive);
        if !is_fit {
            let why = format!("\"what\" is not one line of at most {LONGEST_WHAT} bytes");
            return Err(self.refuse(Some(what.span()), &why, HINT));
        }
        Ok(text.to_owned())
    }

    fn with(&self, with: BTreeMap<String, Spanned<String>>) -> Result<BTreeMap<String, String>> {
        let mut given = BTreeMap::new();
        for (name, value) in with {
            if !is_name(&name) {
                let why = "the name of a parameter has letters, digits, _ and -, and begins with a letter";
                return Err(self.refuse(Some(value.span()), why, "Give it another name, here and in {{with.NAME}}."));
            }
            self.no_zero_byte(&value)?;
            given.insert(name, value.into_inner());
        }
        Ok(given)
    }

    fn grace(&self, written: &Spanned<String>) -> Result<Duration> {
        let why = format!("the grace window is at most {} days", LONGEST_GRACE.as_secs() / 86_400);
        let grace = self.duration(written)?;
        if grace <= LONGEST_GRACE {
            return Ok(grace);
        }
        Err(self.refuse(Some(written.span()), &why, "Write for example grace = \"1d\"."))
    }

    fn duration(&self, written: &Spanned<String>) -> Result<Duration> {
        parse_duration(written.get_ref())
            .map(|duration| Duration::try_from(duration).unwrap_or_default())
            .map_err(|error| self.refuse(Some(written.span()), error.message(), error.next_step().unwrap_or(CORRECT)))
    }

    fn make(&mut self, make: Spanned<WrittenMake>) -> Result<Make> {
        let span = make.span();
        let WrittenMake { generate, json, fields, run, timeout, stdin, fd, env } = make.into_inner();
        let has_step = run.is_some() || timeout.is_some() || stdin.is_some() || !fd.is_empty() || !env.is_empty();
        match generate {
            Some(generate) if has_step || json.is_some() => {
                let why = "[make] has both generate and what belongs to a program";
                Err(self.refuse(
                    Some(generate.span()),
                    why,
                    "Keep generate, or run with json, timeout, stdin, fd and env.",
                ))
            }
            Some(generate) => self.generate(generate, fields).map(Make::Generate),
            None => {
                let step = self.step(WrittenStep { run, timeout, stdin, fd, env }, span, StepKind::Make)?;
                Ok(Make::Run(step, self.printed(json, fields)?))
            }
        }
    }

    fn printed(&self, json: Option<Spanned<String>>, fields: BTreeMap<String, Spanned<String>>) -> Result<Printed> {
        let Some(json) = json else {
            return match fields.values().next() {
                None => Ok(Printed::Whole),
                Some(first) => Err(self.refuse(
                    Some(first.span()),
                    "fields without json",
                    "Add json = \"/POINTER\" for the value.",
                )),
            };
        };
        let mut pointers = vec![(self.field(VALUE, &json)?, self.pointer(&json)?)];
        for (name, pointer) in fields {
            if name == VALUE {
                return Err(self.refuse(
                    Some(pointer.span()),
                    "the field value is what json leads to",
                    "Take this one out.",
                ));
            }
            pointers.push((self.field(&name, &pointer)?, self.pointer(&pointer)?));
        }
        Ok(Printed::Json(pointers))
    }

    fn pointer(&self, written: &Spanned<String>) -> Result<String> {
        let pointer = written.get_ref();
        if pointer.is_empty() || pointer.starts_with('/') {
            return Ok(pointer.clone());
        }
        let why = "a JSON pointer begins with a slash";
        Err(self.refuse(Some(written.span()), why, "Write for example \"/data/token\"; a list's first is \"/0\"."))
    }

    fn field(&self, name: &str, at: &Spanned<String>) -> Result<FieldName> {
        name.parse()
            .map_err(|error: Error| self.refuse(Some(at.span()), error.message(), error.next_step().unwrap_or(CORRECT)))
    }

    fn generate(
        &self,
        written: Spanned<WrittenGenerate>,
        fields: BTreeMap<String, Spanned<String>>,
    ) -> Result<Generate> {
        let span = written.span();
        let asked = written.into_inner();
        if let Some(kind) = &asked.ssh {
            let others = asked.length.is_some() || asked.alphabet.is_some() || asked.must_contain.is_some();
            let others = others || asked.words.is_some() || asked.hex.is_some() || asked.base64.is_some();
            if kind != "ed25519" || others || asked.uuid.is_some() {
                let why = "the one kind of SSH key that is made here is ed25519";
                return Err(self.refuse(Some(span), why, "Write generate = { ssh = \"ed25519\" }."));
            }
            return self.ssh_parts(fields).map(Generate::SshEd25519);
        }
        if let Some(field) = fields.values().next() {
            let why = "a generated password has no other fields";
            return Err(self.refuse(Some(field.span()), why, "Take fields out, or make an SSH key or run a program."));
        }
        let refuse =
            |error: &Error| self.refuse(Some(span.clone()), error.message(), error.next_step().unwrap_or(CORRECT));
        let recipe = asked.recipe().map_err(|error| refuse(&error))?;
        recipe.entropy_bits().map_err(|error| refuse(&error))?;
        Ok(Generate::Value(recipe))
    }

    fn ssh_parts(&self, fields: BTreeMap<String, Spanned<String>>) -> Result<Vec<(FieldName, SshPart)>> {
        let mut parts = Vec::new();
        for (name, part) in fields {
            let which = match part.get_ref().as_str() {
                "public" => SshPart::Public,
                "fingerprint" => SshPart::Fingerprint,
                _ => {
                    let why = "an SSH key has these other parts: public, fingerprint";
                    return Err(self.refuse(
                        Some(part.span()),
                        why,
                        "Write for example fields = { public = \"public\" }.",
                    ));
                }
            };
            if name == VALUE {
                return Err(self.refuse(Some(part.span()), "the field value is the private key", "Take another name."));
            }
            parts.push((self.field(&name, &part)?, which));
        }
        Ok(parts)
    }

    /// A step that makes no sense without the value.
    fn tried(&mut self, written: Option<Spanned<WrittenStep>>, kind: StepKind) -> Result<Option<Step>> {
        let Some(written) = written else { return Ok(None) };
        let span = written.span();
        let step = self.table(written, kind)?;
        if !step.templates().any(Template::has_value) {
            let word = kind.word();
            let (why, hint) = match kind {
                StepKind::Verify => ("so it would pass with any", "Log in with {{value}} there."),
                _ => ("so it changes nothing", "Hand it over there: stdin = \"{{value}}\"."),
            };
            let why = format!("[{word}] is never given {{{{value}}}}, {why}");
            return Err(self.refuse(self.place_of(&format!("[{word}]")).or(Some(span)), &why, hint));
        }
        Ok(Some(step))
    }

    fn table(&mut self, written: Spanned<WrittenStep>, kind: StepKind) -> Result<Step> {
        let span = written.span();
        self.step(written.into_inner(), span, kind)
    }

    fn step(&mut self, written: WrittenStep, span: Range<usize>, kind: StepKind) -> Result<Step> {
        let word = kind.word();
        let Some(run) = written.run else {
            let place = self.place_of(&format!("[{word}]")).unwrap_or(span);
            let why = format!("[{word}] has no run");
            return Err(self.refuse(Some(place), &why, "Write run = [\"PROGRAM\", \"ARGUMENT\"]."));
        };
        let timeout = written.timeout.map_or(Ok(TIMEOUT), |timeout| self.timeout(&timeout))?;
        let run = self.run(&run)?;
        let stdin = written.stdin.map(|text| self.template(&text, kind)).transpose()?;
        let (mut fd, mut env) = (BTreeMap::new(), BTreeMap::new());
        for (number, text) in written.fd {
            fd.insert(self.descriptor(&number, &text)?, self.template(&text, kind)?);
        }
        for (name, text) in written.env {
            self.variable(&name, &text)?;
            env.insert(name, self.template(&text, kind)?);
        }
        Ok(Step { run, timeout, stdin, fd, env })
    }

    fn timeout(&self, written: &Spanned<String>) -> Result<Duration> {
        let timeout = self.duration(written)?;
        if !timeout.is_zero() && timeout <= LONGEST_TIMEOUT {
            return Ok(timeout);
        }
        let why = "a step takes at least a second and at most an hour";
        Err(self.refuse(Some(written.span()), why, "Write for example timeout = \"30s\"."))
    }

    fn run(&mut self, written: &Spanned<Vec<Spanned<String>>>) -> Result<Vec<String>> {
        let mut words = Vec::new();
        for word in written.get_ref() {
            self.no_zero_byte(word)?;
            let template = self.read(word, Place::Argument)?;
            words.push(
                template
                    .pieces()
                    .iter()
                    .map(|piece| match piece {
                        super::Piece::Text(text) => text.as_str(),
                        super::Piece::Field { .. } | super::Piece::Secret(_) => "",
                    })
                    .collect::<String>(),
            );
        }
        let why = match words.first().map(String::as_str) {
            None => "run is empty",
            // What is missing is told in a moment.
            Some("") if self.parameters.missing.is_empty() => "the program has no name",
            Some(program) if program.contains('/') && !program.starts_with('/') => {
                "the program's path depends on the folder one is in"
            }
            Some(_) => return Ok(words),
        };
        let hint = "Name a program that PATH finds, or write its full path.";
        Err(self.refuse(Some(written.span()), why, hint))
    }

    fn template(&mut self, written: &Spanned<String>, kind: StepKind) -> Result<Template> {
        self.read(written, Place::Given(kind))
    }

    fn read(&mut self, written: &Spanned<String>, place: Place) -> Result<Template> {
        let line = self.line(written.span().start);
        read(written.get_ref(), place, line, &mut self.parameters)
            .map_err(|why| self.refuse(Some(written.span()), &why, CORRECT))
    }

    fn descriptor(&self, number: &str, at: &Spanned<String>) -> Result<u8> {
        let read = number.parse().ok().filter(|read: &u8| DESCRIPTORS.contains(read) && read.to_string() == number);
        read.ok_or_else(|| {
            let why = "a descriptor has a number from 3 to 9";
            self.refuse(Some(at.span()), why, "Write for example fd = { 3 = \"{{value}}\" }; 0 is stdin.")
        })
    }

    fn variable(&self, name: &str, at: &Spanned<String>) -> Result<()> {
        let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_word || name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
            let why = "the name of a variable has letters, digits and _, and no digit first";
            return Err(self.refuse(Some(at.span()), why, CORRECT));
        }
        match refusal(name) {
            None => Ok(()),
            Some(refusal) => {
                let why = format!("the variable {name} is never set: {}", refusal.reason());
                Err(self.refuse(Some(at.span()), &why, "Hand it over by another variable, or by stdin or fd."))
            }
        }
    }

    fn no_zero_byte(&self, written: &Spanned<String>) -> Result<()> {
        if written.get_ref().contains('\0') {
            return Err(self.refuse(Some(written.span()), "no argument can hold a zero byte", CORRECT));
        }
        Ok(())
    }

    /// Every parameter is given, and none for nothing.
    fn check_parameters(&self) -> Result<()> {
        let missing = &self.parameters.missing;
        if let Some((first, line)) = missing.first() {
            let names: Vec<&str> = missing.iter().map(|(name, _)| name.as_str()).collect();
            let message = format!("Line {line} of the recipe: nothing is given for {}.", names.join(", "));
            return Err(
                Error::usage(message).hint(format!("Write {first} = \"…\" under [with], or give --with {first}=…."))
            );
        }
        match self.parameters.given.keys().find(|name| !self.parameters.used.contains(*name)) {
            None => Ok(()),
            Some(name) => {
                let why = format!("with.{name} is used nowhere");
                Err(self.refuse(self.place_of(name), &why, "Correct its name, or take it out."))
            }
        }
    }

    /// What the reader of TOML says, without what it quotes.
    fn unread(&self, error: &toml::de::Error) -> Error {
        let message = error.message();
        let why = match message.split_once(", expected ") {
            Some((before, expected)) if before.starts_with("invalid") => format!("{expected} should stand here"),
            _ => message.to_owned(),
        };
        self.refuse(error.span(), &why, "Correct the line or take it out.")
    }

    /// Where a text stands first at the beginning of a line.
    fn place_of(&self, start: &str) -> Option<Range<usize>> {
        let mut at = 0;
        for line in self.text.split_inclusive('\n') {
            if line.trim_start().starts_with(start) {
                return Some(at..at + line.len());
            }
            at += line.len();
        }
        None
    }

    fn line(&self, start: usize) -> usize {
        1 + self.text.bytes().take(start).filter(|&byte| byte == b'\n').count()
    }

    /// `Line 3 of the recipe: …`
    fn refuse(&self, span: Option<Range<usize>>, why: &str, hint: &str) -> Error {
        let why = crate::printable::printable(why.trim_end().trim_end_matches('.')).into_owned();
        let line = self.line(span.map_or(0, |span| span.start));
        Error::usage(format!("Line {line} of the recipe: {why}.")).hint(hint)
    }
}

/// Where no better advice is known.
const CORRECT: &str = "Correct the line; nothing was done.";
