//! Where the pages of a listing end.

use crate::api::{MessagesPage, SearchPage};

/// Whether nothing follows so many messages, when that many were asked for: there are fewer of them, and not because their texts
/// are too long for one answer.
#[must_use]
pub fn is_last(count: usize, asked: usize, more: bool) -> bool {
    count < asked && !more
}

impl MessagesPage {
    /// Whether nothing follows this page, in the direction that it was asked for with this `limit`.
    #[must_use]
    pub fn is_last(&self, limit: usize) -> bool {
        is_last(self.messages.len(), limit, self.more)
    }
}

impl SearchPage {
    /// Whether nothing follows this page, which was asked for with this `limit`.
    #[must_use]
    pub fn is_last(&self, limit: usize) -> bool {
        is_last(self.messages.len(), limit, self.more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_that_could_hold_more_is_the_last() {
        let page = |more| MessagesPage { more, ..MessagesPage::default() };
        assert!(page(false).is_last(1));
        assert!(!page(false).is_last(0), "as many as were asked for: who knows");
        assert!(!page(true).is_last(1));
        assert!(SearchPage { messages: Vec::new(), more: false }.is_last(1));
    }
}
