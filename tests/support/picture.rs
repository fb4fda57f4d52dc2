//! A terminal's screen as an SVG picture, and the words of such a picture.
//!
//! Frames are drawn as lines and everything else as text, each run in a place and
//! a width of its own, so that the picture looks the same in any fixed-width font.

use std::fmt::Write;

use vt100::Color;

/// A cell in units of the picture.
const CELL: (usize, usize) = (9, 19);
/// The room around the screen.
const MARGIN: usize = 14;
const GROUND: &str = "#14181e";
const TEXT: &str = "#d7dde5";

/// The eight basic colours.
const BASIC: [&str; 8] = ["#2b313a", "#ff7b72", "#8fd47f", "#f2c55c", "#7cb7ff", "#d9a6ff", "#5fd3e0", "#d7dde5"];

/// How a cell looks.
#[derive(Clone, PartialEq, Eq)]
struct Look {
    text: String,
    ground: Option<String>,
    bold: bool,
    underlined: bool,
}

/// One cell of a row.
struct Cell {
    symbol: String,
    look: Look,
}

/// The screen as a picture.
pub(crate) fn svg(screen: &vt100::Screen, title: &str) -> String {
    let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
    let grid: Vec<Vec<Cell>> = (0..rows).map(|row| (0..columns).map(|x| cell(screen, row, x)).collect()).collect();
    let (width, height) = (usize::from(columns) * CELL.0 + 2 * MARGIN, usize::from(rows) * CELL.1 + 2 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"'DejaVu Sans Mono','Cascadia Mono',Menlo,Consolas,monospace\" font-size=\"15\">\n\
         <title>{title}</title>\n<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{GROUND}\"/>\n"
    );
    for (row, cells) in grid.iter().enumerate() {
        draw_row(&mut svg, row, cells);
    }
    svg.push_str("</svg>\n");
    svg
}

/// The words of a picture, row by row, every digit as `0`: times differ from run to run.
pub(crate) fn words(svg: &str) -> Vec<String> {
    let mut rows: Vec<(String, String)> = Vec::new();
    for element in svg.split("<text ").skip(1) {
        let (attributes, rest) = element.split_once('>').unwrap();
        let y = attributes.split("y=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let text = rest.split("</text>").next().unwrap();
        let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        let text: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        match rows.last_mut() {
            Some((last, words)) if *last == y => *words = format!("{words} {text}"),
            _ => rows.push((y, text)),
        }
    }
    rows.into_iter().map(|(_, words)| words).collect()
}

fn cell(screen: &vt100::Screen, row: u16, column: u16) -> Cell {
    let cell = screen.cell(row, column).unwrap();
    let (mut text, mut ground) = (colour(cell.fgcolor(), TEXT), None);
    if cell.bgcolor() != Color::Default {
        ground = Some(colour(cell.bgcolor(), GROUND));
    }
    if cell.inverse() {
        (text, ground) = (ground.unwrap_or_else(|| GROUND.to_owned()), Some(text));
    }
    let symbol = if cell.contents().is_empty() { " " } else { cell.contents() }.to_owned();
    Cell { symbol, look: Look { text, ground, bold: cell.bold(), underlined: cell.underline() } }
}

fn colour(colour: Color, default: &str) -> String {
    match colour {
        Color::Default => default.to_owned(),
        Color::Idx(number) => BASIC[usize::from(number % 8)].to_owned(),
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
    }
}

fn draw_row(svg: &mut String, row: usize, cells: &[Cell]) {
    let y = MARGIN + row * CELL.1;
    let mut start = 0;
    while start < cells.len() {
        let look = &cells[start].look;
        let is_frame = frame_lines(&cells[start].symbol).is_some();
        let same = |cell: &&Cell| cell.look == *look && frame_lines(&cell.symbol).is_some() == is_frame;
        let count = cells[start..].iter().take_while(same).count();
        draw_run(svg, (start, y), &cells[start..start + count], is_frame);
        start += count;
    }
}

/// Cells that look the same, side by side.
fn draw_run(svg: &mut String, (column, y): (usize, usize), cells: &[Cell], is_frame: bool) {
    let look = &cells[0].look;
    let x = MARGIN + column * CELL.0;
    let width = cells.len() * CELL.0;
    if let Some(ground) = &look.ground {
        let _ = writeln!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" fill=\"{ground}\"/>", CELL.1);
    }
    if is_frame {
        draw_frame(svg, (x, y), cells);
        return;
    }
    // Words that stand apart are placed apart, so that no font can shift them.
    let text: String = cells.iter().map(|cell| cell.symbol.as_str()).collect();
    let mut at = 0;
    for part in text.split("  ") {
        let before = part.chars().take_while(|c| *c == ' ').count();
        let words = part.trim();
        if !words.is_empty() {
            let count = words.chars().count();
            let style = [
                if look.bold { " font-weight=\"bold\"" } else { "" },
                if look.underlined { " text-decoration=\"underline\"" } else { "" },
            ];
            let escaped = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{}\" textLength=\"{}\" fill=\"{}\"{}{}>{escaped}</text>",
                x + (at + before) * CELL.0,
                y + 14,
                count * CELL.0,
                look.text,
                style[0],
                style[1],
            );
        }
        at += part.chars().count() + 2;
    }
}

/// Which of right, down, left and up the lines of a frame's character go.
fn frame_lines(symbol: &str) -> Option<[bool; 4]> {
    Some(match symbol {
        "─" => [true, false, true, false],
        "│" => [false, true, false, true],
        "┌" => [true, true, false, false],
        "┐" => [false, true, true, false],
        "└" => [true, false, false, true],
        "┘" => [false, false, true, true],
        _ => return None,
    })
}

/// Lines through or from each cell's middle; dimmer than text, unless they are coloured.
fn draw_frame(svg: &mut String, (x, y): (usize, usize), cells: &[Cell]) {
    let middle_of = |number: usize| x + number * CELL.0 + CELL.0 / 2;
    let (middle, bottom) = (y + CELL.1 / 2, y + CELL.1);
    let mut path = String::new();
    let mut reached = None;
    for (number, cell) in cells.iter().enumerate() {
        let Some([right, down, left, up]) = frame_lines(&cell.symbol) else { continue };
        let from = if left { x + number * CELL.0 } else { middle_of(number) };
        let to = if right { x + (number + 1) * CELL.0 } else { middle_of(number) };
        if from < to {
            // What is one line on the screen is one line here.
            let start = if reached == Some(from) { String::new() } else { format!("M{from} {middle}") };
            let _ = write!(path, "{start}H{to}");
            reached = Some(to);
        }
        if up || down {
            let ends = (if up { y } else { middle }, if down { bottom } else { middle });
            let _ = write!(path, "M{} {}V{}", middle_of(number), ends.0, ends.1);
            reached = None;
        }
    }
    let colour = if cells[0].look.text == TEXT { "#56606d" } else { cells[0].look.text.as_str() };
    let _ = writeln!(svg, "<path d=\"{path}\" stroke=\"{colour}\" stroke-width=\"1.2\" fill=\"none\"/>");
}
