//! Application variables, as Spin has them: `name=value` from the command line or `SPIN_VARIABLE_NAME` from the environment.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use wasmtime::component::{Accessor, HasData, Linker};

use crate::imports::spin::variables::variables;

const ENVIRONMENT_PREFIX: &str = "SPIN_VARIABLE_";

/// The values of one run. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Variables(Arc<HashMap<String, String>>);

impl Variables {
    /// Collects the environment's variables and lets `name=value` arguments override them.
    /// `name=@path` takes the value from a file.
    pub(crate) fn collect(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        arguments: &[String],
    ) -> anyhow::Result<Self> {
        let mut values = HashMap::new();
        for (name, value) in environment {
            let Some(name) = name.to_str().and_then(|name| name.strip_prefix(ENVIRONMENT_PREFIX)) else { continue };
            let value = value.into_string().ok().with_context(|| format!("{ENVIRONMENT_PREFIX}{name} is not UTF-8"))?;
            values.insert(name.to_ascii_lowercase(), value);
        }
        for argument in arguments {
            let (name, value) =
                argument.split_once('=').with_context(|| format!("--variable {argument:?} is not name=value"))?;
            if !is_name(name) {
                bail!(
                    "--variable name {name:?} is not of lower-case letters, digits and underscores, beginning with a letter"
                );
            }
            let value = match value.strip_prefix('@') {
                Some(path) => std::fs::read_to_string(Path::new(path))
                    .with_context(|| format!("--variable {name}: cannot read {path}"))?,
                None => value.to_owned(),
            };
            values.insert(name.to_owned(), value);
        }
        Ok(Self(Arc::new(values)))
    }

    fn get(&self, name: &str) -> Result<String, variables::Error> {
        if !is_name(name) {
            return Err(variables::Error::InvalidName(name.to_owned()));
        }
        self.0.get(name).cloned().ok_or_else(|| variables::Error::Undefined(name.to_owned()))
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Gives components linked with `linker` the variables that `T` holds.
pub(crate) fn add_to_linker<T: AsRef<Variables> + Send + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    variables::add_to_linker::<T, Shared>(linker, |state| state.as_ref().clone())
}

struct Shared;

impl HasData for Shared {
    type Data<'a> = Variables;
}

impl variables::Host for Variables {}

impl<T> variables::HostWithStore<T> for Shared {
    async fn get(store: &Accessor<T, Self>, name: String) -> Result<String, variables::Error> {
        store.with(|mut access| access.get().get(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;

    fn collect(environment: &[(&str, &str)], arguments: &[&str]) -> anyhow::Result<Variables> {
        let environment = environment.iter().map(|(name, value)| (name.into(), value.into()));
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Variables::collect(environment, &arguments)
    }

    #[test]
    fn an_argument_goes_before_the_environment() {
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
        let error = Variables::collect([("SPIN_VARIABLE_ISSUER".into(), not_text())], &[]).err().expect("not a text");
        assert!(error.to_string().contains("SPIN_VARIABLE_ISSUER is not UTF-8"), "{error}");
    }

    #[test]
    fn what_is_not_name_and_value_is_refused() {
        for argument in ["leeway", "=1", "Leeway=1", "lee way=1", "1a=1", "a-b=1", "key=@/no/such/file"] {
            assert!(collect(&[], &[argument]).is_err(), "{argument:?}");
        }
    }
}
