//! The response of operations that return nothing.

use serde::Serialize;
use utoipa::ToSchema;

/// An empty object.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Done {}
