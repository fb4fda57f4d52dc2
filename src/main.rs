//! `strongroom`: harden the process, run one command, end with its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Err(error) = strongroom::session::process::harden() {
        return ExitCode::from(strongroom::cli::report_start(&error));
    }
    ExitCode::from(strongroom::cli::run(std::env::args_os().collect()))
}
