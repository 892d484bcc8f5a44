//! How long files and functions may be, and how every file begins.

use crate::sources::{Offenders, rust_files};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

const MOST_LINES_OF_A_FILE: usize = 400;
const LINES_OF_A_FUNCTION_BELOW: usize = 70;
const FEWEST_WORDS_OF_A_SENTENCE: usize = 5;

/// The functions in a stream, also those within macros: name, first line, last line.
fn functions(stream: TokenStream, found: &mut Vec<(String, usize, usize)>) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    for (index, tree) in trees.iter().enumerate() {
        if let TokenTree::Group(group) = tree {
            functions(group.stream(), found);
        }
        let (TokenTree::Ident(word), Some(TokenTree::Ident(name))) = (tree, trees.get(index + 1)) else { continue };
        if word != "fn" {
            continue;
        }
        // Up to its body; a declaration without one ends with a semicolon.
        let body =
            trees[index..].iter().take_while(|tree| !matches!(tree, TokenTree::Punct(sign) if sign.as_char() == ';'));
        let body = body.filter_map(|tree| match tree {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group),
            _ => None,
        });
        if let Some(body) = body.into_iter().next() {
            found.push((name.to_string(), word.span().start().line, body.span_close().start().line));
        }
    }
}

#[test]
fn every_function_fits_on_one_page() {
    let mut offenders = Offenders::default();
    for source in rust_files("") {
        let mut found = Vec::new();
        functions(source.stream(), &mut found);
        for (name, first, last) in found {
            let lines = last - first + 1;
            if lines >= LINES_OF_A_FUNCTION_BELOW {
                offenders.add(&source.path, first, format!("{name} has {lines} lines"));
            }
        }
    }
    offenders.none();
}

#[test]
fn no_file_is_longer_than_four_hundred_lines() {
    let mut offenders = Offenders::default();
    for source in rust_files("") {
        let lines = source.text.lines().count();
        if lines > MOST_LINES_OF_A_FILE {
            offenders.add(&source.path, MOST_LINES_OF_A_FILE, format!("{lines} lines"));
        }
    }
    offenders.none();
}

#[test]
fn every_file_begins_with_what_it_is_for() {
    let mut offenders = Offenders::default();
    for source in rust_files("") {
        let head: Vec<&str> = source.text.lines().map_while(|line| line.strip_prefix("//!")).collect();
        let head = head.join(" ");
        let is_sentence = |text: &str| text.split_whitespace().count() >= FEWEST_WORDS_OF_A_SENTENCE;
        // What follows the last full stop is no full sentence.
        let said = head.rsplit_once('.').is_some_and(|(sentences, _)| sentences.split(". ").any(is_sentence));
        if !said {
            offenders.add(&source.path, 1, "begins with no //! sentence that says what the file is for");
        }
    }
    offenders.none();
}
