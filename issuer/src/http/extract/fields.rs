//! Named values of a request body, checked as REST framework checks them.

use std::collections::HashMap;

use utoipa::openapi::{ObjectBuilder, OneOfBuilder, RefOr, Schema, Type};
use zeroize::Zeroizing;

use crate::http::error::ApiError;

/// How white space around a value is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Whitespace {
    /// Stripped, as in every text field of REST framework.
    Stripped,
    /// Kept: it is part of a password.
    Kept,
}

/// A value of a body.
#[derive(Debug)]
pub(super) enum Field {
    Text(Zeroizing<String>),
    Bool(bool),
    Null,
    /// Any other JSON value, or a file.
    Other,
}

/// The fields of an operation's body.
pub(in crate::http) trait FromFields: Sized {
    /// Takes the fields of this operation. Invalid fields are recorded in `fields` and reject the
    /// body; the placeholders in their stead are never used.
    fn take(fields: &mut Fields) -> Self;
}

/// The values of a body, and the errors of those extracted so far.
#[derive(Debug, Default)]
pub(in crate::http) struct Fields {
    values: HashMap<String, Field>,
    errors: Vec<(&'static str, &'static str)>,
}

impl Fields {
    pub(super) fn new(values: HashMap<String, Field>) -> Self {
        Self { values, errors: Vec::new() }
    }

    /// # Errors
    /// 400 with every error.
    pub(super) fn into_result(self) -> Result<(), ApiError> {
        if self.errors.is_empty() { Ok(()) } else { Err(ApiError::Fields(self.errors)) }
    }

    /// Takes a required text field; returns an empty text for an invalid one.
    ///
    /// `min_length` and `pattern` of the schemas describe these checks in the OpenAPI document.
    pub(in crate::http) fn text(
        &mut self,
        name: &'static str,
        whitespace: Whitespace,
    ) -> Zeroizing<String> {
        let error = match self.values.remove(name) {
            None => "This field is required.",
            Some(Field::Null) => "This field may not be null.",
            Some(Field::Other | Field::Bool(_)) => "Not a valid string.",
            Some(Field::Text(text)) => {
                let text = match whitespace {
                    Whitespace::Stripped => Zeroizing::new(text.trim().to_owned()),
                    Whitespace::Kept => text,
                };
                if text.is_empty() {
                    "This field may not be blank."
                } else if text.contains('\0') {
                    "Null characters are not allowed."
                } else {
                    return text;
                }
            }
        };
        self.errors.push((name, error));
        Zeroizing::default()
    }

    /// Takes an optional text field, which may be blank.
    pub(in crate::http) fn optional_text(&mut self, name: &'static str) -> Option<String> {
        let text = match self.values.get(name) {
            None => return None,
            Some(Field::Text(text)) if text.trim().is_empty() => Zeroizing::default(),
            Some(_) => self.text(name, Whitespace::Stripped),
        };
        Some(text.to_string())
    }

    /// Takes an optional boolean, as [`Flag`] describes it; forms only have words.
    pub(in crate::http) fn optional_flag(&mut self, name: &'static str) -> Option<bool> {
        match self.values.remove(name)? {
            Field::Bool(value) => return Some(value),
            Field::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" | "on" | "yes" => return Some(true),
                "false" | "0" | "off" | "no" => return Some(false),
                _ => {}
            },
            Field::Null => {
                self.errors.push((name, "This field may not be null."));
                return None;
            }
            Field::Other => {}
        }
        self.errors.push((name, "Must be a valid boolean."));
        None
    }
}

/// The schema of a flag: a boolean, or a word for one.
pub(in crate::http) struct Flag;

impl utoipa::PartialSchema for Flag {
    fn schema() -> RefOr<Schema> {
        let words = ["true", "1", "on", "yes", "false", "0", "off", "no"];
        let word = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
        OneOfBuilder::new().item(ObjectBuilder::new().schema_type(Type::Boolean)).item(word).into()
    }
}

impl utoipa::ToSchema for Flag {}
