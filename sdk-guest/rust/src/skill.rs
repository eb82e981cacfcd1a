//! The files of skills, as resources.

use crate::definition::{SkillBody, SkillFile};
use crate::{ResourceContents, ResourceInfo};

impl SkillFile {
    pub(crate) fn info(&self) -> ResourceInfo {
        let size = match self.body {
            SkillBody::Text(text) => text.len(),
            SkillBody::Blob(bytes) => bytes.len(),
        };
        let info = ResourceInfo::new(self.uri, self.name).mime_type(self.mime_type).size(size as u64);
        match self.description {
            Some(description) => info.description(description),
            None => info,
        }
    }

    pub(crate) fn contents(&self) -> ResourceContents {
        let contents = match self.body {
            SkillBody::Text(text) => ResourceContents::text(self.uri, text),
            SkillBody::Blob(bytes) => ResourceContents::blob(self.uri, bytes),
        };
        contents.mime_type(self.mime_type)
    }
}
