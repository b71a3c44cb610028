//! An empty environment variable is an unset one.

/// Returns a text that is set.
pub(super) fn non_empty(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// Parses `true` or `false`; an empty text is false.
pub(super) fn flag(text: &str) -> Result<bool, &'static str> {
    match text {
        "true" => Ok(true),
        "false" | "" => Ok(false),
        _ => Err("expected true or false"),
    }
}

/// Returns the values of a list that are set, without white space around them.
pub(super) fn non_empty_values(values: &[String]) -> Vec<String> {
    let values = values.iter().map(|value| value.trim());
    values.filter(|value| !value.is_empty()).map(str::to_owned).collect()
}
