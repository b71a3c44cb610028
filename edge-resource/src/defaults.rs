//! The variables and what they are when the operator sets nothing, as in `spin.toml`.

use crate::settings::{DEFAULT_CORS_ORIGINS, Variables};

impl Variables {
    /// Returns the names of the variables whose values are not the defaults. In Spin a misspelt
    /// name sets nothing: `GET /` shows these names, and no values.
    #[must_use]
    pub fn changed(&self) -> Vec<&'static str> {
        let changed = self.with_defaults().into_iter().filter(|(_, value, default)| {
            let value = value.trim();
            !value.is_empty() && value != *default
        });
        changed.map(|(name, ..)| name).collect()
    }

    /// Name, value and default of each variable.
    fn with_defaults(&self) -> Vec<(&'static str, &str, &'static str)> {
        let Self {
            public_key,
            jwks_url,
            issuer,
            audience,
            leeway,
            future_leeway,
            require_at_jwt,
            revocation,
            redis_url,
            status_list_url,
            revocation_when_down,
            access_rules,
            upload_limit,
            upload_quota,
            idle_timeout,
            cors_origins,
        } = self;
        vec![
            ("public_key", public_key, ""),
            ("jwks_url", jwks_url, ""),
            ("issuer", issuer, ""),
            ("audience", audience, ""),
            ("leeway", leeway, "0"),
            ("future_leeway", future_leeway, "5"),
            ("require_at_jwt", require_at_jwt, "false"),
            ("revocation", revocation, "none"),
            ("redis_url", redis_url, "redis://localhost:6379"),
            ("status_list_url", status_list_url, ""),
            ("revocation_when_down", revocation_when_down, "closed"),
            ("access_rules", access_rules, ""),
            ("upload_limit", upload_limit, "33554432"),
            ("upload_quota", upload_quota, ""),
            ("idle_timeout", idle_timeout, "60"),
            ("cors_origins", cors_origins, DEFAULT_CORS_ORIGINS),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_manifest() {
        let manifest = include_str!("../spin.toml");
        let (_, rest) = manifest.split_once("\n[variables]\n").expect("a section");
        let declared = rest.lines().take_while(|line| !line.starts_with('['));
        let declared = declared.filter_map(|line| line.split_once(" = { default = \""));
        let variables = Variables::default();
        let known = variables.with_defaults();
        let mut count = 0;
        for (name, rest) in declared {
            // Read by the host alone.
            if matches!(name, "issuer_url" | "redis_host") {
                continue;
            }
            let default = rest.strip_suffix("\" }").expect("a text");
            let is_known =
                known.iter().any(|(known, _, value)| *known == name && *value == default);
            assert!(is_known, "{name} = {default:?}");
            count += 1;
        }
        assert_eq!(count, known.len());
    }

    #[test]
    fn names_are_shown_of_what_is_set_to_something_else_than_the_default() {
        let variables = Variables {
            public_key: "a key".into(),
            leeway: "0".into(),
            revocation: " none ".into(),
            upload_limit: "33554433".into(),
            issuer: " ".into(),
            ..Variables::default()
        };
        assert_eq!(variables.changed(), ["public_key", "upload_limit"]);
    }
}
