//! A line of output as its reader wants it: text with `{fields}` in it. Pure.

/// A template that names only fields that there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(&'static str),
}

impl Template {
    /// Reads a template. `{{` and `}}` stand for braces, `\n`, `\t` and `\\` for a line break, a tab and a backslash.
    ///
    /// # Errors
    /// Words for the command line: which field there is not, or which brace is never closed.
    pub fn parse(text: &str, fields: &[&'static str]) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let after = &rest[c.len_utf8()..];
            rest = match (c, after.chars().next()) {
                ('{', Some('{')) | ('}', Some('}')) | ('\\', Some('\\')) => {
                    plain.push(c);
                    &after[1..]
                }
                ('\\', Some('n')) => {
                    plain.push('\n');
                    &after[1..]
                }
                ('\\', Some('t')) => {
                    plain.push('\t');
                    &after[1..]
                }
                ('{', _) => {
                    let (name, after) = after.split_once('}').ok_or("a { without its }; {{ is a brace")?;
                    let known = fields.iter().find(|field| **field == name);
                    let unknown = || format!("there is no field {{{name}}}; there are {}", fields.join(", "));
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                    parts.push(Part::Field(known.copied().ok_or_else(unknown)?));
                    after
                }
                ('}', _) => return Err("a } without its {; }} is a brace".into()),
                _ => {
                    plain.push(c);
                    after
                }
            };
        }
        parts.push(Part::Text(plain));
        Ok(Self { parts })
    }

    /// The text, with every field's value in its place.
    pub fn fill(&self, value: impl Fn(&'static str) -> String) -> String {
        let piece = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Field(name) => value(name),
        };
        self.parts.iter().map(piece).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIELDS: [&str; 2] = ["room", "seq"];

    fn filled(text: &str) -> Result<String, String> {
        Template::parse(text, &FIELDS).map(|template| template.fill(|name| format!("<{name}>")))
    }

    #[test]
    fn fields_stand_where_they_are_named() {
        assert_eq!(filled("#{room}/{seq}\\t{{ü}}\\\\"), Ok("#<room>/<seq>\t{ü}\\".into()));
        assert_eq!(filled(""), Ok(String::new()));
        assert_eq!(filled("\\x"), Ok("\\x".into()));
    }

    #[test]
    fn mistakes_are_explained() {
        assert!(filled("{nope}").unwrap_err().contains("{nope}; there are room, seq"));
        assert!(filled("{room").is_err() && filled("room}").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_template_or_a_mistake(text in any::<String>()) {
            let _ = filled(&text);
        }
    }
}
