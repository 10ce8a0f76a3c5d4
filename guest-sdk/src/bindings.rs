//! What wit-bindgen makes of the WIT package; everything public of it is re-exported where it belongs.

wit_bindgen::generate!({
    path: "wit",
    world: "plugin-full",
    pub_export_macro: true,
    default_bindings_module: "sockdock_guest::bindings",
});
