//! Variables that are never set from the vault or a file: a loader, a shell or an
//! interpreter obeys them, so that whoever may write a secret could run programs as
//! everyone who uses it. The lists are those that `sudo` and the C library take away, and
//! what the common interpreters and `git` start or load.

/// Why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It decides which code is loaded or run.
    Obeyed,
    /// It says who one is, and where one's settings lie.
    Account,
    /// It is one of ours.
    Ours,
}

impl Refusal {
    /// The reason, behind the name.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Obeyed => "loaders, shells or interpreters obey it",
            Self::Account => "programs find their account and their settings by it",
            Self::Ours => "it is one of strongroom's own",
        }
    }
}

/// Groups of variables, by how they begin.
const OBEYED_GROUPS: [&str; 9] =
    ["LD_", "DYLD_", "_RLD", "MALLOC_", "BASH_FUNC_", "LUA_INIT", "GIT_CONFIG", "CORECLR_", "COR_"];

/// The dynamic loader and the C library; shells; interpreters; what `git`, `ssh`, pagers
/// and the like start.
const OBEYED: &str = "\
    LIBPATH SHLIB_PATH GLIBC_TUNABLES GCONV_PATH GETCONF_DIR HOSTALIASES LOCALDOMAIN LOCPATH NIS_PATH NLSPATH \
    PATH_LOCALE RESOLV_HOST_CONF RES_OPTIONS TZDIR TERMINFO TERMINFO_DIRS TERMPATH TERMCAP \
    PATH IFS CDPATH ENV BASH_ENV BASH_LOADABLES_PATH BASH_XTRACEFD SHELLOPTS BASHOPTS GLOBIGNORE PROMPT_COMMAND \
    PS0 PS1 PS2 PS3 PS4 FPATH NULLCMD READNULLCMD ZDOTDIR TMPPREFIX HISTFILE INPUTRC \
    PYTHONPATH PYTHONSTARTUP PYTHONHOME PYTHONINSPECT PYTHONUSERBASE PYTHONEXECUTABLE PYTHONBREAKPOINT \
    PYTHONWARNINGS PYTHONPLATLIBDIR PYTHONPYCACHEPREFIX \
    PERL5OPT PERL5LIB PERL5DB PERLLIB PERLIO_DEBUG RUBYOPT RUBYLIB RUBYSHELL BUNDLE_GEMFILE GEM_PATH GEM_HOME \
    NODE_OPTIONS NODE_PATH NODE_REPL_EXTERNAL_MODULE JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS CLASSPATH \
    LUA_PATH LUA_CPATH PHPRC PHP_INI_SCAN_DIR ERL_FLAGS ERL_AFLAGS ERL_ZFLAGS ERL_LIBS R_PROFILE R_PROFILE_USER \
    R_ENVIRON R_ENVIRON_USER DOTNET_STARTUP_HOOKS DOTNET_ADDITIONAL_DEPS MAKEFLAGS MAKEFILES GOFLAGS \
    RUSTC RUSTC_WRAPPER RUSTFLAGS OPENSSL_CONF OPENSSL_MODULES OPENSSL_ENGINES \
    EDITOR VISUAL PAGER MANPAGER BROWSER LESSOPEN LESSCLOSE LESSKEY LESSKEYIN \
    GIT_SSH GIT_SSH_COMMAND GIT_ASKPASS GIT_EDITOR GIT_SEQUENCE_EDITOR GIT_PAGER GIT_EXEC_PATH GIT_PROXY_COMMAND \
    GIT_EXTERNAL_DIFF GIT_TEMPLATE_DIR GIT_DIR SSH_ASKPASS SUDO_ASKPASS SUDO_EDITOR RSYNC_RSH";

/// Who one is, and where one's settings lie.
const ACCOUNT: &str = "\
    HOME USER LOGNAME SHELL PWD OLDPWD TERM XDG_CONFIG_HOME XDG_CONFIG_DIRS XDG_DATA_HOME XDG_DATA_DIRS XDG_RUNTIME_DIR";

/// Why `name` is never set, if so.
pub(crate) fn refusal(name: &str) -> Option<Refusal> {
    let is_in = |list: &str| list.split_whitespace().any(|listed| listed == name);
    if name.starts_with("STRONGROOM_") {
        return Some(Refusal::Ours);
    }
    if OBEYED_GROUPS.iter().any(|group| name.starts_with(group)) || is_in(OBEYED) {
        return Some(Refusal::Obeyed);
    }
    is_in(ACCOUNT).then_some(Refusal::Account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_refuses_what_a_loader_or_a_shell_obeys_and_nothing_usual() {
        for name in [
            "PATH",
            "LD_PRELOAD",
            "LD_LIBRARY_PATH",
            "DYLD_INSERT_LIBRARIES",
            "BASH_ENV",
            "ENV",
            "IFS",
            "SHELLOPTS",
            "BASHOPTS",
            "PS4",
            "PROMPT_COMMAND",
            "PYTHONPATH",
            "PYTHONSTARTUP",
            "PYTHONHOME",
            "PERL5OPT",
            "PERL5LIB",
            "RUBYOPT",
            "RUBYLIB",
            "NODE_OPTIONS",
            "JAVA_TOOL_OPTIONS",
            "GCONV_PATH",
            "HOSTALIASES",
            "GIT_SSH_COMMAND",
            "GLIBC_TUNABLES",
            "BASH_FUNC_ls%%",
        ] {
            assert_eq!(refusal(name), Some(Refusal::Obeyed), "{name}");
        }
        assert_eq!(refusal("STRONGROOM_MASTER_KEY"), Some(Refusal::Ours));
        assert_eq!(refusal("STRONGROOM_ANYTHING"), Some(Refusal::Ours));
        for name in ["HOME", "SHELL", "USER", "LOGNAME", "XDG_CONFIG_HOME"] {
            assert_eq!(refusal(name), Some(Refusal::Account), "{name}");
        }
        for name in [
            "DATABASE_URL",
            "API_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "TZ",
            "LANG",
            "LC_ALL",
            "NODE_ENV",
            "HTTPS_PROXY",
            "DB_USER",
            "PGPASSWORD",
            "GITHUB_TOKEN",
            "PORT",
            "PYTHONUNBUFFERED",
            "SSH_KEY",
            "JAVA_HOME",
            "path",
        ] {
            assert_eq!(refusal(name), None, "{name}");
        }
    }
}
