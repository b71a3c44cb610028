//! The settings of the component, parsed from its Spin variables.

use std::time::Duration;

use edge_auth::{AccessRule, AuthSettings, AuthVariables, Condition, SettingError, non_empty};
use http::Method;

use crate::limits::{DEFAULT_IDLE, FILE_OVERHEAD, Limits, MAX_UPLOAD_TIME};
use edge_component::cors::AllowedOrigins;

/// Default of `upload_limit`: 32 MiB.
pub(crate) const DEFAULT_UPLOAD_LIMIT: u64 = 32 * 1024 * 1024;

/// Largest `upload_limit`: 10 GiB.
const MAX_UPLOAD_LIMIT: u64 = 10 * 1024 * 1024 * 1024;

/// Largest `idle_timeout`, in seconds.
const MAX_IDLE_TIMEOUT: u64 = MAX_UPLOAD_TIME.as_secs();

/// Default of `cors_origins`: where front ends run in development.
const DEFAULT_CORS_ORIGINS: &str =
    "http://localhost:3000,http://localhost:5173,http://localhost:8080,http://127.0.0.1:8080";

edge_auth::variables! {
    /// The variables of uploads and browsers as text.
    pub struct ResourceVariables {
        /// Most bytes of a file.
        upload_limit = "33554432",
        /// Most bytes of a user's files together; not set: no limit.
        upload_quota = "",
        /// Longest time without a byte of a body, in seconds, in either direction.
        idle_timeout = "60",
        /// Comma separated origins that may call from a browser, or `*`.
        cors_origins = DEFAULT_CORS_ORIGINS,
    }
}

/// The variables as text. An empty one counts as not set.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// Those of `edge-auth`.
    pub auth: AuthVariables,
    /// Those of this crate.
    pub resource: ResourceVariables,
}

impl Variables {
    /// Reads each variable by its name.
    ///
    /// # Errors
    /// The first error of `get`.
    pub async fn read<E>(
        mut get: impl AsyncFnMut(&'static str) -> Result<String, E>,
    ) -> Result<Self, E> {
        let auth = AuthVariables::read(&mut get).await?;
        Ok(Self { auth, resource: ResourceVariables::read(get).await? })
    }

    /// Returns the names of the variables whose values are not the defaults. Spin ignores a
    /// misspelt name, so `GET /` shows which variables are set, without their values.
    pub(crate) fn changed(&self) -> Vec<&'static str> {
        [self.auth.changed(), self.resource.changed()].concat()
    }

    /// Parses `cors_origins`.
    ///
    /// # Errors
    /// [`SettingError`] for an entry that is not an origin.
    pub(crate) fn cors_origins(&self) -> Result<AllowedOrigins, SettingError> {
        let origins = non_empty(&self.resource.cors_origins).unwrap_or(DEFAULT_CORS_ORIGINS);
        AllowedOrigins::parse(origins).map_err(|origin| {
            let reason =
                format!("contains {origin:?}, which is not an origin such as https://app.example");
            SettingError { variable: "cors_origins", reason }
        })
    }
}

/// The parsed variables.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) auth: AuthSettings,
    pub(crate) cors: AllowedOrigins,
    pub(crate) conditions: RouteConditions,
    pub(crate) limits: Limits,
}

impl Settings {
    /// Parses the variables. `routes` are method and path of each route.
    ///
    /// # Errors
    /// [`SettingError`] for the first invalid one.
    pub(crate) fn parse<'r>(
        variables: &Variables,
        routes: impl Iterator<Item = (&'r Method, &'r str)>,
    ) -> Result<Self, SettingError> {
        let auth = AuthSettings::parse(&variables.auth)?;
        Ok(Self {
            cors: variables.cors_origins()?,
            conditions: RouteConditions::bind(&auth.rules, routes)
                .map_err(|reason| SettingError { variable: "access_rules", reason })?,
            limits: Limits {
                file: upload_limit(&variables.resource.upload_limit)?,
                quota: upload_quota(&variables.resource.upload_quota)?,
                idle: idle_timeout(&variables.resource.idle_timeout)?,
            },
            auth,
        })
    }
}

/// The conditions of access rules, bound to the routes to which they apply. A request's path is
/// never compared with a rule.
#[derive(Debug)]
pub(crate) struct RouteConditions(Vec<Vec<Condition>>);

impl RouteConditions {
    /// Returns the conditions of `routes` routes to which no rule applies.
    pub(crate) fn without_rules(routes: usize) -> Self {
        Self(vec![Vec::new(); routes])
    }

    /// # Errors
    /// A rule that applies to no route, which would be a gap.
    fn bind<'r>(
        rules: &[AccessRule],
        routes: impl Iterator<Item = (&'r Method, &'r str)>,
    ) -> Result<Self, String> {
        let routes: Vec<_> = routes.collect();
        let Self(mut bound) = Self::without_rules(routes.len());
        for rule in rules {
            let Some(condition) = rule.condition() else {
                return Err(format!("makes {rule} public, which only the routes decide here"));
            };
            let mut applies = false;
            for (conditions, (method, path)) in bound.iter_mut().zip(&routes) {
                if rule.applies_to(method, path) {
                    conditions.push(condition.clone());
                    applies = true;
                }
            }
            if !applies {
                return Err(format!("has a rule for {rule}, which is not served"));
            }
        }
        Ok(Self(bound))
    }

    /// Returns the conditions of the route at this index, or `None` for a route that was not bound,
    /// which must not be served.
    pub(crate) fn of(&self, route: usize) -> Option<&[Condition]> {
        self.0.get(route).map(Vec::as_slice)
    }
}

fn upload_limit(value: &str) -> Result<u64, SettingError> {
    let Some(text) = non_empty(value) else { return Ok(DEFAULT_UPLOAD_LIMIT) };
    let bytes = text.parse().ok().filter(|bytes| (1..=MAX_UPLOAD_LIMIT).contains(bytes));
    bytes.ok_or_else(|| SettingError {
        variable: "upload_limit",
        reason: format!("is not a number of bytes from 1 to {MAX_UPLOAD_LIMIT}"),
    })
}

fn upload_quota(value: &str) -> Result<Option<u64>, SettingError> {
    let Some(text) = non_empty(value) else { return Ok(None) };
    let bytes = text.parse().ok().filter(|bytes| *bytes > FILE_OVERHEAD);
    bytes.map(Some).ok_or_else(|| SettingError {
        variable: "upload_quota",
        reason: format!(
            "is not a number of bytes above {FILE_OVERHEAD}, which each file counts beside its \
             content"
        ),
    })
}

fn idle_timeout(value: &str) -> Result<Duration, SettingError> {
    let Some(text) = non_empty(value) else { return Ok(DEFAULT_IDLE) };
    let seconds = text.parse().ok().filter(|seconds| (1..=MAX_IDLE_TIMEOUT).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(|| SettingError {
        variable: "idle_timeout",
        reason: format!("is not a number of seconds from 1 to {MAX_IDLE_TIMEOUT}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::routes;
    use crate::testing::TestHost;

    fn rows() -> impl Iterator<Item = (&'static Method, &'static str)> {
        routes::<TestHost>().iter().map(|route| (&route.method, route.path))
    }

    fn bind(rules: &str) -> Result<RouteConditions, String> {
        RouteConditions::bind(&AccessRule::parse_list(rules)?, rows())
    }

    #[test]
    fn nothing_set_means_the_development_origins() {
        let settings = Settings::parse(&Variables::default(), rows()).expect("defaults are valid");
        assert!(settings.cors.allows("http://localhost:5173"));
        assert!(!settings.cors.allows("https://elsewhere.example"));
    }

    #[test]
    fn a_rule_is_bound_to_the_routes_it_applies_to() {
        for (rule, paths) in [
            (
                r#"[{"path":"/uploads/*","role":"a"}]"#,
                vec!["GET /uploads/{id}", "DELETE /uploads/{id}"],
            ),
            (r#"[{"path":"/uploads/{id}","method":"HEAD","role":"a"}]"#, vec!["GET /uploads/{id}"]),
            (
                r#"[{"path":"/upload","method":"POST","claim":"premium","value":true}]"#,
                vec!["POST /upload"],
            ),
            ("[]", vec![]),
        ] {
            let conditions = bind(rule).expect("valid");
            let bound = rows().enumerate().filter(|(index, _)| !conditions.0[*index].is_empty());
            let bound: Vec<_> =
                bound.map(|(_, (method, path))| format!("{method} {path}")).collect();
            assert_eq!(bound, paths, "{rule}");
        }
    }

    #[test]
    fn a_rule_that_applies_to_no_route_is_an_error() {
        for (rule, words) in [
            (r#"[{"path":"/uploads/","role":"a"}]"#, "not served"),
            (
                r#"[{"path":"/protected","method":"POST","role":"a"}]"#,
                "POST of \"/protected\", which is not served",
            ),
            (r#"[{"path":"/protected","method":"get","role":"a"}]"#, "not served"),
            (r#"[{"path":"/upload*","role":"a"}]"#, "not served"),
            (r#"[{"path":"/protected","public":true}]"#, "only the routes decide"),
        ] {
            let error = bind(rule).expect_err(rule);
            assert!(error.contains(words), "{rule}: {error}");
        }
    }

    #[test]
    fn an_invalid_value_names_its_variable() {
        type Change = fn(&mut ResourceVariables);
        let cases: [(&str, Change); 9] = [
            ("upload_limit", |variables| variables.upload_limit = "10 MB".into()),
            ("upload_limit", |variables| variables.upload_limit = "0".into()),
            ("upload_quota", |variables| variables.upload_quota = "much".into()),
            ("upload_quota", |variables| variables.upload_quota = "4096".into()),
            ("idle_timeout", |variables| variables.idle_timeout = "0".into()),
            ("idle_timeout", |variables| variables.idle_timeout = "3601".into()),
            ("idle_timeout", |variables| variables.idle_timeout = "1 min".into()),
            ("cors_origins", |variables| {
                variables.cors_origins = "https://app.example/path".into();
            }),
            ("cors_origins", |variables| variables.cors_origins = "app.example".into()),
        ];
        for (variable, change) in cases {
            let mut variables = Variables::default();
            change(&mut variables.resource);
            let error = Settings::parse(&variables, rows()).expect_err(variable);
            assert_eq!(error.variable, variable);
            let text = error.to_string();
            assert!(text.starts_with(&format!("the variable `{variable}` ")), "{text}");
        }
        let mut variables = Variables::default();
        variables.auth.access_rules = r#"[{"path":"/x","role":"a"}]"#.into();
        let error = Settings::parse(&variables, rows()).expect_err("not served");
        assert_eq!(error.variable, "access_rules");
    }

    #[test]
    fn the_names_of_changed_variables_are_listed() {
        let mut variables = Variables::default();
        variables.auth.public_key = "a key".into();
        variables.resource.upload_limit = "33554433".into();
        variables.resource.idle_timeout = " 60 ".into();
        assert_eq!(variables.changed(), ["public_key", "upload_limit"]);
    }
}
