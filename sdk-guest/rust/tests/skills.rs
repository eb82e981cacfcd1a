//! A folder of skills inside a plugin: listed before all else, and read by URI.

use barkeep_sdk::prelude::*;

/// Something else.
#[resource(uri = "notes://one")]
fn note() -> &'static str {
    "One."
}

plugin! { resources: [note], skills: "examples/skills" }

#[test]
fn the_files_of_skills_come_first() {
    let page = PLUGIN.resources(None).unwrap();
    let uris: Vec<&str> = page.resources.iter().map(|resource| resource.uri.as_str()).collect();
    let expected = [
        "skill://git-workflow/SKILL.md",
        "skill://git-workflow/assets/label.png",
        "skill://git-workflow/references/commits.md",
        "notes://one",
    ];
    assert_eq!(uris, expected);
}

#[test]
fn a_skill_is_described_by_its_frontmatter_and_other_files_by_their_names() {
    let page = PLUGIN.resources(None).unwrap();
    let text = include_str!("../examples/skills/git-workflow/SKILL.md");
    let about = "How this team branches and writes commits. Use it before any commit or pull request.";
    let skill = ResourceInfo::new("skill://git-workflow/SKILL.md", "git-workflow");
    let skill = skill.description(about).mime_type("text/markdown").size(text.len() as u64);
    assert_eq!(page.resources.first(), Some(&skill));
    let names: Vec<&str> = page.resources.iter().map(|resource| resource.name.as_str()).collect();
    assert_eq!(names, ["git-workflow", "label.png", "commits.md", "note"]);
}

#[test]
fn files_are_read_as_they_are() {
    let text = include_str!("../examples/skills/git-workflow/references/commits.md");
    let uri = "skill://git-workflow/references/commits.md";
    let expected = ResourceContents::text(uri, text).mime_type("text/markdown");
    assert_eq!(PLUGIN.read_resource(uri), Ok(vec![expected]));
    let picture = include_bytes!("../examples/skills/git-workflow/assets/label.png");
    let uri = "skill://git-workflow/assets/label.png";
    let expected = ResourceContents::blob(uri, *picture).mime_type("image/png");
    assert_eq!(PLUGIN.read_resource(uri), Ok(vec![expected]));
    assert!(matches!(PLUGIN.read_resource("skill://git-workflow/none.md"), Err(Error::NotFound(_))));
    assert_eq!(PLUGIN.read_resource("notes://one"), Ok(vec![ResourceContents::text("notes://one", "One.")]));
}
