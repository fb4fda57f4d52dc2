//! Canaries: what must be seen nowhere is looked for in every process's arguments,
//! environment and open files, and in every file below a folder.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;

use crate::support::pty::contains;

/// What must not be found: each text as it is and as OSC 52 carries it.
pub(crate) fn canaries(plain: &[&str]) -> Vec<Vec<u8>> {
    plain.iter().flat_map(|text| [text.as_bytes().to_vec(), BASE64.encode(text.as_bytes()).into_bytes()]).collect()
}

/// The arguments, environments and names of open files in which one stands, of all
/// processes that can be read.
pub(crate) fn in_processes(wanted: &[Vec<u8>]) -> Vec<PathBuf> {
    let listed = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    listed.flat_map(|process| in_process(&process, wanted)).collect()
}

fn in_process(process: &Path, wanted: &[Vec<u8>]) -> Vec<PathBuf> {
    let texts = ["cmdline", "environ"].map(|file| process.join(file));
    let mut places: Vec<PathBuf> =
        texts.into_iter().filter(|file| std::fs::read(file).is_ok_and(|read| found(&read, wanted))).collect();
    let open = std::fs::read_dir(process.join("fd")).into_iter().flatten().flatten().map(|entry| entry.path());
    let names =
        |file: &PathBuf| std::fs::read_link(file).is_ok_and(|target| found(target.as_os_str().as_bytes(), wanted));
    places.extend(open.filter(names));
    places
}

/// The files below `folder` in which one stands.
pub(crate) fn in_files(folder: &Path, wanted: &[Vec<u8>]) -> Vec<PathBuf> {
    let mut places = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            places.extend(in_files(&path, wanted));
        } else if path.is_file() && std::fs::read(&path).is_ok_and(|read| found(&read, wanted)) {
            places.push(path);
        }
    }
    places
}

fn found(hay: &[u8], wanted: &[Vec<u8>]) -> bool {
    wanted.iter().any(|needle| contains(hay, needle))
}
