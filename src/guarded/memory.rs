//! The only file with `unsafe`: memory from the system, boxes in it, and the environment's
//! own bytes. Used by `guarded` alone.
#![expect(unsafe_code, reason = "memory of a special kind comes as a bare address, and the environment is one")]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ffi::{OsString, c_char};
use std::ops::{Deref, DerefMut};
use std::os::unix::ffi::OsStringExt;
use std::ptr::NonNull;

use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mlock, mmap_anonymous};
use zeroize::{Zeroize, zeroize_flat_type};

use crate::secret_text::SecretText;

use super::{Kind, give_back, on_wiped_stack, take};

/// A piece of memory that is nobody else's, all zeros, and mapped until the process ends.
pub(super) struct Room {
    at: NonNull<u8>,
    size: usize,
}

// SAFETY: a room is the only way to its bytes, and any thread may use those.
unsafe impl Send for Room {}

impl Room {
    /// Whole pages from the system, of the best kind that there is.
    pub(super) fn map(size: usize) -> Option<(Kind, Self)> {
        let secret = map_secret(size).map(|at| (Kind::Secret, at));
        let (kind, at) = secret.or_else(|| map_locked(size).map(|at| (Kind::Locked, at)))?;
        Some((kind, Self { at, size }))
    }

    /// How many bytes it has.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Cuts it into rooms of `size` bytes; what is left over is never used.
    pub(super) fn split(self, size: usize) -> Vec<Self> {
        let starts = (0..self.size / size.max(1)).map(|number| number * size);
        // SAFETY: each start and the `size` bytes behind it lie within this room, which ends here;
        // no two of them overlap.
        starts.map(|start| Self { at: unsafe { self.at.add(start) }, size }).collect()
    }
}

/// Pages that are mapped here and nowhere else; a forked child has none of them.
#[cfg(target_os = "linux")]
fn map_secret(size: usize) -> Option<NonNull<u8>> {
    use std::os::fd::{FromRawFd, OwnedFd};

    // SAFETY: the call takes one number, and gives a descriptor or an error.
    let given = unsafe { libc::syscall(libc::SYS_memfd_secret, libc::O_CLOEXEC) };
    let raw = i32::try_from(given).ok().filter(|raw| *raw >= 0)?;
    // SAFETY: the descriptor is new, so that nobody else closes it.
    let file = unsafe { OwnedFd::from_raw_fd(raw) };
    rustix::fs::ftruncate(&file, size as u64).ok()?;
    let (access, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
    // SAFETY: the system chooses a place where nothing is yet; the file is as long as the mapping,
    // and nobody has a way to shorten it once the descriptor is closed.
    let at = unsafe { rustix::mm::mmap(std::ptr::null_mut(), size, access, flags, &file, 0) }.ok()?;
    // SAFETY: the range is the mapping just made; whether a child has it changes nothing here.
    let _ = unsafe { madvise(at, size, Advice::LinuxDontFork) };
    NonNull::new(at.cast())
}

#[cfg(not(target_os = "linux"))]
fn map_secret(_: usize) -> Option<NonNull<u8>> {
    None
}

/// Pages that stay in memory, or none.
fn map_locked(size: usize) -> Option<NonNull<u8>> {
    let access = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: the system chooses a place where nothing is yet.
    let at = unsafe { mmap_anonymous(std::ptr::null_mut(), size, access, MapFlags::PRIVATE) }.ok()?;
    // SAFETY: the range is the mapping just made, and nobody has a reference into it yet.
    unsafe {
        if mlock(at, size).is_err() {
            let _ = rustix::mm::munmap(at, size);
            return None;
        }
        #[cfg(target_os = "linux")]
        for advice in [Advice::LinuxDontDump, Advice::LinuxWipeOnFork] {
            let _ = madvise(at, size, advice);
        }
    }
    NonNull::new(at.cast())
}

/// A value in the arena, or on the heap where that is full; wiped when it is dropped.
pub struct Guarded<T> {
    at: NonNull<T>,
    /// The room it lies in; `None` on the heap.
    room: Option<Room>,
}

// SAFETY: it owns its value as a `Box` does, and nothing else leads there.
unsafe impl<T: Send> Send for Guarded<T> {}
// SAFETY: as above; shared, it gives shared references only.
unsafe impl<T: Sync> Sync for Guarded<T> {}

impl<const N: usize> Guarded<[u8; N]> {
    /// All zeros, to be filled in place, so that the bytes are never anywhere else.
    #[must_use]
    pub fn zeroed() -> Self {
        // SAFETY: zeros are bytes.
        unsafe { Self::reserved() }
    }
}

impl<T> Guarded<T> {
    /// What `make` gives, moved here. What was left of it on the stack is wiped; bytes that
    /// can be filled in place are better begun by [`Guarded::zeroed`].
    pub fn new(make: impl FnOnce() -> T) -> Self {
        on_wiped_stack(|| {
            let value = make();
            // SAFETY: the place is written before anybody can see it.
            unsafe {
                let guarded = Self::reserved();
                guarded.at.write(value);
                guarded
            }
        })
    }

    /// A place of zeros.
    ///
    /// # Safety
    /// Zeros must be a value of `T`, or one must be written there before this is used or dropped.
    unsafe fn reserved() -> Self {
        // A room is aligned to its size, rounded up to a power of two.
        let room = take(size_of::<T>().max(align_of::<T>()));
        let at = room.as_ref().map_or_else(Self::on_the_heap, |room| room.at.cast());
        Self { at, room }
    }

    fn on_the_heap() -> NonNull<T> {
        let layout = Layout::new::<T>();
        if layout.size() == 0 {
            return NonNull::dangling();
        }
        // SAFETY: the layout has a size.
        let at = unsafe { alloc_zeroed(layout) };
        NonNull::new(at.cast()).unwrap_or_else(|| handle_alloc_error(layout))
    }
}

impl<T> Deref for Guarded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: a value is there from the making on; the borrow of `self` keeps writers away.
        unsafe { self.at.as_ref() }
    }
}

impl<T> DerefMut for Guarded<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and the borrow is the only one.
        unsafe { self.at.as_mut() }
    }
}

impl<T> Guarded<T> {
    /// Drops the value and wipes its bytes.
    ///
    /// # Safety
    /// The value must not be used afterwards.
    unsafe fn wipe(&mut self) {
        // SAFETY: the value is there, and the caller sees to it that this is its end.
        unsafe {
            self.at.drop_in_place();
            zeroize_flat_type(self.at.as_ptr());
        }
    }
}

impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        // SAFETY: dropped once, and nothing of it is used afterwards.
        unsafe { self.wipe() };
        match self.room.take() {
            Some(room) => give_back(room),
            None if size_of::<T>() == 0 => {}
            // SAFETY: without a room it came from the heap, with this layout.
            None => unsafe { dealloc(self.at.as_ptr().cast(), Layout::new::<T>()) },
        }
    }
}

// SAFETY: every C library of a Unix has it, with this type; it is read where its condition holds.
unsafe extern "C" {
    /// The variables of the process, `NAME=value` each, ended by a null (environ(7)).
    static mut environ: *const *mut c_char;
}

/// Takes a variable out of the environment: no child inherits it, and where this process
/// keeps it from its start, for all to see in `/proc/self/environ`, its bytes are
/// overwritten. While there are other threads, who might be reading it, it is left.
#[must_use]
pub fn take_variable(name: &str) -> Option<SecretText> {
    let text = std::env::var_os(name).map(OsString::into_vec).map(SecretText::from)?;
    if is_alone() {
        // SAFETY: there is no other thread, so that nobody reads or changes the environment.
        unsafe { remove(name) };
    }
    Some(text)
}

/// True where this is surely the only thread.
fn is_alone() -> bool {
    std::fs::read_dir("/proc/self/task").is_ok_and(|threads| threads.count() == 1)
}

/// Removes the variables of this name, and overwrites their values where they stand.
///
/// # Safety
/// Nobody else may read or change the environment meanwhile.
unsafe fn remove(name: &str) {
    let start = format!("{name}=");
    // SAFETY: `environ` leads to addresses, the last of them null; each of the others leads to a
    // string of its own, ended by a zero byte, and the process may write to it.
    unsafe {
        let mut next = environ;
        while !next.is_null() && !(*next).is_null() {
            let entry = std::slice::from_raw_parts_mut((*next).cast::<u8>(), libc::strlen(*next));
            if entry.starts_with(start.as_bytes()) {
                entry[start.len()..].zeroize();
            }
            next = next.add(1);
        }
        std::env::remove_var(name);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const PATTERN: [u8; 32] = *b"a key that must be nowhere else.";

    #[test]
    fn a_dropped_value_is_dropped_once_and_its_bytes_are_zeros() {
        static DROPS: AtomicUsize = AtomicUsize::new(0);
        struct Key([u8; 32]);
        impl Drop for Key {
            fn drop(&mut self) {
                DROPS.fetch_add(1, Ordering::SeqCst);
            }
        }
        for room in [take(size_of::<Key>()), None] {
            let at = room.as_ref().map_or_else(Guarded::<Key>::on_the_heap, |room| room.at.cast());
            // SAFETY: the place is new and large enough; it is read as bytes while it is ours.
            unsafe {
                at.write(Key(PATTERN));
                let mut guarded = std::mem::ManuallyDrop::new(Guarded { at, room });
                assert_eq!(guarded.0, PATTERN);
                guarded.wipe();
                assert_eq!(at.cast::<[u8; 32]>().read(), [0; 32]);
            }
        }
        assert_eq!(DROPS.load(Ordering::SeqCst), 2);
        drop(Guarded::new(|| Key(PATTERN)));
        assert_eq!(DROPS.load(Ordering::SeqCst), 3);
    }

    #[test]
    fn values_of_every_size_and_alignment_are_kept() {
        #[repr(align(8192))]
        struct Wide([u8; 5]);
        drop(Guarded::new(|| ()));
        assert_eq!(*Guarded::new(|| 7_u8), 7);
        let wide = Guarded::new(|| Wide(*b"wide!"));
        assert_eq!((wide.0, wide.at.addr().get() % 8192), (*b"wide!", 0));
        let mut large = Guarded::<[u8; 5000]>::zeroed();
        large.fill(9);
        assert!(large.iter().all(|byte| *byte == 9));
        assert_eq!(*Guarded::new(|| String::from("owned")), "owned");
    }

    #[test]
    fn other_threads_may_have_it() {
        let key = Guarded::new(|| PATTERN);
        std::thread::scope(|scope| {
            scope.spawn(|| assert_eq!(*key, PATTERN));
            scope.spawn(|| assert_eq!(*key, PATTERN));
        });
        std::thread::spawn(move || drop(key)).join().unwrap();
    }

    #[test]
    fn a_room_is_cut_into_rooms_that_do_not_overlap() {
        let room = Room { at: Room::map(4096).unwrap().1.at, size: 4000 };
        let start = room.at.addr().get();
        let places: Vec<usize> = room.split(1024).iter().map(|room| room.at.addr().get() - start).collect();
        assert_eq!(places, [0, 1024, 2048]);
    }

    /// What `/proc/self/mem` gives of 32 bytes at an address.
    #[cfg(target_os = "linux")]
    fn seen_from_outside(at: NonNull<u8>) -> std::io::Result<[u8; 32]> {
        use std::os::unix::fs::FileExt;

        let mut seen = [0; 32];
        let memory = std::fs::File::open("/proc/self/mem")?;
        memory.read_exact_at(&mut seen, u64::try_from(at.addr().get()).unwrap()).map(|()| seen)
    }

    /// The flags of the mapping that begins at this address (proc(5), smaps).
    #[cfg(target_os = "linux")]
    fn flags(at: NonNull<u8>) -> String {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let (_, found) = maps.split_once(&format!("{:x}-", at.addr().get())).unwrap();
        found.lines().find_map(|line| line.strip_prefix("VmFlags:")).unwrap().to_owned() + " "
    }

    /// Not on a kernel without it; there the next test holds.
    #[cfg(target_os = "linux")]
    #[test]
    fn secret_memory_is_read_by_nobody_outside_of_the_program() {
        let Some(at) = map_secret(4096) else { return };
        // SAFETY: the page is mapped and ours.
        unsafe { at.cast::<[u8; 32]>().write(PATTERN) };
        assert!(seen_from_outside(at).is_err());
        assert!(flags(at).contains(" dd ") && flags(at).contains(" dc "), "{}", flags(at));
        let ordinary = Box::new(PATTERN);
        assert_eq!(seen_from_outside(NonNull::from(&*ordinary).cast()).unwrap(), PATTERN, "the look is blind");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn locked_memory_is_in_no_dump_and_in_no_child() {
        let at = map_locked(4096).unwrap();
        for flag in [" lo ", " dd ", " wf "] {
            assert!(flags(at).contains(flag), "{flag}: {}", flags(at));
        }
    }

    /// Set in the process whose environment is looked at; see the test below.
    const TAKEN: &str = "STRONGROOM_TEST_TAKEN";

    /// In a second process, where this test is all that runs; the whole way is tested on the
    /// real program.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_variable_that_was_removed_is_in_no_environment_any_more() {
        let value = || format!("taken-{}", "canary");
        let seen = || String::from_utf8_lossy(&std::fs::read("/proc/self/environ").unwrap()).contains(&value());
        if std::env::var_os(TAKEN).is_some() {
            assert!(seen(), "the look is blind");
            // SAFETY: the only other thread waits for this one to end.
            unsafe { remove(TAKEN) };
            assert!(!seen() && std::env::var_os(TAKEN).is_none() && std::env::var_os("PATH").is_some());
            assert!(take_variable(TAKEN).is_none());
            return;
        }
        let name = concat!(module_path!(), "::a_variable_that_was_removed_is_in_no_environment_any_more");
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "--test-threads=1", name.split_once("::").unwrap().1]).env(TAKEN, value());
        let run = command.output().unwrap();
        let told = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success() && told.contains("1 passed"), "{told}");
    }

    #[test]
    fn beside_other_threads_a_variable_is_read_and_left() {
        let (going_on, waits) = std::sync::mpsc::channel::<()>();
        let other = std::thread::spawn(move || waits.recv());
        assert_eq!(take_variable("PATH").map(|path| path.is_empty()), Some(false));
        assert!(std::env::var_os("PATH").is_some());
        drop(going_on);
        assert!(other.join().unwrap().is_err());
    }
}
