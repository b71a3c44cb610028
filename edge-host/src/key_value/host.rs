//! The functions of `spin:key-value` that components call.

use wasmtime::component::{
    Accessor, FutureReader, HasData, Linker, Resource, ResourceTable, StreamReader,
};

use super::listing::KeyListing;
use super::store::{KeyValueStore, StoreError};
use crate::imports::OpenStore;
use crate::imports::spin::key_value::key_value::{self, Error};

/// The only store, as in Spin without a runtime configuration.
const LABEL: &str = "default";

/// The parts of an instance that these functions use.
pub(crate) struct View<'a> {
    pub(crate) table: &'a mut ResourceTable,
    pub(crate) store: KeyValueStore,
}

/// An instance's data that has a key-value store.
pub(crate) trait HasKeyValue: Send + 'static {
    fn key_value(&mut self) -> View<'_>;
}

/// Gives components linked with `linker` the store that `T` holds.
pub(crate) fn add_to_linker<T: HasKeyValue>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    key_value::add_to_linker::<T, Shared>(linker, T::key_value)
}

struct Shared;

impl HasData for Shared {
    type Data<'a> = View<'a>;
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Other(error.to_string())
    }
}

impl key_value::Host for View<'_> {}

impl key_value::HostStore for View<'_> {
    fn drop(&mut self, store: Resource<OpenStore>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}

fn shared<T>(accessor: &Accessor<T, Shared>) -> KeyValueStore {
    accessor.with(|mut access| access.get().store.clone())
}

impl<T: 'static> key_value::HostStoreWithStore<T> for Shared {
    async fn open(
        accessor: &Accessor<T, Self>,
        label: String,
    ) -> wasmtime::Result<Result<Resource<OpenStore>, Error>> {
        if label != LABEL {
            return Ok(Err(Error::NoSuchStore));
        }
        let handle = accessor.with(|mut access| access.get().table.push(OpenStore))?;
        Ok(Ok(handle))
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        _: Resource<OpenStore>,
        key: String,
    ) -> Result<Option<Vec<u8>>, Error> {
        Ok(shared(accessor).get(key).await?)
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        _: Resource<OpenStore>,
        key: String,
        value: Vec<u8>,
    ) -> Result<(), Error> {
        Ok(shared(accessor).set(key, value).await?)
    }

    async fn delete(
        accessor: &Accessor<T, Self>,
        _: Resource<OpenStore>,
        key: String,
    ) -> Result<(), Error> {
        Ok(shared(accessor).delete(key).await?)
    }

    async fn exists(
        accessor: &Accessor<T, Self>,
        _: Resource<OpenStore>,
        key: String,
    ) -> Result<bool, Error> {
        Ok(shared(accessor).exists(key).await?)
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        _: Resource<OpenStore>,
    ) -> wasmtime::Result<(StreamReader<String>, FutureReader<Result<(), Error>>)> {
        let (keys, end) = KeyListing::new(shared(accessor));
        accessor.with(|mut access| {
            let keys = StreamReader::new(&mut access, keys)?;
            // The sender is dropped without a result when the component drops the stream early.
            let outcome = FutureReader::new(&mut access, async move {
                wasmtime::error::Ok(end.await.unwrap_or(Ok(())).map_err(Error::from))
            })?;
            Ok((keys, outcome))
        })
    }
}
