//! [`StepEnd`]: how a step ended.

use std::fmt;
use std::time::Duration;

use crate::error::Error;
use crate::secret_text::SecretText;

/// How a step ended, and what it said.
pub struct StepEnd {
    /// How.
    pub how: How,
    /// From its start to its end.
    pub took: Duration,
    /// The last lines of what it wrote, masked and printable, at most 4 KiB. Of a make step
    /// only what it wrote to standard error.
    pub shown: String,
    /// What a make step wrote to standard output, at most 1 MiB.
    pub printed: SecretText,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// By itself, with this code; 126 and 127 also where the program could not be started.
    Exited(u8),
    /// By this signal, which is not ours.
    Signalled(i32),
    /// It was ended since its time was over.
    TimedOut,
    /// It was ended since it wrote without end.
    WroteTooMuch,
    /// It was ended since somebody wanted it so.
    Cancelled,
    /// Nothing was started.
    NotStarted(Error),
    /// Its supervisor was killed, and the program with it.
    Lost,
}

impl How {
    /// True when the step did what it was there for.
    #[must_use]
    pub fn is_success(&self) -> bool {
        *self == Self::Exited(0)
    }
}

/// The end of a sentence: `ended with exit code 2`.
impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(0) => f.write_str("succeeded"),
            Self::Exited(code) => write!(f, "ended with exit code {code}"),
            Self::Signalled(signal) => {
                let name = signal_hook::low_level::signal_name(*signal);
                write!(f, "was killed by {}", name.map_or_else(|| format!("signal {signal}"), str::to_owned))
            }
            Self::TimedOut => f.write_str("took too long and was ended"),
            Self::WroteTooMuch => f.write_str("wrote without end and was ended"),
            Self::Cancelled => f.write_str("was cancelled"),
            Self::NotStarted(error) => write!(f, "was not started: {}", error.message().trim_end_matches('.')),
            Self::Lost => f.write_str("was lost: the process that watched over it was killed"),
        }
    }
}
