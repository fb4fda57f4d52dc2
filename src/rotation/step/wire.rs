//! What is said on the pipes between us and the supervisor: numbers and byte strings, each
//! string behind its length. Both ends are this very program, so there is no version.

use std::time::Duration;

use crate::secret_text::SecretText;

/// All that the supervisor needs.
pub(super) struct Order {
    /// The program's name as written, its path, its arguments.
    pub(super) words: Vec<Vec<u8>>,
    pub(super) timeout: Duration,
    /// For new files.
    pub(super) umask: u32,
    /// Standard output is for us alone.
    pub(super) takes_output: bool,
    pub(super) stdin: Option<SecretText>,
    /// By their numbers, which rise.
    pub(super) fd: Vec<(u8, SecretText)>,
    pub(super) env: Vec<(Vec<u8>, SecretText)>,
}

/// How the supervisor saw it end.
pub(super) struct Report {
    pub(super) how: Outcome,
    /// Standard output where it is for us alone.
    pub(super) printed: SecretText,
    pub(super) said: SecretText,
}

/// [`super::How`], as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Exited(u8),
    Signalled(i32),
    TimedOut,
    WroteTooMuch,
    Cancelled,
    /// Why nothing was started.
    NotStarted(String),
}

impl Order {
    /// As bytes, in a buffer of its final size.
    pub(super) fn written(&self) -> SecretText {
        Writer::in_its_size(|to| self.write(to))
    }

    fn write(&self, to: &mut Writer) {
        to.number(self.words.len());
        self.words.iter().for_each(|word| to.bytes(word));
        to.number(usize::try_from(self.timeout.as_millis()).unwrap_or(usize::MAX));
        to.number(usize::try_from(self.umask).unwrap_or(0o077));
        to.number(usize::from(self.takes_output));
        to.number(usize::from(self.stdin.is_some()));
        self.stdin.iter().for_each(|text| to.bytes(text.expose()));
        to.number(self.fd.len());
        for (number, text) in &self.fd {
            to.number(usize::from(*number));
            to.bytes(text.expose());
        }
        to.number(self.env.len());
        for (name, text) in &self.env {
            to.bytes(name);
            to.bytes(text.expose());
        }
    }

    /// From its bytes; `None` when they are none.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut from = Reader(bytes);
        let words = (0..from.number()?).map(|_| from.bytes().map(<[u8]>::to_vec)).collect::<Option<_>>()?;
        let timeout = Duration::from_millis(u64::try_from(from.number()?).ok()?);
        let umask = u32::try_from(from.number()?).ok()?;
        let takes_output = from.number()? == 1;
        let stdin = if from.number()? == 1 { Some(from.secret()?) } else { None };
        let fd = (0..from.number()?)
            .map(|_| Some((u8::try_from(from.number()?).ok()?, from.secret()?)))
            .collect::<Option<_>>()?;
        let env = (0..from.number()?).map(|_| Some((from.bytes()?.to_vec(), from.secret()?))).collect::<Option<_>>()?;
        Some(Self { words, timeout, umask, takes_output, stdin, fd, env })
    }
}

impl Report {
    /// As bytes, in a buffer of its final size.
    pub(super) fn written(&self) -> SecretText {
        Writer::in_its_size(|to| self.write(to))
    }

    fn write(&self, to: &mut Writer) {
        let (kind, number, why) = match &self.how {
            Outcome::Exited(code) => (0, usize::from(*code), ""),
            Outcome::Signalled(signal) => (1, usize::try_from(*signal).unwrap_or(0), ""),
            Outcome::TimedOut => (2, 0, ""),
            Outcome::WroteTooMuch => (3, 0, ""),
            Outcome::Cancelled => (4, 0, ""),
            Outcome::NotStarted(why) => (5, 0, why.as_str()),
        };
        to.number(kind);
        to.number(number);
        to.bytes(why.as_bytes());
        to.bytes(self.printed.expose());
        to.bytes(self.said.expose());
    }

    /// From its bytes; `None` when they are none, or not all of them.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut from = Reader(bytes);
        let (kind, number) = (from.number()?, from.number()?);
        let why = String::from_utf8_lossy(from.bytes()?).into_owned();
        let how = match kind {
            0 => Outcome::Exited(u8::try_from(number).ok()?),
            1 => Outcome::Signalled(i32::try_from(number).ok()?),
            2 => Outcome::TimedOut,
            3 => Outcome::WroteTooMuch,
            4 => Outcome::Cancelled,
            5 => Outcome::NotStarted(why),
            _ => return None,
        };
        Some(Self { how, printed: from.secret()?, said: from.secret()? })
    }
}

/// First counts, then writes, so that no buffer with values in it grows.
enum Writer {
    Counting(usize),
    Writing(SecretText),
}

impl Writer {
    /// What `write` writes, in a buffer that never grew: what it outgrows would not be wiped.
    fn in_its_size(write: impl Fn(&mut Self)) -> SecretText {
        let mut writer = Self::Counting(0);
        write(&mut writer);
        if let Self::Counting(count) = writer {
            writer = Self::Writing(SecretText::with_capacity(count));
        }
        write(&mut writer);
        match writer {
            Self::Counting(_) => SecretText::new(),
            Self::Writing(text) => text,
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        match self {
            Self::Counting(count) => *count += bytes.len(),
            Self::Writing(text) => text.push(bytes),
        }
    }

    fn number(&mut self, number: usize) {
        self.push(&u64::try_from(number).unwrap_or(u64::MAX).to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len());
        self.push(bytes);
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn number(&mut self) -> Option<usize> {
        let (number, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        usize::try_from(u64::from_be_bytes(*number)).ok()
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn secret(&mut self) -> Option<SecretText> {
        self.bytes().map(SecretText::copied_from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretText {
        SecretText::copied_from(text.as_bytes())
    }

    #[test]
    fn an_order_is_read_as_it_was_written_and_half_of_one_not_at_all() {
        let order = Order {
            words: vec![b"psql".to_vec(), b"/usr/bin/psql".to_vec(), b"".to_vec()],
            timeout: Duration::from_millis(30_500),
            umask: 0o027,
            takes_output: true,
            stdin: Some(secret("")),
            fd: vec![(3, secret("a\0b")), (9, secret("c"))],
            env: vec![(b"PGPASSWORD".to_vec(), secret("d"))],
        };
        let bytes = order.written();
        let read = Order::read(bytes.expose()).unwrap();
        assert_eq!(read.words, order.words);
        assert_eq!((read.timeout, read.umask, read.takes_output), (order.timeout, order.umask, true));
        assert!(read.stdin == order.stdin && read.fd == order.fd && read.env == order.env);
        for length in 0..bytes.len() {
            assert!(Order::read(&bytes.expose()[..length]).is_none(), "{length}");
        }
    }

    #[test]
    fn a_report_is_read_as_it_was_written_and_half_of_one_not_at_all() {
        for how in [
            Outcome::Exited(7),
            Outcome::Signalled(9),
            Outcome::TimedOut,
            Outcome::WroteTooMuch,
            Outcome::Cancelled,
            Outcome::NotStarted("No.".into()),
        ] {
            let report = Report { how: how.clone(), printed: secret("p"), said: secret("") };
            let bytes = report.written();
            let read = Report::read(bytes.expose()).unwrap();
            assert_eq!(read.how, how);
            assert!(read.printed == report.printed && read.said == report.said);
            for length in 0..bytes.len() {
                assert!(Report::read(&bytes.expose()[..length]).is_none(), "{length}");
            }
        }
    }
}
