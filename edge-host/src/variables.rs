//! Spin's application variables: `name=value` from the command line or `SPIN_VARIABLE_NAME` from
//! the environment.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, bail};
use wasmtime::component::{Accessor, HasData, Linker};

use crate::imports::spin::variables::variables;

/// Variables of Spin's manifest alone, and the option that replaces each here.
const SPIN_ONLY: [(&str, &str); 2] = [
    ("issuer_url", "it is for Spin: here, --allow-outbound names the origin"),
    ("redis_host", "it is for Spin: here, --allow-outbound names the server"),
];

/// The beginning of the names of a gate's variables, which it shares with the component behind it.
const GATE_PREFIX: &str = "jwt_gate_";

const ENVIRONMENT_PREFIX: &str = "SPIN_VARIABLE_";

/// The values of all variables. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Variables {
    values: Arc<HashMap<String, String>>,
    /// The names that the component has read, if they are recorded.
    read: Option<Arc<Mutex<HashSet<String>>>>,
}

impl Variables {
    /// Collects the environment's variables and lets `name=value` arguments override them.
    /// `name=@path` takes the value from a file.
    pub(crate) fn collect(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        arguments: &[String],
    ) -> anyhow::Result<Self> {
        let mut values = HashMap::new();
        for (name, value) in environment {
            let Some(name) = name.to_str().and_then(|name| name.strip_prefix(ENVIRONMENT_PREFIX))
            else {
                continue;
            };
            let value = value
                .into_string()
                .ok()
                .with_context(|| format!("{ENVIRONMENT_PREFIX}{name} is not UTF-8"))?;
            values.insert(name.to_ascii_lowercase(), value);
        }
        for argument in arguments {
            let (name, value) = argument
                .split_once('=')
                .with_context(|| format!("--variable {argument:?} is not name=value"))?;
            if !is_name(name) {
                bail!(
                    "--variable name {name:?} is not of lower-case letters, digits and \
                     underscores, beginning with a letter"
                );
            }
            let value = match value.strip_prefix('@') {
                Some(path) => std::fs::read_to_string(Path::new(path))
                    .with_context(|| format!("--variable {name}: cannot read {path}"))?,
                None => value.to_owned(),
            };
            values.insert(name.to_owned(), value);
        }
        Ok(Self { values: Arc::new(values), read: None })
    }

    /// Returns the same values, recording the names that the component reads.
    pub(crate) fn recording(&self) -> Self {
        Self { values: Arc::clone(&self.values), read: Some(Arc::default()) }
    }

    /// Rejects variables that the component has not read: their names are misspelt, and the setting
    /// that was meant is not set. Accepts everything if the component has read no variable at all,
    /// and names without the prefix of a gate if it has read only a gate's: the component behind a
    /// gate reads its variables when a request reaches it.
    ///
    /// # Errors
    /// Names the first unknown variable in alphabetical order, and those that the component reads.
    pub(crate) fn reject_unknown(&self) -> anyhow::Result<()> {
        let Some(read) = &self.read else { return Ok(()) };
        let read: BTreeSet<String> =
            read.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect();
        let is_gated = read.iter().all(|name| name.starts_with(GATE_PREFIX));
        let is_checked = |name: &str| !is_gated || name.starts_with(GATE_PREFIX);
        let unknown = self.values.keys().filter(|name| is_checked(name) && !read.contains(*name));
        let unknown = unknown.min();
        match unknown {
            Some(name) if !read.is_empty() => {
                let hint = SPIN_ONLY
                    .iter()
                    .find(|(known, _)| known == name)
                    .map_or_else(String::new, |(_, hint)| format!(" ({hint})"));
                let known: Vec<&str> = read.iter().map(String::as_str).collect();
                bail!("the component has no variable `{name}`{hint}; it reads {}", known.join(", "))
            }
            _ => Ok(()),
        }
    }

    fn get(&self, name: &str) -> Result<String, variables::Error> {
        if !is_name(name) {
            return Err(variables::Error::InvalidName(name.to_owned()));
        }
        if let Some(read) = &self.read {
            read.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        }
        self.values.get(name).cloned().ok_or_else(|| variables::Error::Undefined(name.to_owned()))
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Gives components linked with `linker` the variables that `T` holds.
pub(crate) fn add_to_linker<T: AsRef<Variables> + Send + 'static>(
    linker: &mut Linker<T>,
) -> wasmtime::Result<()> {
    variables::add_to_linker::<T, Shared>(linker, |state| state.as_ref().clone())
}

struct Shared;

impl HasData for Shared {
    type Data<'a> = Variables;
}

impl variables::Host for Variables {}

impl<T> variables::HostWithStore<T> for Shared {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> Result<String, variables::Error> {
        accessor.with(|mut access| access.get().get(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;

    fn collect(environment: &[(&str, &str)], arguments: &[&str]) -> anyhow::Result<Variables> {
        let environment = environment.iter().map(|(name, value)| (name.into(), value.into()));
        let arguments: Vec<String> =
            arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Variables::collect(environment, &arguments)
    }

    #[test]
    fn an_argument_overrides_the_environment() {
        let variables = collect(
            &[("SPIN_VARIABLE_LEEWAY", "1"), ("SPIN_VARIABLE_ISSUER", "a"), ("HOME", "/")],
            &["leeway=2", "x=a=b"],
        )
        .expect("valid");
        assert_eq!(variables.get("leeway").ok().as_deref(), Some("2"));
        assert_eq!(variables.get("issuer").ok().as_deref(), Some("a"));
        assert_eq!(variables.get("x").ok().as_deref(), Some("a=b"));
        assert!(matches!(variables.get("home"), Err(variables::Error::Undefined(_))));
        assert!(matches!(variables.get("HOME"), Err(variables::Error::InvalidName(_))));
    }

    #[test]
    fn other_variables_of_the_environment_may_be_anything() {
        let not_text = || OsString::from_vec(vec![0xff]);
        let other = [(not_text(), not_text()), ("OTHER".into(), not_text())];
        assert!(Variables::collect(other, &[]).is_ok());
        let error = Variables::collect([("SPIN_VARIABLE_ISSUER".into(), not_text())], &[])
            .err()
            .expect("not UTF-8");
        assert!(error.to_string().contains("SPIN_VARIABLE_ISSUER is not UTF-8"), "{error}");
    }

    #[test]
    fn a_variable_that_the_component_does_not_read_is_rejected() {
        let variables = |names: &[&str]| {
            collect(&[("SPIN_VARIABLE_LEEWAY", "1")], names).expect("valid").recording()
        };
        let misspelt = variables(&["acess_rules=[]"]);
        misspelt.reject_unknown().expect("nothing was read");
        for name in ["leeway", "access_rules"] {
            let _ = misspelt.get(name);
        }
        let error = misspelt.reject_unknown().expect_err("it is misspelt").to_string();
        assert_eq!(
            error,
            "the component has no variable `acess_rules`; it reads access_rules, leeway"
        );

        let for_spin = variables(&["issuer_url=http://localhost:8000"]);
        let _ = for_spin.get("leeway");
        let error = for_spin.reject_unknown().expect_err("it is Spin's").to_string();
        assert!(error.contains("--allow-outbound"), "{error}");

        let for_both = variables(&["jwt_gate_leeway=1", "jwt_gate_acess_rules=[]"]);
        let _ = for_both.get("jwt_gate_leeway");
        let error = for_both.reject_unknown().expect_err("it is misspelt").to_string();
        assert!(
            error.starts_with("the component has no variable `jwt_gate_acess_rules`"),
            "{error}"
        );
        let for_both = variables(&["jwt_gate_leeway=1"]);
        let _ = for_both.get("jwt_gate_leeway");
        for_both.reject_unknown().expect("`leeway` may be the application's");

        let good = variables(&[]);
        let _ = good.get("leeway");
        good.reject_unknown().expect("it was read");
    }

    #[test]
    fn a_malformed_argument_is_rejected() {
        for argument in
            ["leeway", "=1", "Leeway=1", "lee way=1", "1a=1", "a-b=1", "key=@/no/such/file"]
        {
            assert!(collect(&[], &[argument]).is_err(), "{argument:?}");
        }
    }
}
