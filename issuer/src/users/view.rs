//! A user as JSON, without the password hash.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::User;

/// The part of a record that its user sees: the object `user` of the login response.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserView<'a> {
    id: i64,
    username: &'a str,
    email: &'a str,
    first_name: &'a str,
    last_name: &'a str,
}

/// A record as an administrator sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = UserRecord)]
pub struct AdminView<'a> {
    #[serde(flatten)]
    #[schema(inline)]
    user: UserView<'a>,
    role: &'a str,
    premium: bool,
    is_active: bool,
    /// In the form of RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    date_joined: Option<DateTime<Utc>>,
}

impl User {
    /// Returns the record as its user sees it.
    #[must_use]
    pub fn view(&self) -> UserView<'_> {
        UserView {
            id: self.id,
            username: &self.username,
            email: &self.email,
            first_name: &self.first_name,
            last_name: &self.last_name,
        }
    }

    /// Returns the record as an administrator sees it.
    #[must_use]
    pub fn admin_view(&self) -> AdminView<'_> {
        AdminView {
            user: self.view(),
            role: &self.role,
            premium: self.premium,
            is_active: self.is_active,
            date_joined: DateTime::from_timestamp(self.created_at, 0),
        }
    }
}
