use super::*;
use crate::config::Config;
use crate::plugin::manifest::ManifestError;
use crate::supervisor::doubt::DOUBT;
use crate::supervisor::wanted::wanted;

/// What happens to a plugin whose generations are numbers.
struct Story {
    entry: Entry<u64>,
    folder: tempfile::TempDir,
    secrets: Arc<Secrets>,
    now: Instant,
}

const FS: &str = "fs = [{ host = \"/x\", guest = \"/x\" }]";

impl Story {
    fn new(grants: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let secrets = Arc::new(Secrets::read(None));
        let entry = Entry::new(Self::wanted(folder.path(), grants), &secrets);
        let mut story = Self { entry, folder, secrets, now: Instant::now() };
        story.write("0");
        story
    }

    fn wanted(folder: &std::path::Path, grants: &str) -> Wanted {
        let text = format!("[plugins.a]\nsource = \"a.wasm\"\n[plugins.a.grants]\n{grants}\n");
        wanted(&Config::parse(&text, folder).expect("it is good"), None, &[]).plugins.remove(0)
    }

    /// Tells whether that is less than before.
    fn grant(&mut self, grants: &str) -> bool {
        self.entry.follow(Self::wanted(self.folder.path(), grants), &self.secrets)
    }

    fn write(&mut self, bytes: &str) {
        let new = tempfile::NamedTempFile::new_in(self.folder.path()).expect("a file");
        std::fs::write(new.path(), bytes).expect("written");
        new.persist(self.folder.path().join("a.wasm")).expect("renamed");
    }

    fn begins(&mut self) -> bool {
        let stamp = Stamp::of(&self.folder.path().join("a.wasm"));
        self.entry.begins(stamp, self.now)
    }

    /// A load that ends so at once. Tells whether there was something to be told.
    fn load(&mut self, result: Result<u64, LoadError>, renewed: Option<Result<u64, LoadError>>) -> bool {
        assert!(self.begins(), "it is to be loaded");
        self.end(result, renewed)
    }

    fn end(&mut self, result: Result<u64, LoadError>, renewed: Option<Result<u64, LoadError>>) -> bool {
        let terms = self.entry.terms.clone();
        let told = self.entry.take_in(Loaded { result, renewed, terms }, self.now);
        // What the catalog would take.
        let newest = self.entry.newest.clone().filter(|newest| self.entry.may_serve(newest, self.now));
        self.entry.serving = newest;
        told
    }

    fn serves(&self) -> Option<u64> {
        self.entry.serving.as_ref().map(|generation| *generation.plugin)
    }

    fn problem(&self) -> &str {
        self.entry.problem.as_deref().unwrap_or_default()
    }

    fn after(&mut self, time: Duration) {
        self.now += time;
    }
}

fn bad() -> LoadError {
    LoadError::UnknownImport("acme:x/y".into())
}

fn late() -> LoadError {
    LoadError::Listing { words: "it took too long".into(), may_pass: true }
}

fn cut() -> LoadError {
    ManifestError::Damaged { offset: 1, reason: "x".into() }.into()
}

#[test]
fn a_bad_file_leaves_the_generation_before_while_its_grants_are_given() {
    // What is granted at first and then, what becomes of the old component with that, and which generation serves.
    type Renewed = fn() -> Option<Result<u64, LoadError>>;
    let cases: [(&str, &str, Renewed, Option<u64>); 6] = [
        ("", "", || None, Some(1)),
        ("", FS, || Some(Err(late())), Some(1)),
        ("", FS, || Some(Ok(2)), Some(2)),
        (FS, "", || Some(Ok(2)), Some(2)),
        (FS, "", || Some(Err(late())), None),
        (FS, "", || None, None),
    ];
    for (before, now, renewed, serves) in cases {
        for error in [bad, late, cut] {
            let mut story = Story::new(before);
            assert!(story.load(Ok(1), None));
            story.write("1");
            story.grant(now);
            story.load(Err(error()), renewed());
            assert_eq!(story.serves(), serves, "{before:?} -> {now:?}, {}", error());
            story.after(DOUBT);
            if story.begins() {
                story.end(Err(error()), None);
            }
            assert_eq!(story.serves(), serves, "{before:?} -> {now:?}, {} later", error());
            assert_eq!(story.problem().contains("is taken back"), serves.is_none(), "{}", story.problem());
            story.write("2");
            story.load(Ok(3), None);
            assert_eq!((story.serves(), story.problem()), (Some(3), ""));
        }
    }
}

#[test]
fn a_secret_that_is_gone_is_no_longer_in_force() {
    let mut story = Story::new("secrets = [\"BARKEEP_NO_SUCH\"]");
    let file = story.folder.path().join("secrets.toml");
    std::fs::write(&file, "BARKEEP_NO_SUCH = \"1\"\n").expect("written");
    #[cfg(unix)]
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("changed");
    story.secrets = Arc::new(Secrets::read(Some(&file)));
    let grants = "secrets = [\"BARKEEP_NO_SUCH\"]";
    story.grant(grants);
    story.load(Ok(1), None);
    story.secrets = Arc::new(Secrets::read(None));
    story.grant(grants);
    story.load(Err(bad()), Some(Err(bad())));
    assert_eq!(story.serves(), None);
}

#[test]
fn a_generation_is_kept_for_a_moment_while_its_successor_is_loaded() {
    let mut story = Story::new(FS);
    story.load(Ok(1), None);
    story.grant("");
    assert_eq!(story.entry.serving.as_ref().map(|generation| generation.still), Some(Still::InPart), "at once");
    assert!(story.begins());
    for (after, may) in [(Duration::ZERO, true), (TOGETHER, false)] {
        story.after(after);
        let generation = story.entry.serving.clone().expect("it serves");
        assert_eq!(story.entry.may_serve(&generation, story.now), may);
    }
}

#[test]
fn what_was_taken_back_and_is_given_again_is_for_a_new_generation() {
    for (renewed, serves) in [(Some(Ok(2)), Some(2)), (None, None)] {
        let mut story = Story::new(FS);
        story.load(Ok(1), None);
        story.grant("");
        story.grant(FS);
        story.load(Err(bad()), renewed);
        assert_eq!(story.serves(), serves);
    }
}

/// A call keeps its generation, whatever serves since.
#[test]
fn what_is_taken_back_is_so_for_generations_that_serve_no_more() {
    let mut story = Story::new(FS);
    story.load(Ok(1), None);
    let under_way = story.entry.serving.clone();
    story.grant(&format!("{FS}\nenv = {{ A = \"1\" }}"));
    story.load(Ok(2), None);
    story.grant("");
    let still = |story: &Story| story.entry.made.iter().map(|made| made.still).collect::<Vec<_>>();
    assert_eq!(still(&story), [Still::InPart; 2]);
    drop(under_way);
    story.load(Ok(3), None);
    story.grant(FS);
    assert_eq!(still(&story), [Still::All], "what no call is under way in is forgotten");
}

#[test]
fn what_is_being_loaded_with_what_is_taken_back_is_loaded_anew_at_once() {
    let mut story = Story::new(FS);
    assert!(story.begins());
    assert!(!story.grant(&format!("{FS}\nenv = {{ A = \"1\" }}")) && !story.begins(), "with more, it ends first");
    assert!(story.grant("") && story.begins());
}

#[test]
fn a_file_that_changes_while_it_is_loaded_is_loaded_once_more() {
    let mut story = Story::new("");
    assert!(story.begins());
    story.write("1");
    assert!(!story.begins(), "the load that began ends first");
    story.end(Ok(1), None);
    assert!(story.begins(), "and another one begins");
    story.after(TOGETHER);
    assert!(!story.begins(), "it did not change");
    story.write("2");
    assert!(story.begins(), "the one before takes too long");
}

#[test]
fn a_half_written_file_is_told_when_it_stays_so() {
    let mut story = Story::new("");
    story.load(Ok(1), None);
    story.write("half");
    assert!(!story.load(Err(cut()), None), "in doubt");
    assert!(story.entry.doubts() && story.problem().is_empty());
    story.after(DOUBT);
    assert!(story.load(Err(cut()), None));
    assert_eq!((story.serves(), story.entry.doubts()), (Some(1), false));
    assert!(!story.begins(), "it did not change");
}

#[test]
fn a_file_that_is_gone_for_a_moment_is_not_loaded_again() {
    let mut story = Story::new("");
    story.load(Ok(1), None);
    let (file, away) = (story.folder.path().join("a.wasm"), story.folder.path().join("away"));
    std::fs::rename(&file, &away).expect("renamed");
    assert!(!story.begins() && story.entry.doubts() && story.entry.may_return(story.now));
    std::fs::rename(&away, &file).expect("renamed");
    assert!(!story.begins() && !story.entry.doubts());
    std::fs::remove_file(&file).expect("removed");
    assert!(!story.begins());
    story.after(DOUBT);
    assert!(!story.entry.may_return(story.now));
    let gone = std::io::Error::from(std::io::ErrorKind::NotFound);
    story.load(Err(LoadError::Unreadable { file: "a.wasm".into(), reason: gone }), None);
    assert_eq!(story.serves(), None);
    assert!(!story.begins(), "it is still gone");
}

#[test]
fn what_may_pass_is_tried_again_less_and_less_often() {
    let mut story = Story::new("");
    story.load(Err(late()), None);
    assert!(std::mem::take(&mut story.entry.untold));
    for pause in [2, 4, 8, 16, 32, 60, 60] {
        story.after(Duration::from_millis(pause * 1000 - 1));
        assert!(!story.begins(), "{pause} s");
        story.after(Duration::from_millis(1));
        assert!(story.begins() && story.entry.holds_until().is_none(), "{pause} s");
        story.end(Err(late()), None);
        assert!(!story.entry.untold, "it was told");
    }
    story.write("new");
    story.load(Err(late()), None);
    assert!(story.entry.untold, "another file");
    story.after(PAUSE);
    story.load(Ok(1), None);
    assert_eq!(story.serves(), Some(1));
    story.write("bad");
    story.load(Err(bad()), None);
    story.after(MAX_PAUSE);
    assert!(!story.begins(), "it does not pass");
}
