//! Rust as a row of words and signs: enough to find paths in it. Comments, texts and numbers are left out.

/// A name, `::` as one sign, or any other single sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Name(String),
    Colons,
    Sign(char),
}

impl Token {
    pub(crate) fn is_name(&self, name: &str) -> bool {
        matches!(self, Self::Name(known) if known == name)
    }

    pub(crate) fn is_sign(&self, sign: char) -> bool {
        *self == Self::Sign(sign)
    }
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let mut found = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        i = match at(i) {
            '/' if at(i + 1) == '/' => (i..chars.len()).find(|&end| at(end) == '\n').unwrap_or(chars.len()),
            '/' if at(i + 1) == '*' => after_comment(&chars, i),
            '"' => after_text(&chars, i),
            '\'' => after_quote(&chars, i),
            c if c.is_ascii_digit() => (i..).find(|&end| !is_name_char(at(end))).unwrap_or(chars.len()),
            c if is_name_char(c) => {
                let end = (i..).find(|&end| !is_name_char(at(end))).unwrap_or(chars.len());
                let name: String = chars[i..end].iter().collect();
                match name.as_str() {
                    "r" | "br" | "cr" if at(end) == '"' || at(end) == '#' => after_raw(&chars, end, &name, &mut found),
                    "b" | "c" if at(end) == '"' => after_text(&chars, end),
                    "b" if at(end) == '\'' => after_quote(&chars, end),
                    _ => {
                        found.push(Token::Name(name));
                        end
                    }
                }
            }
            ':' if at(i + 1) == ':' => {
                found.push(Token::Colons);
                i + 2
            }
            c => {
                if !c.is_whitespace() {
                    found.push(Token::Sign(c));
                }
                i + 1
            }
        };
    }
    found
}

/// Behind a comment that begins here, and those inside of it.
fn after_comment(chars: &[char], start: usize) -> usize {
    let (mut depth, mut i) = (0, start);
    while i < chars.len() {
        match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => (depth, i) = (depth + 1, i + 2),
            ('*', Some('/')) => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            return i;
        }
    }
    i
}

fn after_text(chars: &[char], start: usize) -> usize {
    let mut i = start + 1;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

/// Behind `r"…"` or `r#"…"#`, of which the part before the first `#` or quote is read. `r#name` is a name.
fn after_raw(chars: &[char], start: usize, before: &str, found: &mut Vec<Token>) -> usize {
    let hashes = chars[start..].iter().take_while(|c| **c == '#').count();
    if chars.get(start + hashes) != Some(&'"') {
        if before != "r" || hashes != 1 {
            found.push(Token::Name(before.to_owned()));
            return start;
        }
        return start + 1;
    }
    let is_end = |&i: &usize| chars[i] == '"' && (1..=hashes).all(|n| chars.get(i + n) == Some(&'#'));
    (start + hashes + 1..chars.len()).find(is_end).map_or(chars.len(), |end| end + 1 + hashes)
}

/// Behind a character in quotes, or behind the quote of a lifetime.
fn after_quote(chars: &[char], start: usize) -> usize {
    match (chars.get(start + 1), chars.get(start + 2)) {
        (Some('\\'), _) => (start + 3..chars.len()).find(|&i| chars[i] == '\'').map_or(chars.len(), |end| end + 1),
        (Some(_), Some('\'')) => start + 3,
        // A lifetime's name is none that leads anywhere.
        _ => (start + 1..chars.len()).find(|&i| !is_name_char(chars[i])).unwrap_or(chars.len()),
    }
}

#[test]
fn what_is_no_code_is_left_out() {
    let names = |text: &str| -> Vec<String> {
        let name = |token: Token| if let Token::Name(name) = token { Some(name) } else { None };
        tokens(text).into_iter().filter_map(name).collect()
    };
    assert_eq!(names("a // b\nc /* d /* e */ f */ g"), ["a", "c", "g"]);
    assert_eq!(names(r###"a("b \" c", r"d\", r#"e "f" g"#, b"h", 'i', '\'', '\u{1F}', b'j') k"###), ["a", "k"]);
    assert_eq!(names("fn a<'b>(c: &'b str, r#type: 1u8) -> r"), ["fn", "a", "c", "str", "type", "r"]);
    assert_eq!(tokens("a::b").len(), 3);
}
