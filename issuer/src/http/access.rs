//! Who may call an operation.

/// The caller that an operation requires. The handler enforces it by its extractor; this value
/// describes it in the OpenAPI document, and a test compares both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Every client.
    Anyone,
    /// A user with an access token: [`Bearer`](super::extract::Bearer).
    User,
    /// A service that may introspect tokens:
    /// [`IntrospectionClient`](super::extract::IntrospectionClient).
    IntrospectionClient,
    /// A user with the role `admin`: [`Administrator`](super::extract::Administrator).
    Administrator,
}
