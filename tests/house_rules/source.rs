//! Rust source as text: comments and literals blanked out, tests cut away.
//!
//! No parser: braces are counted and words compared, which is enough for code
//! that rustfmt has laid out.

use std::path::{Path, PathBuf};

/// One file under `src`.
pub(crate) struct Source {
    /// Path from the crate's root, with `/`.
    pub(crate) path: String,
    /// The file as it is.
    pub(crate) text: String,
    /// The same bytes with comments, literals and tests turned into blanks; line ends stay.
    pub(crate) code: String,
    /// The same with comments and tests turned into blanks; literals stay.
    pub(crate) code_and_text: String,
}

impl Source {
    /// Reads text as if it were the file at `path`.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let code = blank(text, true);
        let tests = test_ranges(&code);
        let without_tests = |text: String| {
            let mut bytes = text.into_bytes();
            for range in &tests {
                wipe(&mut bytes[range.clone()]);
            }
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let code_and_text = without_tests(blank(text, false));
        Self { path: path.to_owned(), text: text.to_owned(), code: without_tests(code), code_and_text }
    }

    /// Every file under `src` that is not a test.
    pub(crate) fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        collect(&root.join("src"), &mut files);
        files.sort();
        assert!(!files.is_empty(), "There is no source under {}.", root.display());
        files
            .iter()
            .map(|file| {
                let path = file.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                Self::new(&path, &std::fs::read_to_string(file).unwrap())
            })
            .collect()
    }

    /// The module that the file is, from the crate's root: `["tui", "view"]`.
    pub(crate) fn module(&self) -> Vec<&str> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        let mut module: Vec<&str> = path.split('/').collect();
        if matches!(module.last(), Some(&("mod" | "lib"))) {
            module.pop();
        }
        module
    }

    /// `path:line` of a byte offset.
    pub(crate) fn place(&self, offset: usize) -> String {
        format!(
            "{}:{}",
            self.path,
            1 + self.text[..offset.min(self.text.len())].bytes().filter(|&b| b == b'\n').count()
        )
    }

    /// The offsets at which `wanted` stands in the code, not as part of a longer word.
    pub(crate) fn find(&self, wanted: &str) -> Vec<usize> {
        find_words(&self.code, wanted)
    }

    /// Every function: where it starts, its name, how many lines it has.
    pub(crate) fn functions(&self) -> Vec<(usize, String, usize)> {
        let mut functions = Vec::new();
        for at in find_words(&self.code, "fn") {
            let name: String = self.code[at + 2..].trim_start().chars().take_while(|c| is_word(*c)).collect();
            let Some(end) = item_end(&self.code, at) else { continue };
            if !name.is_empty() && self.code[..end].ends_with('}') {
                functions.push((at, name, self.code[at..end].lines().count()));
            }
        }
        functions
    }
}

/// Rust files below `folder`, except files that are a test module as a whole.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for child in std::fs::read_dir(folder).unwrap() {
        let path = child.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && path.file_name().is_some_and(|name| name != "tests.rs")
            && !path.components().any(|part| part.as_os_str() == "tests")
        {
            files.push(path);
        }
    }
}

/// True for a character of an identifier.
pub(crate) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The offsets of `wanted` in `text` where no longer word goes on before or after.
pub(crate) fn find_words(text: &str, wanted: &str) -> Vec<usize> {
    let free =
        |neighbour: Option<char>, own: Option<char>| !(neighbour.is_some_and(is_word) && own.is_some_and(is_word));
    let alone = |at: &usize| {
        let end = at + wanted.len();
        free(text[..*at].chars().next_back(), wanted.chars().next())
            && free(text[end..].chars().next(), wanted.chars().next_back())
    };
    text.match_indices(wanted).map(|(at, _)| at).filter(alone).collect()
}

/// Blanks, line ends kept.
fn wipe(bytes: &mut [u8]) {
    for byte in bytes.iter_mut().filter(|byte| **byte != b'\n') {
        *byte = b' ';
    }
}

/// `text` with comments, and literals if wanted, turned into blanks.
fn blank(text: &str, literals: bool) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let (end, literal) = token_end(text, at);
        if end > at + 1 && (!literal || literals) {
            wipe(&mut bytes[at..end]);
        }
        at = end.max(at + 1);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The end of the comment or literal that starts at `at`, and whether it is a
/// literal; `at + 1` when neither does.
fn token_end(text: &str, at: usize) -> (usize, bool) {
    let bytes = text.as_bytes();
    let rest = &bytes[at..];
    let until = |wanted: &str, from: usize| {
        text.as_bytes()[from..]
            .windows(wanted.len())
            .position(|window| window == wanted.as_bytes())
            .map_or(text.len(), |found| from + found + wanted.len())
    };
    if rest.starts_with(b"//") {
        return (until("\n", at), false);
    }
    if rest.starts_with(b"/*") {
        return (until("*/", at + 2), false);
    }
    let starts_word = at == 0 || !is_word(bytes[at - 1] as char);
    if starts_word && (rest.starts_with(b"r\"") || rest.starts_with(b"r#") || rest.starts_with(b"br")) {
        let hashes_from = if rest[0] == b'b' { at + 2 } else { at + 1 };
        let hashes = bytes[hashes_from..].iter().take_while(|&&byte| byte == b'#').count();
        if bytes.get(hashes_from + hashes) == Some(&b'"') {
            return (until(&format!("\"{}", "#".repeat(hashes)), hashes_from + hashes + 1), true);
        }
    }
    if rest[0] == b'"' {
        let mut end = at + 1;
        while end < bytes.len() && bytes[end] != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        return ((end + 1).min(bytes.len()), true);
    }
    if rest[0] == b'\'' {
        // A character, not a lifetime: 'x' or '\…'.
        let length = text.get(at + 1..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        if rest.get(1) == Some(&b'\\') {
            return (until("'", at + 3), true);
        }
        if rest.get(1 + length) == Some(&b'\'') {
            return (at + 2 + length, true);
        }
    }
    (at + 1, false)
}

/// The items under `#[cfg(test)]`, in code without comments and literals.
fn test_ranges(code: &str) -> Vec<std::ops::Range<usize>> {
    let mut ranges = Vec::new();
    for (at, mark) in code.match_indices("#[cfg(test)]") {
        if ranges.last().is_none_or(|last: &std::ops::Range<usize>| at >= last.end) {
            let end = item_end(code, at + mark.len()).unwrap_or(code.len());
            ranges.push(at..end);
        }
    }
    ranges
}

/// The end of the item that starts at `at`: behind its `;` or its closing brace.
fn item_end(code: &str, at: usize) -> Option<usize> {
    let (mut braces, mut others) = (0_i32, 0_i32);
    for (offset, byte) in code.bytes().enumerate().skip(at) {
        match byte {
            b'{' => braces += 1,
            b'}' => {
                braces -= 1;
                if braces == 0 && others == 0 {
                    return Some(offset + 1);
                }
            }
            b'(' | b'[' => others += 1,
            b')' | b']' => others -= 1,
            b';' if braces == 0 && others == 0 => return Some(offset + 1),
            _ => {}
        }
    }
    None
}
