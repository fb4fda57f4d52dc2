//! macOS: the pasteboard keeps what it was given, so the holder takes it away itself, and
//! only while the count of changes says that nobody has set anything since.
//!
//! Written from the documentation and not tried on a Mac. What is set stays on this Mac
//! (no Universal Clipboard), and managers that honour `org.nspasteboard.ConcealedType` do
//! not keep it.

use objc2::rc::Retained;
use objc2_app_kit::{NSPasteboard, NSPasteboardContentsOptions};
use objc2_foundation::{NSInteger, NSString};

use crate::secret_text::SecretText;

use super::{Look, Owned, Shelf};

/// What `NSPasteboardTypeString` stands for.
const TEXT: &str = "public.utf8-plain-text";
/// From nspasteboard.org: do not show, do not keep.
const HINTS: [&str; 2] = ["org.nspasteboard.ConcealedType", "org.nspasteboard.TransientType"];

/// The pasteboard, and which change of it was ours.
struct Board {
    board: Retained<NSPasteboard>,
    ours: NSInteger,
}

pub(super) fn own(value: &SecretText, shelf: &Shelf) -> Result<Box<dyn Owned>, String> {
    let text = value.expose_str().ok_or("the value is not text")?;
    let board = NSPasteboard::generalPasteboard();
    board.prepareForNewContentsWithOptions(NSPasteboardContentsOptions::CurrentHostOnly);
    for hint in HINTS.iter().filter(|_| shelf.is_secret) {
        board.setString_forType(&NSString::from_str(""), &NSString::from_str(hint));
    }
    if !board.setString_forType(&NSString::from_str(text), &NSString::from_str(TEXT)) {
        return Err("the pasteboard did not take it".to_owned());
    }
    let ours = board.changeCount();
    Ok(Box::new(Board { board, ours }))
}

impl Owned for Board {
    fn look(&mut self, _value: &SecretText) -> Look {
        if self.board.changeCount() == self.ours { Look::Ours } else { Look::Other }
    }

    fn release(&mut self) {
        if self.board.changeCount() == self.ours {
            self.board.clearContents();
        }
    }
}
