//! Types of a component's functions in words, as a WIT file has them.

use wasmtime::component::Type;
use wasmtime::component::types::ComponentFunc;

/// A function's type, as `func(socket: u64, data: list<u8>)`.
pub(super) fn of(function: &ComponentFunc) -> String {
    let parameters: Vec<_> = function.params().map(|(name, ty)| format!("{name}: {}", spell(&ty))).collect();
    let result = function.results().next().map(|ty| format!(" -> {}", spell(&ty)));
    let kind = if function.async_() { "async func" } else { "func" };
    format!("{kind}({}){}", parameters.join(", "), result.unwrap_or_default())
}

fn spell(ty: &Type) -> String {
    match ty {
        Type::List(list) => format!("list<{}>", spell(&list.ty())),
        Type::Option(option) => format!("option<{}>", spell(&option.ty())),
        Type::Tuple(tuple) => format!("tuple<{}>", join(tuple.types().map(|ty| spell(&ty)))),
        Type::Result(result) => match (result.ok(), result.err()) {
            (None, None) => "result".into(),
            (Some(ok), None) => format!("result<{}>", spell(&ok)),
            (ok, Some(error)) => format!("result<{}, {}>", ok.map_or("_".into(), |ok| spell(&ok)), spell(&error)),
        },
        // A component's types have lost their names; their contents tell which they are.
        Type::Record(record) => {
            format!("{{ {} }}", join(record.fields().map(|field| format!("{}: {}", field.name, spell(&field.ty)))))
        }
        Type::Enum(names) => format!("enum {{ {} }}", join(names.names().map(str::to_owned))),
        Type::Flags(names) => format!("flags {{ {} }}", join(names.names().map(str::to_owned))),
        Type::Variant(variant) => format!("variant {{ {} }}", join(variant.cases().map(|case| case.name.to_owned()))),
        plain => format!("{plain:?}").to_lowercase(),
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
