//! What is drawn, in every state of every screen and dialog.

use ratatui::style::{Color, Modifier};
use strongroom::tui::event::Event;
use strongroom::tui::layout::Pane;
use strongroom::tui::theme::{Borders, Palette, Theme};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::screen::{SIZES, Screen, rows};
use super::states::{At, states};

/// lazygit #508 #4306, gitui #799 #129 #1360 #2293 (where *reverse* was proposed), ghcup #297.
#[test]
fn selection_is_reverse_in_the_default_theme_and_no_bright_black_text_is_used() {
    use Color::{Black, Cyan, Green, Magenta, Red, Reset, Yellow};
    for (name, make) in states() {
        let mut screen = make(At(80, 24)).0;
        let (buffer, cursor) = screen.drawn(Theme::default(), None);
        let mut reversed = 0;
        for cell in &buffer.content {
            let blind = name == "detail_blind" && (cell.fg, cell.bg) == (Black, Black);
            let usual = [Reset, Cyan, Green, Magenta, Red, Yellow].contains(&cell.fg) && cell.bg == Reset;
            assert!(usual || blind, "{name}: {:?} on {:?}", cell.fg, cell.bg);
            if cell.modifier.contains(Modifier::REVERSED) {
                reversed += 1;
                assert_eq!(cell.bg, Reset, "{name}");
            }
        }
        let listed = screen.state.dialog().is_none() && !screen.state.is_locked() && cursor.is_some();
        assert!(
            !listed
                || reversed > 0
                || name.starts_with("filter")
                || matches!(name, "empty" | "empty_deleted" | "tree_scope_detail"),
            "{name} shows no selection"
        );
    }
}

/// gaia #2607 and every "I cannot tell these apart": each theme draws the same words.
#[test]
fn nothing_is_told_by_colour_alone() {
    for (name, make) in states() {
        let mut screen = make(At(80, 24)).0;
        let drawn = |screen: &mut Screen, palette| screen.drawn(Theme::new(palette, Borders::Line), None).0;
        let first = rows(&drawn(&mut screen, Palette::Default));
        for palette in [Palette::Dark, Palette::Light, Palette::Mono] {
            assert_eq!(rows(&drawn(&mut screen, palette)), first, "{name} {palette:?}");
        }
        // Without colours what was selected, matched or wrong still differs from what was not.
        let (colour, mono) = (drawn(&mut screen, Palette::Default), drawn(&mut screen, Palette::Mono));
        for (colour, mono) in colour.content.iter().zip(&mono.content) {
            assert_eq!((mono.fg, mono.bg), (Color::Reset, Color::Reset), "{name}");
            let told = Modifier::REVERSED | Modifier::UNDERLINED | Modifier::DIM;
            let kept = (colour.modifier & told).difference(mono.modifier).is_empty();
            assert!(kept, "{name}: {:?} became {:?}", colour.modifier, mono.modifier);
            let danger = colour.fg == Color::Red && !colour.symbol().trim().is_empty();
            assert!(!danger || !mono.modifier.is_empty(), "{name}: red alone");
        }
    }
}

/// fresh #2551, fleet #22, pix-mono #1; pi #4687 (braille spinners read aloud).
#[test]
fn no_icon_font_or_braille_glyph_is_in_any_screen() {
    let odd = |c: &char| matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'.. | '\u{2800}'..='\u{28ff}');
    let decoration: &[char] =
        &['│', '─', '┌', '┐', '└', '┘', '…', '·', '•', '▸', '↑', '↓', '→', '›', '█', '▁', '▂', '▃', '▄', '▅', '▆', '▇'];
    for (name, make) in states() {
        let text = rows(&make(At(140, 45)).0.drawn(Theme::default(), None).0).concat();
        assert_eq!(text.chars().find(odd), None, "{name}");
        if !name.contains("strange") && name != "add_long" {
            let other: String = text.chars().filter(|c| !c.is_ascii() && !decoration.contains(c)).collect();
            assert_eq!(other, "", "{name}: not in every font");
        }
    }
}

/// tokscale #1308, zeph #5075: every glyph of a frame is two cells wide on some terminals.
/// What is left (`…`, `·`) is written so that the cell behind it is found again, see
/// `a_frame_takes_few_bytes`.
#[test]
fn ascii_borders_draw_no_ambiguous_character() {
    for (name, make) in states() {
        if name.contains("strange") || name == "add_long" {
            continue;
        }
        for (width, height) in SIZES {
            let (buffer, _) = make(At(width, height)).0.drawn(Theme::new(Palette::Default, Borders::Ascii), None);
            let text = rows(&buffer).concat();
            let odd = text.chars().find(|c| c.width() != c.width_cjk() && !matches!(c, '…' | '·'));
            assert_eq!(odd, None, "{name} {width}x{height}");
            assert!(text.replace(['…', '·'], "").is_ascii(), "{name} {width}x{height}");
        }
    }
}

/// pi #4687: box drawing is read aloud.
#[test]
fn without_borders_no_line_is_drawn() {
    for (name, make) in states() {
        let (buffer, _) = make(At(80, 24)).0.drawn(Theme::new(Palette::Mono, Borders::None), None);
        let text = rows(&buffer).concat();
        let line = |c: char| ('\u{2500}'..='\u{259f}').contains(&c);
        assert!(!text.contains(line) && !text.contains("+--") && !text.contains("||"), "{name}");
    }
}

/// tokscale #1308, zeph #5100: CJK and emoji push what is behind them out of its column.
#[test]
fn wide_characters_never_overrun_their_cell() {
    let wide = ["strange", "strange_detail", "strange_history", "edit_strange", "add_long", "compare_strange"];
    for (name, make) in states().into_iter().filter(|(name, _)| wide.contains(name)) {
        for width in (40..=140).step_by(3).chain([79, 80, 119, 120]) {
            let mut steps = make(At(width, 24));
            let (buffer, _) = steps.0.drawn(Theme::default(), None);
            for y in 0..24 {
                let mut x = 0;
                while x < width {
                    let cells = u16::try_from(buffer[(x, y)].symbol().width()).unwrap().max(1);
                    assert!(x + cells <= width, "{name} {width}: a glyph hangs over the edge");
                    // What stands in the second half of a glyph would never be seen.
                    let hidden = (1..cells).map(|more| buffer[(x + more, y)].symbol()).collect::<String>();
                    assert_eq!(hidden.trim(), "", "{name} {width}x24, column {x}, row {y}");
                    x += cells;
                }
            }
        }
    }
}

/// ratatui #2610: a screen reader follows the terminal's cursor, for there is nothing else.
#[test]
fn the_cursor_stands_on_the_selected_row() {
    for (name, make) in states() {
        for (width, height) in SIZES {
            let mut screen = make(At(width, height)).0;
            let (buffer, cursor) = screen.drawn(Theme::default(), None);
            let drawn = rows(&buffer);
            // What a scope is called is told in words, not in rows.
            let Some((_, y)) = cursor.filter(|_| name != "tree_scope_detail") else { continue };
            // In a line of text it stands where one types; in a list on the marked row.
            let types = screen.state.context().is_some_and(strongroom::tui::action::Context::takes_text);
            // Under a dialog the list's mark, right behind its border, is seen too.
            let in_dialog = screen.state.dialog().is_some();
            let is_marked = |row: &str| row.contains('▸') && !(in_dialog && row.contains("│▸"));
            let marked: Vec<usize> = (0..).zip(&drawn).filter(|(_, row)| is_marked(row)).map(|(y, _)| y).collect();
            assert!(types || marked.is_empty() || marked.contains(&usize::from(y)), "{name} {width}x{height}: {y}");
        }
    }
}

/// lazygit #440 #612 #847 #2295 #5751 (thresholds written down): at any width each pane
/// is reached by its key, says what it is, and can have all the room.
#[test]
fn every_pane_is_reachable_when_narrow() {
    for width in (40..=140).step_by(3) {
        for height in [8, 15, 24] {
            let mut screen = Screen::unlocked(width, height);
            for (keys, pane) in [("2", Pane::Detail), ("3", Pane::History), ("1", Pane::Secrets), ("Tab", Pane::Detail)]
            {
                screen.keys(keys);
                let area = screen.state.areas().pane(pane).unwrap();
                assert!(area.width >= 30 && area.height >= 3, "{width}x{height} {pane:?}: {area}");
                let (buffer, cursor) = screen.drawn(Theme::default(), None);
                let title = rows(&buffer)[usize::from(area.y)].clone();
                assert!(
                    ["STRIPE_KEY", "History", "Secrets", "payments"].iter().any(|name| title.contains(name)),
                    "{title}"
                );
                assert!(area.contains(cursor.unwrap().into()), "{width}x{height} {pane:?}");
                screen.keys("z");
                let zoomed = screen.state.areas().pane(pane).unwrap();
                assert_eq!(zoomed.width, width, "{width}x{height} {pane:?} zoomed");
                screen.keys("z");
            }
        }
    }
}

/// kvn #72, todotxt-tui #42: what is pasted is drawn, and not obeyed.
#[test]
fn control_characters_of_a_paste_never_reach_the_terminal() {
    let evil = "a\u{1b}]0;owned\u{7}\u{1b}[2Jb\u{202e}c\r\n\t\u{9b}31m\0d";
    for (name, make) in states() {
        let mut steps = make(At(80, 24)).pasted(evil.as_bytes()).keys("C-t");
        for (width, height) in SIZES {
            steps.0.event(Event::Resize { width, height });
            let (buffer, _) = steps.0.drawn(Theme::default(), Some((width, height)));
            let raw: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
            let obeyed = raw.chars().find(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(c));
            assert_eq!(obeyed, None, "{name} {width}x{height}");
        }
    }
}
