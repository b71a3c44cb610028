//! Text variables of a component, declared once.

/// Declares a struct with one text field for each variable, with its default. An empty text counts
/// as not set.
#[macro_export]
macro_rules! variables {
    (
        $(#[$attribute:meta])*
        pub struct $name:ident { $($(#[$doc:meta])* $variable:ident = $default:expr,)* }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, Default)]
        pub struct $name { $($(#[$doc])* pub $variable: String,)* }

        impl $name {
            /// Name and default of each variable.
            pub const DECLARED: &'static [(&'static str, &'static str)] =
                &[$((stringify!($variable), $default),)*];

            /// Reads each variable by its name.
            ///
            /// # Errors
            /// The first error of `get`.
            pub async fn read<E>(
                mut get: impl AsyncFnMut(&'static str) -> Result<String, E>,
            ) -> Result<Self, E> {
                Ok(Self { $($variable: get(stringify!($variable)).await?,)* })
            }

            /// Returns the names of the variables whose values are not the defaults.
            #[must_use]
            pub fn changed(&self) -> Vec<&'static str> {
                let values = [$(self.$variable.trim(),)*];
                let declared = Self::DECLARED.iter().zip(values);
                let changed = declared
                    .filter(|((_, default), value)| !value.is_empty() && value != default);
                changed.map(|((name, _), _)| *name).collect()
            }
        }
    };
}
