//! Custom sections at the outermost level of a component's binary.
//!
//! A component is a preamble of eight bytes and then sections: a byte that says which kind, a length in LEB128, and as
//! many bytes. A custom section has kind 0 and begins with its name. Sections are copied, never looked into, so what a
//! newer compiler writes goes through unchanged.

/// Magic number, then version 13 and layer 1: a component. A core module has version 1 and layer 0.
const COMPONENT: [u8; 8] = [0x00, b'a', b's', b'm', 0x0d, 0x00, 0x01, 0x00];

/// The kind of a custom section.
const CUSTOM: u8 = 0;

/// Why a file has no sections to speak of.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SectionError {
    /// A core module, or no WebAssembly at all.
    #[error("the file is not a WebAssembly component")]
    NotComponent,
    /// A section that is longer than the file.
    #[error("the component is cut short or damaged at byte {0}")]
    Damaged(usize),
}

/// The component with this custom section at its end, and with no other of that name.
pub fn set(component: &[u8], name: &str, content: &[u8]) -> Result<Vec<u8>, SectionError> {
    let mut out = Vec::with_capacity(component.len() + name.len() + content.len() + 16);
    out.extend_from_slice(&COMPONENT);
    for section in sections(component)? {
        let section = section?;
        if section.custom_name() != Some(name.as_bytes()) {
            out.extend_from_slice(section.whole);
        }
    }
    let mut body = Vec::with_capacity(name.len() + content.len() + 5);
    write_leb(&mut body, name.len());
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(content);
    out.push(CUSTOM);
    write_leb(&mut out, body.len());
    out.append(&mut body);
    Ok(out)
}

/// The content of the first custom section of this name, if there is one.
pub fn get<'a>(component: &'a [u8], name: &str) -> Result<Option<&'a [u8]>, SectionError> {
    for section in sections(component)? {
        let section = section?;
        if section.custom_name() == Some(name.as_bytes()) {
            return Ok(section.custom_content());
        }
    }
    Ok(None)
}

struct Section<'a> {
    kind: u8,
    /// With its kind and length.
    whole: &'a [u8],
    body: &'a [u8],
}

impl<'a> Section<'a> {
    fn custom_name(&self) -> Option<&'a [u8]> {
        self.custom().map(|(name, _)| name)
    }

    fn custom_content(&self) -> Option<&'a [u8]> {
        self.custom().map(|(_, content)| content)
    }

    fn custom(&self) -> Option<(&'a [u8], &'a [u8])> {
        let (length, rest) = read_leb(self.body).filter(|_| self.kind == CUSTOM)?;
        rest.split_at_checked(length)
    }
}

type Sections<'a> = std::iter::FromFn<Box<dyn FnMut() -> Option<Result<Section<'a>, SectionError>> + 'a>>;

fn sections(component: &[u8]) -> Result<Sections<'_>, SectionError> {
    let mut rest = component.strip_prefix(&COMPONENT).ok_or(SectionError::NotComponent)?;
    let total = component.len();
    Ok(std::iter::from_fn(Box::new(move || {
        let (kind, after_kind) = rest.split_first()?;
        let Some((body, after)) = read_leb(after_kind).and_then(|(length, body)| body.split_at_checked(length)) else {
            let at = total - rest.len();
            rest = &[];
            return Some(Err(SectionError::Damaged(at)));
        };
        let whole = rest.get(..rest.len() - after.len()).unwrap_or_default();
        rest = after;
        Some(Ok(Section { kind: *kind, whole, body }))
    })))
}

/// An unsigned LEB128 number of 32 bits at the beginning, and what follows it.
fn read_leb(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(5) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(value).ok()?, bytes.get(index + 1..)?));
        }
    }
    None
}

fn write_leb(out: &mut Vec<u8>, mut value: usize) {
    loop {
        let [low, ..] = (value & 0x7f).to_le_bytes();
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A component with one type section of two bytes.
    fn small() -> Vec<u8> {
        [&COMPONENT[..], &[7, 2, 0xaa, 0xbb]].concat()
    }

    #[test]
    fn a_section_is_appended_and_read_back() {
        let out = set(&small(), "barkeep:requests", b"{}").unwrap();
        assert!(out.starts_with(&small()));
        assert_eq!(&out[small().len()..], b"\x00\x13\x10barkeep:requests{}");
        assert_eq!(get(&out, "barkeep:requests").unwrap(), Some(&b"{}"[..]));
        assert_eq!(get(&out, "other").unwrap(), None);
    }

    #[test]
    fn a_section_of_the_same_name_is_replaced_and_others_stay() {
        let first = set(&set(&small(), "a", b"old").unwrap(), "b", b"kept").unwrap();
        let second = set(&first, "a", b"new").unwrap();
        assert_eq!(get(&second, "a").unwrap(), Some(&b"new"[..]));
        assert_eq!(get(&second, "b").unwrap(), Some(&b"kept"[..]));
        assert_eq!(second.len(), first.len());
    }

    #[test]
    fn a_long_section_has_a_long_length() {
        let content = vec![7; 100_000];
        let out = set(&small(), "long", &content).unwrap();
        assert_eq!(get(&out, "long").unwrap(), Some(&content[..]));
    }

    #[test]
    fn a_core_module_and_other_files_are_refused() {
        assert_eq!(set(b"\0asm\x01\0\0\0", "a", b""), Err(SectionError::NotComponent));
        assert_eq!(set(b"#!/bin/sh", "a", b""), Err(SectionError::NotComponent));
        assert_eq!(set(b"", "a", b""), Err(SectionError::NotComponent));
    }

    #[test]
    fn a_component_cut_short_anywhere_in_a_section_is_refused() {
        let whole = set(&small(), "a", &[0; 200]).unwrap();
        let begin = small().len();
        assert_eq!(set(&small()[..10], "a", b""), Err(SectionError::Damaged(8)));
        for end in begin + 1..whole.len() {
            assert_eq!(get(&whole[..end], "none"), Err(SectionError::Damaged(begin)), "cut at {end}");
        }
    }

    #[test]
    fn a_length_of_more_than_five_bytes_is_refused() {
        let bytes = [&COMPONENT[..], &[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00]].concat();
        assert_eq!(get(&bytes, "a"), Err(SectionError::Damaged(8)));
    }
}
