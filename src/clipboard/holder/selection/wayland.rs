//! Wayland: a compositor with data-control lets a program without a window offer a
//! selection, which is there for as long as the program serves it.

use std::io::Read;
use std::thread::JoinHandle;
use std::time::Duration;

use wl_clipboard_rs::copy::{self, ClipboardType, MimeSource, MimeType, Options, PreparedCopy, Source};
use wl_clipboard_rs::paste::{self, get_contents};
use zeroize::Zeroizing;

use crate::secret_text::SecretText;

use super::{Look, Owned, Shelf};

/// Long enough for a clipboard manager to see it.
const COVERS: Duration = Duration::from_millis(800);

/// A selection, while a thread serves it. It ends when somebody else sets one.
struct Served {
    thread: JoinHandle<()>,
    place: ClipboardType,
}

pub(super) fn own(value: &SecretText, shelf: &Shelf) -> Result<Box<dyn Owned>, String> {
    let prepared = prepare(value.expose(), shelf).map_err(|error| cause(&error).to_owned())?;
    Ok(Box::new(serve(prepared, shelf)))
}

/// Whether the compositor lets us at all.
pub(super) fn probe() -> Result<(), String> {
    match paste::get_mime_types(paste::ClipboardType::Regular, paste::Seat::Unspecified) {
        Ok(_) | Err(paste::Error::NoSeats | paste::Error::ClipboardEmpty | paste::Error::NoMimeType) => Ok(()),
        Err(paste::Error::MissingProtocol { .. }) => Err(NO_PROTOCOL.to_owned()),
        Err(_) => Err(NOT_REACHED.to_owned()),
    }
}

fn place(shelf: &Shelf) -> ClipboardType {
    if shelf.primary { ClipboardType::Both } else { ClipboardType::Regular }
}

fn prepare(bytes: &[u8], shelf: &Shelf) -> Result<PreparedCopy, copy::Error> {
    let mut options = Options::new();
    options.foreground(true).sensitive(shelf.is_secret).clipboard(place(shelf));
    options.prepare_copy_multi(vec![MimeSource { source: Source::Bytes(bytes.into()), mime_type: MimeType::Text }])
}

fn serve(prepared: PreparedCopy, shelf: &Shelf) -> Served {
    let thread = std::thread::spawn(move || {
        let _ = prepared.serve();
    });
    Served { thread, place: place(shelf) }
}

impl Owned for Served {
    fn look(&mut self, value: &SecretText) -> Look {
        if !self.thread.is_finished() || offers(value) { Look::Ours } else { Look::Other }
    }

    /// Only while it is served: what others set meanwhile has ended that.
    fn release(&mut self) {
        if !self.thread.is_finished() {
            let _ = copy::clear(self.place, copy::Seat::All);
        }
    }
}

pub(super) fn offers(value: &SecretText) -> bool {
    let wanted = u64::try_from(value.len()).unwrap_or(u64::MAX).saturating_add(1);
    let Ok((pipe, _)) = get_contents(paste::ClipboardType::Regular, paste::Seat::Unspecified, paste::MimeType::Text)
    else {
        return false;
    };
    let mut offered = Zeroizing::new(Vec::with_capacity(value.len() + 1));
    pipe.take(wanted).read_to_end(&mut offered).is_ok() && offered.as_slice() == value.expose()
}

pub(super) fn cover(shelf: &Shelf) {
    if let Ok(prepared) = prepare(b" ", shelf) {
        let mut blank = serve(prepared, shelf);
        std::thread::sleep(COVERS);
        blank.release();
    }
}

const NO_PROTOCOL: &str = "the compositor lets no program without a window own the clipboard (data-control)";
const NOT_REACHED: &str = "the compositor cannot be reached";

/// The cause in words.
fn cause(error: &copy::Error) -> &'static str {
    match error {
        copy::Error::MissingProtocol { .. } => NO_PROTOCOL,
        copy::Error::PrimarySelectionUnsupported => "the compositor has no primary selection",
        copy::Error::NoSeats | copy::Error::SeatNotFound => "the compositor has no seat",
        _ => NOT_REACHED,
    }
}
