//! Bytes of components: the guest `versioned` changed in place, and sections added.

use std::fs;

use super::Environment;

/// The guest `versioned`: its texts of fixed width lie in its bytes, so that any number of versions of it can be made
/// without building it again.
#[derive(Debug, Clone)]
pub struct Version {
    bytes: Vec<u8>,
}

impl Version {
    /// The width of each text.
    pub const WIDTH: usize = 8;

    /// Version `number`, with the guest's own descriptions.
    pub fn new(number: u64) -> Self {
        let file = Environment::guest("versioned");
        let bytes = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Self { bytes }.set("version", number)
    }

    /// The same with another description of its tools.
    #[must_use]
    pub fn tools(self, number: u64) -> Self {
        self.set("tools", number)
    }

    /// The same with another description of its prompt.
    #[must_use]
    pub fn prompts(self, number: u64) -> Self {
        self.set("prompts", number)
    }

    /// The same with another description of its resource.
    #[must_use]
    pub fn resources(self, number: u64) -> Self {
        self.set("resources", number)
    }

    /// The component.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Writes `number` wherever `name=` stands with a number behind it.
    fn set(mut self, name: &str, number: u64) -> Self {
        let key = format!("{name}=");
        let value = format!("{number:0width$}", width = Self::WIDTH);
        assert_eq!(value.len(), Self::WIDTH, "{number} is too large");
        let mut found = 0;
        let mut at = 0;
        while let Some(offset) = find(&self.bytes[at..], key.as_bytes()) {
            at += offset + key.len();
            let digits = self.bytes.get_mut(at..at + Self::WIDTH);
            if let Some(digits) = digits.filter(|digits| digits.iter().all(u8::is_ascii_digit)) {
                digits.copy_from_slice(value.as_bytes());
                found += 1;
            }
        }
        assert!(found > 0, "the guest `versioned` has no `{key}` in it");
        self
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// `component` with a custom section at its end.
pub fn custom_section(component: &[u8], name: &str, data: &[u8]) -> Vec<u8> {
    let mut section = leb(name.len());
    section.extend(name.as_bytes());
    section.extend(data);
    let mut bytes = component.to_vec();
    bytes.push(0);
    bytes.extend(leb(section.len()));
    bytes.extend(section);
    bytes
}

/// A number in LEB128, as WebAssembly has it.
fn leb(mut number: usize) -> Vec<u8> {
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
