//! The style sheet: Tailwind over `style/main.css` and the class names in `app/src`.

use super::{Profile, digest, files_below, is_fresh, read, set_fresh};
use crate::command::{capture, command};
use crate::{paths, tools, ui};
use anyhow::Result;
use std::path::PathBuf;
use std::time::Instant;

/// What the style sheet is made from, besides Tailwind itself.
const SOURCES: [&str; 2] = ["style", "app/src"];

/// Compiles the style sheet where needed, and says where it lies.
pub fn compile(profile: Profile) -> Result<PathBuf> {
    let since = Instant::now();
    let output = profile.work().join("app.css");
    let stamp = profile.work().join("app.css.made");
    let mut inputs = vec![read(&paths::root().join("package-lock.json"))?];
    for source in SOURCES {
        for file in files_below(&paths::root().join(source))? {
            inputs.push(file.as_os_str().as_encoded_bytes().to_vec());
            inputs.push(read(&file)?);
        }
    }
    let key = digest(inputs.iter().map(Vec::as_slice));
    if is_fresh(&stamp, &key) && output.is_file() {
        return Ok(output);
    }
    let mut tailwind = command(tools::node_program("tailwindcss"));
    tailwind
        .args(["--input", "style/main.css", "--output"])
        .arg(&output);
    if profile.is_release() {
        tailwind.arg("--minify");
    }
    capture(&mut tailwind)?;
    set_fresh(&stamp, &key)?;
    ui::done(since, "style sheet");
    Ok(output)
}
