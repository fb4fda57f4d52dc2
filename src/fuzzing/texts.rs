//! Texts that name secrets, and the output in which their values are masked.

use crate::inject::env_file::EnvFile;
use crate::inject::mask::{CHUNK, Masker, Secrets, is_too_short};
use crate::inject::reference::{Place, Reference};
use crate::inject::template::{Piece, Template};
use crate::rotation::recipe::{LONGEST, LONGEST_TIMEOUT, Recipe, mentioned};
use crate::secret_text::SecretText;
use crate::tui::json;
use crate::vault::rotation::StepKind;

use super::Feed;

/// A text with references, in each of the forms that it may have: a template, an env file,
/// a recipe, JSON.
pub fn references(data: &[u8]) {
    template(data);
    env_file(data);
    recipe(data);
    if let Some(fault) = std::str::from_utf8(data).ok().and_then(json::Fault::find) {
        assert!(data.get(..fault.offset).is_some(), "a fault of JSON is in the text");
        assert!(fault.line >= 1 && fault.character >= 1, "lines and characters count from 1");
    }
}

/// Parts stand in their order, none over another, and only what can all be read is a template.
fn template(source: &[u8]) {
    let loose = Template::references_in(source);
    let lines = 1 + source.iter().filter(|byte| **byte == b'\n').count();
    let in_text = |place: Place| (1..=lines).contains(&place.line) && (1..=source.len() + 1).contains(&place.column);
    match Template::parse(source) {
        Ok(template) => {
            let strict: Vec<&Reference> = template.references().map(|(_, reference)| reference).collect();
            assert_eq!(strict, loose.iter().collect::<Vec<_>>(), "a text that can be read has these references");
            let mut end = 0;
            for piece in template.pieces() {
                match piece {
                    Piece::Text(range) => {
                        assert!(end <= range.start && range.start <= range.end && range.end <= source.len());
                        assert_eq!(template.text(range), source.get(range.clone()).unwrap_or_default());
                        end = range.end;
                    }
                    Piece::Reference(place, _) => assert!(in_text(*place), "{place} is not in the text"),
                }
            }
        }
        Err(faults) => {
            assert!(!faults.is_empty(), "what is refused has its reason");
            assert!(faults.iter().all(|fault| in_text(fault.place) && fault.cause.ends_with('.')));
        }
    }
}

/// Lines have their names and numbers, or what is wrong has its place.
fn env_file(text: &[u8]) {
    let most = 1 + text.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
    match EnvFile::parse(&SecretText::copied_from(text)) {
        Ok(file) => {
            assert!(file.lines.is_sorted_by_key(|line| line.number), "lines stand in their order");
            assert!(file.lines.iter().all(|line| (1..=most).contains(&line.number) && is_name(&line.name)));
        }
        Err(faults) => assert!(!faults.is_empty() && faults.iter().all(|fault| fault.place.line <= most)),
    }
}

/// What can be the name of a variable.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0', '\n'])
}

/// What is read is within its bounds, and names what its text names.
fn recipe(text: &[u8]) {
    let named = mentioned(text);
    let Some(recipe) = std::str::from_utf8(text).ok().and_then(|text| Recipe::parse(text).ok()) else {
        assert!(named.is_empty(), "a recipe that cannot be read names nothing");
        return;
    };
    assert!(text.len() <= LONGEST, "a recipe has its bounds");
    let steps = [StepKind::Make, StepKind::Apply, StepKind::Verify, StepKind::Revoke];
    for step in steps.into_iter().filter_map(|kind| recipe.step(kind)) {
        assert!(step.timeout <= LONGEST_TIMEOUT, "a step ends");
        assert!(!step.run.is_empty(), "a step has a program");
        assert!(step.fd.keys().all(|fd| (3..=9).contains(fd)), "the first descriptors are taken");
    }
}

/// What a program writes: in whatever pieces it comes, no value is in what goes on.
pub fn mask(data: &[u8]) {
    let mut feed = Feed(data);
    let values: Vec<SecretText> =
        (0..feed.byte() % 4).map(|_| SecretText::copied_from(feed.part())).filter(|value| !value.is_empty()).collect();
    let step = 1 + usize::from(feed.byte());
    let Ok(secrets) = Secrets::new(values.iter()) else { return };
    let (whole, pieces) = (masked(&secrets, feed.0, CHUNK), masked(&secrets, feed.0, step));
    assert!(whole == pieces, "what is masked depends on the pieces it comes in");
    // What stands for a value has stars and dots, and so may end what begins as a value.
    let looked_for = values.iter().filter(|value| !is_too_short(value) && !value.expose().contains(&b'*'));
    for value in looked_for {
        let shows = whole.windows(value.len()).any(|window| window == value.expose());
        assert!(!shows, "a value went on");
    }
}

fn masked(secrets: &Secrets, text: &[u8], step: usize) -> Vec<u8> {
    let (mut masker, mut out) = (Masker::new(secrets), Vec::new());
    let mut put = |bytes: &[u8]| out.extend_from_slice(bytes);
    for piece in text.chunks(step.min(CHUNK)) {
        masker.room()[..piece.len()].copy_from_slice(piece);
        masker.take(piece.len(), &mut put);
    }
    masker.finish(&mut put);
    out
}
