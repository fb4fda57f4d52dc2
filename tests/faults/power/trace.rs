//! What a trace of strace says was done to the files of one folder, in order.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The calls that a crash state is made of.
const CALLS: &str = "openat,open,creat,write,writev,pwrite64,lseek,ftruncate,fsync,fdatasync,unlink,unlinkat,\
                     rename,renameat,renameat2,link,linkat,close,sendfile,copy_file_range,fallocate,mkdir";

/// One thing that happened, files by the name they had then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A name that was not there before; or, if it was, an empty file from now on when `cut`.
    Open { name: String, cut: bool },
    /// Bytes in a file.
    Write { name: String, at: usize, bytes: Vec<u8> },
    /// Another length.
    Cut { name: String, length: usize },
    /// The file's content is on the disk.
    Sync { name: String },
    /// The folder's names are on the disk.
    SyncFolder,
    /// The name is gone.
    Unlink { name: String },
    /// The name is another one from now on, whatever had that.
    Rename { from: String, to: String },
    /// Somebody was told that so much is done.
    Acknowledged(u64),
}

/// Runs a command in a folder under strace.
pub(crate) fn record(mut command: Command, trace: &Path) {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-xx", "-s", "9999999", "-qq", "-e", &format!("trace={CALLS}"), "-o"]).arg(trace);
    strace.arg("--").arg(command.get_program()).args(command.get_args());
    strace.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command = strace;
    let output = command.stdin(Stdio::null()).output().expect("strace is not installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Reads what was done below `folder`. A write of `ack N` to anything else is an acknowledgement.
pub(crate) fn read(trace: &Path, folder: &Path) -> Vec<Event> {
    let text = std::fs::read_to_string(trace).unwrap();
    let folder = folder.canonicalize().unwrap();
    let mut reader =
        Reader { folder, offsets: HashMap::new(), unnamed: HashMap::new(), begun: HashMap::new(), events: Vec::new() };
    for line in text.lines() {
        reader.line(line);
    }
    reader.events
}

struct Reader {
    folder: PathBuf,
    /// Where the next plain write of a descriptor goes, by process and descriptor.
    offsets: HashMap<(String, String), usize>,
    /// Files that were opened without a name, by process and descriptor.
    unnamed: HashMap<(String, String), String>,
    /// Calls that another thread's call interrupted in the trace.
    begun: HashMap<String, String>,
    events: Vec<Event>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let Some((pid, rest)) = line.split_once(' ') else { return };
        let rest = rest.trim_start();
        if let Some(begun) = rest.strip_suffix("<unfinished ...>") {
            self.begun.insert(pid.to_owned(), begun.to_owned());
            return;
        }
        let whole = match rest.strip_prefix("<... ") {
            Some(resumed) => {
                let Some(begun) = self.begun.remove(pid) else { return };
                begun + resumed.split_once("resumed>").map_or("", |(_, end)| end)
            }
            None => rest.to_owned(),
        };
        let Some((call, rest)) = whole.split_once('(') else { return };
        let Some((arguments, answer)) = rest.rsplit_once(") = ") else { return };
        let answer = answer.trim();
        if !answer.starts_with('-') && !answer.starts_with('?') {
            self.call(pid, call, &split(arguments), answer);
        }
    }

    fn call(&mut self, pid: &str, call: &str, arguments: &[&str], answer: &str) {
        let count = || answer.split(['<', ' ']).next().unwrap_or_default().parse::<usize>().unwrap_or(0);
        let of = |at: usize| arguments.get(at).copied().unwrap_or_default();
        match call {
            "openat" | "open" | "creat" => {
                let flags = of(if call == "openat" { 2 } else { 1 });
                self.opened(pid, answer, flags, call == "creat");
            }
            "write" | "pwrite64" => {
                let mut bytes = bytes(of(1));
                bytes.truncate(count());
                let at = if call == "write" { None } else { of(3).parse().ok() };
                self.written(pid, of(0), at, bytes);
            }
            "lseek" => {
                self.offsets.insert((pid.to_owned(), number(of(0))), count());
            }
            "ftruncate" => {
                if let (Some(name), Ok(length)) = (self.file(of(0)), of(1).parse()) {
                    self.events.push(Event::Cut { name, length });
                }
            }
            "fsync" | "fdatasync" => match self.file(of(0)) {
                Some(name) if name.is_empty() => self.events.push(Event::SyncFolder),
                Some(name) => self.events.push(Event::Sync { name }),
                None => {}
            },
            "unlink" | "unlinkat" => {
                let path = bytes(of(usize::from(call == "unlinkat")));
                if let Some(name) = self.name(&path) {
                    self.events.push(Event::Unlink { name });
                }
            }
            "rename" | "renameat" | "renameat2" => {
                let (one, other) = if call == "rename" { (0, 1) } else { (1, 3) };
                let (from, to) = (self.name(&bytes(of(one))), self.name(&bytes(of(other))));
                if let (Some(from), Some(to)) = (from, to) {
                    self.events.push(Event::Rename { from, to });
                }
            }
            // A file that had no name yet gets its first one.
            "linkat" if of(1).contains("\\x66\\x64") => {
                let number = String::from_utf8_lossy(&bytes(of(1))).rsplit('/').next().unwrap_or_default().to_owned();
                let from = self.unnamed.get(&(pid.to_owned(), number)).cloned();
                if let (Some(from), Some(to)) = (from, self.name(&bytes(of(3)))) {
                    self.events.push(Event::Rename { from, to });
                }
            }
            "writev" | "sendfile" | "copy_file_range" | "fallocate" | "link" | "linkat" => {
                let touches = arguments.iter().any(|argument| self.file(argument).is_some());
                assert!(!touches, "the model does not know {call}");
            }
            _ => {}
        }
    }

    fn opened(&mut self, pid: &str, answer: &str, flags: &str, created: bool) {
        self.offsets.insert((pid.to_owned(), number(answer)), 0);
        if flags.contains("O_TMPFILE")
            && let Some(name) = self.file(answer)
        {
            self.unnamed.insert((pid.to_owned(), number(answer)), name);
        }
        if (created || flags.contains("O_CREAT") || flags.contains("O_TRUNC"))
            && let Some(name) = self.file(answer)
        {
            self.events.push(Event::Open { name, cut: created || flags.contains("O_TRUNC") });
        }
    }

    fn written(&mut self, pid: &str, descriptor: &str, at: Option<usize>, bytes: Vec<u8>) {
        let Some(name) = self.file(descriptor) else {
            let told = String::from_utf8_lossy(&bytes);
            let told = told.lines().filter_map(|line| line.strip_prefix("ack ")?.trim().parse().ok());
            self.events.extend(told.map(Event::Acknowledged));
            return;
        };
        let at = at.unwrap_or_else(|| {
            let offset = self.offsets.entry((pid.to_owned(), number(descriptor))).or_default();
            *offset += bytes.len();
            *offset - bytes.len()
        });
        self.events.push(Event::Write { name, at, bytes });
    }

    /// The file of `4</folder/name>`; empty for the folder itself.
    fn file(&self, descriptor: &str) -> Option<String> {
        let path = descriptor.split_once('<')?.1;
        let path = path.strip_suffix("(deleted)").filter(|path| path.contains("\\x2f\\x23")).unwrap_or(path);
        self.name(&unescaped(path.strip_suffix('>')?))
    }

    /// The name of a path in the folder. What SQLite shares in memory is nothing after a crash.
    fn name(&self, path: &[u8]) -> Option<String> {
        let path = Path::new(std::str::from_utf8(path).ok()?);
        if path == self.folder {
            return Some(String::new());
        }
        let name = path.strip_prefix(&self.folder).ok()?.to_str()?;
        (!name.ends_with("-shm") && !name.contains("(deleted)")).then(|| name.to_owned())
    }
}

/// Arguments at their commas, not those within quotes or angle brackets.
fn split(arguments: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quoted, mut nested) = (Vec::new(), 0, false, false);
    for (at, letter) in arguments.bytes().enumerate() {
        match letter {
            b'"' => quoted = !quoted,
            b'<' if !quoted => nested = true,
            b'>' if !quoted => nested = false,
            b',' if !quoted && !nested => {
                parts.push(arguments[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(arguments[start..].trim());
    parts
}

fn number(descriptor: &str) -> String {
    descriptor.split('<').next().unwrap_or_default().trim().to_owned()
}

/// What stands between the quotes; with `-xx` all of it is `\x41`.
fn bytes(quoted: &str) -> Vec<u8> {
    assert!(!quoted.ends_with("..."), "strace cut a string short");
    unescaped(quoted.trim_matches('"'))
}

fn unescaped(text: &str) -> Vec<u8> {
    if !text.starts_with("\\x") {
        return text.as_bytes().to_vec();
    }
    text.split("\\x").skip(1).map(|hex| u8::from_str_radix(&hex[..2], 16).unwrap()).collect()
}
