#![doc = include_str!("../README.md")]
// A view is one deep type. Erasing it in islands as well would cost the browser a tenth of a bundle.
#![recursion_limit = "256"]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

#[cfg(any(feature = "ssr", feature = "hydrate"))]
mod components;
#[cfg(feature = "ssr")]
mod document;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
mod format;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub mod islands;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
mod lean;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
mod live;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(any(feature = "ssr", feature = "order", feature = "admin"))]
mod seed;
#[cfg(feature = "ssr")]
mod site;

#[cfg(feature = "ssr")]
pub use document::KEEP;
#[cfg(feature = "ssr")]
pub use pages::{Page, render};
#[cfg(feature = "ssr")]
pub use site::{Assets, Bundle, BundleFiles};
