//! The import graph of JavaScript or TypeScript files, from their source text.

use std::collections::BTreeMap;
use std::fs;
use std::iter::Peekable;
use std::path::{Path, PathBuf};
use std::str::Chars;

use anyhow::{Context as _, Result};

use crate::graph::Graph;

const EXTENSIONS: [&str; 4] = ["ts", "mts", "js", "mjs"];

/// Reads the files below `directory`; `package` holds the `package.json` that maps `#` specifiers.
///
/// Every `import` and every `export ... from` is an edge, `import type` too.
///
/// # Errors
/// When a file or directory cannot be read.
pub(crate) fn graph(package: &Path, directory: &Path) -> Result<Graph> {
    let mapped = package_imports(package)?;
    let mut graph = Graph::default();
    for file in files(directory)? {
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        for Import { specifier, names } in imports(&text) {
            let targets = match mapped.get(&specifier) {
                Some(targets) => {
                    targets.iter().filter_map(|target| source_of(directory, target)).collect()
                }
                None if specifier.starts_with('.') => {
                    source(&file.with_file_name("").join(&specifier)).into_iter().collect()
                }
                None => Vec::new(),
            };
            for target in targets {
                for name in &names {
                    graph.add(&file, &target, name);
                }
            }
        }
    }
    Ok(graph)
}

fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let unreadable = || format!("cannot list {}", directory.display());
    for entry in fs::read_dir(directory).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else if path.extension().is_some_and(|found| EXTENSIONS.iter().any(|each| found == *each))
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Returns the `imports` of a `package.json`: each specifier with the targets of all conditions.
fn package_imports(package: &Path) -> Result<BTreeMap<String, Vec<String>>> {
    fn targets(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::String(target) => found.push(target.clone()),
            serde_json::Value::Object(conditions) => {
                conditions.values().for_each(|value| targets(value, found));
            }
            _ => {}
        }
    }
    let file = package.join("package.json");
    let Ok(text) = fs::read_to_string(&file) else { return Ok(BTreeMap::new()) };
    let json: serde_json::Value =
        serde_json::from_str(&text).with_context(|| format!("cannot parse {}", file.display()))?;
    let mut mapped = BTreeMap::new();
    for (specifier, value) in json["imports"].as_object().into_iter().flatten() {
        let mut found = Vec::new();
        targets(value, &mut found);
        mapped.insert(specifier.clone(), found);
    }
    Ok(mapped)
}

/// Returns the source of a compiled file such as `./dist/platform/node.js`.
fn source_of(directory: &Path, target: &str) -> Option<PathBuf> {
    let inside = target.strip_prefix("./").unwrap_or(target);
    let (_, below) = inside.split_once('/')?;
    source(&directory.join(below))
}

/// Returns the file that a specifier means: TypeScript is imported by the name that it compiles to.
fn source(named: &Path) -> Option<PathBuf> {
    let candidates = [
        named.to_path_buf(),
        named.with_extension("ts"),
        named.with_extension("mts"),
        named.join("index.ts"),
        named.join("index.js"),
    ];
    let found = candidates.into_iter().find(|file| file.is_file())?;
    let mut plain = PathBuf::new();
    for part in found.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    Some(plain)
}

#[derive(Debug, PartialEq, Eq)]
struct Import {
    specifier: String,
    /// The imported names, `*` for a module that is imported whole.
    names: Vec<String>,
}

/// Returns the imports and re-exports of a file.
fn imports(text: &str) -> Vec<Import> {
    let mut found = Vec::new();
    // Words since the last `import` or `export`.
    let mut names: Vec<String> = Vec::new();
    let mut before = [String::new(), String::new()];
    for token in (Tokens { rest: text.chars().peekable(), previous: String::new() }) {
        match &token {
            Token::Text(specifier) => {
                let [earlier, last] = &before;
                let is_specifier =
                    last == "from" || last == "import" || (last == "(" && earlier == "import");
                if is_specifier {
                    let mut names = std::mem::take(&mut names);
                    names.retain(|name| !["type", "as", "from", "default"].contains(&&**name));
                    if names.is_empty() {
                        names.push("*".to_owned());
                    }
                    found.push(Import { specifier: specifier.clone(), names });
                }
            }
            Token::Word(word) if word == "import" || word == "export" => names.clear(),
            Token::Word(word) => names.push(word.clone()),
            // The declaration that an `export` begins imports nothing.
            Token::Sign('=' | ';' | '(') => names.clear(),
            Token::Sign(_) => {}
        }
        before.swap(0, 1);
        before[1] = match token {
            Token::Word(word) => word,
            Token::Sign(sign) => sign.to_string(),
            Token::Text(_) => String::new(),
        };
    }
    found
}

enum Token {
    Word(String),
    /// The content of a string literal.
    Text(String),
    Sign(char),
}

/// Splits a file into words, strings and signs; leaves out comments, templates and regular
/// expressions.
struct Tokens<'a> {
    rest: Peekable<Chars<'a>>,
    /// The last word or sign: it decides whether `/` divides.
    previous: String,
}

impl Tokens<'_> {
    fn skip_comment(&mut self, is_block: bool) {
        let mut last = ' ';
        for c in self.rest.by_ref() {
            if (!is_block && c == '\n') || (is_block && last == '*' && c == '/') {
                return;
            }
            last = c;
        }
    }

    /// Reads up to the delimiter, over escaped ones.
    fn delimited(&mut self, end: char) -> String {
        let mut text = String::new();
        let mut in_class = false;
        while let Some(c) = self.rest.next() {
            match c {
                '\\' => {
                    self.rest.next();
                }
                '[' if end == '/' => in_class = true,
                ']' if end == '/' => in_class = false,
                c if c == end && !in_class => break,
                c => text.push(c),
            }
        }
        text
    }

    /// Reads a template up to its end, with the expressions in it.
    fn skip_template(&mut self) {
        while let Some(c) = self.rest.next() {
            match c {
                '\\' => {
                    self.rest.next();
                }
                '`' => return,
                '$' if self.rest.peek() == Some(&'{') => {
                    let mut depth = 0_u32;
                    for token in self.by_ref() {
                        match token {
                            Token::Sign('{') => depth += 1,
                            Token::Sign('}') if depth == 1 => break,
                            Token::Sign('}') => depth -= 1,
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn begins_expression(&self) -> bool {
        match self.previous.as_str() {
            "return" | "typeof" | "case" | "" => true,
            ")" | "]" | "}" => false,
            other => !other.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$'),
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            let c = self.rest.next()?;
            let token = match c {
                c if c.is_whitespace() => continue,
                '/' if self.rest.peek() == Some(&'/') => {
                    self.skip_comment(false);
                    continue;
                }
                '/' if self.rest.peek() == Some(&'*') => {
                    self.rest.next();
                    self.skip_comment(true);
                    continue;
                }
                '/' if self.begins_expression() => {
                    self.delimited('/');
                    self.previous = ")".to_owned();
                    continue;
                }
                '`' => {
                    self.skip_template();
                    self.previous = ")".to_owned();
                    continue;
                }
                '"' | '\'' => Token::Text(self.delimited(c)),
                c if c.is_alphanumeric() || c == '_' || c == '$' || c == '#' => {
                    let mut word = c.to_string();
                    while let Some(c) = self
                        .rest
                        .next_if(|next| next.is_alphanumeric() || *next == '_' || *next == '$')
                    {
                        word.push(c);
                    }
                    Token::Word(word)
                }
                c => Token::Sign(c),
            };
            self.previous = match &token {
                Token::Word(word) => word.clone(),
                Token::Text(_) => ")".to_owned(),
                Token::Sign(sign) => sign.to_string(),
            };
            return Some(token);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_and_reexports_are_found_and_comments_and_templates_are_not() {
        let text = r#"
            // import { a } from "./comment.js";
            /* export * from "./block.js"; */
            import { type Claims, verify as check } from "./verifier.js";
            export * from "./codes.js";
            import "./effect.js";
            import type { Key } from '#keys';
            export const pattern = /["'\/]/, text = `import "./template.js" ${{ a: "}" }.a}`;
            const later = await import("./later.js");
            const half = pattern.length / 2; from("./call.js");
        "#;
        let found: Vec<(String, String)> =
            imports(text).into_iter().map(|each| (each.specifier, each.names.join(" "))).collect();
        let expected = [
            ("./verifier.js", "Claims verify check"),
            ("./codes.js", "*"),
            ("./effect.js", "*"),
            ("#keys", "Key"),
            ("./later.js", "*"),
        ];
        let expected = expected.map(|(specifier, names)| (specifier.to_owned(), names.to_owned()));
        assert_eq!(found, expected);
    }
}
