//! Links on their way to the terminal. A cell has no place for an address, so it carries its number as the colour of its
//! underline, which nothing else uses: a cell whose link changes is painted anew as one whose letter changes, and no escape
//! sequence is ever in a cell. The terminal's backend turns the numbers into OSC 8.

use std::collections::HashMap;
use std::sync::Arc;

use ratatui::style::{Color, Style};

/// Addresses that are known at once. When there are more, all are forgotten, and the screen is painted anew.
const KNOWN_MAX: usize = 4_096;

/// The numbers of addresses. They mean the same from one frame to the next.
#[derive(Clone, Debug, Default)]
pub struct Links {
    numbers: HashMap<Arc<str>, u32>,
    urls: Vec<Arc<str>>,
}

impl Links {
    /// Puts a link's number into a look.
    pub(super) fn mark(&mut self, url: &str, style: Style) -> Style {
        let number = match self.numbers.get(url) {
            Some(number) => *number,
            None if self.is_full() => return style,
            None => {
                let number = u32::try_from(self.urls.len()).unwrap_or(u32::MAX);
                let url: Arc<str> = url.into();
                self.urls.push(Arc::clone(&url));
                self.numbers.insert(url, number);
                number
            }
        };
        let [_, red, green, blue] = number.to_be_bytes();
        style.underline_color(Color::Rgb(red, green, blue))
    }

    /// The number and the address that an underline's colour stands for.
    #[must_use]
    pub fn of(&self, underline: Color) -> Option<(u32, &Arc<str>)> {
        let Color::Rgb(red, green, blue) = underline else { return None };
        let number = u32::from_be_bytes([0, red, green, blue]);
        Some((number, self.urls.get(usize::try_from(number).ok()?)?))
    }

    /// No new address fits.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.urls.len() >= KNOWN_MAX
    }

    /// Forgets all numbers: everything on the screen has to be painted anew.
    pub fn clear(&mut self) {
        self.numbers.clear();
        self.urls.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_number() {
        let mut links = Links::default();
        let a = links.mark("https://a.example/", Style::new());
        let b = links.mark("https://b.example/", Style::new());
        assert_eq!(links.mark("https://a.example/", Style::new()), a);
        assert_eq!(links.of(b.underline_color.unwrap()).map(|(_, url)| &**url), Some("https://b.example/"));
        assert_eq!(links.of(Color::Reset), None);
    }

    #[test]
    fn there_is_an_end_to_them() {
        let mut links = Links::default();
        for n in 0..=KNOWN_MAX {
            links.mark(&n.to_string(), Style::new());
        }
        assert!(links.is_full() && links.urls.len() == KNOWN_MAX);
        assert_eq!(links.mark("one more", Style::new()).underline_color, None);
    }
}
