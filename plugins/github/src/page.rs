//! Which pages follow the one read, as the `Link` header tells it (RFC 8288).

/// The pages around the one read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pages {
    /// The next one.
    pub(crate) next: Option<u64>,
    /// The last one, where GitHub counts them.
    pub(crate) last: Option<u64>,
}

impl Pages {
    /// Reads a `Link` header.
    pub(crate) fn parse(link: &str) -> Self {
        let mut pages = Self::default();
        // A comma inside an address would be encoded, so that each one parts two links.
        for entry in link.split(',') {
            let Some((address, rest)) = entry.trim().strip_prefix('<').and_then(|entry| entry.split_once('>')) else {
                continue;
            };
            let number = page_of(address);
            for parameter in rest.split(';') {
                match parameter.trim() {
                    r#"rel="next""# => pages.next = number,
                    r#"rel="last""# => pages.last = number,
                    _ => {}
                }
            }
        }
        pages
    }

    /// A sentence for the model, where more is to be had. Every tool with pages calls its argument `page`.
    pub(crate) fn note(self) -> Option<String> {
        let next = self.next?;
        Some(match self.last {
            Some(last) if last > next => {
                format!("There are more results, up to page {last}: call again with page {next} for the next page.")
            }
            _ => format!("There are more results: call again with page {next} for the next page."),
        })
    }
}

fn page_of(address: &str) -> Option<u64> {
    let (_, query) = address.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix("page="))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_and_last_are_read() {
        let link = r#"<https://api.github.com/repositories/1/issues?per_page=2&page=2>; rel="next", <https://api.github.com/repositories/1/issues?per_page=2&page=7>; rel="last""#;
        assert_eq!(Pages::parse(link), Pages { next: Some(2), last: Some(7) });
    }

    #[test]
    fn per_page_is_not_taken_for_page() {
        assert_eq!(Pages::parse(r#"<https://h/x?per_page=30>; rel="next""#), Pages::default());
    }

    #[test]
    fn the_last_page_has_no_note() {
        let link = r#"<https://h/x?page=1>; rel="first", <https://h/x?page=6>; rel="prev""#;
        assert_eq!(Pages::parse(link).note(), None);
    }

    #[test]
    fn a_note_names_the_next_page_and_the_last() {
        let note = |next, last| Pages { next: Some(next), last }.note().unwrap();
        assert!(note(2, Some(7)).contains("up to page 7: call again with page 2"));
        assert!(note(2, None).contains("results: call again with page 2"));
        assert!(note(7, Some(7)).contains("results: call again with page 7"));
    }

    #[test]
    fn nonsense_is_no_page() {
        for link in ["", ",,;", "<", "<x>; rel=\"next\"", "<https://h/?page=x>; rel=\"next\""] {
            assert_eq!(Pages::parse(link), Pages::default(), "{link}");
        }
    }
}
