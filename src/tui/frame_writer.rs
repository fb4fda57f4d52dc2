//! [`FrameWriter`]: collects one frame's bytes and leaves none behind.
//!
//! ratatui flushes several times a frame; here a flush does nothing, so that a
//! frame is one write. A frame may hold a revealed secret, so a buffer that is
//! outgrown is wiped, and the full one is handed on as [`SecretText`].

use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;

use zeroize::Zeroize;

use crate::secret_text::SecretText;

/// Room for most frames, so that few must grow.
const USUAL_FRAME: usize = 32 * 1024;

/// A buffer shared by the terminal that fills it and the screen that sends it.
#[derive(Clone, Default)]
pub(super) struct FrameWriter(Rc<RefCell<Vec<u8>>>);

impl FrameWriter {
    /// The bytes so far; the buffer is empty afterwards.
    pub(super) fn take(&self) -> SecretText {
        SecretText::from(std::mem::take(&mut *self.0.borrow_mut()))
    }

    /// Adds bytes, wiping the buffer when it must be outgrown.
    pub(super) fn push(&self, bytes: &[u8]) {
        let mut buffer = self.0.borrow_mut();
        let length = buffer.len() + bytes.len();
        if length > buffer.capacity() {
            let mut larger = Vec::with_capacity(length.max(buffer.capacity() * 2).max(USUAL_FRAME));
            larger.extend_from_slice(&buffer);
            std::mem::replace(&mut *buffer, larger).zeroize();
        }
        buffer.extend_from_slice(bytes);
    }
}

impl Write for FrameWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_taken_whole_and_once() {
        let mut writer = FrameWriter::default();
        writer.write_all(b"ab").unwrap();
        writer.flush().unwrap();
        writer.clone().write_all(&vec![b'c'; USUAL_FRAME]).unwrap();
        let frame = writer.take();
        assert_eq!(frame.len(), USUAL_FRAME + 2);
        assert!(frame.expose().starts_with(b"abcc"));
        assert!(writer.take().is_empty());
    }
}
