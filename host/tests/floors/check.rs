//! Finds what a source file names, and holds it against the rules in `floors.rs`.

use super::{FLOORS, OUTSIDE, UNSAFE_HOME};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeMap;
use syn::{UseTree, spanned::Spanned, visit, visit::Visit};

/// What `lib.rs` offers at the crate's root, and the floor that each comes from.
pub fn reexports(library: &str) -> BTreeMap<String, String> {
    let mut exports = BTreeMap::new();
    for item in syn::parse_file(library).unwrap().items {
        if let syn::Item::Use(item) = item {
            let mut uses = Vec::new();
            flatten(&item.tree, Vec::new(), &mut uses);
            exports.extend(uses.into_iter().map(|import| (import.name, import.path[0].clone())));
        }
    }
    exports
}

/// Breaches in the file `name` (relative to `src`), a line each.
pub fn check(name: &str, source: &str, exports: &BTreeMap<String, String>) -> Vec<String> {
    let syntax = syn::parse_file(source).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut module: Vec<String> = name.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    // `lib.rs` and `main.rs` stand on the top floor.
    let floor = module.first().map_or("control", String::as_str).to_owned();
    let mut checker = Checker { name, floor, module, exports, findings: Vec::new() };
    if !FLOORS.iter().any(|(floor, _)| *floor == checker.floor) {
        checker.report(1, "stands on no floor: move it into one's folder");
    }
    if name != UNSAFE_HOME {
        checker.find_unsafe(source.parse().unwrap());
    }
    checker.visit_file(&syntax);
    checker.findings
}

struct Checker<'a> {
    name: &'a str,
    floor: String,
    module: Vec<String>,
    exports: &'a BTreeMap<String, String>,
    findings: Vec<String>,
}

impl Checker<'_> {
    fn report(&mut self, line: usize, what: impl std::fmt::Display) {
        self.findings.push(format!("{}:{line}: {what}", self.name));
    }

    fn find_unsafe(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.find_unsafe(group.stream()),
                TokenTree::Ident(word) if word == "unsafe" => {
                    self.report(word.span().start().line, format!("`unsafe` stands in {UNSAFE_HOME} alone"));
                }
                _ => {}
            }
        }
    }

    /// `path` as written here; `opens`: it is imported whole or under another name, so that what it leads to can't be seen.
    fn path(&mut self, path: &[String], opens: bool, line: usize) {
        if let Some(inside) = self.within_crate(path) {
            self.inside(&inside, opens, line);
        } else {
            self.outside(path, opens, line);
        }
    }

    /// The path from the crate's root, if it leads into this crate.
    fn within_crate(&self, path: &[String]) -> Option<Vec<String>> {
        let mut base = match path.first()?.as_str() {
            "crate" | "sockdock" => Vec::new(),
            "self" | "super" => self.module.clone(),
            // Only at the root are floors in scope by their bare names.
            first if self.module.is_empty() && FLOORS.iter().any(|(floor, _)| *floor == first) => return Some(path.to_vec()),
            _ => return None,
        };
        let mut rest = path.iter().skip_while(|segment| *segment == "crate" || *segment == "sockdock").peekable();
        while let Some(step) = rest.next_if(|segment| *segment == "self" || *segment == "super") {
            if step == "super" {
                base.pop();
            }
        }
        base.extend(rest.cloned());
        Some(base)
    }

    fn inside(&mut self, path: &[String], opens: bool, line: usize) {
        let Some(first) = path.first() else {
            if opens {
                self.report(line, "imports the crate's root: name the floor");
            }
            return;
        };
        let Some(target) = FLOORS.iter().find(|(floor, _)| floor == first).map(|(floor, _)| *floor) else {
            match self.exports.get(first).cloned() {
                Some(target) => self.enter(&target, &format!("crate::{first}"), line),
                None => self.report(line, format!("crate::{first} is neither a floor nor re-exported from one")),
            }
            return;
        };
        self.enter(target, &format!("crate::{}", path.join("::")), line);
    }

    fn enter(&mut self, target: &str, path: &str, line: usize) {
        let below = FLOORS.iter().find(|(floor, _)| *floor == self.floor).map_or(&[][..], |(_, below)| *below);
        if target != self.floor && !below.contains(&target) {
            self.report(line, format!("{path}: {} may not know {target}", self.floor));
        }
    }

    fn outside(&mut self, path: &[String], opens: bool, line: usize) {
        let hit = OUTSIDE.iter().find(|(banned, floors, _)| {
            let banned: Vec<&str> = banned.split("::").collect();
            let same = path.iter().zip(&banned).all(|(is, banned)| match banned.strip_suffix('*') {
                Some(prefix) => is.starts_with(prefix),
                None => is == banned,
            });
            same && (path.len() >= banned.len() || opens) && !floors.contains(&self.floor.as_str())
        });
        if let Some((_, _, reason)) = hit {
            self.report(line, format!("{} on floor {}: {reason}", path.join("::"), self.floor));
        }
    }

    /// Paths in what a macro is given, which isn't parsed: words joined by `::`.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        let mut line = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(word) if path.is_empty() || colons == 2 => {
                    line = word.span().start().line;
                    path.push(word.to_string());
                    colons = 0;
                    continue;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' && colons < 2 && !path.is_empty() => {
                    colons += 1;
                    continue;
                }
                other => {
                    self.found(&mut path, line);
                    colons = 0;
                    match other {
                        TokenTree::Group(group) => self.tokens(group.stream()),
                        TokenTree::Ident(word) => path.push(word.to_string()),
                        _ => {}
                    }
                }
            }
        }
        self.found(&mut path, line);
    }

    /// A lone word is a variable or a keyword, not a path.
    fn found(&mut self, path: &mut Vec<String>, line: usize) {
        if path.len() > 1 {
            self.path(path, false, line);
        }
        path.clear();
    }
}

impl<'ast> Visit<'ast> for Checker<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.attrs.iter().any(|attribute| attribute.path().is_ident("path")) {
            self.report(item.span().start().line, "#[path] hides which floor a file stands on");
        }
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let mut uses = Vec::new();
        flatten(&item.tree, Vec::new(), &mut uses);
        for import in uses {
            self.path(&import.path, import.opens, item.span().start().line);
        }
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        self.path(&[item.ident.to_string()], item.rename.is_some(), item.span().start().line);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.found(&mut words, path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.tokens(list.tokens.clone());
        visit::visit_meta_list(self, list);
    }
}

struct Import {
    path: Vec<String>,
    /// The name that it has here.
    name: String,
    opens: bool,
}

fn flatten(tree: &UseTree, mut path: Vec<String>, uses: &mut Vec<Import>) {
    match tree {
        UseTree::Path(part) => {
            path.push(part.ident.to_string());
            flatten(&part.tree, path, uses);
        }
        UseTree::Name(part) => {
            // `a::{self}` names `a`.
            if part.ident != "self" || path.is_empty() {
                path.push(part.ident.to_string());
            }
            uses.push(Import { name: path.last().cloned().unwrap_or_default(), path, opens: false });
        }
        UseTree::Rename(part) => {
            if part.ident != "self" || path.is_empty() {
                path.push(part.ident.to_string());
            }
            uses.push(Import { name: part.rename.to_string(), path, opens: true });
        }
        UseTree::Glob(_) => uses.push(Import { name: "*".to_owned(), path, opens: true }),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, path.clone(), uses)),
    }
}
