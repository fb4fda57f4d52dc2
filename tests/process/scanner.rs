//! [`Scanner`]: looks through the memory of another process for what must not be there.
//!
//! A secret is found whole or by either half, as it is, in base64 (as OSC 52 carries it),
//! and spread: one character in each cell of a screen, of a queue of keys, or of a wider
//! encoding, at any distance that a machine would choose.

use std::fs::File;
use std::os::unix::fs::FileExt;

use aho_corasick::AhoCorasick;
use data_encoding::BASE64;
use rustix::process::Pid;

/// The distances at which characters may lie apart: wide encodings, then whatever is aligned.
const LARGEST_STEP: usize = 1024;
/// So many characters in a row at one distance are no chance.
const SPREAD: usize = 8;
/// How much is read at once, where a part of a mapping cannot be.
const PIECE: usize = 64 * 1024;

/// What is looked for.
pub(crate) struct Scanner {
    wanted: Vec<Wanted>,
}

struct Wanted {
    name: &'static str,
    bytes: Vec<u8>,
    /// It is text that may lie spread.
    is_text: bool,
}

/// Where something was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copy {
    pub(crate) what: &'static str,
    pub(crate) how: String,
    pub(crate) mapping: String,
    pub(crate) address: u64,
}

impl Scanner {
    pub(crate) fn new() -> Self {
        Self { wanted: Vec::new() }
    }

    /// Looks for a text, too.
    pub(crate) fn text(mut self, name: &'static str, text: &str) -> Self {
        assert!(text.len() >= 2 * SPREAD && text.is_ascii(), "{name} is no good canary");
        self.wanted.push(Wanted { name, bytes: text.as_bytes().to_vec(), is_text: true });
        self
    }

    /// Looks for a key, too.
    pub(crate) fn key(mut self, name: &'static str, key: &[u8]) -> Self {
        assert!(key.len() >= 32, "{name} is no good canary");
        self.wanted.push(Wanted { name, bytes: key.to_vec(), is_text: false });
        self
    }

    /// Every place in the process's memory where one lies.
    pub(crate) fn copies(&self, pid: Pid) -> Vec<Copy> {
        let (patterns, names) = self.patterns();
        let automaton = AhoCorasick::new(&patterns).unwrap();
        let pid = pid.as_raw_nonzero();
        let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
        let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
        let mut copies = Vec::new();
        for line in maps.lines() {
            let mut columns = line.split_whitespace();
            let (range, access) = (columns.next().unwrap(), columns.next().unwrap());
            let (start, end) = range.split_once('-').unwrap();
            let (start, end) = (u64::from_str_radix(start, 16).unwrap(), u64::from_str_radix(end, 16).unwrap());
            let mapping = columns.nth(3).unwrap_or("anonymous").to_owned();
            // What is not written to is the program's file; the kernel's pages are nobody's.
            if !access.starts_with("rw") || mapping.starts_with("[v") {
                continue;
            }
            let bytes = read(&memory, start, usize::try_from(end - start).unwrap());
            let mut add = |what, how, at: usize| {
                let address = start + u64::try_from(at).unwrap();
                copies.push(Copy { what, how, mapping: mapping.clone(), address });
            };
            for found in automaton.find_iter(&bytes).map(|found| (found.pattern().as_usize(), found.start())) {
                let (what, how) = names[found.0];
                add(what, how.to_owned(), found.1);
            }
            for wanted in self.wanted.iter().filter(|wanted| wanted.is_text) {
                for (at, step) in spread(&bytes, &wanted.bytes[..SPREAD]) {
                    add(wanted.name, format!("spread by {step}"), at);
                }
            }
        }
        copies
    }

    /// Fails when there is one, with the places.
    #[track_caller]
    pub(crate) fn assert_none(&self, pid: Pid, when: &str) {
        // What another thread still does is done a moment later.
        let mut copies = self.copies(pid);
        for _ in 0..5 {
            if copies.is_empty() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(200));
            copies = self.copies(pid);
        }
        assert!(copies.is_empty(), "{when}: {} copies, {:#?}", copies.len(), &copies[..copies.len().min(12)]);
    }

    fn patterns(&self) -> (Vec<Vec<u8>>, Vec<(&'static str, &'static str)>) {
        let (mut patterns, mut names) = (Vec::new(), Vec::new());
        for wanted in &self.wanted {
            let (front, back) = wanted.bytes.split_at(wanted.bytes.len() / 2);
            let mut add = |how, bytes: &[u8]| {
                patterns.push(bytes.to_vec());
                names.push((wanted.name, how));
            };
            add("front half", front);
            add("back half", back);
            if wanted.is_text {
                // The first half, at a border that base64 keeps.
                add("base64", &BASE64.encode(&wanted.bytes).into_bytes()[..16]);
            }
        }
        (patterns, names)
    }
}

/// What can be read of a mapping; zeros stand for the rest.
fn read(memory: &File, start: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    if memory.read_exact_at(&mut bytes, start).is_err() {
        for (number, piece) in bytes.chunks_mut(PIECE).enumerate() {
            if memory.read_exact_at(piece, start + u64::try_from(number * PIECE).unwrap()).is_err() {
                piece.fill(0);
            }
        }
    }
    bytes
}

/// Where `text` lies with a step between its characters, and the step.
fn spread(bytes: &[u8], text: &[u8]) -> Vec<(usize, usize)> {
    let steps: Vec<usize> = [2, 4].into_iter().chain((8..=LARGEST_STEP).step_by(8)).collect();
    let first = AhoCorasick::new([&text[..1]]).unwrap();
    let mut found = Vec::new();
    for at in first.find_iter(bytes).map(|found| found.start()) {
        let lies =
            |step: &usize| text.iter().enumerate().all(|(number, byte)| bytes.get(at + number * step) == Some(byte));
        found.extend(steps.iter().copied().filter(lies).map(|step| (at, step)));
    }
    found
}

/// Sees what is there, in each form, in a process that holds it on purpose: this one.
#[test]
fn the_scanner_sees_what_lies_in_memory() {
    let own = Pid::from_raw(i32::try_from(std::process::id()).unwrap()).unwrap();
    type Form = (&'static str, fn(&[u8]) -> Vec<u8>);
    let forms: [Form; 5] = [
        ("front half", |text| text[..text.len() / 2].to_vec()),
        ("back half", |text| text[text.len() / 2..].to_vec()),
        ("base64", |text| BASE64.encode(text).into_bytes()),
        ("spread by 4", |text| text.iter().flat_map(|byte| [*byte, 0, 0, 0]).collect()),
        ("spread by 56", |text| text.iter().flat_map(|byte| [&[*byte][..], &[0xee; 55]].concat()).collect()),
    ];
    for (number, (how, form)) in forms.into_iter().enumerate() {
        // Made of parts at run time, so that it lies nowhere else but in the scanner itself.
        let text = format!("~{}-planted-{}", number * 7919 + 13, "canary-value");
        let scanner = Scanner::new().text("planted", &text);
        let planted = form(text.as_bytes());
        let copies = scanner.copies(own);
        let there = planted.as_ptr_range();
        let lies_there = |copy: &Copy| (there.start as u64..there.end as u64).contains(&copy.address);
        assert!(copies.iter().any(|copy| copy.how == how && lies_there(copy)), "{how}: {copies:#?}");
        drop(std::hint::black_box(planted));
    }
}
