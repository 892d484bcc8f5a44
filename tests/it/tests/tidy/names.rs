//! One name per thing, and names that say something.

use crate::sources::{Offenders, root, rust_files};

/// Words that fit everything and so say nothing.
const EMPTY_WORDS: [&str; 8] = ["data", "info", "manager", "helper", "helpers", "util", "utils", "infos"];

/// The words of a name: `usage_sync` and `UsageSync` alike.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if (c.is_uppercase() || !c.is_alphanumeric()) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let Some(last) = words.last_mut() {
            last.extend(c.to_lowercase().filter(|c| c.is_alphanumeric()));
        }
    }
    words
}

fn empty_word(name: &str) -> Option<String> {
    words(name).into_iter().find(|word| EMPTY_WORDS.contains(&word.as_str()))
}

/// The types that a file names, each with its line.
struct Types(Vec<(usize, String)>);

impl Types {
    fn add(&mut self, name: &syn::Ident) {
        self.0.push((name.span().start().line, name.to_string()));
    }
}

impl<'ast> syn::visit::Visit<'ast> for Types {
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.add(&item.ident);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.add(&item.ident);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.add(&item.ident);
        syn::visit::visit_item_trait(self, item);
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.add(&item.ident);
    }
}

#[test]
fn every_binary_is_named_after_its_job() {
    let mut offenders = Offenders::default();
    for source in rust_files("functions/src/bin") {
        let binary = source.path.trim_start_matches("functions/src/bin/").trim_end_matches(".rs");
        let binary = binary.trim_end_matches("/main");
        let module = root().join("functions/src").join(binary.replace('-', "_"));
        if binary.contains('_') || !(module.with_extension("rs").is_file() || module.join("mod.rs").is_file()) {
            offenders.add(&source.path, 1, format!("functions/src has no job of the name {binary}"));
        }
    }
    offenders.none();
}

#[test]
fn names_of_files_and_types_say_something() {
    let mut offenders = Offenders::default();
    for source in rust_files("") {
        let file = source.path.trim_end_matches(".rs");
        if let Some(word) = file.split('/').find_map(empty_word) {
            offenders.add(&source.path, 1, format!("\"{word}\" says nothing"));
        }
        let mut types = Types(Vec::new());
        syn::visit::Visit::visit_file(&mut types, &source.syntax());
        for (line, name) in types.0 {
            if let Some(word) = empty_word(&name) {
                offenders.add(&source.path, line, format!("\"{word}\" in {name} says nothing"));
            }
        }
    }
    offenders.none();
}
