//! [`CellWriter`]: the changed cells of a frame in few bytes.
//!
//! ratatui's own backend writes every move as an absolute one, every colour in
//! its longest form and every reset three times: a third of a frame, which is felt
//! over a slow connection. It could also ask the terminal for the cursor; this one
//! answers that itself. Used by `terminal` only.

use std::io::{Error, Result, Write};

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use crate::tui::frame_writer::FrameWriter;

/// The modifiers that are used, with the number that turns each on.
const MODIFIERS: [(Modifier, u8); 5] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::REVERSED, 7),
];

/// Writes cells, and knows where the terminal's cursor is and how it writes.
pub(super) struct CellWriter {
    to: FrameWriter,
    /// Where the next character goes; `None` when a terminal might see that differently.
    at: Option<Position>,
    /// The row it goes to, where at least that is certain.
    row: Option<u16>,
    pen: Pen,
    cursor_shown: Option<bool>,
    /// Where the cursor was put last.
    cursor: Position,
    /// Something was written since, so that the cursor is elsewhere.
    painted: bool,
}

/// How the terminal writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Pen {
    /// After a reset.
    const PLAIN: Self = Self { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

    fn of(cell: &Cell) -> Self {
        let used = MODIFIERS.iter().fold(Modifier::empty(), |all, (modifier, _)| all | *modifier);
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier & used }
    }
}

impl CellWriter {
    /// Writes into `to`.
    pub(super) fn new(to: FrameWriter) -> Self {
        Self { to, at: None, row: None, pen: Pen::PLAIN, cursor_shown: None, cursor: Position::ORIGIN, painted: true }
    }

    /// Another program may have written: nothing is known any more.
    pub(super) fn forget(&mut self) {
        (self.at, self.row) = (None, None);
        self.cursor_shown = None;
        self.painted = true;
    }

    /// Moves to a cell; to the right within a row in a shorter way.
    fn go(&mut self, to: Position) -> Result<()> {
        match self.at {
            Some(at) if at == to => {}
            Some(at) if at.y == to.y && to.x == at.x.saturating_add(1) => write!(self.to, "\x1b[C")?,
            Some(at) if at.y == to.y && to.x > at.x => write!(self.to, "\x1b[{}C", to.x - at.x)?,
            None if self.row == Some(to.y) => write!(self.to, "\x1b[{}G", u32::from(to.x) + 1)?,
            _ => write!(self.to, "\x1b[{};{}H", u32::from(to.y) + 1, u32::from(to.x) + 1)?,
        }
        (self.at, self.row) = (Some(to), Some(to.y));
        Ok(())
    }

    /// Takes up a pen by whichever is shorter: what differs, or a reset and all of it.
    fn take(&mut self, pen: Pen) -> Result<()> {
        if pen == self.pen {
            return Ok(());
        }
        // No number at all is a reset, and the shortest sequence there is.
        let mut numbers = String::new();
        if pen != Pen::PLAIN {
            numbers = format!("0;{}", difference(Pen::PLAIN, pen));
            let keeps_all = self.pen.modifier.difference(pen.modifier).is_empty();
            if let Some(added) = keeps_all.then(|| difference(self.pen, pen)).filter(|n| n.len() <= numbers.len()) {
                numbers = added;
            }
        }
        self.pen = pen;
        write!(self.to, "\x1b[{numbers}m")
    }
}

/// The numbers that lead from one pen to another which has all its modifiers.
fn difference(from: Pen, to: Pen) -> String {
    let mut numbers = Vec::new();
    let added = to.modifier.difference(from.modifier);
    numbers.extend(MODIFIERS.iter().filter(|(modifier, _)| added.contains(*modifier)).map(|(_, n)| n.to_string()));
    if from.fg != to.fg {
        numbers.push(colour(to.fg, 30));
    }
    if from.bg != to.bg {
        numbers.push(colour(to.bg, 40));
    }
    numbers.join(";")
}

/// The numbers of a colour; `base` is 30 for the text and 40 for the ground.
fn colour(colour: Color, base: u8) -> String {
    let basic = |number: u8| (base + number).to_string();
    let bright = |number: u8| (base + 60 + number).to_string();
    match colour {
        Color::Reset => basic(9),
        Color::Black => basic(0),
        Color::Red => basic(1),
        Color::Green => basic(2),
        Color::Yellow => basic(3),
        Color::Blue => basic(4),
        Color::Magenta => basic(5),
        Color::Cyan => basic(6),
        Color::Gray => basic(7),
        Color::DarkGray => bright(0),
        Color::LightRed => bright(1),
        Color::LightGreen => bright(2),
        Color::LightYellow => bright(3),
        Color::LightBlue => bright(4),
        Color::LightMagenta => bright(5),
        Color::LightCyan => bright(6),
        Color::White => bright(7),
        Color::Indexed(number) => format!("{};5;{number}", base + 8),
        Color::Rgb(red, green, blue) => format!("{};2;{red};{green};{blue}", base + 8),
    }
}

/// True where every terminal agrees on one cell. A lone character of any kind takes
/// two at most, so that what follows it stands in the same row for sure.
fn is_one_cell(symbol: &str) -> bool {
    symbol.len() == 1 || matches!(symbol, "│" | "─" | "┌" | "┐" | "└" | "┘")
}

impl Backend for CellWriter {
    type Error = Error;

    fn draw<'a, I>(&mut self, content: I) -> Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        // Between frames others may have written.
        (self.at, self.row) = (None, None);
        for (x, y, cell) in content {
            self.go(Position { x, y })?;
            self.take(Pen::of(cell))?;
            let symbol = cell.symbol();
            self.to.push(symbol.as_bytes());
            let width = u16::try_from(symbol.width()).unwrap_or(1);
            let next = Position { x: x.saturating_add(width.max(1)), y };
            self.at = Some(next).filter(|_| is_one_cell(symbol));
            self.row = Some(y).filter(|_| symbol.chars().count() == 1);
            self.painted = true;
        }
        self.take(Pen::PLAIN)
    }

    fn hide_cursor(&mut self) -> Result<()> {
        if self.cursor_shown.replace(false) == Some(false) {
            return Ok(());
        }
        write!(self.to, "\x1b[?25l")
    }

    fn show_cursor(&mut self) -> Result<()> {
        if self.cursor_shown.replace(true) == Some(true) {
            return Ok(());
        }
        write!(self.to, "\x1b[?25h")
    }

    /// Where it was put last: the terminal is never asked.
    fn get_cursor_position(&mut self) -> Result<Position> {
        Ok(self.cursor)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<()> {
        let position = position.into();
        if !self.painted && position == self.cursor {
            return Ok(());
        }
        self.cursor = position;
        self.go(position)?;
        self.painted = false;
        Ok(())
    }

    fn clear(&mut self) -> Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> Result<()> {
        self.forget();
        self.pen = Pen::PLAIN;
        self.to.push(b"\x1b[m");
        let part: &[u8] = match region {
            ClearType::All => b"\x1b[2J",
            ClearType::AfterCursor => b"\x1b[J",
            ClearType::BeforeCursor => b"\x1b[1J",
            ClearType::CurrentLine => b"\x1b[2K",
            ClearType::UntilNewLine => b"\x1b[K",
        };
        self.to.push(part);
        Ok(())
    }

    fn size(&self) -> Result<Size> {
        let (width, height) = super::size().ok_or_else(|| Error::other("the terminal has no size"))?;
        Ok(Size { width, height })
    }

    fn window_size(&mut self) -> Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::buffer::Buffer;
    use ratatui::style::Style;

    use super::*;

    /// A terminal of the tests' size.
    struct Drawn {
        writer: CellWriter,
        frame: FrameWriter,
        parser: vt100::Parser,
        before: Buffer,
    }

    impl Drawn {
        fn new() -> Self {
            let frame = FrameWriter::default();
            let parser = vt100::Parser::new(6.try_into().unwrap(), 20.try_into().unwrap(), 0);
            let before = Buffer::empty(ratatui::layout::Rect::new(0, 0, 20, 6));
            Self { writer: CellWriter::new(frame.clone()), frame, parser, before }
        }

        /// Writes what differs from the frame before; gives the bytes.
        fn frame(&mut self, draw: impl FnOnce(&mut Buffer), cursor: (u16, u16)) -> String {
            let mut next = self.before.clone();
            draw(&mut next);
            self.writer.draw(self.before.diff(&next).into_iter()).unwrap();
            self.writer.show_cursor().unwrap();
            self.writer.set_cursor_position(cursor).unwrap();
            self.before = next;
            let bytes = self.frame.take();
            self.parser.process(bytes.expose());
            self.check(cursor);
            String::from_utf8(bytes.expose().to_vec()).unwrap()
        }

        /// The terminal shows what was drawn.
        fn check(&self, cursor: (u16, u16)) {
            let screen = self.parser.screen();
            for (x, y) in (0..20).flat_map(|x| (0..6).map(move |y| (x, y))) {
                let (seen, drawn) = (screen.cell(y, x).unwrap(), &self.before[(x, y)]);
                if seen.is_wide_continuation() {
                    continue;
                }
                let shown = if seen.contents().is_empty() { " " } else { seen.contents() };
                assert_eq!(shown, drawn.symbol(), "{x} {y}");
                assert_eq!(seen.bold(), drawn.modifier.contains(Modifier::BOLD), "{x} {y}");
                assert_eq!(seen.inverse(), drawn.modifier.contains(Modifier::REVERSED), "{x} {y}");
                assert_eq!(seen.underline(), drawn.modifier.contains(Modifier::UNDERLINED), "{x} {y}");
                let wanted = |colour| match colour {
                    Color::Cyan => vt100::Color::Idx(6),
                    Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
                    _ => vt100::Color::Default,
                };
                assert_eq!((seen.fgcolor(), seen.bgcolor()), (wanted(drawn.fg), wanted(drawn.bg)), "{x} {y}");
            }
            assert_eq!(screen.cursor_position(), (cursor.1, cursor.0));
        }
    }

    #[test]
    fn what_is_written_is_what_was_drawn() {
        let mut drawn = Drawn::new();
        let styles = [
            Style::new(),
            Style::new().fg(Color::Cyan),
            Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD),
            Style::new().add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
            Style::new().add_modifier(Modifier::REVERSED),
            Style::new().fg(Color::Rgb(1, 2, 3)).bg(Color::Rgb(9, 8, 7)),
            Style::new().bg(Color::Rgb(9, 8, 7)).add_modifier(Modifier::BOLD),
        ];
        let texts = ["│ one ─ two │", "秘密  の鍵", "e\u{301}e\u{301} x", "plain", "…a·b▸c"];
        let mut seed = 7_usize;
        let mut roll = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..400 {
            // Wide characters stand on even columns, since ratatui's comparison misses halves of others.
            let (x, y) = (2 * roll(10), roll(6));
            let cursor = (u16::try_from(roll(20)).unwrap(), u16::try_from(roll(6)).unwrap());
            let (text, style) = (texts[roll(texts.len())], styles[roll(styles.len())]);
            drawn.frame(
                |buffer| {
                    // As every frame does, a row begins empty: no wide character is cut in two.
                    let (x, y) = (u16::try_from(x).unwrap(), u16::try_from(y).unwrap());
                    (0..20).for_each(|x| buffer[(x, y)].reset());
                    buffer.set_stringn(x, y, text, usize::from(20 - x), style);
                },
                cursor,
            );
        }
    }

    #[test]
    fn a_frame_takes_few_bytes() {
        let mut drawn = Drawn::new();
        let accent = Style::new().fg(Color::Cyan);
        let written = drawn.frame(
            |buffer| {
                buffer.set_string(2, 1, "a", Style::new());
                buffer.set_string(4, 1, "b", accent);
                buffer.set_string(9, 1, "c", accent);
            },
            (0, 0),
        );
        assert_eq!(written, "\x1b[2;3Ha\x1b[C\x1b[36mb\x1b[4Cc\x1b[m\x1b[?25h\x1b[1;1H");
        let cut = drawn.frame(
            |buffer| {
                buffer.set_string(2, 3, "p…q", Style::new());
                buffer.set_string(2, 4, "e\u{301}q", Style::new());
            },
            (0, 0),
        );
        assert_eq!(
            cut, "\x1b[4;3Hp…\x1b[5Gq\x1b[5;3He\u{301}\x1b[5;4Hq\x1b[1;1H",
            "a column alone where the row is sure"
        );
        assert_eq!(drawn.frame(|_| (), (0, 0)), "", "nothing changed, the cursor neither");
        assert_eq!(drawn.frame(|_| (), (3, 2)), "\x1b[3;4H");
    }

    #[test]
    fn the_cursor_is_known_without_asking() {
        let frame = FrameWriter::default();
        let mut writer = CellWriter::new(frame.clone());
        writer.set_cursor_position((3, 4)).unwrap();
        drop(frame.take());
        assert_eq!(writer.get_cursor_position().unwrap(), Position { x: 3, y: 4 });
        assert!(frame.take().is_empty());
        let _: fn(CellWriter) -> Result<Terminal<CellWriter>> = Terminal::new;
    }
}
