//! One set of stories for plugins in four languages: the `echo` of each behaves as Rust's does, and each takes over
//! from each under live connections. `make interop` builds the plugins and runs them.
#![deny(dead_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

/// Makes a test of each function for each language: `bytes::python::byte_by_byte`.
macro_rules! in_each_language {
    ($($test:ident),+ $(,)?) => { in_languages! { rust Rust, c C, js JavaScript, python Python => $($test),+ } };
}

/// The same for the languages whose probe is in `tests/languages`.
macro_rules! in_each_probed_language {
    ($($test:ident),+ $(,)?) => { in_languages! { c C, js JavaScript, python Python => $($test),+ } };
}

macro_rules! in_languages {
    ($($module:ident $language:ident),+ => $($test:tt),+) => {
        in_languages! { @each [$($test),+] $($module $language),+ }
    };
    (@each $tests:tt $($module:ident $language:ident),+) => {
        $(in_languages! { @one $module $language $tests })+
    };
    (@one $module:ident $language:ident [$($test:ident),+]) => {
        mod $module {
            $(#[test]
            fn $test() {
                super::$test(crate::plugins::Language::$language);
            })+
        }
    };
}

mod bytes;
mod contract;
mod draining;
mod ending;
mod plugins;
mod projects;
mod readmes;
mod reload;
mod speaking;
