//! Which file of a crate takes something from which others, by the paths in their code: in `use`, and wherever else a path stands.
//!
//! A name that is only handed on (`pub use`) leads to where it is from, so no face of a folder hides an arrow. Parents and children
//! count like any other files. What is compiled for tests alone does not count. What cannot be seen in paths is not seen: calls of
//! methods, and names that come with a `*`.

use std::collections::{BTreeMap, BTreeSet};

use crate::tokens::{Token, tokens};

/// The files of a crate, by their paths below `src`, and their texts.
pub(crate) type Files = BTreeMap<String, String>;
/// From a file to another, and the names that it takes from there.
pub(crate) type Arrows = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

type Path = Vec<String>;

/// What a module, which may be a part of a file, says of others.
#[derive(Debug, Default)]
struct Module {
    file: String,
    /// What a name means here that a `use` has brought.
    brought: BTreeMap<String, Path>,
    /// Those of them that others may take from here.
    handed_on: BTreeSet<String>,
    /// Paths, as they stand there; those of a `use` first, with the name that they bring.
    uses: Vec<(Path, String)>,
    paths: Vec<Path>,
    /// How often each name occurs outside of a `use`.
    names: BTreeSet<String>,
}

#[derive(Debug, Default)]
struct Reading {
    modules: BTreeMap<Path, Module>,
    /// Modules that are there for tests.
    of_tests: BTreeSet<Path>,
}

/// The path of the module that a file is.
fn module_of(file: &str) -> Path {
    let mut path: Path = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    path.pop_if(|last| matches!(last.as_str(), "mod" | "lib" | "main"));
    path
}

pub(crate) fn arrows(files: &Files) -> Arrows {
    let mut reading = Reading::default();
    for (file, text) in files {
        let module = module_of(file);
        read_module(&tokens(text), file, &module, &mut reading);
    }
    let of_tests = std::mem::take(&mut reading.of_tests);
    reading.modules.retain(|path, _| !(1..=path.len()).any(|end| of_tests.contains(&path[..end])));
    let mut arrows = Arrows::new();
    for (path, module) in &reading.modules {
        let from = arrows.entry(module.file.clone()).or_default();
        let is_used = |name: &String| !module.handed_on.contains(name) || module.names.contains(name);
        let uses = module.uses.iter().filter(|(_, name)| is_used(name)).map(|(used, _)| used);
        for used in uses.chain(&module.paths) {
            if let Some((to, name)) = reading.leads_to(path, used, 0)
                && to != module.file
            {
                from.entry(to).or_default().insert(name);
            }
        }
    }
    arrows
}

impl Reading {
    /// The file in which what a path means is defined, and its name; `None` for a module, and for other crates.
    fn leads_to(&self, from: &[String], path: &[String], depth: usize) -> Option<(String, String)> {
        // Names that are handed round in a circle mean nothing.
        let (first, mut rest) = path.split_first().filter(|_| depth < 32)?;
        let mut at = match first.as_str() {
            "crate" => Path::new(),
            "self" => from.to_vec(),
            "super" => from.split_last()?.1.to_vec(),
            child if self.modules.contains_key(&joined(from, child)) => joined(from, child),
            name => return self.brought(from, name, rest, depth),
        };
        while let Some((next, after)) = rest.split_first() {
            let below = joined(&at, next);
            if next == "super" {
                at.pop()?;
            } else if self.modules.contains_key(&below) {
                at = below;
            } else if let found @ Some(_) = self.brought(&at, next, after, depth) {
                return found;
            } else {
                return Some((self.modules.get(&at)?.file.clone(), next.clone()));
            }
            rest = after;
        }
        None
    }

    /// What a name means that a `use` has brought to this module.
    fn brought(&self, module: &[String], name: &str, rest: &[String], depth: usize) -> Option<(String, String)> {
        let mut path = self.modules.get(module)?.brought.get(name)?.clone();
        path.extend_from_slice(rest);
        self.leads_to(module, &path, depth + 1)
    }
}

fn joined(path: &[String], name: &str) -> Path {
    path.iter().cloned().chain([name.to_owned()]).collect()
}

fn read_module(tokens: &[Token], file: &str, path: &Path, reading: &mut Reading) {
    let mut module = Module { file: file.to_owned(), ..Module::default() };
    let (mut i, mut is_public) = (0, false);
    while let Some(token) = tokens.get(i) {
        let name = |at: usize| if let Some(Token::Name(name)) = tokens.get(at) { Some(name) } else { None };
        match token {
            Token::Sign('#') => {
                let end = end_of_attribute(tokens, i);
                let is_for_tests = is_for_tests(&tokens[i..end]);
                i = end;
                if is_for_tests {
                    let item = i..end_of_item(tokens, i);
                    reading.of_tests.extend(declared(&tokens[item.clone()]).map(|name| joined(path, name)));
                    i = item.end;
                }
                continue;
            }
            Token::Name(word) if word == "pub" => {
                is_public = true;
                // `pub(in crate::here)` takes nothing from there.
                i = if tokens.get(i + 1).is_some_and(|t| t.is_sign('(')) { end_of_group(tokens, i + 1) } else { i + 1 };
                continue;
            }
            Token::Name(word) if word == "mod" && name(i + 1).is_some() => {
                let inner = joined(path, name(i + 1).map_or("", String::as_str));
                i += 2;
                if tokens.get(i).is_some_and(|t| t.is_sign('{')) {
                    let end = end_of_group(tokens, i);
                    read_module(&tokens[i + 1..end - 1], file, &inner, reading);
                    i = end;
                }
            }
            Token::Name(word) if word == "use" && !tokens.get(i + 1).is_some_and(|t| t.is_sign('<')) => {
                let end = (i..tokens.len()).find(|&at| tokens[at].is_sign(';')).unwrap_or(tokens.len());
                for (used, name) in tree(&tokens[i + 1..end], &[]) {
                    if is_public {
                        module.handed_on.insert(name.clone());
                    }
                    module.brought.insert(name.clone(), used.clone());
                    module.uses.push((used, name));
                }
                i = end;
            }
            Token::Name(word) => {
                module.names.insert(word.clone());
                let mut found = vec![word.clone()];
                while let (Some(Token::Colons), Some(next)) = (tokens.get(i + 1), name(i + 2)) {
                    found.push(next.clone());
                    i += 2;
                }
                if found.len() > 1 {
                    module.paths.push(found);
                }
                i += 1;
            }
            _ => i += 1,
        }
        is_public = false;
    }
    reading.modules.insert(path.clone(), module);
}

/// The paths of a `use`, and the name that each brings.
fn tree(tokens: &[Token], before: &[String]) -> Vec<(Path, String)> {
    let mut path = before.to_vec();
    for (i, token) in tokens.iter().enumerate() {
        match token {
            Token::Name(word) if word == "as" => {
                let name = if let Some(Token::Name(name)) = tokens.get(i + 1) { name.as_str() } else { "_" };
                return vec![(path, name.to_owned())];
            }
            Token::Name(word) if word == "self" && !path.is_empty() => {}
            Token::Name(word) => path.push(word.clone()),
            Token::Sign('{') => {
                let inner = &tokens[i + 1..end_of_group(tokens, i) - 1];
                return branches(inner).into_iter().flat_map(|branch| tree(branch, &path)).collect();
            }
            Token::Sign('*') => path.push("*".to_owned()),
            _ => {}
        }
    }
    let name = path.last().cloned();
    name.map(|name| (path, name)).into_iter().collect()
}

/// What stands between the commas of this level.
fn branches(tokens: &[Token]) -> Vec<&[Token]> {
    let mut depth = 0;
    let at_comma = |token: &Token| {
        match token {
            Token::Sign('{') => depth += 1,
            Token::Sign('}') => depth -= 1,
            _ => {}
        }
        depth == 0 && token.is_sign(',')
    };
    tokens.split(at_comma).filter(|branch| !branch.is_empty()).collect()
}

/// Behind the group that opens here.
fn end_of_group(tokens: &[Token], start: usize) -> usize {
    let mut depth = 0;
    for (i, token) in tokens.iter().enumerate().skip(start) {
        match token {
            Token::Sign('(' | '[' | '{') => depth += 1,
            Token::Sign(')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return i + 1;
        }
    }
    tokens.len()
}

fn end_of_attribute(tokens: &[Token], start: usize) -> usize {
    let open = if tokens.get(start + 1).is_some_and(|token| token.is_sign('!')) { start + 2 } else { start + 1 };
    if tokens.get(open).is_some_and(|token| token.is_sign('[')) { end_of_group(tokens, open) } else { open }
}

/// `#[cfg(test)]`, or that and more.
fn is_for_tests(attribute: &[Token]) -> bool {
    let names: Vec<&str> =
        attribute.iter().filter_map(|t| if let Token::Name(name) = t { Some(name.as_str()) } else { None }).collect();
    matches!(names.as_slice(), ["cfg", "test"] | ["cfg", "all", "test", ..])
}

/// Behind an item, with its attributes: its `;`, or the end of its braces.
fn end_of_item(tokens: &[Token], start: usize) -> usize {
    let mut i = start;
    while let Some(token) = tokens.get(i) {
        i = match token {
            Token::Sign('#') => end_of_attribute(tokens, i),
            Token::Sign(';') => return i + 1,
            // The braces of `use a::{b, c};` are not its end.
            Token::Sign('{') if !tokens[start..i].iter().any(|token| token.is_name("use")) => {
                return end_of_group(tokens, i);
            }
            Token::Sign('(' | '[' | '{') => end_of_group(tokens, i),
            _ => i + 1,
        };
    }
    i
}

/// The module that an item declares, if it is one.
fn declared(item: &[Token]) -> Option<&str> {
    item.windows(2).find_map(|pair| match pair {
        [word, Token::Name(name)] if word.is_name("mod") => Some(name.as_str()),
        _ => None,
    })
}

/// Files that lead back to themselves, each circle with its arrows.
pub(crate) fn circles(arrows: &Arrows) -> Vec<Vec<String>> {
    let reached = |from: &String| {
        let mut seen = BTreeSet::new();
        let mut next = vec![from];
        while let Some(file) = next.pop() {
            next.extend(arrows.get(file).into_iter().flat_map(BTreeMap::keys).filter(|to| seen.insert((*to).clone())));
        }
        seen
    };
    let all: BTreeMap<&String, BTreeSet<String>> = arrows.keys().map(|file| (file, reached(file))).collect();
    let mut circles = BTreeSet::new();
    for (file, far) in all.iter().filter(|(file, far)| far.contains(**file)) {
        let is_tied = |other: &&String| all.get(other).is_some_and(|far| far.contains(*file));
        circles.insert(far.iter().filter(is_tied).cloned().collect::<Vec<String>>());
    }
    let told = |circle: Vec<String>| {
        let inner = circle.iter().flat_map(|from| arrows.get(from).into_iter().flatten().map(move |to| (from, to)));
        let inner = inner.filter(|(_, (to, _))| circle.contains(to));
        inner.map(|(from, (to, names))| format!("{from} -> {to}: {names:?}")).collect()
    };
    circles.into_iter().map(told).collect()
}

#[cfg(test)]
#[path = "imports_tests.rs"]
mod tests;
