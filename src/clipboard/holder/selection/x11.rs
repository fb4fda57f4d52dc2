//! X11: a selection belongs to a window, and is given up by destroying that. Who gives up
//! what is no longer theirs touches nothing, so nothing that was copied meanwhile is lost.

use std::time::Duration;

use arboard::{Clipboard, Error, LinuxClipboardKind, SetExtLinux};
use zeroize::Zeroize;

use crate::secret_text::SecretText;

use super::{Look, Owned, Shelf};

/// Long enough for a clipboard manager to see it.
const COVERS: Duration = Duration::from_millis(800);

/// The display, while it has our value.
struct Display(Option<Clipboard>);

pub(super) fn own(value: &SecretText, shelf: &Shelf) -> Result<Box<dyn Owned>, String> {
    let text = value.expose_str().ok_or("the value is not text")?;
    let mut display = Clipboard::new().map_err(|error| cause(&error).to_owned())?;
    put(&mut display, text, shelf).map_err(|error| cause(&error).to_owned())?;
    // Asked for is not granted.
    match read(&mut display, value) {
        Look::Ours => Ok(Box::new(Display(Some(display)))),
        Look::Other => Err("another program holds it".to_owned()),
        Look::Dead => Err("the display does not answer".to_owned()),
    }
}

/// Whether the display can be reached at all.
pub(super) fn probe() -> Result<(), String> {
    Clipboard::new().map(drop).map_err(|error| cause(&error).to_owned())
}

fn put(display: &mut Clipboard, text: &str, shelf: &Shelf) -> Result<(), Error> {
    let places = [LinuxClipboardKind::Clipboard, LinuxClipboardKind::Primary];
    for place in places.into_iter().take(if shelf.primary { 2 } else { 1 }) {
        let set = display.set().clipboard(place);
        // Without the hint a manager is asked to keep the value when we leave.
        let set = if shelf.is_secret { set.exclude_from_history() } else { set };
        set.text(text)?;
    }
    Ok(())
}

impl Owned for Display {
    fn look(&mut self, value: &SecretText) -> Look {
        self.0.as_mut().map_or(Look::Other, |display| read(display, value))
    }

    fn release(&mut self) {
        self.0 = None;
    }
}

fn read(display: &mut Clipboard, value: &SecretText) -> Look {
    match display.get_text() {
        Ok(mut text) => {
            let is_ours = text.as_bytes() == value.expose();
            text.zeroize();
            if is_ours { Look::Ours } else { Look::Other }
        }
        Err(Error::ContentNotAvailable | Error::ConversionFailure) => Look::Other,
        Err(_) => Look::Dead,
    }
}

pub(super) fn offers(value: &SecretText) -> bool {
    Clipboard::new().is_ok_and(|mut display| read(&mut display, value) == Look::Ours)
}

pub(super) fn cover(shelf: &Shelf) {
    if let Ok(mut display) = Clipboard::new()
        && put(&mut display, " ", shelf).is_ok()
    {
        std::thread::sleep(COVERS);
    }
}

/// The cause in words; never the text of an error, which might hold more.
fn cause(error: &Error) -> &'static str {
    match error {
        Error::ClipboardNotSupported => "the display has no clipboard that programs may own",
        Error::ClipboardOccupied => "another program holds it",
        _ => "the display cannot be reached",
    }
}
