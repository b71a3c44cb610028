//! The error of every function.

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;
