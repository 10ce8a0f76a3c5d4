//! The contract as generated, for guests that need what a kit hides.

wit_bindgen::generate!({
    path: "../../../wit",
    world: "plugin-full",
    pub_export_macro: true,
    default_bindings_module: "bindings",
    generate_all,
});
