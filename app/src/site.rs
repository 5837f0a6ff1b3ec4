//! Where the files of the site lie that pages name.

/// The part of the browser's code that a page needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bundle {
    /// The page is complete as it is.
    None,
    /// The shop.
    Shop,
    /// An order's page.
    Order,
    /// The dashboard.
    Admin,
}

/// A bundle's two files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleFiles {
    /// The module that wasm-bindgen wrote.
    pub js: String,
    /// The code.
    pub wasm: String,
}

/// The addresses of the site's files, and the build that they are of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets {
    /// The build's id. A socket that greets a page with another one makes it load itself anew.
    pub build: String,
    /// The style sheet.
    pub css: String,
    /// The script that starts a bundle.
    pub boot: String,
    /// The shop's bundle.
    pub shop: BundleFiles,
    /// The bundle of an order's page.
    pub order: BundleFiles,
    /// The dashboard's bundle.
    pub admin: BundleFiles,
}

impl Assets {
    /// A site that `cargo xtask build` has published: everything lies under the hash of the build.
    pub fn published(build: &str) -> Assets {
        let file = |name: &str| format!("/pkg/{build}/{name}");
        let bundle = |name: &str| BundleFiles {
            js: file(&format!("{name}.js")),
            wasm: file(&format!("{name}.wasm")),
        };
        Assets {
            build: build.to_owned(),
            css: file("app.css"),
            boot: file("boot.js"),
            shop: bundle("shop"),
            order: bundle("order"),
            admin: bundle("admin"),
        }
    }

    /// A site that `cargo leptos watch` makes: plain names, and one bundle of all islands.
    pub fn watched(output_name: &str) -> Assets {
        let bundle = BundleFiles {
            js: format!("/pkg/{output_name}.js"),
            wasm: format!("/pkg/{output_name}.wasm"),
        };
        Assets {
            build: "watch".to_owned(),
            css: format!("/pkg/{output_name}.css"),
            boot: "/boot.js".to_owned(),
            shop: bundle.clone(),
            order: bundle.clone(),
            admin: bundle,
        }
    }

    /// The files of a bundle.
    pub fn bundle(&self, bundle: Bundle) -> Option<&BundleFiles> {
        match bundle {
            Bundle::None => None,
            Bundle::Shop => Some(&self.shop),
            Bundle::Order => Some(&self.order),
            Bundle::Admin => Some(&self.admin),
        }
    }
}
