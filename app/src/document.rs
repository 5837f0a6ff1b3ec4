//! The document around a page: head, assets, body.

use crate::site::{Assets, Bundle};
use leptos::prelude::*;

/// What a page says about itself.
pub(crate) struct PageMeta {
    /// The window's title, without the site's name.
    pub title: String,
    /// What search engines and previews show.
    pub description: &'static str,
    /// How it looks where it is shared. Without this it is nobody else's: search engines are told not to list it.
    pub preview: Option<Preview>,
    /// The code that its islands need.
    pub bundle: Bundle,
    /// Whether the browser keeps it, to be shown without a network.
    pub kept: bool,
    /// What it listens to.
    pub feed: Option<Feed>,
}

/// A public page's card (Open Graph) where somebody shares its address.
pub(crate) struct Preview {
    /// Its title.
    pub title: String,
    /// What it says.
    pub text: String,
    /// Where people reach the site, such as `https://tickets.example.org`: cards name whole addresses.
    pub origin: String,
}

/// A page's WebSocket, and where on the log the page was rendered.
pub(crate) struct Feed {
    /// The socket's path.
    pub url: String,
    /// The cursor to resume after; empty asks for a snapshot.
    pub since: String,
}

/// The poster's type, which the style sheet names too: asked for at once, it is there when the page is first drawn.
const FONT: &str = "/fonts/anybody-5.3.0.woff2";

/// The service worker of pages that are kept.
pub const KEEP: &str = "/keep.js";

/// The picture of every card; `cargo xtask pictures` makes it.
const PICTURE: &str = "/social.png";

fn preview_tags(preview: Preview) -> impl IntoView {
    let Preview {
        title,
        text,
        origin,
    } = preview;
    let card = [
        ("og:type", "website".to_owned()),
        ("og:site_name", "FestFlow".to_owned()),
        ("og:title", title),
        ("og:description", text),
        ("og:url", format!("{origin}/")),
        ("og:image", format!("{origin}{PICTURE}")),
        ("og:image:width", "1200".to_owned()),
        ("og:image:height", "630".to_owned()),
        ("og:image:alt", "FestFlow: festival tickets".to_owned()),
    ];
    let card: Vec<_> = card
        .into_iter()
        .map(|(property, content)| {
            leptos::html::meta()
                .attr("property", property)
                .content(content)
        })
        .collect();
    view! {
        {card}
        <meta name="twitter:card" content="summary_large_image" />
    }
}

/// Writes the whole document. All scripts carry the nonce, nothing is inline: the page is at home under
/// `script-src 'strict-dynamic' 'nonce-…' 'wasm-unsafe-eval'; style-src 'self'`.
pub(crate) fn document(meta: PageMeta, assets: &Assets, nonce: &str, body: AnyView) -> String {
    let files = assets.bundle(meta.bundle).cloned();
    let preloads = files.clone().map(|files| {
        view! {
            <link rel="modulepreload" href=files.js nonce=nonce.to_owned() />
            <link rel="preload" href=files.wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
        }
    });
    let keep = meta.kept.then_some(KEEP);
    let boot = files.map(|files| {
        view! {
            <script src=assets.boot.clone() data-js=files.js data-wasm=files.wasm data-keep=keep nonce=nonce.to_owned() defer></script>
        }
    });
    let unlisted = meta
        .preview
        .is_none()
        .then(|| view! { <meta name="robots" content="noindex" /> });
    let (feed, since) = meta.feed.map(|feed| (feed.url, feed.since)).unzip();
    let title = format!("{} · FestFlow", meta.title);
    let html = view! {
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <title>{title}</title>
                <meta name="description" content=meta.description />
                <meta name="color-scheme" content="light dark" />
                {unlisted}
                {meta.preview.map(preview_tags)}
                <link rel="icon" href="/favicon.svg" r#type="image/svg+xml" />
                <link rel="preload" href=FONT r#as="font" r#type="font/woff2" crossorigin="anonymous" />
                <link rel="stylesheet" href=assets.css.clone() />
                {preloads}
                {boot}
            </head>
            <body data-build=assets.build.clone() data-feed=feed data-since=since>
                {body}
            </body>
        </html>
    };
    format!("<!DOCTYPE html>{}", html.to_html())
}
