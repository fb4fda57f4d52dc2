//! [`Parser`]: bytes as they come, in any pieces → events.
//!
//! Every sequence is read to its end before it is looked at, so that one which is no
//! key (an answer, a report) is dropped whole. Bytes wait here until the rest has come
//! or until it is clear that none will; they are wiped, for they may be a secret's.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::secret_text::SecretText;
use crate::tui::event::Event;

use super::keys;

/// After an escape byte alone: the rest of a sequence comes at once, or it was the key.
const ESCAPE: Duration = Duration::from_millis(25);
/// After a part of a sequence: a slow connection may have cut it.
const PART: Duration = Duration::from_millis(500);
/// No answer of a terminal is longer.
const LONGEST: usize = 64 * 1024;
/// What a terminal sends after a paste.
const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// What the bytes so far are the beginning of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    /// Nothing.
    #[default]
    None,
    /// A character of several bytes, so many of which are missing.
    Character(usize),
    /// `ESC`.
    Escape,
    /// `ESC [` and numbers.
    Sequence,
    /// `ESC [ M`, three bytes of which are to come.
    OldMouse,
    /// `ESC O`, or `ESC [ [` of the Linux console.
    Function,
    /// `ESC ]`, `ESC P`, `ESC _`, `ESC ^`, `ESC X`: text up to its end, `BEL` or `ESC \`.
    Text,
    /// Between the brackets of a paste.
    Paste,
}

/// Bytes → events.
#[derive(Default)]
pub(super) struct Parser {
    part: Part,
    /// The bytes of the part.
    held: SecretText,
}

impl Parser {
    /// Takes what was read, and gives each event to `each` by itself: a list of them would
    /// leave what was typed in memory that nobody wipes.
    pub(super) fn take_each(&mut self, bytes: &[u8], each: &mut impl FnMut(Event)) {
        let mut rest = bytes;
        while let Some((first, behind)) = rest.split_first() {
            if self.part == Part::Paste {
                rest = self.take_pasted(rest, each);
            } else if self.takes(*first) {
                self.held.push(&[*first]);
                self.step(*first).into_iter().for_each(&mut *each);
                rest = behind;
            } else {
                // What came before was cut off; this byte begins something of its own, or the one before it did.
                let escaped = self.part == Part::Text && self.held.expose().ends_with(b"\x1b");
                self.cut_off().into_iter().for_each(&mut *each);
                if escaped {
                    self.held.push(b"\x1b");
                    self.part = Part::Escape;
                }
            }
        }
    }

    /// Takes what was read, and gives the events that came of it.
    #[cfg(any(test, fuzzing))]
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        self.take_each(bytes, &mut |event| events.push(event));
        events
    }

    /// How long to wait for more; `None` for as long as it takes.
    pub(super) fn patience(&self) -> Option<Duration> {
        match self.part {
            // A paste ends where it says, however slow it comes.
            Part::None | Part::Paste => None,
            Part::Escape => Some(ESCAPE),
            _ => Some(PART),
        }
    }

    /// Nothing more came: what waits was all.
    pub(super) fn silence(&mut self) -> Option<Event> {
        self.cut_off()
    }

    /// True when a byte can go on with what was begun.
    fn takes(&self, byte: u8) -> bool {
        match self.part {
            Part::None | Part::OldMouse | Part::Paste => true,
            Part::Character(_) => (0x80..0xc0).contains(&byte),
            Part::Escape => byte != 0x1b,
            // The second byte of the end, or the beginning of another sequence.
            Part::Text if self.held.expose().ends_with(b"\x1b") => byte == b'\\',
            Part::Text => (self.held.len() < LONGEST) && (byte >= 0x20 || matches!(byte, 0x07 | 0x1b)),
            Part::Sequence | Part::Function => (0x20..0x7f).contains(&byte),
        }
    }

    /// Goes on by the byte that was just held.
    fn step(&mut self, byte: u8) -> Option<Event> {
        match self.part {
            Part::None => self.begin(byte),
            Part::Character(1) => self.end(keys::character),
            Part::Character(missing) => self.go_on(Part::Character(missing - 1)),
            Part::Escape => self.escaped(byte),
            Part::Sequence => self.in_sequence(byte),
            Part::Function => self.end(keys::function),
            Part::OldMouse if self.held.len() < 6 => None,
            Part::OldMouse => self.end(keys::old_mouse),
            Part::Text if byte == 0x07 || self.held.expose().ends_with(b"\x1b\\") => self.end(|_| None),
            Part::Text | Part::Paste => None,
        }
    }

    fn begin(&mut self, byte: u8) -> Option<Event> {
        match byte {
            0x1b => self.go_on(Part::Escape),
            0xc2..=0xdf => self.go_on(Part::Character(1)),
            0xe0..=0xef => self.go_on(Part::Character(2)),
            0xf0..=0xf4 => self.go_on(Part::Character(3)),
            _ => self.end(keys::character),
        }
    }

    fn escaped(&mut self, byte: u8) -> Option<Event> {
        match byte {
            b'[' => self.go_on(Part::Sequence),
            b'O' => self.go_on(Part::Function),
            b']' | b'P' | b'_' | b'^' | b'X' => self.go_on(Part::Text),
            0xc2..=0xdf => self.go_on(Part::Character(1)),
            0xe0..=0xef => self.go_on(Part::Character(2)),
            0xf0..=0xf4 => self.go_on(Part::Character(3)),
            _ => self.end(keys::character),
        }
    }

    fn in_sequence(&mut self, byte: u8) -> Option<Event> {
        match (self.held.expose(), byte) {
            (b"\x1b[[", _) => self.go_on(Part::Function),
            (b"\x1b[M", _) => self.go_on(Part::OldMouse),
            (b"\x1b[200~", _) => {
                self.held.clear();
                self.go_on(Part::Paste)
            }
            (_, 0x40..=0x7e) => self.end(keys::sequence),
            _ => None,
        }
    }

    fn go_on(&mut self, part: Part) -> Option<Event> {
        self.part = part;
        None
    }

    /// The part is whole.
    fn end(&mut self, read: impl FnOnce(&[u8]) -> Option<Event>) -> Option<Event> {
        let event = read(self.held.expose());
        self.held.clear();
        self.part = Part::None;
        event
    }

    /// The part stays a part. One key may look like the beginning of more: Esc, Alt-[.
    fn cut_off(&mut self) -> Option<Event> {
        self.end(|held| match held {
            [0x1b] => Some(Event::Key(KeyCode::Esc.into())),
            [0x1b, second @ 0x20..=0x7e] => {
                Some(Event::Key(KeyEvent::new(KeyCode::Char(char::from(*second)), KeyModifiers::ALT)))
            }
            _ => None,
        })
    }

    /// Takes the paste up to its end; gives what comes behind it.
    fn take_pasted<'b>(&mut self, bytes: &'b [u8], each: &mut impl FnMut(Event)) -> &'b [u8] {
        let before = self.held.len();
        self.held.push(bytes);
        // The end may have begun in an earlier piece.
        let from = before.saturating_sub(PASTE_ENDS.len() - 1);
        let fresh = self.held.expose().get(from..).unwrap_or_default();
        let Some(at) = fresh.windows(PASTE_ENDS.len()).position(|window| window == PASTE_ENDS) else { return &[] };
        let mut pasted = std::mem::take(&mut self.held);
        pasted.truncate(from + at);
        self.part = Part::None;
        each(Event::Paste(pasted));
        bytes.get((from + at + PASTE_ENDS.len()).saturating_sub(before)..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tui::event::{Mouse, MouseAction};

    /// The events in words, so that they can be compared.
    fn words(events: &[Event]) -> Vec<String> {
        let word = |event: &Event| match event {
            Event::Key(key) => format!("{:?} {:?}", key.code, key.modifiers),
            Event::Paste(text) => format!("paste {:?}", String::from_utf8_lossy(text.expose())),
            Event::Mouse(mouse) => format!("{mouse:?}"),
            Event::Focus(focus) => format!("focus {focus}"),
            _ => panic!("no event of a terminal"),
        };
        events.iter().map(word).collect()
    }

    fn read(bytes: &[u8]) -> Vec<String> {
        let mut parser = Parser::default();
        let mut events = parser.take(bytes);
        events.extend(parser.silence());
        words(&events)
    }

    fn key(code: KeyCode, modifiers: KeyModifiers) -> String {
        words(&[Event::Key(KeyEvent::new(code, modifiers))]).remove(0)
    }

    #[test]
    fn keys_are_read() {
        use KeyCode::{BackTab, Backspace, Char, Delete, Down, End, Enter, Esc, F, Home, Left, PageDown, Tab, Up};
        const NONE: KeyModifiers = KeyModifiers::NONE;
        const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
        const ALT: KeyModifiers = KeyModifiers::ALT;
        const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
        for (bytes, code, modifiers) in [
            ("a", Char('a'), NONE),
            ("A", Char('A'), SHIFT),
            ("é", Char('é'), NONE),
            ("鍵", Char('鍵'), NONE),
            ("🔑", Char('🔑'), NONE),
            ("\r", Enter, NONE),
            ("\n", Char('j'), CONTROL),
            ("\t", Tab, NONE),
            ("\x7f", Backspace, NONE),
            ("\x03", Char('c'), CONTROL),
            ("\0", Char(' '), CONTROL),
            ("\x1f", Char('7'), CONTROL),
            ("\x1b", Esc, NONE),
            ("\x1bx", Char('x'), ALT),
            ("\x1bé", Char('é'), ALT),
            ("\x1b\r", Enter, ALT),
            ("\x1b[", Char('['), ALT),
            ("\x1b]", Char(']'), ALT),
            ("\x1bO", Char('O'), ALT),
            ("\x1b[A", Up, NONE),
            ("\x1bOB", Down, NONE),
            ("\x1b[1;5D", Left, CONTROL),
            ("\x1b[1;3A", Up, ALT),
            ("\x1b[H", Home, NONE),
            ("\x1b[4~", End, NONE),
            ("\x1b[3~", Delete, NONE),
            ("\x1b[6;5~", PageDown, CONTROL),
            ("\x1b[Z", BackTab, SHIFT),
            ("\x1bOP", F(1), NONE),
            ("\x1b[[E", F(5), NONE),
            ("\x1b[15~", F(5), NONE),
            ("\x1b[24~", F(12), NONE),
            // Terminals that were told by somebody else to be exact about keys.
            ("\x1b[99;5u", Char('c'), CONTROL),
            ("\x1b[97;2u", Char('A'), SHIFT),
            ("\x1b[9;2u", BackTab, SHIFT),
            ("\x1b[13u", Enter, NONE),
            ("\x1b[27;5;106~", Char('j'), CONTROL),
        ] {
            assert_eq!(read(bytes.as_bytes()), [key(code, modifiers)], "{bytes:?}");
        }
        assert_eq!(read(b"\x1b\x1b[A"), [key(Esc, NONE), key(Up, NONE)]);
        assert_eq!(read(b"\x1b[97;1:3u"), [] as [String; 0], "a key let go is none");
    }

    #[test]
    fn what_is_no_key_is_dropped_whole() {
        for reply in [
            "\x1b[?62;22;52c",
            "\x1b[>0;276;0c",
            "\x1b[=1;2c",
            "\x1b[12;40R",
            "\x1b[0n",
            "\x1b[?2026;2$y",
            "\x1b[8;24;80t",
            "\x1b[?0u",
            "\x1b]11;rgb:dddd/dddd/dddd\x1b\\",
            "\x1b]11;rgb:dddd/dddd/dddd\x07",
            "\x1bP>|tmux 3.5a\x1b\\",
            "\x1b_Gi=31;OK\x1b\\",
        ] {
            assert_eq!(read(reply.as_bytes()), [] as [String; 0], "{reply:?}");
            let typed = [reply.as_bytes(), b"y"].concat();
            assert_eq!(read(&typed), [key(KeyCode::Char('y'), KeyModifiers::NONE)], "{reply:?}");
        }
        // One that has lost its end takes no key of the operator's with it for long.
        let mut parser = Parser::default();
        assert!(parser.take(b"\x1b]11;rgb:dd").is_empty());
        assert_eq!(parser.patience(), Some(PART));
        assert!(parser.silence().is_none());
        assert_eq!(parser.patience(), None);
        let ctrl_l = key(KeyCode::Char('l'), KeyModifiers::CONTROL);
        assert_eq!(read(b"\x1b]11;rgb:dd\x0c"), [ctrl_l]);
        assert_eq!(read(b"\x1b]11;rgb:dd\x1b[A"), [key(KeyCode::Up, KeyModifiers::NONE)]);
    }

    #[test]
    fn a_paste_is_whole_whatever_is_in_it() {
        let pasted = read(b"x\x1b[200~a\r\n\x1b[A\x1b]\xff \x1b[201~y");
        let key = |c| key(KeyCode::Char(c), KeyModifiers::NONE);
        assert_eq!(pasted, [key('x'), "paste \"a\\r\\n\\u{1b}[A\\u{1b}]\u{fffd} \"".to_owned(), key('y')]);
        let mut parser = Parser::default();
        parser.take(b"\x1b[200~half");
        assert_eq!(parser.patience(), None, "a slow paste is not cut");
    }

    #[test]
    fn the_mouse_clicks_and_wheels_and_nothing_else() {
        let mouse = |what| Event::Mouse(Mouse { what, column: 7, row: 3 });
        for (bytes, what) in [
            ("\x1b[<0;8;4M", MouseAction::Click),
            ("\x1b[<64;8;4M", MouseAction::WheelUp),
            ("\x1b[<65;8;4M", MouseAction::WheelDown),
            ("\x1b[M\x20\x28\x24", MouseAction::Click),
        ] {
            assert_eq!(read(bytes.as_bytes()), words(&[mouse(what)]), "{bytes:?}");
        }
        for bytes in ["\x1b[<0;8;4m", "\x1b[<2;8;4M", "\x1b[<32;8;4M", "\x1b[<35;8;4M", "\x1b[<0;0;0M", "\x1b[<;;M"] {
            assert_eq!(read(bytes.as_bytes()), [] as [String; 0], "{bytes:?}");
        }
        assert_eq!(read(b"\x1b[I\x1b[O"), ["focus true", "focus false"]);
    }

    proptest! {
        /// Any bytes, cut anywhere: nothing panics, and what a connection cuts is put together again.
        #[test]
        fn pieces_are_read_as_the_whole(bytes in prop::collection::vec(any_byte(), 0..60), cut in 0_usize..60) {
            let whole = words(&Parser::default().take(&bytes));
            let (head, tail) = bytes.split_at(cut.min(bytes.len()));
            let mut parser = Parser::default();
            let mut events = parser.take(head);
            events.extend(parser.take(tail));
            prop_assert_eq!(words(&events), whole);
        }
    }

    /// Bytes that make sequences likely.
    fn any_byte() -> impl Strategy<Value = u8> {
        prop_oneof![any::<u8>(), prop::sample::select(&b"\x1b\x1b\x1b[[]P\\;<M~201OA0u\x07\xc3\xa9"[..])]
    }
}
