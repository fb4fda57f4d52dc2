//! [`Theme`]: roles → styles.
//!
//! What is drawn asks for a role, never for a colour. The default theme keeps
//! the terminal's own colours and reverses the selection, so it is right on
//! light and dark; `mono` has modifiers only (NO_COLOR, `TERM=dumb`).

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

/// What a text is, which decides how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Ordinary text.
    Text,
    /// Labels and what matters less.
    Muted,
    /// Keys in hints, headings.
    Accent,
    /// The selected row or choice.
    Selected,
    /// The border and title of what has the keyboard.
    Focus,
    /// The border of what has not.
    Border,
    /// It worked.
    Ok,
    /// Look at this some time.
    Warn,
    /// Look at this now.
    Danger,
    /// A value, masked or shown.
    Secret,
    /// A value that is there to be selected with the mouse and not to be seen.
    Blind,
    /// Characters the filter matched.
    Matched,
    /// What cannot be done now.
    Disabled,
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Self] = &[
        Self::Text,
        Self::Muted,
        Self::Accent,
        Self::Selected,
        Self::Focus,
        Self::Border,
        Self::Ok,
        Self::Warn,
        Self::Danger,
        Self::Secret,
        Self::Blind,
        Self::Matched,
        Self::Disabled,
    ];
}

/// How frames are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Borders {
    /// `│ ─ ┌`.
    #[default]
    Line,
    /// `| - +`, for fonts and terminals without line drawing.
    Ascii,
    /// None, for screen readers.
    None,
}

/// Which set of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Palette {
    /// The terminal's own.
    #[default]
    Default,
    /// For dark grounds, in 24-bit colour.
    Dark,
    /// For light grounds, in 24-bit colour.
    Light,
    /// Bold, underlined and reversed only.
    Mono,
}

impl Palette {
    /// The palette of a configuration name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "default" => Some(Self::Default),
            "dark" => Some(Self::Dark),
            "light" => Some(Self::Light),
            "mono" => Some(Self::Mono),
            _ => None,
        }
    }
}

impl Borders {
    /// The borders of a configuration name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "line" => Some(Self::Line),
            "ascii" => Some(Self::Ascii),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

/// Colours and frames of the whole screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Theme {
    /// How frames are drawn.
    pub borders: Borders,
    /// Which colours.
    pub palette: Palette,
}

impl Theme {
    /// A theme.
    #[must_use]
    pub fn new(palette: Palette, borders: Borders) -> Self {
        Self { borders, palette }
    }

    /// How a role looks.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        match self.palette {
            Palette::Default => terminal_colours(role),
            Palette::Dark => true_colour(role, DARK),
            Palette::Light => true_colour(role, LIGHT),
            Palette::Mono => mono(role),
        }
    }

    /// What fills the screen behind everything.
    #[must_use]
    pub fn ground(&self) -> Style {
        match self.palette {
            Palette::Dark => Style::new().fg(DARK.text).bg(DARK.ground),
            Palette::Light => Style::new().fg(LIGHT.text).bg(LIGHT.ground),
            Palette::Default | Palette::Mono => Style::new(),
        }
    }

    /// The characters of a frame; `None` without frames.
    #[must_use]
    pub fn frame(&self) -> Option<border::Set<'static>> {
        match self.borders {
            Borders::Line => Some(border::PLAIN),
            Borders::Ascii => Some(ASCII_FRAME),
            Borders::None => None,
        }
    }

    /// True where only ASCII characters may be drawn as decoration.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.borders != Borders::Line
    }

    /// The mark before the selected row.
    #[must_use]
    pub fn marker(&self) -> &'static str {
        if self.is_ascii() { ">" } else { "▸" }
    }
}

/// A frame of plain characters.
const ASCII_FRAME: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// The terminal's own colours: its text on its ground, the basic colours as accents only.
fn terminal_colours(role: Role) -> Style {
    let style = Style::new();
    match role {
        Role::Text | Role::Muted | Role::Border => style,
        Role::Disabled => style.add_modifier(Modifier::DIM),
        Role::Accent => style.fg(Color::Cyan),
        Role::Selected => style.add_modifier(Modifier::REVERSED),
        Role::Focus => style.fg(Color::Cyan).add_modifier(Modifier::BOLD),
        Role::Ok => style.fg(Color::Green),
        Role::Warn => style.fg(Color::Yellow),
        Role::Danger => style.fg(Color::Red).add_modifier(Modifier::BOLD),
        Role::Secret => style.fg(Color::Magenta),
        Role::Blind => style.fg(Color::Black).bg(Color::Black),
        Role::Matched => style.add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
    }
}

/// No colour at all.
fn mono(role: Role) -> Style {
    let style = Style::new();
    match role {
        Role::Text | Role::Muted | Role::Border | Role::Ok | Role::Secret | Role::Blind => style,
        Role::Disabled => style.add_modifier(Modifier::DIM),
        Role::Accent | Role::Focus | Role::Warn => style.add_modifier(Modifier::BOLD),
        Role::Selected => style.add_modifier(Modifier::REVERSED),
        Role::Danger => style.add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
        Role::Matched => style.add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
    }
}

/// The colours of a 24-bit palette.
struct Colours {
    ground: Color,
    text: Color,
    muted: Color,
    accent: Color,
    border: Color,
    ok: Color,
    warn: Color,
    danger: Color,
    secret: Color,
}

const DARK: Colours = Colours {
    ground: Color::Rgb(0x16, 0x1a, 0x20),
    text: Color::Rgb(0xdc, 0xe1, 0xe8),
    muted: Color::Rgb(0xa3, 0xad, 0xba),
    accent: Color::Rgb(0x7c, 0xc7, 0xff),
    border: Color::Rgb(0x86, 0x91, 0xa1),
    ok: Color::Rgb(0x8f, 0xd4, 0x7f),
    warn: Color::Rgb(0xf2, 0xc5, 0x5c),
    danger: Color::Rgb(0xff, 0x8f, 0x87),
    secret: Color::Rgb(0xd9, 0xb3, 0xff),
};

const LIGHT: Colours = Colours {
    ground: Color::Rgb(0xfb, 0xfa, 0xf7),
    text: Color::Rgb(0x20, 0x24, 0x2a),
    muted: Color::Rgb(0x55, 0x5c, 0x66),
    accent: Color::Rgb(0x00, 0x57, 0x9b),
    border: Color::Rgb(0x6a, 0x70, 0x7a),
    ok: Color::Rgb(0x1d, 0x6b, 0x2a),
    warn: Color::Rgb(0x8a, 0x54, 0x00),
    danger: Color::Rgb(0xb3, 0x1d, 0x17),
    secret: Color::Rgb(0x6a, 0x2c, 0x9e),
};

fn true_colour(role: Role, colours: Colours) -> Style {
    let style = Style::new().bg(colours.ground);
    match role {
        Role::Text => style.fg(colours.text),
        Role::Muted | Role::Disabled => style.fg(colours.muted),
        Role::Accent => style.fg(colours.accent),
        Role::Selected => Style::new().fg(colours.ground).bg(colours.text),
        Role::Focus => style.fg(colours.accent).add_modifier(Modifier::BOLD),
        Role::Border => style.fg(colours.border),
        Role::Ok => style.fg(colours.ok),
        Role::Warn => style.fg(colours.warn),
        Role::Danger => style.fg(colours.danger).add_modifier(Modifier::BOLD),
        Role::Secret => style.fg(colours.secret),
        Role::Blind => style.fg(colours.ground),
        Role::Matched => Style::new().add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(colour: Color) -> f64 {
        let Color::Rgb(r, g, b) = colour else { panic!("not a 24-bit colour: {colour}") };
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    #[test]
    fn contrast_is_at_least_four_and_a_half() {
        for palette in [Palette::Dark, Palette::Light] {
            let theme = Theme::new(palette, Borders::Line);
            for role in Role::ALL.iter().filter(|role| !matches!(role, Role::Matched | Role::Blind)) {
                let style = theme.style(*role);
                let (one, two) = (luminance(style.fg.unwrap()), luminance(style.bg.unwrap()));
                let contrast = (one.max(two) + 0.05) / (one.min(two) + 0.05);
                assert!(contrast >= 4.5, "{palette:?} {role:?}: {contrast:.2}");
            }
        }
    }

    #[test]
    fn what_is_blind_has_the_colour_of_its_ground() {
        for palette in [Palette::Default, Palette::Dark, Palette::Light] {
            let style = Theme::new(palette, Borders::Line).style(Role::Blind);
            assert!(style.fg.is_some() && style.fg == style.bg, "{palette:?}");
            assert!(style.add_modifier.is_empty(), "{palette:?}: bold is another colour on some terminals");
        }
    }

    #[test]
    fn mono_has_no_colour_and_still_shows_the_selection() {
        let theme = Theme::new(Palette::Mono, Borders::None);
        for role in Role::ALL {
            assert_eq!((theme.style(*role).fg, theme.style(*role).bg), (None, None));
        }
        assert_ne!(theme.style(Role::Selected), theme.style(Role::Text));
    }
}
