//! Hints for the client: whom a thing is for, how much it matters, how it looks.

/// Who speaks, or for whom something is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// Hints about how to use a piece of content or a resource.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Annotations {
    /// For whom it is meant; empty means for anyone.
    pub audience: Vec<Role>,
    /// How much it matters, from 0.0 (may be left out) to 1.0 (effectively required).
    pub priority: Option<f64>,
    /// When it last changed: ISO 8601, such as `2026-07-28T12:00:00Z`.
    pub last_modified: Option<String>,
}

impl Annotations {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.audience.is_empty() && self.priority.is_none() && self.last_modified.is_none()
    }
}

/// The background an icon is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IconTheme {
    /// A light background.
    Light,
    /// A dark background.
    Dark,
}

/// A picture that a client may show beside a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Icon {
    /// Where the picture is: an `https:` or `data:` URI.
    pub src: String,
    /// Its media type, where `src` does not say it.
    pub mime_type: Option<String>,
    /// The sizes it suits, each `WxH` in pixels or `any`; empty means any.
    pub sizes: Vec<String>,
    /// The background it is drawn for; none means both.
    pub theme: Option<IconTheme>,
}

impl Icon {
    /// The picture at `src`, for any size and background.
    pub fn new(src: impl Into<String>) -> Self {
        Self { src: src.into(), mime_type: None, sizes: Vec::new(), theme: None }
    }
}
