#![doc = include_str!("../README.md")]

#[cfg(feature = "ssr")]
mod document;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod site;

#[cfg(feature = "ssr")]
pub use pages::{Page, render};
#[cfg(feature = "ssr")]
pub use site::{Assets, Bundle};
