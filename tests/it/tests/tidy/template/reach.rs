//! What each function's code asks of AWS, by the source text alone: from the binary over everything it calls down to
//! the operations of the SDK. A call is followed to everything that it may mean by its name, its arguments and its
//! path, so that an operation may be found that is never reached, and none is missed.

use crate::floors::rooms_named;
use crate::sources::{Source, Token, rust_files};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use syn::spanned::Spanned;

/// Each operation that the code sends, with the action it needs; none where its parts have their own.
const OPERATIONS: [(&str, Option<&str>); 14] = [
    ("get_item", Some("dynamodb:GetItem")),
    ("query", Some("dynamodb:Query")),
    ("put_item", Some("dynamodb:PutItem")),
    ("update_item", Some("dynamodb:UpdateItem")),
    ("delete_item", Some("dynamodb:DeleteItem")),
    ("batch_write_item", Some("dynamodb:BatchWriteItem")),
    ("transact_write_items", None),
    ("create_table", Some("dynamodb:CreateTable")),
    ("wait_until_table_exists", Some("dynamodb:DescribeTable")),
    ("update_time_to_live", Some("dynamodb:UpdateTimeToLive")),
    ("get_secret_value", Some("secretsmanager:GetSecretValue")),
    ("put_secret_value", Some("secretsmanager:PutSecretValue")),
    ("create_secret", Some("secretsmanager:CreateSecret")),
    ("put_events", Some("events:PutEvents")),
];

/// The parts of a transaction, each with its action (Amazon DynamoDB developer guide, IAM for transactions).
const PARTS: [(&str, &str); 4] = [
    ("Put", "dynamodb:PutItem"),
    ("Update", "dynamodb:UpdateItem"),
    ("Delete", "dynamodb:DeleteItem"),
    ("ConditionCheck", "dynamodb:ConditionCheckItem"),
];

/// A function of the code.
#[derive(Clone)]
struct Function {
    file: usize,
    /// The module of the crate that it is in, or the binary.
    room: String,
    name: String,
    /// Whose it is, where it is no free one.
    owner: Option<String>,
    takes_self: bool,
    /// How many arguments it takes besides.
    arguments: usize,
    /// Whether other rooms can call it.
    is_open: bool,
    calls: Vec<Call>,
    /// The operations of the SDK that it sends.
    sends: Vec<String>,
    /// The actions that these, and what it puts together for them, need.
    actions: BTreeSet<String>,
}

/// What a piece of code calls.
#[derive(Clone)]
struct Call {
    /// The path before the name; empty for a plain name and for a method.
    path: Vec<String>,
    name: String,
    is_method: bool,
    /// How many arguments it gives, where that is plain to see.
    arguments: Option<usize>,
}

/// A file of the code.
#[derive(Clone)]
struct File {
    path: String,
    /// The room that it is in, or the binary that it is.
    place: String,
    functions: Vec<Function>,
    /// The paths that it imports, as their parts.
    imports: Vec<Vec<String>>,
    /// The rooms that it names.
    names: BTreeSet<String>,
}

/// The code of the crate `functions`.
pub(crate) struct Code {
    files: Vec<File>,
    functions: Vec<Function>,
    by_name: BTreeMap<String, Vec<usize>>,
    /// The rooms that each room names; of each binary those that it names.
    uses: BTreeMap<String, BTreeSet<String>>,
    /// What the code of each binary reaches.
    reached: BTreeMap<String, BTreeSet<usize>>,
}

impl Code {
    /// The code as it stands in the repository; read once.
    pub(crate) fn read() -> &'static Self {
        static CODE: OnceLock<Code> = OnceLock::new();
        CODE.get_or_init(|| Self::of(rust_files("functions/src").iter().map(File::of).collect()))
    }

    /// The same with something else in place of what stands in a file, the first time it stands there.
    pub(crate) fn with(&self, path: &str, stands: &str, instead: &str) -> Self {
        let mut sources = rust_files("functions/src").into_iter();
        let source = sources.find(|source| source.path == path).expect("the file is there");
        assert!(source.text.contains(stands), "\"{stands}\" stands nowhere in {path}");
        let changed = File::of(&Source { text: source.text.replacen(stands, instead, 1), path: source.path });
        let files = self.files.iter().map(|file| if file.path == path { changed.clone() } else { file.clone() });
        Self::of(files.collect())
    }

    fn of(files: Vec<File>) -> Self {
        let mut code = Self {
            functions: Vec::new(),
            by_name: BTreeMap::new(),
            uses: BTreeMap::new(),
            reached: BTreeMap::new(),
            files,
        };
        for (at, file) in code.files.iter().enumerate() {
            code.uses.entry(file.place.clone()).or_default().extend(file.names.iter().cloned());
            for function in &file.functions {
                code.by_name.entry(function.name.clone()).or_default().push(code.functions.len());
                code.functions.push(Function { file: at, ..function.clone() });
            }
        }
        for file in code.files.iter().filter(|file| file.path.starts_with("functions/src/bin/")) {
            code.reached.insert(file.place.clone(), code.reached_from(&file.place));
        }
        code
    }

    /// The actions that the code of a binary needs.
    pub(crate) fn actions_of(&self, binary: &str) -> BTreeSet<String> {
        let reached = self.reached[binary].iter();
        reached.flat_map(|function| self.functions[*function].actions.clone()).collect()
    }

    /// Whether the code of a binary asks for the name of a secret of this kind.
    pub(crate) fn names_secret(&self, binary: &str, kind: &str) -> bool {
        let is_name = |function: &Function| function.owner.as_deref() == Some("Secrets") && function.name == kind;
        self.reached[binary].iter().any(|function| is_name(&self.functions[*function]))
    }

    /// Operations that no action is known for.
    pub(crate) fn unknown_operations(&self) -> BTreeSet<String> {
        let sent = self
            .functions
            .iter()
            .filter(|function| has_client(&function.room))
            .flat_map(|function| function.sends.clone());
        sent.filter(|operation| !OPERATIONS.iter().any(|(known, _)| known == operation)).collect()
    }

    fn reached_from(&self, binary: &str) -> BTreeSet<usize> {
        let rooms = self.rooms_of(binary);
        let mut waiting: Vec<usize> =
            (0..self.functions.len()).filter(|at| self.functions[*at].room == binary).collect();
        let mut reached = BTreeSet::new();
        while let Some(at) = waiting.pop() {
            if reached.insert(at) {
                let function = &self.functions[at];
                let meant = function.calls.iter().flat_map(|call| self.meant(function, call));
                waiting.extend(meant.filter(|meant| rooms.contains(&self.functions[*meant].room)));
            }
        }
        reached
    }

    /// The rooms whose code is in a binary at all: what it names, what that names, and so on.
    fn rooms_of(&self, binary: &str) -> BTreeSet<String> {
        let (mut rooms, mut waiting) = (BTreeSet::new(), vec![binary.to_owned()]);
        while let Some(room) = waiting.pop() {
            if rooms.insert(room.clone()) {
                waiting.extend(self.uses.get(&room).into_iter().flatten().cloned());
            }
        }
        rooms
    }

    /// Everything that a call may mean.
    fn meant(&self, caller: &Function, call: &Call) -> Vec<usize> {
        let imports = self.files[caller.file].imports.iter().filter(|path| path.last() == Some(&call.name));
        let imported: Vec<&[String]> = imports.map(|path| &path[..path.len() - 1]).collect();
        let is_meant = |at: &usize| {
            let function = &self.functions[*at];
            let wanted = function.arguments + usize::from(function.takes_self && !call.is_method);
            let is_there = match (call.is_method, call.path.is_empty()) {
                (true, _) => function.takes_self,
                (false, false) => self.is_at(caller, function, &call.path),
                (false, true) => {
                    let is_beside = function.owner.is_none() && function.file == caller.file;
                    is_beside || imported.iter().any(|path| self.is_at(caller, function, path))
                }
            };
            is_there
                && call.arguments.is_none_or(|given| given == wanted)
                && (function.is_open || function.room == caller.room)
        };
        self.by_name.get(&call.name).into_iter().flatten().copied().filter(is_meant).collect()
    }

    /// Whether a function is where a path leads.
    fn is_at(&self, caller: &Function, function: &Function, path: &[String]) -> bool {
        let Some(last) = path.last() else { return false };
        if last == "Self" {
            return function.owner == caller.owner && function.file == caller.file;
        }
        if last.starts_with(|c: char| c.is_uppercase()) {
            return function.owner.as_ref() == Some(last);
        }
        let room = path.iter().find(|part| self.uses.contains_key(*part)).unwrap_or(&caller.room);
        function.owner.is_none() && function.room == *room
    }
}

impl File {
    fn of(source: &Source) -> Self {
        let place = match source.module_path()[..] {
            ["bin", binary, ..] => binary.to_owned(),
            [room, ..] => room.to_owned(),
            [] => String::new(),
        };
        let imports = source.uses().into_iter();
        let imports: Vec<Vec<String>> =
            imports.map(|(_, path)| path.split("::").map(str::to_owned).collect()).collect();
        let by_binary = imports.iter().filter(|path| path[0] == "functions").filter_map(|path| path.get(1).cloned());
        let names = rooms_named(source).into_iter().map(|(_, room)| room).chain(by_binary).collect();
        let mut found = Found { place: &place, code: source.product_code(), owner: None, functions: Vec::new() };
        syn::visit::Visit::visit_file(&mut found, &source.syntax());
        let functions = found.functions;
        Self { path: source.path.clone(), place, functions, imports, names }
    }
}

fn has_client(room: &str) -> bool {
    ["store", "secrets", "events"].contains(&room)
}

/// The functions that are found in a file.
struct Found<'s> {
    place: &'s str,
    code: Vec<Token>,
    owner: Option<String>,
    functions: Vec<Function>,
}

impl Found<'_> {
    fn add(&mut self, signature: &syn::Signature, visibility: &syn::Visibility, block: &syn::Block) {
        let lines = block.span().start().line..=block.span().end().line;
        let body: Vec<&Token> = self.code.iter().filter(|token| lines.contains(&token.line)).collect();
        let takes_self = signature.receiver().is_some();
        // `pub` and `pub(crate)`; `pub(super)` is the room's own.
        let is_open = match visibility {
            syn::Visibility::Public(_) => true,
            syn::Visibility::Restricted(to) => to.path.is_ident("crate"),
            syn::Visibility::Inherited => false,
        };
        self.functions.push(Function {
            file: 0,
            room: self.place.to_owned(),
            name: signature.ident.to_string(),
            owner: self.owner.clone(),
            takes_self,
            arguments: signature.inputs.len() - usize::from(takes_self),
            is_open,
            calls: calls_in(&body),
            sends: sent_in(&body),
            actions: actions_in(&body),
        });
    }
}

impl<'ast> syn::visit::Visit<'ast> for Found<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig, &item.vis, &item.block);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let syn::Type::Path(path) = &*item.self_ty else { return };
        self.owner = path.path.segments.last().map(|segment| segment.ident.to_string());
        syn::visit::visit_item_impl(self, item);
        self.owner = None;
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.sig, &item.vis, &item.block);
    }
}

fn is_name(token: &Token) -> bool {
    !token.literal && token.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn calls_in(body: &[&Token]) -> Vec<Call> {
    let is = |at: usize, text: &str| body.get(at).is_some_and(|token| !token.literal && token.text == text);
    let mut calls = Vec::new();
    for (at, token) in body.iter().enumerate().filter(|(_, token)| is_name(token)) {
        let goes_on = is(at + 1, ":") && is(at + 2, ":");
        let (before, is_call) = (at.checked_sub(1), is(at + 1, "(") || (goes_on && is(at + 3, "<")));
        let is_method = before.is_some_and(|before| is(before, "."));
        let mut path = Vec::new();
        let mut start = at;
        while start >= 3 && is(start - 1, ":") && is(start - 2, ":") && is_name(body[start - 3]) {
            start -= 3;
            path.insert(0, body[start].text.clone());
        }
        // A function that is handed on: a whole path, or a name alone between commas.
        let alone =
            before.is_some_and(|before| is(before, "(") || is(before, ",")) && (is(at + 1, ")") || is(at + 1, ","));
        if is_call || (!goes_on && !is_method && (!path.is_empty() || alone)) {
            let arguments = if is(at + 1, "(") { arguments_at(body, at + 1) } else { None };
            calls.push(Call { path, name: token.text.clone(), is_method, arguments });
        }
    }
    calls
}

/// How many arguments stand between the parenthesis at `open` and its end; none where a closure hides it.
fn arguments_at(body: &[&Token], open: usize) -> Option<usize> {
    let (mut depth, mut arguments, mut is_empty) = (0, 0, true);
    for token in &body[open..] {
        match token.text.as_str() {
            _ if token.literal => is_empty = false,
            "(" | "[" | "{" => {
                is_empty &= depth == 0 && arguments == 0 && token.text == "(";
                depth += 1;
            }
            ")" | "]" | "}" => {
                depth -= 1;
                if depth == 0 {
                    return Some(arguments + usize::from(!is_empty));
                }
            }
            "|" if depth == 1 => return None,
            "," if depth == 1 => {
                arguments += 1;
                is_empty = true;
            }
            _ => is_empty = false,
        }
    }
    None
}

/// The operations that a piece of code sends: `client.get_item(…)`.
fn sent_in(body: &[&Token]) -> Vec<String> {
    let sends = |window: &&[&Token]| {
        window[0].text == "client" && window[1].text == "." && is_name(window[2]) && window[3].text == "("
    };
    body.windows(4).filter(sends).map(|window| window[2].text.clone()).collect()
}

fn actions_in(body: &[&Token]) -> BTreeSet<String> {
    let sent = sent_in(body);
    let action = |operation: &String| OPERATIONS.iter().find(|(known, _)| known == operation)?.1;
    let builds = |window: &&[&Token]| window[1].text == ":" && window[2].text == ":" && window[3].text == "builder";
    let built = body.windows(4).filter(builds).map(|window| window[0].text.as_str());
    let parts = built.filter_map(|part| Some(PARTS.iter().find(|(known, _)| *known == part)?.1));
    sent.iter().filter_map(action).chain(parts).map(str::to_owned).collect()
}
