//! What is the same for all routes: cookies, headers, origins, problems, rendering.

pub(crate) mod browser;
pub(crate) mod cookies;
pub(crate) mod headers;
pub(crate) mod json;
pub(crate) mod origin;
pub(crate) mod pages;
pub(crate) mod private_file;
pub(crate) mod problems;
pub(crate) mod query;
pub(crate) mod session;
pub(crate) mod telemetry;
