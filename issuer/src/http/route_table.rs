//! A table of routes, which becomes a router and the operations of the OpenAPI document.

use std::sync::Arc;

use axum::Router;
use utoipa::openapi::path::{HttpMethod, Operation, PathItem, Paths};
use utoipa::openapi::{OpenApi, RefOr, Schema};
use utoipa_axum::router::UtoipaMethodRouter;

use super::access::Access;
use super::openapi;
use super::state::Issuer;

/// Routes, with the operations and schemas that describe them.
#[derive(Default)]
pub(super) struct RouteTable {
    router: Router<Arc<Issuer>>,
    paths: Paths,
    schemas: Vec<(String, RefOr<Schema>)>,
}

impl RouteTable {
    /// Adds one route. `handler` is a handler with a `utoipa::path` attribute of the same method
    /// and path.
    ///
    /// # Panics
    /// When the attribute names another method or path.
    pub(super) fn add(
        mut self,
        method: HttpMethod,
        path: &str,
        access: Access,
        handler: UtoipaMethodRouter<Arc<Issuer>>,
    ) -> Self {
        let (schemas, mut described, handler) = handler;
        let item = described.paths.get_mut(path);
        let mut operation = item
            .and_then(|item| take(item, &method))
            .unwrap_or_else(|| panic!("the handler of {path} describes another method or path"));
        openapi::complete(&mut operation, &method, access);
        self.paths.add_path_operation(path, vec![method], operation);
        self.schemas.extend(schemas);
        self.router = self.router.route(path, handler);
        self
    }

    /// Adds another path of a route, with this suffix; none if it is empty. It is not part of the
    /// document.
    pub(super) fn also_at(
        mut self,
        path: &str,
        suffix: &str,
        (_, _, handler): UtoipaMethodRouter<Arc<Issuer>>,
    ) -> Self {
        if !suffix.is_empty() {
            // Braces would be parameters.
            let suffix = suffix.replace('{', "{{").replace('}', "}}");
            let other = Router::new().without_v07_checks();
            self.router = self.router.merge(other.route(&format!("{path}{suffix}"), handler));
        }
        self
    }

    /// Adds the operations to the document, and returns the router.
    pub(super) fn into_router(self, document: &mut OpenApi) -> Router<Arc<Issuer>> {
        document.paths.paths.extend(self.paths.paths);
        document.components.get_or_insert_default().schemas.extend(self.schemas);
        self.router
    }
}

fn take(item: &mut PathItem, method: &HttpMethod) -> Option<Operation> {
    match method {
        HttpMethod::Get => item.get.take(),
        HttpMethod::Post => item.post.take(),
        HttpMethod::Put => item.put.take(),
        HttpMethod::Patch => item.patch.take(),
        HttpMethod::Delete => item.delete.take(),
        HttpMethod::Head => item.head.take(),
        HttpMethod::Options => item.options.take(),
        HttpMethod::Trace => item.trace.take(),
    }
}
