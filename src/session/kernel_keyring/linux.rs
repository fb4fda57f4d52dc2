//! The kernel's side: a payload under a name, with rights and a time.

use std::time::Duration;

use linux_keyutils::{Key, KeyError, KeyPermissionsBuilder, KeyRing, KeyRingIdentifier, Permission};
use zeroize::Zeroizing;

/// Longer than any payload of ours.
const MOST_BYTES: usize = 256;

/// The keyring of this user, which all of the user's sessions share.
fn of_user() -> Result<KeyRing, KeyError> {
    KeyRing::from_special_id(KeyRingIdentifier::User, true)
}

/// Tries what [`put`] does, without leaving anything.
pub(super) fn check() -> Result<(), String> {
    let tried = KeyRing::from_special_id(KeyRingIdentifier::Process, true)
        .and_then(|ring| ring.add_key("strongroom:try", b"-"))
        .and_then(|key| of_user().and_then(|_| key.invalidate()));
    tried.map_err(told)
}

/// Puts a payload under a name, in the place of another one there.
///
/// The key is made in the keyring of this process, which owns it there and may set its
/// time and its rights, and only then linked to the user's: so it is nowhere without
/// them, and sessions that do not possess the user's keyring can keep keys too.
pub(super) fn put(name: &str, payload: &[u8], period: Duration) -> Result<(), String> {
    let seconds = usize::try_from(period.as_secs().max(1)).map_err(|_| "the time is too long".to_owned())?;
    let read = || Permission::VIEW | Permission::READ | Permission::SEARCH;
    let rights = KeyPermissionsBuilder::builder().posessor(read() | Permission::LINK).user(read()).build();
    let process = KeyRing::from_special_id(KeyRingIdentifier::Process, true).map_err(told)?;
    let key = process.add_key(name, payload).map_err(told)?;
    let kept = key.set_timeout(seconds).and_then(|()| key.set_perms(rights)).and_then(|()| of_user()?.link_key(key));
    match kept {
        Ok(()) => process.unlink_key(key),
        Err(error) => key.invalidate().and(Err(error)),
    }
    .map_err(told)
}

/// The payload under a name; `None` where there is none, or no keyring.
pub(super) fn get(name: &str) -> Option<Zeroizing<Vec<u8>>> {
    let key = of_user().and_then(|ring| ring.search(name)).ok()?;
    let mut payload = Zeroizing::new(vec![0; MOST_BYTES]);
    let length = key.read(&mut *payload).ok().filter(|length| *length <= MOST_BYTES)?;
    payload.truncate(length);
    Some(payload)
}

/// Takes the payload under a name away; false when there was none.
pub(super) fn remove(name: &str) -> Result<bool, String> {
    let Ok(ring) = of_user() else { return Ok(false) };
    match ring.search(name) {
        // Wherever else it may be linked to, it is gone from there too.
        Ok(key) => wipe(key, ring).map(|()| true).map_err(told),
        Err(KeyError::AccessDenied | KeyError::PermissionDenied) => Err("the kernel does not let us".to_owned()),
        Err(_) => Ok(false),
    }
}

fn wipe(key: Key, ring: KeyRing) -> Result<(), KeyError> {
    let gone = key.invalidate();
    let unlinked = ring.unlink_key(key);
    gone.or(unlinked)
}

/// In words; the kernel has none for the cases that one meets.
fn told(error: KeyError) -> String {
    match error {
        KeyError::AccessDenied | KeyError::PermissionDenied => {
            "the kernel keyring is forbidden here, as containers often do".to_owned()
        }
        KeyError::Unknown(libc_code) if libc_code == rustix::io::Errno::NOSYS.raw_os_error() => {
            "this kernel has no keyring".to_owned()
        }
        KeyError::OperationNotSupported => "this kernel has no keyring".to_owned(),
        KeyError::QuotaExceeded => "the kernel keyring of this user is full".to_owned(),
        other => format!("the kernel keyring says {other}"),
    }
}
