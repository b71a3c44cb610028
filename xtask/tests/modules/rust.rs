//! The module graph of a Rust crate, from its source text.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

use crate::graph::Graph;

/// How many re-exports a name may pass through before its definition is given up.
const MAX_REEXPORTS: usize = 32;

/// Segments of a path, as written.
type Segments = Vec<String>;

/// A module and the names in it.
#[derive(Default)]
struct Module {
    file: PathBuf,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    /// Names of the items that are defined here.
    items: BTreeSet<String>,
    /// Names that `use` brings into scope.
    imports: BTreeMap<String, Import>,
    globs: Vec<Import>,
    /// Paths in signatures, bodies, macros and attributes.
    paths: BTreeSet<Segments>,
}

struct Import {
    path: Segments,
    is_reexport: bool,
}

/// Where a path leads inside the crate.
struct Target {
    module: usize,
    /// The item, or `None` when the path names the module itself.
    item: Option<String>,
}

/// The modules of one crate; the root is the first.
struct Crate {
    modules: Vec<Module>,
    /// Macros that `macro_export` moves to the root, with the module that defines them.
    exported_macros: BTreeMap<String, usize>,
}

/// Reads the crate whose root is `root_file`, and adds its edges to a new graph.
///
/// # Errors
/// When a file of the crate is missing or does not parse.
pub(crate) fn graph(root_file: &Path) -> Result<Graph> {
    let mut krate = Crate { modules: Vec::new(), exported_macros: BTreeMap::new() };
    let directory = root_file.parent().context("a crate root lies in a directory")?;
    krate.read_file(root_file, directory, None)?;
    let mut graph = Graph::default();
    for module in 0..krate.modules.len() {
        krate.add_edges(module, &mut graph);
    }
    Ok(graph)
}

impl Crate {
    /// Reads the module in `file`; the files of its children are below `directory`.
    fn read_file(&mut self, file: &Path, directory: &Path, parent: Option<usize>) -> Result<usize> {
        let text =
            fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let parsed =
            syn::parse_file(&text).with_context(|| format!("cannot parse {}", file.display()))?;
        self.read_module(parsed.items, file, directory, parent)
    }

    fn read_module(
        &mut self,
        items: Vec<Item>,
        file: &Path,
        directory: &Path,
        parent: Option<usize>,
    ) -> Result<usize> {
        let index = self.modules.len();
        self.modules.push(Module { file: file.to_path_buf(), parent, ..Module::default() });
        for item in items {
            if is_for_tests(attributes(&item)) {
                continue;
            }
            match item {
                Item::Mod(item) => {
                    let name = item.ident.to_string();
                    let below = directory.join(&name);
                    let child = match item.content {
                        Some((_, items)) => self.read_module(items, file, &below, Some(index))?,
                        None => {
                            let (file, below) = child_file(&item.attrs, file, directory, &name)?;
                            self.read_file(&file, &below, Some(index))?
                        }
                    };
                    self.modules[index].children.insert(name, child);
                }
                Item::Use(item) => {
                    let is_reexport = !matches!(item.vis, Visibility::Inherited);
                    self.modules[index].import(&item.tree, &mut Vec::new(), is_reexport);
                }
                item => {
                    if let Item::Macro(item) = &item
                        && let Some(name) = &item.ident
                        && item.attrs.iter().any(|attr| attr.path().is_ident("macro_export"))
                    {
                        self.exported_macros.insert(name.to_string(), index);
                    }
                    self.modules[index].items.extend(name_of(&item));
                    Paths(&mut self.modules[index].paths).visit_item(&item);
                }
            }
        }
        Ok(index)
    }

    fn add_edges(&self, index: usize, graph: &mut Graph) {
        let module = &self.modules[index];
        let mut add = |path: &Segments| {
            if let Some(Target { module: target, item: Some(name) }) = self.resolve(index, path, 0)
            {
                graph.add(&module.file, &self.modules[target].file, &name);
            }
        };
        let private = |import: &&Import| !import.is_reexport;
        module.imports.values().filter(private).for_each(|import| add(&import.path));
        // Among them are the re-exported names that this module uses itself.
        module.paths.iter().for_each(&mut add);
        for glob in module.globs.iter().filter(private) {
            if let Some(target) = self.resolve(index, &glob.path, 0) {
                let name = target.item.as_deref().unwrap_or("*");
                graph.add(&module.file, &self.modules[target.module].file, name);
            }
        }
    }

    /// Follows a path from a module to the definition, through re-exports. Returns `None` for a
    /// path that leads out of the crate.
    fn resolve(&self, from: usize, path: &[String], depth: usize) -> Option<Target> {
        let (first, mut rest) = path.split_first()?;
        let mut module = match first.as_str() {
            "crate" | "$crate" => 0,
            "self" => from,
            "super" => self.modules[from].parent?,
            _ => {
                rest = path;
                let here = &self.modules[from];
                if !(here.children.contains_key(first)
                    || here.items.contains(first)
                    || here.imports.contains_key(first))
                {
                    return None;
                }
                from
            }
        };
        while let Some((name, after)) = rest.split_first() {
            let here = &self.modules[module];
            if name == "super" {
                module = here.parent?;
            } else if let Some(child) = here.children.get(name) {
                module = *child;
            } else {
                return self.resolve_name(module, name, after, depth);
            }
            rest = after;
        }
        Some(Target { module, item: None })
    }

    /// Resolves `name` in a module, followed by the segments `after`.
    fn resolve_name(
        &self,
        module: usize,
        name: &str,
        after: &[String],
        depth: usize,
    ) -> Option<Target> {
        let here = &self.modules[module];
        let found = |module| Some(Target { module, item: Some(name.to_owned()) });
        if here.items.contains(name) || depth > MAX_REEXPORTS {
            return found(module);
        }
        if let Some(import) = here.imports.get(name) {
            // Inside a module, `use name::...` does not mean the import that it makes.
            let is_own = import.path.first().is_some_and(|first| first == name);
            if is_own && !here.children.contains_key(name) {
                return None;
            }
            let target = self.resolve(module, &import.path, depth + 1)?;
            return match (target.item, after.split_first()) {
                (None, Some((name, after))) => self.resolve_in(target.module, name, after, depth),
                (item, _) => Some(Target { module: target.module, item }),
            };
        }
        for glob in &here.globs {
            if let Some(Target { module: source, item: None }) =
                self.resolve(module, &glob.path, depth + 1)
                && source != module
                && self.has(source, name, depth + 1)
            {
                return self.resolve_in(source, name, after, depth + 1);
            }
        }
        if module == 0
            && let Some(definition) = self.exported_macros.get(name)
        {
            return found(*definition);
        }
        found(module)
    }

    /// Like [`Crate::resolve_name`], where `name` may be a child module.
    fn resolve_in(
        &self,
        module: usize,
        name: &str,
        after: &[String],
        depth: usize,
    ) -> Option<Target> {
        let mut path = vec!["self".to_owned(), name.to_owned()];
        path.extend_from_slice(after);
        self.resolve(module, &path, depth + 1)
    }

    /// Whether a module has a name, defined there or re-exported by it.
    fn has(&self, module: usize, name: &str, depth: usize) -> bool {
        let here = &self.modules[module];
        here.items.contains(name)
            || here.imports.contains_key(name)
            || here.children.contains_key(name)
            || (depth <= MAX_REEXPORTS
                && here.globs.iter().any(|glob| {
                    matches!(self.resolve(module, &glob.path, depth + 1),
                        Some(Target { module: source, item: None })
                            if source != module && self.has(source, name, depth + 1))
                }))
    }
}

impl Module {
    /// Adds the names of a `use` tree below `prefix`.
    fn import(&mut self, tree: &UseTree, prefix: &mut Segments, is_reexport: bool) {
        match tree {
            UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.import(&path.tree, prefix, is_reexport);
                prefix.pop();
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, prefix, is_reexport);
                }
            }
            UseTree::Glob(_) => self.globs.push(Import { path: prefix.clone(), is_reexport }),
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                self.bind(&name, &name, prefix, is_reexport);
            }
            UseTree::Rename(rename) => {
                let (name, bound) = (rename.ident.to_string(), rename.rename.to_string());
                self.bind(&name, &bound, prefix, is_reexport);
            }
        }
    }

    fn bind(&mut self, name: &str, bound: &str, prefix: &Segments, is_reexport: bool) {
        let mut path = prefix.clone();
        let mut bound = bound.to_owned();
        if name == "self" {
            // `use a::b::{self}` binds `b`.
            if bound == "self" {
                bound = prefix.last().cloned().unwrap_or_default();
            }
        } else {
            path.push(name.to_owned());
        }
        if bound == "_" {
            // Several traits may be imported without a name.
            bound = format!("_ {}", path.join("::"));
        }
        self.imports.insert(bound, Import { path, is_reexport });
    }
}

/// Collects the paths of an item.
struct Paths<'a>(&'a mut BTreeSet<Segments>);

impl Paths<'_> {
    /// Adds the paths in the tokens of a macro call or an attribute, which have no syntax tree.
    fn scan(&mut self, tokens: TokenStream) {
        let mut path = Segments::new();
        let (mut colons, mut dollar) = (0, false);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.add(&mut path);
                    }
                    path.push(format!("{}{ident}", if dollar { "$" } else { "" }));
                    (colons, dollar) = (0, false);
                    continue;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Punct(punct) => {
                    self.add(&mut path);
                    (colons, dollar) = (0, punct.as_char() == '$');
                }
                TokenTree::Group(group) => {
                    self.add(&mut path);
                    colons = 0;
                    self.scan(group.stream());
                }
                TokenTree::Literal(literal) => {
                    self.add(&mut path);
                    colons = 0;
                    self.add_quoted(&literal.to_string());
                }
            }
        }
        self.add(&mut path);
    }

    fn add(&mut self, path: &mut Segments) {
        if !path.is_empty() {
            self.0.insert(std::mem::take(path));
        }
    }

    /// Adds a path in a string, such as that of `#[serde(with = "super::seconds")]`.
    fn add_quoted(&mut self, literal: &str) {
        let text = literal.trim_matches('"');
        if ["crate::", "self::", "super::"].iter().any(|start| text.starts_with(start)) {
            // A module stands for the functions in it.
            self.0.insert(text.split("::").chain(["*"]).map(str::to_owned).collect());
        }
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.0.insert(path.segments.iter().map(|part| part.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        visit::visit_macro(self, item);
        self.scan(item.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Ok(list) = attribute.meta.require_list()
            && !attribute.path().is_ident("doc")
        {
            self.scan(list.tokens.clone());
        }
    }

    /// `pub(in super::super)` restricts, and imports nothing.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}

    /// A `use` in a function body.
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let mut scope = Module::default();
        scope.import(&item.tree, &mut Vec::new(), false);
        self.0.extend(scope.imports.into_values().chain(scope.globs).map(|import| import.path));
    }

    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_for_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }
}

/// Whether `cfg(test)`, alone or in `all(...)`, keeps an item out of the program.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute.meta.require_list().is_ok_and(|list| {
                    let condition = list.tokens.to_string().replace(' ', "");
                    condition == "test" || condition.starts_with("all(test,")
                })
    })
}

/// Returns the file of `mod name;` and the directory of its own children.
fn child_file(
    attributes: &[Attribute],
    parent: &Path,
    directory: &Path,
    name: &str,
) -> Result<(PathBuf, PathBuf)> {
    let named = attributes.iter().filter(|attribute| attribute.path().is_ident("path"));
    for attribute in named {
        if let syn::Meta::NameValue(meta) = &attribute.meta
            && let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(path), .. }) = &meta.value
        {
            let file = parent.parent().unwrap_or(directory).join(path.value());
            let below = file.parent().unwrap_or(directory).to_path_buf();
            return Ok((file, below));
        }
    }
    let below = directory.join(name);
    let candidates = [directory.join(format!("{name}.rs")), below.join("mod.rs")];
    let file = candidates.into_iter().find(|file| file.is_file());
    let file = file.with_context(|| format!("{}: no file of mod {name}", parent.display()))?;
    Ok((file, below))
}

/// Returns the name that an item defines in its module.
fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
