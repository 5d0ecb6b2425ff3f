//! Routes that can say what is on them.

use axum::{
    Router,
    handler::Handler,
    routing::{self, MethodRouter},
};

/// A router with the list of its operations.
#[derive(Default)]
pub(super) struct Routes {
    pub(super) router: Router,
    /// `GET /v1/workflows` and so on, in the order in which they were added.
    pub(super) names: Vec<String>,
}

impl Routes {
    pub(super) fn get<H, T>(self, path: &str, handler: H) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        self.on("GET", path, routing::get(handler))
    }

    pub(super) fn post<H, T>(self, path: &str, handler: H) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        self.on("POST", path, routing::post(handler))
    }

    pub(super) fn put<H, T>(self, path: &str, handler: H) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        self.on("PUT", path, routing::put(handler))
    }

    pub(super) fn delete<H, T>(self, path: &str, handler: H) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        self.on("DELETE", path, routing::delete(handler))
    }

    /// Adds a route; `method` is what it does there.
    pub(super) fn on(mut self, method: &str, path: &str, route: MethodRouter) -> Self {
        self.names.push(format!("{method} {path}"));
        self.router = self.router.route(path, route);
        self
    }
}
