//! The error of a command.

/// The error of a command. Its text is one line for the user.
pub(super) type Failure = Box<dyn std::error::Error + Send + Sync>;
