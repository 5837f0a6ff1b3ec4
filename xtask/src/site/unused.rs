//! Code that no page runs and no linker can see to be unused.
//!
//! Leptos brings streams for server functions. wasm-bindgen exports their methods, and what they hand to JavaScript stands
//! in the table of functions that are called by number, where everything counts as used: 10 kB in each bundle. So their
//! bodies go before the bundle is bound, and with them all that only they reach.

use anyhow::{Context, Result};
use std::path::Path;
use walrus::{FunctionBuilder, FunctionId, FunctionKind, Module};

/// What the functions' names contain; mangled ones have no colons.
const UNUSED: [&str; 2] = ["wasm_streams", "future_to_promise"];
/// wasm-bindgen runs these to learn the exports' types.
const DESCRIPTION: &str = "describe";

/// All that decides what goes, besides the input.
pub fn recipe() -> String {
    UNUSED.join(" ")
}

/// Linked code in which such functions have a body that stops.
pub fn without_unused(linked: &Path) -> Result<Vec<u8>> {
    let mut module = Module::from_file(linked)
        .with_context(|| format!("{} is no WebAssembly", linked.display()))?;
    stop_unused(&mut module);
    Ok(module.emit_wasm())
}

fn stop_unused(module: &mut Module) {
    let unused: Vec<FunctionId> = module
        .funcs
        .iter_local()
        .map(|(id, _)| id)
        .filter(|id| module.funcs.get(*id).name.as_deref().is_some_and(is_unused))
        .collect();
    for id in unused {
        let types = module.types.get(module.funcs.get(id).ty());
        let (takes, gives) = (types.params().to_vec(), types.results().to_vec());
        let mut builder = FunctionBuilder::new(&mut module.types, &takes, &gives);
        builder.func_body().unreachable();
        let arguments = takes.iter().map(|ty| module.locals.add(*ty)).collect();
        module.funcs.get_mut(id).kind = FunctionKind::Local(builder.local_func(arguments));
    }
}

fn is_unused(name: &str) -> bool {
    UNUSED.iter().any(|part| name.contains(part)) && !name.contains(DESCRIPTION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use walrus::ir::Instr;
    use walrus::{ModuleConfig, ValType};

    fn answering(module: &mut Module, name: &str) -> FunctionId {
        let mut builder = FunctionBuilder::new(&mut module.types, &[], &[ValType::I32]);
        builder.name(name.to_owned()).func_body().i32_const(42);
        builder.finish(Vec::new(), &mut module.funcs)
    }

    #[test]
    fn only_what_is_unused_stops() {
        let mut module = Module::with_config(ModuleConfig::new());
        let stream = answering(&mut module, "<wasm_streams::Sink>::write");
        let described = answering(&mut module, "<wasm_streams::Sink as Describe>::describe");
        let page = answering(&mut module, "app::islands::order");
        stop_unused(&mut module);
        let stops = |id| {
            let body = module.funcs.get(id).kind.unwrap_local();
            let first = &body.block(body.entry_block()).instrs[0].0;
            matches!(first, Instr::Unreachable(_))
        };
        assert_eq!([stream, described, page].map(stops), [true, false, false]);
    }
}
