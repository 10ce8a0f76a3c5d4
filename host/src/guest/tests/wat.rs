//! Builds components from `plugin.wat`.

/// A component with some of its code exchanged.
#[derive(Clone)]
pub(super) struct Wat(String);

impl Wat {
    /// The plugin as the file has it: the handlers and nothing else.
    pub(super) fn plugin() -> Self {
        Self(include_str!("plugin.wat").into())
    }

    /// With `code` at the place called `place`, behind what may be there already.
    pub(super) fn put(self, place: &str, code: &str) -> Self {
        let marker = format!(";;{place};;");
        assert!(self.0.contains(&marker), "no place called {place}");
        Self(self.0.replace(&marker, &format!("{code}\n{marker}")))
    }

    /// With one piece of text for another, wherever it stands.
    pub(super) fn replace(self, from: &str, to: &str) -> Self {
        assert!(self.0.contains(from), "nothing to replace: {from}");
        Self(self.0.replace(from, to))
    }

    /// With the function `name` imported from `interface`: `signature` as the component sees it, `core` as its code does.
    pub(super) fn import(self, interface: &str, name: &str, signature: &str, core: &str) -> Self {
        let instance = name.replace(['[', ']', '.'], "_");
        self.put("imports", &format!("(import \"{interface}\" (instance $i-{instance} {signature}))"))
            .lower(&instance, name, core)
    }

    fn lower(self, instance: &str, name: &str, core: &str) -> Self {
        self.put(
            "lower",
            &format!("(core func ${instance} (canon lower (func $i-{instance} \"{name}\") (memory $memory) (realloc $realloc)))"),
        )
        .put("core-imports", &format!("(import \"host\" \"{instance}\" (func ${instance} {core}))"))
        .replace("(;host;)", &format!("(export \"{instance}\" (func ${instance})) (;host;)"))
    }

    /// With `lifecycle`: `start` refuses an empty configuration and keeps the first value in memory, `snapshot` hands it out as the
    /// state's data, `restore` takes it over.
    pub(super) fn with_lifecycle(self) -> Self {
        self.put("core", include_str!("lifecycle.core.wat")).put("exports", include_str!("lifecycle.wat"))
    }

    /// With `timer-handler`: `fired` writes to the socket called as the token.
    pub(super) fn with_timer(self) -> Self {
        self.put("core", "(func (export \"fired\") (param i64) (drop (call $say (local.get 0) (i32.const 64) (i32.const 4))))")
            .put(
                "exports",
                "(func $fired (param \"token\" u64) (canon lift (core func $main \"fired\")))
             (instance $timer (export \"fired\" (func $fired)))
             (export \"sockdock:plugin/timer-handler@0.1.0\" (instance $timer))",
            )
    }

    /// As a binary.
    pub(super) fn build(&self) -> Vec<u8> {
        wat::parse_str(&self.0).unwrap()
    }
}
