//! A WIT package as a list of its items, each with its whole definition: what two versions of it are compared by.
//!
//! Where order means nothing (functions of an interface, interfaces of a package) the list is sorted; where it is part of
//! the binary interface (cases of an enum, fields of a record, parameters) it is kept. Comments don't count.

use std::{collections::BTreeMap, fs, path::Path};
use wit_parser::{
    Function, Handle, InterfaceId, PackageId, Resolve, Result_, SourceMap, Stability, Type, TypeDefKind, TypeId, TypeOwner,
    WorldItem, WorldKey,
};

/// The package's name and version, as the host writes it.
const PACKAGE: &str = "sockdock:plugin@0.1.0";

/// A package's items: what each is called, and what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contract(BTreeMap<String, String>);

impl Contract {
    /// The package `sockdock:plugin@0.1.0` of a folder of `.wit` files.
    ///
    /// # Panics
    /// If they can't be read or aren't that package.
    #[track_caller]
    pub fn in_folder(folder: &Path) -> Self {
        let mut files: Vec<_> = fs::read_dir(folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.expect("a folder's entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "wit"))
            .collect();
        files.sort();
        let read = |path: &_| fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let texts: Vec<(String, String)> = files.iter().map(|path| (path.display().to_string(), read(path))).collect();
        Self::parse(texts.iter().map(|(path, text)| (path.as_str(), text.as_str())))
    }

    /// The package's part of one WIT text.
    ///
    /// # Panics
    /// If it isn't WIT, or has nothing of the package.
    #[track_caller]
    pub fn in_text(text: &str) -> Self {
        Self::parse([("text", text)])
    }

    #[track_caller]
    fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut map = SourceMap::default();
        for (path, text) in files {
            map.push_str(path, text);
        }
        let group = map.parse().unwrap_or_else(|(_, error)| panic!("WIT that can't be parsed: {error:?}"));
        let mut resolve = Resolve::default();
        resolve.push_group(group).unwrap_or_else(|error| panic!("WIT that can't be resolved: {error:?}"));
        let found = resolve.packages.iter().find(|(_, package)| package.name.to_string() == PACKAGE).map(|(id, _)| id);
        let package = found.unwrap_or_else(|| {
            let names: Vec<_> = resolve.package_names.keys().map(ToString::to_string).collect();
            panic!("there is no package {PACKAGE}, only {names:?}")
        });
        Listing { resolve: &resolve }.package(package)
    }

    /// The form that is kept in the repository: an item per line.
    pub fn to_text(&self) -> String {
        self.0.iter().map(|(name, definition)| format!("{name}: {definition}\n")).collect()
    }

    /// Reads what [`to_text`](Self::to_text) wrote; lines that begin with `#` don't count.
    ///
    /// # Panics
    /// At a line of another shape.
    #[track_caller]
    pub fn from_text(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let item = |line: &str| {
            let (name, definition) = line.split_once(": ").unwrap_or_else(|| panic!("not `NAME: DEFINITION`: {line:?}"));
            (name.to_owned(), definition.to_owned())
        };
        Self(lines.map(item).collect())
    }

    /// What isn't the same in `other`, and what `other` lacks: a line per item.
    pub fn broken_by(&self, other: &Self) -> Vec<String> {
        let broken = |(name, ours): (&String, &String)| match other.0.get(name) {
            Some(theirs) if theirs == ours => None,
            Some(theirs) => Some(format!("{name} was `{ours}` and is `{theirs}`")),
            None => Some(format!("{name} is gone; it was `{ours}`")),
        };
        self.0.iter().filter_map(broken).collect()
    }

    /// What only `other` has: a line per item.
    pub fn added_by(&self, other: &Self) -> Vec<String> {
        let new = other.0.iter().filter(|(name, _)| !self.0.contains_key(*name));
        new.map(|(name, theirs)| format!("{name} is new: `{theirs}`")).collect()
    }
}

/// Writes items down, each name with its interface's in front.
struct Listing<'a> {
    resolve: &'a Resolve,
}

impl Listing<'_> {
    fn package(&self, package: PackageId) -> Contract {
        let mut items = BTreeMap::new();
        let package = &self.resolve.packages[package];
        for (interface, id) in &package.interfaces {
            let found = &self.resolve.interfaces[*id];
            items.insert(format!("interface {interface}"), stability(&found.stability, "interface".to_owned()));
            for (name, ty) in &found.types {
                let found = &self.resolve.types[*ty];
                items.insert(format!("{interface}.{name}"), stability(&found.stability, self.definition(*ty)));
            }
            for (name, function) in &found.functions {
                let shape = stability(&function.stability, self.function(function));
                items.insert(format!("{interface}.{name}"), shape);
            }
        }
        for (world, id) in &package.worlds {
            let found = &self.resolve.worlds[*id];
            items.insert(format!("world {world}"), stability(&found.stability, "world".to_owned()));
            for (direction, list) in [("imports", &found.imports), ("exports", &found.exports)] {
                for (key, item) in list {
                    let (key, shape) = self.world_item(key, item);
                    items.insert(format!("world {world} {direction} {key}"), shape);
                }
            }
        }
        Contract(items)
    }

    fn world_item(&self, key: &WorldKey, item: &WorldItem) -> (String, String) {
        let key = match key {
            WorldKey::Name(name) => name.clone(),
            WorldKey::Interface(id) => self.interface(*id),
        };
        let shape = match item {
            WorldItem::Interface { id, stability: state, .. } => {
                let named = self.interface(*id);
                stability(state, if named == key { "interface".to_owned() } else { format!("interface {named}") })
            }
            WorldItem::Function(function) => stability(&function.stability, self.function(function)),
            WorldItem::Type { id, .. } => self.definition(*id),
        };
        (key, shape)
    }

    fn interface(&self, id: InterfaceId) -> String {
        self.resolve.id_of(id).unwrap_or_else(|| "unnamed".to_owned())
    }

    fn function(&self, function: &Function) -> String {
        let parameters = function.params.iter().map(|parameter| format!("{}: {}", parameter.name, self.ty(&parameter.ty)));
        let parameters = parameters.collect::<Vec<_>>().join(", ");
        let result = function.result.map_or_else(String::new, |ty| format!(" -> {}", self.ty(&ty)));
        let kind = if function.kind.is_async() { "async func" } else { "func" };
        format!("{kind}({parameters}){result}")
    }

    /// A named type's own definition; [`ty`](Self::ty) is how others refer to it.
    fn definition(&self, id: TypeId) -> String {
        let list = |parts: Vec<String>| parts.join(", ");
        let maybe = |ty: &Option<Type>| ty.map_or_else(String::new, |ty| format!("({})", self.ty(&ty)));
        match &self.resolve.types[id].kind {
            TypeDefKind::Record(record) => {
                let fields = record.fields.iter().map(|field| format!("{}: {}", field.name, self.ty(&field.ty)));
                format!("record {{ {} }}", list(fields.collect()))
            }
            TypeDefKind::Enum(cases) => {
                format!("enum {{ {} }}", list(cases.cases.iter().map(|case| case.name.clone()).collect()))
            }
            TypeDefKind::Variant(variant) => {
                let cases = variant.cases.iter().map(|case| format!("{}{}", case.name, maybe(&case.ty)));
                format!("variant {{ {} }}", list(cases.collect()))
            }
            TypeDefKind::Flags(flags) => {
                format!("flags {{ {} }}", list(flags.flags.iter().map(|flag| flag.name.clone()).collect()))
            }
            TypeDefKind::Resource => "resource".to_owned(),
            kind => format!("type {}", self.shape(kind)),
        }
    }

    fn ty(&self, ty: &Type) -> String {
        let Type::Id(id) = ty else { return format!("{ty:?}").to_lowercase() };
        let found = &self.resolve.types[*id];
        match (&found.name, found.owner) {
            (Some(name), TypeOwner::Interface(owner)) => {
                let owner = &self.resolve.interfaces[owner];
                format!("{}.{name}", owner.name.as_deref().unwrap_or("unnamed"))
            }
            (Some(name), _) => name.clone(),
            (None, _) => self.shape(&found.kind),
        }
    }

    /// A type without a name of its own.
    fn shape(&self, kind: &TypeDefKind) -> String {
        let or_nothing = |ty: &Option<Type>| ty.map_or_else(|| "_".to_owned(), |ty| self.ty(&ty));
        match kind {
            TypeDefKind::Type(ty) => self.ty(ty),
            TypeDefKind::Option(ty) => format!("option<{}>", self.ty(ty)),
            TypeDefKind::List(ty) => format!("list<{}>", self.ty(ty)),
            TypeDefKind::FixedLengthList(ty, length) => format!("list<{}, {length}>", self.ty(ty)),
            TypeDefKind::Map(key, value) => format!("map<{}, {}>", self.ty(key), self.ty(value)),
            TypeDefKind::Result(Result_ { ok, err }) => format!("result<{}, {}>", or_nothing(ok), or_nothing(err)),
            TypeDefKind::Tuple(tuple) => {
                format!("tuple<{}>", tuple.types.iter().map(|ty| self.ty(ty)).collect::<Vec<_>>().join(", "))
            }
            TypeDefKind::Future(ty) => format!("future<{}>", or_nothing(ty)),
            TypeDefKind::Stream(ty) => format!("stream<{}>", or_nothing(ty)),
            TypeDefKind::Handle(Handle::Own(id)) => format!("own<{}>", self.ty(&Type::Id(*id))),
            TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", self.ty(&Type::Id(*id))),
            other => other.as_str().to_owned(),
        }
    }
}

/// A definition with the gate that stands before it (`@since`, `@unstable`), if any.
fn stability(stability: &Stability, definition: String) -> String {
    if stability.is_unknown() { definition } else { format!("{stability:?} {definition}") }
}
