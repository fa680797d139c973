//! What the files of a crate declare and name, tests left out.

use std::collections::BTreeMap;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// Where a module stands, from the root of the crate.
pub(super) type ModulePath = Vec<String>;

/// A module of the crate, in a file of its own or inside one.
#[derive(Debug)]
pub(super) struct Module {
    pub(super) file: usize,
    pub(super) items: BTreeMap<String, Declared>,
}

/// What a name stands for inside a module.
#[derive(Debug, Clone)]
pub(super) enum Declared {
    /// Something that is defined there.
    Here,
    /// A module below it.
    Module,
    /// Something from elsewhere, by this path.
    Import(Vec<String>),
}

/// A path that a file names.
#[derive(Debug, Clone)]
pub(super) struct Named {
    /// The module in which the path is written.
    pub(super) inside: ModulePath,
    pub(super) path: Vec<String>,
    pub(super) line: usize,
    /// A star at its end: everything there is.
    pub(super) glob: bool,
}

/// A method that a file defines.
#[derive(Debug)]
pub(super) struct Method {
    pub(super) name: String,
    /// The type, in whose own `impl` it stands; `None`: in a trait, or in the `impl` of one.
    pub(super) of: Option<Named>,
}

/// A method that a file calls.
#[derive(Debug)]
pub(super) struct Called {
    pub(super) name: String,
    /// The type, where it is called on `self` or `Self`.
    pub(super) of: Option<Named>,
}

/// A file of the crate.
#[derive(Debug)]
pub(super) struct File {
    /// Its path below `src/`.
    pub(super) name: String,
    pub(super) named: Vec<Named>,
    pub(super) methods: Vec<Method>,
    pub(super) called: Vec<Called>,
}

/// All that is not a test.
#[derive(Debug, Default)]
pub(super) struct Sources {
    pub(super) files: Vec<File>,
    pub(super) modules: BTreeMap<ModulePath, Module>,
}

impl Sources {
    /// Reads files, each its path below `src/` and its text. A file that only tests declare is left out.
    pub(super) fn read(texts: &[(String, String)]) -> Self {
        let mut parsed: BTreeMap<ModulePath, (&str, syn::File)> = BTreeMap::new();
        for (name, text) in texts {
            let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            parsed.insert(module_path(name), (name, file));
        }
        let mut tests = Vec::new();
        for (path, (_, file)) in &parsed {
            tests.extend(test_modules(path, &file.items));
        }
        let mut sources = Self::default();
        for (path, (name, file)) in &parsed {
            if tests.iter().any(|test| path.starts_with(test)) {
                continue;
            }
            let mut reader = Reader {
                inside: path.clone(),
                named: Vec::new(),
                methods: Vec::new(),
                called: Vec::new(),
                own: None,
                modules: &mut sources.modules,
                at: sources.files.len(),
            };
            reader.module(path.clone());
            reader.visit_file(file);
            let Reader { named, methods, called, .. } = reader;
            sources.files.push(File { name: (*name).to_owned(), named, methods, called });
        }
        sources
    }

    /// The full path of what `named` names: from the root of the crate, or from another crate's name.
    pub(super) fn expand(&self, named: &Named) -> Option<Full> {
        self.full(&named.inside, &named.path, 0)
    }

    fn full(&self, inside: &[String], path: &[String], depth: usize) -> Option<Full> {
        // A name that imports itself by way of others cannot be; the compiler would have said so.
        if depth > 16 {
            return None;
        }
        let (first, rest) = path.split_first()?;
        let joined = |base: &[String]| base.iter().chain(rest).cloned().collect::<Vec<_>>();
        match first.as_str() {
            "crate" | "$crate" | "ringback" => Some(Full::Own(rest.to_vec())),
            "self" => Some(Full::Own(joined(inside))),
            "super" => {
                let parent = &inside[..inside.len().checked_sub(1)?];
                match rest.first().map(String::as_str) {
                    Some("super") => self.full(parent, rest, depth + 1),
                    _ => Some(Full::Own(joined(parent))),
                }
            }
            name => match self.modules.get(inside)?.items.get(name) {
                Some(Declared::Here) => None,
                Some(Declared::Module) => Some(Full::Own(inside.iter().chain(path).cloned().collect())),
                // `use x;` imports the crate x under its own name.
                Some(Declared::Import(import)) if import.first() == Some(first) && import.len() == 1 => {
                    Some(Full::Other(path.to_vec()))
                }
                Some(Declared::Import(import)) => {
                    let whole: Vec<String> = import.iter().chain(rest).cloned().collect();
                    if import.first() == Some(first) {
                        Some(Full::Other(whole))
                    } else {
                        self.full(inside, &whole, depth + 1)
                    }
                }
                None => Some(Full::Other(path.to_vec())),
            },
        }
    }

    /// The file that defines what is at `path` from the root: re-exports are followed. None for a module itself.
    pub(super) fn defined_in(&self, path: &[String]) -> Option<usize> {
        self.follow(path, 0)
    }

    fn follow(&self, path: &[String], depth: usize) -> Option<usize> {
        let mut module = Vec::new();
        for (at, name) in path.iter().enumerate() {
            let here = self.modules.get(&module)?;
            match here.items.get(name) {
                Some(Declared::Module) => module.push(name.clone()),
                Some(Declared::Import(import)) if depth < 16 => {
                    let whole: Vec<String> = import.iter().chain(&path[at + 1..]).cloned().collect();
                    return match self.full(&module, &whole, depth)? {
                        Full::Own(path) => self.follow(&path, depth + 1),
                        Full::Other(_) => Some(here.file),
                    };
                }
                _ => return Some(here.file),
            }
        }
        None
    }
}

/// A path whose first name is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// In this crate, from its root.
    Own(Vec<String>),
    /// In another one, its name first; or a name that the language or a macro brings.
    Other(Vec<String>),
}

/// `store/mod.rs` and `store.rs` are both the module `store`; `lib.rs` is the root.
fn module_path(name: &str) -> ModulePath {
    let name = name.trim_end_matches(".rs").trim_end_matches("/mod");
    if name == "lib" { Vec::new() } else { name.split('/').map(str::to_owned).collect() }
}

/// The modules among `items` that only tests have.
fn test_modules(inside: &[String], items: &[Item]) -> Vec<ModulePath> {
    let modules = items.iter().filter_map(|item| match item {
        Item::Mod(module) if for_tests(&module.attrs) => Some(module.ident.to_string()),
        _ => None,
    });
    modules.map(|name| inside.iter().cloned().chain([name]).collect()).collect()
}

/// Whether something is there for tests only: `#[cfg(test)]`, or `#[cfg(all(test, …))]`.
fn for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).any(|attribute| {
        let condition = attribute.parse_args::<syn::Meta>();
        condition.is_ok_and(|condition| match condition {
            syn::Meta::Path(path) => path.is_ident("test"),
            syn::Meta::List(list) if list.path.is_ident("all") => list
                .tokens
                .into_iter()
                .any(|token| matches!(token, TokenTree::Ident(ident) if ident == "test")),
            _ => false,
        })
    })
}

struct Reader<'m> {
    inside: ModulePath,
    named: Vec<Named>,
    methods: Vec<Method>,
    called: Vec<Called>,
    /// The type whose `impl` is read.
    own: Option<Named>,
    modules: &'m mut BTreeMap<ModulePath, Module>,
    at: usize,
}

impl Reader<'_> {
    /// Goes on inside a module.
    fn module(&mut self, path: ModulePath) {
        let file = self.at;
        self.modules.insert(path.clone(), Module { file, items: BTreeMap::new() });
        self.inside = path;
    }

    fn declare(&mut self, name: String, declared: Declared) {
        if let Some(module) = self.modules.get_mut(&self.inside) {
            // What is defined comes before what a function imports for itself under the same name.
            module.items.entry(name).or_insert(declared);
        }
    }

    fn name(&mut self, path: Vec<String>, line: usize, glob: bool) {
        self.named.push(Named { inside: self.inside.clone(), path, line, glob });
    }

    fn import(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: &syn::Ident| before.iter().cloned().chain([name.to_string()]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(path) => self.import(&with(&path.ident), &path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(before, tree)),
            UseTree::Glob(glob) => {
                let line = glob.star_token.spans[0].start().line;
                self.name(before.to_vec(), line, true);
            }
            UseTree::Name(name) if name.ident == "self" => {
                let as_name = before.last().cloned().unwrap_or_default();
                self.imported(before.to_vec(), as_name, name.ident.span().start().line);
            }
            UseTree::Name(name) => {
                self.imported(with(&name.ident), name.ident.to_string(), name.ident.span().start().line);
            }
            UseTree::Rename(rename) if rename.ident == "self" => {
                self.imported(before.to_vec(), rename.rename.to_string(), rename.rename.span().start().line);
            }
            UseTree::Rename(rename) => {
                self.imported(
                    with(&rename.ident),
                    rename.rename.to_string(),
                    rename.ident.span().start().line,
                );
            }
        }
    }

    fn imported(&mut self, path: Vec<String>, as_name: String, line: usize) {
        self.name(path.clone(), line, false);
        self.declare(as_name, Declared::Import(path));
    }

    /// Paths and calls of methods inside a macro's call or an attribute, whose tokens are no syntax yet.
    fn tokens(&mut self, tokens: TokenStream) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(tree) = trees.get(at) {
            at += 1;
            if let [TokenTree::Punct(dot), TokenTree::Ident(name), TokenTree::Group(_), ..] = &trees[at - 1..]
                && dot.as_char() == '.'
            {
                let on_self = at >= 2 && matches!(&trees[at - 2], TokenTree::Ident(of) if of == "self");
                let of = self.own.clone().filter(|_| on_self);
                self.called.push(Called { name: name.to_string(), of });
            }
            match tree {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(first) => {
                    let mut path = vec![first.to_string()];
                    while let [TokenTree::Punct(one), TokenTree::Punct(two), TokenTree::Ident(next), ..] =
                        &trees[at..]
                        && (one.as_char(), two.as_char()) == (':', ':')
                    {
                        path.push(next.to_string());
                        at += 3;
                    }
                    self.name(path, first.span().start().line, false);
                }
                // `#[serde(with = "super::x")]`
                TokenTree::Literal(literal) => {
                    let text = syn::parse_str::<syn::LitStr>(&literal.to_string());
                    if let Ok(path) = text.and_then(|text| text.parse::<syn::Path>()) {
                        self.path(&path, literal.span().start().line);
                    }
                }
                TokenTree::Punct(_) => {}
            }
        }
    }

    fn path(&mut self, path: &syn::Path, line: usize) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let ([first, name], true) = (names.as_slice(), self.own.is_some())
            && first == "Self"
        {
            self.called.push(Called { name: name.clone(), of: self.own.clone() });
        }
        if path.leading_colon.is_none() {
            self.name(names, line, false);
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = parts(item);
        if for_tests(attributes) {
            return;
        }
        if let Some(name) = name {
            self.declare(name.to_string(), Declared::Here);
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        self.declare(module.ident.to_string(), Declared::Module);
        if let Some((_, items)) = &module.content {
            let outside = self.inside.clone();
            self.module(outside.iter().cloned().chain([module.ident.to_string()]).collect());
            items.iter().for_each(|item| self.visit_item(item));
            self.inside = outside;
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.import(&[], &item.tree);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.own = match &*item.self_ty {
            syn::Type::Path(of) => {
                let path = of.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
                Some(Named { inside: self.inside.clone(), path, line: 0, glob: false })
            }
            _ => None,
        };
        for inner in &item.items {
            if let syn::ImplItem::Fn(method) = inner
                && !for_tests(&method.attrs)
            {
                let of = self.own.clone().filter(|_| item.trait_.is_none());
                self.methods.push(Method { name: method.sig.ident.to_string(), of });
            }
        }
        visit::visit_item_impl(self, item);
        self.own = None;
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.methods.push(Method { name: item.sig.ident.to_string(), of: None });
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let on_self = matches!(&*call.receiver, syn::Expr::Path(path) if path.path.is_ident("self"));
        let of = self.own.clone().filter(|_| on_self);
        self.called.push(Called { name: call.method.to_string(), of });
        visit::visit_expr_method_call(self, call);
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Const(item) => &item.attrs,
            syn::ImplItem::Fn(item) => &item.attrs,
            syn::ImplItem::Type(item) => &item.attrs,
            syn::ImplItem::Macro(item) => &item.attrs,
            _ => return visit::visit_impl_item(self, item),
        };
        if !for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if !for_tests(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let line = path.segments.first().map_or(0, |segment| segment.ident.span().start().line);
        self.path(path, line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
    }

    // `pub(in crate::x)` says who may see something, and imports nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}

/// An item's attributes, and the name that it defines.
fn parts(item: &Item) -> (&[Attribute], Option<&syn::Ident>) {
    match item {
        Item::Const(item) => (&item.attrs, Some(&item.ident)),
        Item::Enum(item) => (&item.attrs, Some(&item.ident)),
        Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
        Item::Impl(item) => (&item.attrs, None),
        Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
        Item::Mod(item) => (&item.attrs, None),
        Item::Static(item) => (&item.attrs, Some(&item.ident)),
        Item::Struct(item) => (&item.attrs, Some(&item.ident)),
        Item::Trait(item) => (&item.attrs, Some(&item.ident)),
        Item::Type(item) => (&item.attrs, Some(&item.ident)),
        Item::Union(item) => (&item.attrs, Some(&item.ident)),
        Item::Use(item) => (&item.attrs, None),
        _ => (&[], None),
    }
}
