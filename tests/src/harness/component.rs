//! Bytes of components: guests changed in place, and sections added.

use std::fs;

use super::Environment;

/// A guest whose numbers lie in its bytes, eight digits behind `NAME=`: any number of versions of it can be made without
/// building one.
#[derive(Debug, Clone)]
pub struct Patched {
    bytes: Vec<u8>,
}

/// Digits of a number.
const WIDTH: usize = 8;

impl Patched {
    /// The guest as it was built.
    pub fn guest(name: &str) -> Self {
        let file = Environment::guest(name);
        Self { bytes: fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())) }
    }

    /// The guest `versioned` in version `number`.
    pub fn version(number: u64) -> Self {
        Self::guest("versioned").set("version", number)
    }

    /// The guest `faulty` with fault `number`.
    pub fn fault(number: u64) -> Self {
        Self::guest("faulty").set("fault", number)
    }

    /// The same with `number` behind `name=`.
    #[must_use]
    pub fn set(mut self, name: &str, number: u64) -> Self {
        let key = format!("{name}=");
        let value = format!("{number:0WIDTH$}");
        assert_eq!(value.len(), WIDTH, "{number} is too large");
        let is_place = |at: &usize| {
            let digits = self.bytes.get(at + key.len()..at + key.len() + WIDTH);
            self.bytes[*at..].starts_with(key.as_bytes()) && digits.is_some_and(|d| d.iter().all(u8::is_ascii_digit))
        };
        let places: Vec<usize> = (0..self.bytes.len()).filter(is_place).collect();
        assert!(!places.is_empty(), "the guest has no `{key}` in it");
        for place in places {
            self.bytes[place + key.len()..place + key.len() + WIDTH].copy_from_slice(value.as_bytes());
        }
        self
    }

    /// The component.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl AsRef<[u8]> for Patched {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// The number behind `version=` in what the guest `versioned` answered.
pub fn version_in(text: &str) -> u64 {
    let number = text.strip_prefix("version=").and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("`{text}` is no version"))
}

/// `component` with a custom section at its end.
pub fn with_section(component: &[u8], name: &str, data: &[u8]) -> Vec<u8> {
    let section = [&leb(name.len())[..], name.as_bytes(), data].concat();
    [component, &[0], &leb(section.len()), &section].concat()
}

/// A number in LEB128, as WebAssembly has it.
pub fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).expect("seven bits");
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
