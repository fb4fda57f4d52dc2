//! [`Sway`]: a Wayland compositor without a screen, and its clipboard as other programs see it.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::process::geteuid;

use super::{eventually, program, program_path};

/// A sway that ends with the test.
pub(crate) struct Sway {
    compositor: Child,
    folder: tempfile::TempDir,
    /// What `WAYLAND_DISPLAY` is to be set to.
    pub(crate) name: String,
}

impl Sway {
    /// Starts one. It refuses to be root, so there it runs as nobody; whoever is root
    /// may still connect.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let config = folder.path().join("config");
        std::fs::write(&config, "xwayland disable\noutput HEADLESS-1 resolution 800x600\n").unwrap();
        let mut command = program("sway");
        if geteuid().is_root() {
            command = program("setpriv");
            command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]).arg(program_path("sway"));
            for path in [folder.path(), &config] {
                std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        command.env_clear().env("PATH", std::env::var("PATH").unwrap_or_default());
        command.env("HOME", folder.path()).env("XDG_RUNTIME_DIR", folder.path());
        command.env("WLR_BACKENDS", "headless").env("WLR_LIBINPUT_NO_DEVICES", "1").env("WLR_RENDERER", "pixman");
        command.arg("-c").arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut sway = Self { compositor: command.spawn().unwrap(), folder, name: String::new() };
        eventually("sway to listen", || {
            sway.name = sway.socket().unwrap_or_default();
            !sway.name.is_empty() && sway.ask(&["-l"]).is_some()
        });
        sway
    }

    /// What `XDG_RUNTIME_DIR` is to be set to.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// What a paste would give; `None` when nobody owns the clipboard.
    pub(crate) fn clipboard(&self) -> Option<String> {
        self.ask(&["-n"]).flatten()
    }

    /// What the clipboard says to histories.
    pub(crate) fn hint(&self) -> Option<String> {
        self.ask(&["-n", "-t", "x-kde-passwordManagerHint"]).flatten()
    }

    /// Copies as another program would, and keeps it there.
    pub(crate) fn copy(&self, text: &str) {
        let mut command = self.client("wl-copy");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        self.wait_for(Some(text));
    }

    /// Waits until the clipboard holds this.
    #[track_caller]
    pub(crate) fn wait_for(&self, expected: Option<&str>) {
        eventually("the clipboard to hold what it should", || self.clipboard().as_deref() == expected);
    }

    /// The outer `None` when the compositor does not answer.
    fn ask(&self, arguments: &[&str]) -> Option<Option<String>> {
        let output = self.client("wl-paste").args(arguments).stdin(Stdio::null()).output().unwrap();
        if output.status.success() {
            return Some(Some(String::from_utf8(output.stdout).unwrap()));
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let nothing = ["No selection", "Nothing is copied", "No suitable type"];
        nothing.iter().any(|words| said.contains(words)).then_some(None)
    }

    fn client(&self, name: &str) -> Command {
        let mut command = program(name);
        command.env_clear().env("PATH", std::env::var("PATH").unwrap_or_default()).env("HOME", self.folder.path());
        command.env("XDG_RUNTIME_DIR", self.folder.path()).env("WAYLAND_DISPLAY", &self.name);
        command
    }

    /// The socket's name, once it is there.
    fn socket(&self) -> Option<String> {
        let listed = std::fs::read_dir(self.folder.path()).unwrap();
        let names = listed.filter_map(|entry| entry.unwrap().file_name().into_string().ok());
        names.into_iter().find(|name| name.starts_with("wayland-") && !name.ends_with(".lock"))
    }
}

/// The user that owns nothing, on every Debian.
const NOBODY: u32 = 65534;

impl Drop for Sway {
    fn drop(&mut self) {
        let _ = self.compositor.kill();
        let _ = self.compositor.wait();
    }
}
