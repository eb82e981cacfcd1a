//! `wasi:keyvalue@0.2.0-draft`, which has no compare-and-swap.

use wasmtime::component::{Linker, Resource};

use super::calls::{Failure, Opened};
use super::{HasHost, Host, View};
use bindings::wasi::keyvalue::{atomics, batch, store};

mod bindings {
    #![allow(missing_docs, clippy::pedantic, clippy::all, reason = "generated")]
    wasmtime::component::bindgen!({
        path: "wit/keyvalue-draft.wit",
        world: "imports",
        imports: { default: async | trappable },
        with: {
            "wasi:keyvalue/store.bucket": crate::capability::kv::calls::Opened,
        },
        trappable_error_type: { "wasi:keyvalue/store.error" => crate::capability::kv::calls::Failure },
    });
}

pub(super) fn link<T: View + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    store::add_to_linker::<T, HasHost>(linker, T::kv)?;
    atomics::add_to_linker::<T, HasHost>(linker, T::kv)?;
    batch::add_to_linker::<T, HasHost>(linker, T::kv)
}

impl store::Host for Host<'_> {
    async fn open(&mut self, identifier: String) -> Result<Resource<Opened>, Failure> {
        let opened = self.calls.open(&identifier)?;
        Ok(self.table.push(opened)?)
    }

    fn convert_error(&mut self, failure: Failure) -> wasmtime::Result<store::Error> {
        match failure {
            Failure::Denied => Ok(store::Error::AccessDenied),
            Failure::Other(words) => Ok(store::Error::Other(words)),
            Failure::Trap(error) => Err(error),
        }
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
        cursor: Option<u64>,
    ) -> Result<store::KeyResponse, Failure> {
        let (keys, cursor) = self.calls.list(self.table.get(&bucket)?, cursor).await?;
        Ok(store::KeyResponse { keys, cursor })
    }

    async fn drop(&mut self, bucket: Resource<Opened>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl atomics::Host for Host<'_> {
    async fn increment(&mut self, bucket: Resource<Opened>, key: String, delta: u64) -> Result<u64, Failure> {
        let sum = self.calls.increment(self.table.get(&bucket)?, key, delta.into(), 0..=u64::MAX.into()).await?;
        // It is within the range.
        Ok(u64::try_from(sum).unwrap_or_default())
    }
}

impl batch::Host for Host<'_> {
    async fn get_many(
        &mut self,
        bucket: Resource<Opened>,
        keys: Vec<String>,
    ) -> Result<Vec<Option<(String, Vec<u8>)>>, Failure> {
        let found = self.calls.get_many(self.table.get(&bucket)?, keys).await?;
        Ok(found.into_iter().map(|(key, value)| value.map(|value| (key, value))).collect())
    }

    async fn set_many(&mut self, bucket: Resource<Opened>, values: Vec<(String, Vec<u8>)>) -> Result<(), Failure> {
        self.calls.set_many(self.table.get(&bucket)?, values).await
    }

    async fn delete_many(&mut self, bucket: Resource<Opened>, keys: Vec<String>) -> Result<(), Failure> {
        self.calls.delete(self.table.get(&bucket)?, keys).await
    }
}
