//! The clipboards that a process can own: what the holder asks of each.

use crate::clipboard::Route;
use crate::secret_text::SecretText;

#[cfg(target_os = "macos")]
mod macos;
#[cfg(not(target_os = "macos"))]
mod wayland;
#[cfg(not(target_os = "macos"))]
mod x11;

/// What is on a clipboard now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Our value, whoever offers it.
    Ours,
    /// Something else, or nothing.
    Other,
    /// It does not answer any more.
    Dead,
}

/// A clipboard while it has our value.
pub(super) trait Owned {
    /// What is there now.
    fn look(&mut self, value: &SecretText) -> Look;
    /// Takes our value away, if it is still ours.
    fn release(&mut self);
}

/// A clipboard, owned or not.
pub(super) trait Selection {
    /// True while somebody offers `value` there.
    fn offers(&self, value: &SecretText) -> bool;
    /// Puts a blank over what is there, for a moment.
    fn cover(&self);
}

/// Which clipboard, and how a value is to lie there.
pub(super) struct Shelf {
    kind: Kind,
    /// The primary selection too.
    primary: bool,
    /// Clipboard managers are asked not to keep it.
    is_secret: bool,
}

/// Whose clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    #[cfg(not(target_os = "macos"))]
    X11,
    #[cfg(not(target_os = "macos"))]
    Wayland,
    #[cfg(target_os = "macos")]
    MacOs,
}

/// What [`Shelf::read`] reads.
pub(super) fn word(route: Route) -> &'static str {
    match route {
        Route::Wayland => "wayland",
        Route::MacOs => "macos",
        _ => "x11",
    }
}

impl Shelf {
    pub(super) fn read(route: &str, primary: bool, is_secret: bool) -> Option<Self> {
        let kind = match route {
            #[cfg(not(target_os = "macos"))]
            "x11" => Kind::X11,
            #[cfg(not(target_os = "macos"))]
            "wayland" => Kind::Wayland,
            #[cfg(target_os = "macos")]
            "macos" => Kind::MacOs,
            _ => return None,
        };
        Some(Self { kind, primary, is_secret })
    }

    /// Puts `value` there; the cause in words where that fails.
    pub(super) fn own(&self, value: &SecretText) -> Result<Box<dyn Owned>, String> {
        match self.kind {
            #[cfg(not(target_os = "macos"))]
            Kind::X11 => x11::own(value, self),
            #[cfg(not(target_os = "macos"))]
            Kind::Wayland => wayland::own(value, self),
            #[cfg(target_os = "macos")]
            Kind::MacOs => macos::own(value, self),
        }
    }

    /// Whether it can be reached; the cause in words where not.
    pub(super) fn probe(&self) -> Result<(), String> {
        match self.kind {
            #[cfg(not(target_os = "macos"))]
            Kind::X11 => x11::probe(),
            #[cfg(not(target_os = "macos"))]
            Kind::Wayland => wayland::probe(),
            #[cfg(target_os = "macos")]
            Kind::MacOs => Ok(()),
        }
    }
}

impl Selection for Shelf {
    fn offers(&self, value: &SecretText) -> bool {
        match self.kind {
            #[cfg(not(target_os = "macos"))]
            Kind::X11 => x11::offers(value),
            #[cfg(not(target_os = "macos"))]
            Kind::Wayland => wayland::offers(value),
            #[cfg(target_os = "macos")]
            Kind::MacOs => false,
        }
    }

    fn cover(&self) {
        match self.kind {
            #[cfg(not(target_os = "macos"))]
            Kind::X11 => x11::cover(self),
            #[cfg(not(target_os = "macos"))]
            Kind::Wayland => wayland::cover(self),
            #[cfg(target_os = "macos")]
            Kind::MacOs => {}
        }
    }
}
