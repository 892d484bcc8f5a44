//! The repository's files, as the checks look at them: text, code without comments, and offenders with
//! their lines. It knows no rule.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use syn::spanned::Spanned;

/// A file of the repository.
pub(crate) struct Source {
    /// Its path from the root, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A piece of code: a name, a sign, or a literal.
pub(crate) struct Token {
    pub(crate) line: usize,
    pub(crate) text: String,
    pub(crate) literal: bool,
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every text file below a folder of the repository, in order.
pub(crate) fn files(under: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let folder = root().join(under);
    assert!(folder.is_dir(), "there is no folder {under}");
    walk(&folder, under.trim_end_matches('/'), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Every Rust file below a folder of the repository, in order.
pub(crate) fn rust_files(under: &str) -> Vec<Source> {
    files(under).into_iter().filter(|source| source.path.ends_with(".rs")).collect()
}

fn walk(folder: &Path, path: &str, found: &mut Vec<Source>) {
    // What is built, what is kept by git, and the demo's database are nobody's text.
    const SKIPPED: [&str; 3] = ["target", ".git", ".acrotask"];
    for entry in std::fs::read_dir(folder).expect("a folder of the repository should be readable") {
        let entry = entry.expect("an entry of the repository should be readable");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        let kind = entry.file_type().expect("an entry should be of some kind");
        if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
            walk(&entry.path(), &path, found);
        } else if kind.is_file()
            && !SKIPPED.contains(&name.as_str())
            && let Ok(text) = std::fs::read_to_string(entry.path())
        {
            found.push(Source { path, text });
        }
    }
}

impl Source {
    /// The module of its crate that it is in: `usage_sync` for `functions/src/usage_sync/apply.rs`.
    pub(crate) fn module_path(&self) -> Vec<&str> {
        let inside = self.path.split_once("src/").map_or(self.path.as_str(), |(_, inside)| inside);
        let inside = inside.trim_end_matches(".rs").trim_end_matches("/mod");
        inside.split('/').filter(|part| !["lib", "main"].contains(part)).collect()
    }

    pub(crate) fn stream(&self) -> TokenStream {
        self.text.parse().unwrap_or_else(|error| panic!("{} is no Rust: {error}", self.path))
    }

    pub(crate) fn syntax(&self) -> syn::File {
        syn::parse_file(&self.text).unwrap_or_else(|error| panic!("{} is no Rust: {error}", self.path))
    }

    /// The code without comments; what stands in a `use` follows again with its whole path, one by one.
    pub(crate) fn code(&self) -> Vec<Token> {
        let mut tokens = Vec::new();
        add_tokens(self.stream(), &mut tokens);
        for (line, path) in self.uses() {
            tokens.push(Token { line, text: String::new(), literal: false });
            tokens.extend(pieces(&path).into_iter().map(|text| Token { line, text, literal: false }));
        }
        tokens
    }

    /// The code that is part of the product: without what is compiled for tests only.
    pub(crate) fn product_code(&self) -> Vec<Token> {
        let tests = self.test_lines();
        self.code().into_iter().filter(|token| !tests.iter().any(|lines| lines.contains(&token.line))).collect()
    }

    /// The code that runs as a test.
    pub(crate) fn test_code(&self) -> Vec<Token> {
        let is_test_file = self.path.contains("tests/") && !self.path.starts_with("tests/sandbox/src/");
        let tests = self.test_lines();
        let mut code = self.code();
        code.retain(|token| is_test_file || tests.iter().any(|lines| lines.contains(&token.line)));
        code
    }

    fn test_lines(&self) -> Vec<RangeInclusive<usize>> {
        let syntax = self.syntax();
        let for_tests = |item: &&syn::Item| attributes(item).iter().any(is_cfg_test);
        let lines = |item: &syn::Item| item.span().start().line..=item.span().end().line;
        syntax.items.iter().filter(for_tests).map(lines).collect()
    }

    /// Every path that a `use` names.
    pub(crate) fn uses(&self) -> Vec<(usize, String)> {
        struct Uses(Vec<(usize, String)>);
        impl<'ast> syn::visit::Visit<'ast> for Uses {
            fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
                add_uses(&item.tree, "", &mut self.0);
            }
        }
        let mut uses = Uses(Vec::new());
        syn::visit::Visit::visit_file(&mut uses, &self.syntax());
        uses.0
    }
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn is_cfg_test(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
}

fn add_uses(tree: &syn::UseTree, before: &str, uses: &mut Vec<(usize, String)>) {
    let mut leaf = |name: &str| uses.push((tree.span().start().line, format!("{before}{name}")));
    match tree {
        syn::UseTree::Path(path) => add_uses(&path.tree, &format!("{before}{}::", path.ident), uses),
        syn::UseTree::Name(name) => leaf(&name.ident.to_string()),
        syn::UseTree::Rename(rename) => leaf(&rename.ident.to_string()),
        syn::UseTree::Glob(_) => leaf("*"),
        syn::UseTree::Group(group) => group.items.iter().for_each(|tree| add_uses(tree, before, uses)),
    }
}

fn add_tokens(stream: TokenStream, tokens: &mut Vec<Token>) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let mut index = 0;
    while let Some(tree) = trees.get(index) {
        let line = tree.span().start().line;
        let mut add = |text: String, literal| tokens.push(Token { line, text, literal });
        match tree {
            TokenTree::Punct(sign) if sign.as_char() == '#' => match comment_after(&trees[index + 1..]) {
                Some(length) => index += length,
                None => add("#".to_owned(), false),
            },
            TokenTree::Punct(sign) => add(sign.to_string(), false),
            TokenTree::Ident(name) => add(name.to_string(), false),
            TokenTree::Literal(literal) => add(literal.to_string(), true),
            TokenTree::Group(group) => add_group(group, tokens),
        }
        index += 1;
    }
}

fn add_group(group: &Group, tokens: &mut Vec<Token>) {
    let (open, close) = match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    };
    let sign = |line, text: &str| Token { line, text: text.to_owned(), literal: false };
    tokens.push(sign(group.span_open().start().line, open));
    add_tokens(group.stream(), tokens);
    tokens.push(sign(group.span_close().start().line, close));
}

/// How many trees after a `#` make it a documentation comment.
fn comment_after(trees: &[TokenTree]) -> Option<usize> {
    let inner = matches!(trees.first(), Some(TokenTree::Punct(sign)) if sign.as_char() == '!');
    let Some(TokenTree::Group(group)) = trees.get(usize::from(inner)) else { return None };
    let first = group.stream().into_iter().next();
    matches!(first, Some(TokenTree::Ident(name)) if name == "doc").then_some(1 + usize::from(inner))
}

/// A pattern as tokens: names and single signs.
fn pieces(pattern: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut in_name = false;
    for c in pattern.chars().filter(|c| !c.is_whitespace()) {
        let is_name = c.is_alphanumeric() || c == '_';
        match pieces.last_mut() {
            Some(last) if is_name && in_name => last.push(c),
            _ => pieces.push(c.to_string()),
        }
        in_name = is_name;
    }
    pieces
}

/// The lines on which code says `pattern`, such as `Timestamp::now` or `#[ignore`; never within a literal.
pub(crate) fn lines_with(code: &[Token], pattern: &str) -> Vec<usize> {
    let wanted = pieces(pattern);
    let says =
        |window: &&[Token]| window.iter().zip(&wanted).all(|(token, wanted)| !token.literal && token.text == *wanted);
    let mut lines: Vec<usize> = code.windows(wanted.len()).filter(says).map(|window| window[0].line).collect();
    lines.dedup();
    lines
}

/// What breaks a rule, each with its place.
#[derive(Default)]
pub(crate) struct Offenders(Vec<String>);

impl Offenders {
    pub(crate) fn add(&mut self, path: &str, line: usize, what: impl Display) {
        self.0.push(format!("{path}:{line}: {what}"));
    }

    /// Fails with all of them, unless there are none.
    #[track_caller]
    pub(crate) fn none(mut self) {
        self.0.sort();
        self.0.dedup();
        assert!(self.0.is_empty(), "{} found:\n{}", self.0.len(), self.0.join("\n"));
    }
}
