//! Making a bound bundle small, for releases.
//!
//! wasm-bindgen exports whatever a dependency marked, used or not: Leptos brings three classes for server functions, which
//! no page here calls (what is in them goes before, in `unused`). So the script goes first: esbuild leaves out what the page's entry points do not reach. Then
//! wasm-metadce drops the exports that the script no longer names, and all code behind them, and wasm-opt does the rest.

use super::write;
use crate::command::{capture, command};
use crate::tools;
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Named one by one, and nothing else: with `--all-features` binaryen writes imports that browsers refuse.
/// These are what rustc's wasm32 target emits, and every current browser knows them.
const FEATURES: [&str; 9] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-call-indirect-overlong",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-extended-const",
];
/// `Symbol.dispose` is for scripts that use the classes.
const ESBUILD: [&str; 4] = [
    "--bundle",
    "--format=esm",
    "--minify",
    "--define:Symbol.dispose=undefined",
];

/// All that decides what comes out, besides the input and the tools' versions.
pub fn recipe() -> String {
    [FEATURES.as_slice(), ESBUILD.as_slice()].concat().join(" ")
}

/// Shrinks `<bundle>.js` and `<bundle>.wasm` in their folder.
pub fn shrink(folder: &Path, bundle: &str) -> Result<()> {
    let script = folder.join(format!("{bundle}.js"));
    let glue = fs::read_to_string(&script)
        .with_context(|| format!("{} cannot be read", script.display()))?;
    let reached = shake(&glue, &script)?;
    write(&script, reached.as_bytes())?;
    let wasm = folder.join(format!("{bundle}.wasm"));
    drop_exports(&exports_named(&glue, &reached), &wasm)?;
    capture(
        command(tools::node_program("wasm-opt"))
            .arg("-Oz")
            .args(FEATURES)
            .arg(&wasm)
            .arg("-o")
            .arg(&wasm),
    )?;
    Ok(())
}

/// What the page's entry points reach of a script, minified. They are its functions; classes are what dependencies bring.
fn shake(glue: &str, script: &Path) -> Result<String> {
    let names: Vec<_> = glue
        .lines()
        .filter_map(|line| line.strip_prefix("export function ")?.split('(').next())
        .collect();
    // A registry is a side effect to esbuild, unless it is told otherwise.
    let pure = glue.replace(
        ": new FinalizationRegistry",
        ": /* @__PURE__ */ new FinalizationRegistry",
    );
    let whole = script.with_extension("whole.js");
    let entry = script.with_extension("entry.js");
    write(&whole, pure.as_bytes())?;
    let exports = format!(
        "export {{ default, {} }} from './{}';\n",
        names.join(", "),
        whole
            .file_name()
            .map(|name| name.to_string_lossy())
            .unwrap_or_default()
    );
    write(&entry, exports.as_bytes())?;
    let reached = capture(
        command(tools::node_program("esbuild"))
            .args(ESBUILD)
            .arg(&entry),
    )?;
    for file in [whole, entry] {
        fs::remove_file(&file).with_context(|| format!("{} cannot be removed", file.display()))?;
    }
    Ok(reached)
}

/// The exports of the WebAssembly that the script still names. The whole script calls them `wasm.<name>`; in the minified
/// one the first part is renamed, and the second is not.
fn exports_named<'a>(glue: &'a str, reached: &'a str) -> BTreeSet<&'a str> {
    let members = |text: &'a str, before: &str| -> BTreeSet<&'a str> {
        text.split(before)
            .skip(1)
            .filter_map(|rest| {
                rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .next()
            })
            .collect()
    };
    let reached = members(reached, ".");
    members(glue, "wasm.")
        .intersection(&reached)
        .copied()
        .collect()
}

/// Keeps these exports, and what they need. The graph's form is wasm-metadce's: a root outside reaches each of them.
fn drop_exports(keep: &BTreeSet<&str>, wasm: &Path) -> Result<()> {
    let mut graph = vec![serde_json::json!({ "name": "page", "root": true, "reaches": keep })];
    graph.extend(
        keep.iter()
            .map(|name| serde_json::json!({ "name": name, "export": name })),
    );
    let file = wasm.with_extension("graph.json");
    write(
        &file,
        serde_json::Value::Array(graph).to_string().as_bytes(),
    )?;
    capture(
        command(tools::node_program("wasm-metadce"))
            .arg(wasm)
            .args(FEATURES)
            .arg(format!("--graph-file={}", file.display()))
            .arg("-o")
            .arg(wasm),
    )?;
    fs::remove_file(&file).with_context(|| format!("{} cannot be removed", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_shaken_script_no_longer_calls_is_no_export() {
        let glue = "export class Stream { pull() { wasm.stream_pull(1); } }\nexport function hydrate() { wasm.hydrate(); wasm.memory.buffer }";
        let reached = "function h(){o.hydrate();o.memory.buffer}export{h as hydrate};";
        assert_eq!(
            exports_named(glue, reached),
            BTreeSet::from(["hydrate", "memory"])
        );
    }
}
