//! `wasi:keyvalue@0.2.0-draft2`.

use wasmtime::component::{Linker, Resource};

use super::calls::{Failure, Held, Opened};
use super::{HasHost, Host, View};
use bindings::wasi::keyvalue::{atomics, batch, store};

mod bindings {
    #![allow(missing_docs, clippy::pedantic, clippy::all, reason = "generated")]
    wasmtime::component::bindgen!({
        path: "wit/keyvalue-draft2.wit",
        world: "imports",
        imports: { default: async | trappable },
        with: {
            "wasi:keyvalue/store.bucket": crate::capability::kv::calls::Opened,
            "wasi:keyvalue/atomics.cas": crate::capability::kv::calls::Held,
        },
        trappable_error_type: { "wasi:keyvalue/store.error" => crate::capability::kv::calls::Failure },
    });
}

pub(super) fn link<T: View + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    store::add_to_linker::<T, HasHost>(linker, T::kv)?;
    atomics::add_to_linker::<T, HasHost>(linker, T::kv)?;
    batch::add_to_linker::<T, HasHost>(linker, T::kv)
}

fn error(failure: Failure) -> wasmtime::Result<store::Error> {
    match failure {
        Failure::Denied => Ok(store::Error::AccessDenied),
        Failure::Other(words) => Ok(store::Error::Other(words)),
        Failure::Trap(error) => Err(error),
    }
}

impl store::Host for Host<'_> {
    async fn open(&mut self, identifier: String) -> Result<Resource<Opened>, Failure> {
        let opened = self.calls.open(&identifier)?;
        Ok(self.table.push(opened)?)
    }

    fn convert_error(&mut self, failure: Failure) -> wasmtime::Result<store::Error> {
        error(failure)
    }
}

impl store::HostBucket for Host<'_> {
    async fn get(&mut self, bucket: Resource<Opened>, key: String) -> Result<Option<Vec<u8>>, Failure> {
        self.calls.get(self.table.get(&bucket)?, key).await
    }

    async fn set(&mut self, bucket: Resource<Opened>, key: String, value: Vec<u8>) -> Result<(), Failure> {
        self.calls.set(self.table.get(&bucket)?, key, value).await
    }

    async fn delete(&mut self, bucket: Resource<Opened>, key: String) -> Result<(), Failure> {
        self.calls.delete(self.table.get(&bucket)?, vec![key]).await
    }

    async fn exists(&mut self, bucket: Resource<Opened>, key: String) -> Result<bool, Failure> {
        self.calls.exists(self.table.get(&bucket)?, key).await
    }

    async fn list_keys(
        &mut self,
        bucket: Resource<Opened>,
        cursor: Option<String>,
    ) -> Result<store::KeyResponse, Failure> {
        let no_page = |_| Failure::Other("there is no such page".to_owned());
        let cursor = cursor.map(|cursor| cursor.parse::<u64>().map_err(no_page)).transpose()?;
        let (keys, cursor) = self.calls.list(self.table.get(&bucket)?, cursor).await?;
        Ok(store::KeyResponse { keys, cursor: cursor.map(|cursor| cursor.to_string()) })
    }

    async fn drop(&mut self, bucket: Resource<Opened>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl atomics::Host for Host<'_> {
    async fn increment(&mut self, bucket: Resource<Opened>, key: String, delta: i64) -> Result<i64, Failure> {
        let range = i64::MIN.into()..=i64::MAX.into();
        let sum = self.calls.increment(self.table.get(&bucket)?, key, delta.into(), range).await?;
        // It is within the range.
        Ok(i64::try_from(sum).unwrap_or_default())
    }

    async fn swap(&mut self, cas: Resource<Held>, value: Vec<u8>) -> wasmtime::Result<Result<(), atomics::CasError>> {
        let held = self.table.delete(cas)?;
        Ok(match self.calls.swap(held, value).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(held)) => Err(atomics::CasError::CasFailed(self.table.push(held)?)),
            Err(failure) => Err(atomics::CasError::StoreError(error(failure)?)),
        })
    }
}

impl atomics::HostCas for Host<'_> {
    async fn new(&mut self, bucket: Resource<Opened>, key: String) -> Result<Resource<Held>, Failure> {
        let held = self.calls.hold(self.table.get(&bucket)?, key).await?;
        Ok(self.table.push(held)?)
    }

    async fn current(&mut self, cas: Resource<Held>) -> Result<Option<Vec<u8>>, Failure> {
        self.calls.current(self.table.get_mut(&cas)?).await
    }

    async fn drop(&mut self, cas: Resource<Held>) -> wasmtime::Result<()> {
        self.table.delete(cas)?;
        Ok(())
    }
}

impl batch::Host for Host<'_> {
    async fn get_many(
        &mut self,
        bucket: Resource<Opened>,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, Failure> {
        self.calls.get_many(self.table.get(&bucket)?, keys).await
    }

    async fn set_many(&mut self, bucket: Resource<Opened>, values: Vec<(String, Vec<u8>)>) -> Result<(), Failure> {
        self.calls.set_many(self.table.get(&bucket)?, values).await
    }

    async fn delete_many(&mut self, bucket: Resource<Opened>, keys: Vec<String>) -> Result<(), Failure> {
        self.calls.delete(self.table.get(&bucket)?, keys).await
    }
}
