//! Words that never stand in the code, and words of other places that never stand in any file.

use crate::sources::{Offenders, Source, files, lines_with, rust_files};

fn lines_saying(source: &Source, word: &str) -> Vec<usize> {
    let lines = source.text.lines().enumerate();
    lines.filter(|(_, line)| line.contains(word)).map(|(index, _)| index + 1).collect()
}

#[test]
fn nothing_is_unsafe_unfinished_or_ignored() {
    let mut offenders = Offenders::default();
    for source in rust_files("") {
        let code = source.code();
        for word in ["unsafe", "#[ignore", "todo!", "unimplemented!"] {
            lines_with(&code, word).into_iter().for_each(|line| offenders.add(&source.path, line, word));
        }
        // Put together here, so that this file is not its own offender.
        for word in [["TO", "DO"].concat(), ["FIX", "ME"].concat()] {
            lines_saying(&source, &word).into_iter().for_each(|line| offenders.add(&source.path, line, &word));
        }
    }
    offenders.none();
}

#[test]
fn what_suites_share_is_in_their_library_and_all_of_it_is_used() {
    let mut offenders = Offenders::default();
    for source in rust_files("tests/it") {
        let code = source.code();
        for word in ["#[path", "dead_code"] {
            lines_with(&code, word).into_iter().for_each(|line| offenders.add(&source.path, line, word));
        }
    }
    offenders.none();
}

#[test]
fn no_test_sleeps() {
    let mut offenders = Offenders::default();
    for source in rust_files("") {
        let code = source.test_code();
        for word in ["thread::sleep", "time::sleep", "sleep_until"] {
            lines_with(&code, word).into_iter().for_each(|line| offenders.add(&source.path, line, word));
        }
    }
    offenders.none();
}

#[test]
fn no_float_stands_for_an_amount() {
    struct Floats<'o>(&'o mut Offenders, &'o str);
    impl<'ast> syn::visit::Visit<'ast> for Floats<'_> {
        fn visit_lit_float(&mut self, float: &'ast syn::LitFloat) {
            self.0.add(self.1, float.span().start().line, float);
        }
    }
    let mut offenders = Offenders::default();
    for source in rust_files("shared").iter().chain(&rust_files("functions")) {
        let code = source.code();
        for word in ["f32", "f64"] {
            lines_with(&code, word).into_iter().for_each(|line| offenders.add(&source.path, line, word));
        }
        syn::visit::Visit::visit_file(&mut Floats(&mut offenders, &source.path), &source.syntax());
    }
    offenders.none();
}

#[test]
fn no_file_speaks_of_the_place_where_it_was_written() {
    let mut offenders = Offenders::default();
    // Put together here, so that this file is not its own offender.
    let words = [["/wo", "rk/"].concat(), ["..", "/shared"].concat()];
    for source in files("") {
        for word in &words {
            lines_saying(&source, word).into_iter().for_each(|line| offenders.add(&source.path, line, word));
        }
    }
    offenders.none();
}
