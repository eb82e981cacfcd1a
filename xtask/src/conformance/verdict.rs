//! What the suite found, held against what is expected. The rules are the suite's own for `--expected-failures`, and so is
//! the form of the files; beyond that, each entry needs a reason, and must name a scenario that was run.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

/// Characters that the suite adds to the name of a scenario's folder: a dash and the time.
const TIME: usize = "-2026-07-28T12-00-00-000Z".len();

/// The check of the messages themselves, which the suite adds to every scenario.
const WIRE: &str = "wire-schema-valid";

/// Failures that are expected.
#[derive(Debug, Default)]
pub struct Baseline(Vec<Entry>);

/// A scenario that may fail, or one check of it.
#[derive(Debug)]
struct Entry {
    scenario: String,
    check: Option<String>,
}

impl Baseline {
    /// Reads a file.
    pub fn read(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        Self::parse(&text).with_context(|| file.display().to_string())
    }

    /// Reads the part of YAML that these files are written in: `- scenario # reason` or `- scenario:check # reason`.
    fn parse(text: &str) -> Result<Self> {
        let mut entries = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') || matches!(line, "server:" | "server: []") {
                continue;
            }
            let entry = line.strip_prefix("- ").and_then(|entry| entry.split_once(" # "));
            let Some((name, _reason)) = entry else {
                bail!("line {}: `{line}` is not `- scenario # reason`", index + 1);
            };
            let name = name.trim();
            let (scenario, check) = name.split_once(':').map_or((name, None), |(name, check)| (name, Some(check)));
            entries.push(Entry { scenario: scenario.to_owned(), check: check.map(str::to_owned) });
        }
        Ok(Self(entries))
    }
}

/// One check, as the suite writes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Check {
    id: String,
    status: Status,
    #[serde(default)]
    error_message: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Success,
    Failure,
    Warning,
    Skipped,
    Info,
}

impl Check {
    /// A warning is of something that the specification says servers should do, and counts as a failure.
    fn failed(&self) -> bool {
        matches!(self.status, Status::Failure | Status::Warning)
    }
}

/// The checks of each scenario.
#[derive(Debug, Default)]
pub struct Results(BTreeMap<String, Vec<Check>>);

impl Results {
    /// Reads what the suite left in `folder` for `scenarios`.
    pub fn read(folder: &Path, scenarios: &[String]) -> Result<Self> {
        let mut results = BTreeMap::new();
        for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_of = |scenario: &&String| {
                let rest = name.strip_prefix("server-").and_then(|rest| rest.strip_prefix(scenario.as_str()));
                rest.is_some_and(|time| time.len() == TIME)
            };
            let Some(scenario) = scenarios.iter().find(is_of) else { continue };
            let file = entry.path().join("checks.json");
            // The suite leaves none where a scenario broke off.
            let Ok(text) = fs::read_to_string(&file) else { continue };
            let checks = serde_json::from_str(&text).with_context(|| file.display().to_string())?;
            results.insert(scenario.clone(), checks);
        }
        Ok(Self(results))
    }
}

/// How the suite went for one revision.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Scenarios in all.
    pub scenarios: usize,
    /// Those without a failure.
    pub passed: usize,
    /// Those for something optional that the host does not offer.
    pub skipped: usize,
    /// Those that failed as expected.
    pub expected: usize,
    /// What is not as expected, a line each.
    pub surprises: Vec<String>,
}

impl Verdict {
    /// Holds the results of `scenarios` against `baseline`.
    pub fn of(baseline: &Baseline, scenarios: &[String], results: &Results) -> Self {
        let mut verdict = Self { scenarios: scenarios.len(), ..Self::default() };
        for entry in &baseline.0 {
            if !scenarios.contains(&entry.scenario) {
                verdict.surprises.push(format!("{}: there is no such scenario; remove it", entry.scenario));
            }
        }
        for scenario in scenarios {
            match results.0.get(scenario) {
                Some(checks) => verdict.add(baseline, scenario, checks),
                None => verdict.surprises.push(format!("{scenario}: the suite did not get to its end")),
            }
        }
        verdict
    }

    fn add(&mut self, baseline: &Baseline, scenario: &str, checks: &[Check]) {
        let entries: Vec<_> = baseline.0.iter().filter(|entry| entry.scenario == scenario).collect();
        let whole = entries.iter().any(|entry| entry.check.is_none());
        let expected: BTreeSet<&str> = entries.iter().filter_map(|entry| entry.check.as_deref()).collect();
        let failed: BTreeSet<&str> =
            checks.iter().filter(|check| check.failed()).map(|check| check.id.as_str()).collect();

        if whole && failed.is_empty() {
            self.surprises.push(format!("{scenario}: passes; remove it"));
        }
        for id in &expected {
            let succeeded = checks.iter().any(|check| check.id == *id && check.status == Status::Success);
            if succeeded && !failed.contains(id) {
                self.surprises.push(format!("{scenario}:{id}: passes; remove it"));
            }
        }
        for check in checks.iter().filter(|check| check.failed() && !whole && !expected.contains(check.id.as_str())) {
            let words = check.error_message.as_deref().unwrap_or("failed");
            self.surprises.push(format!("{scenario}:{}: {words}", check.id));
        }
        let ran = checks.iter().any(|check| check.status == Status::Success && check.id != WIRE);
        let skipped = checks.iter().any(|check| check.status == Status::Skipped);
        match (failed.is_empty(), skipped && !ran) {
            (true, true) => self.skipped += 1,
            (true, false) => self.passed += 1,
            (false, _) if whole || failed.is_subset(&expected) => self.expected += 1,
            (false, _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(baseline: &str, results: &[(&str, &[(&str, &str)])]) -> Verdict {
        let check = |(id, status): &(&str, &str)| {
            serde_json::from_value(serde_json::json!({ "id": id, "status": status, "errorMessage": "broken" })).unwrap()
        };
        let scenarios: Vec<_> = results.iter().map(|(name, _)| (*name).to_owned()).collect();
        let ended = results.iter().filter(|(_, checks)| !checks.is_empty());
        let results = ended.map(|(name, checks)| ((*name).to_owned(), checks.iter().map(check).collect())).collect();
        Verdict::of(&Baseline::parse(baseline).unwrap(), &scenarios, &Results(results))
    }

    #[test]
    fn what_succeeds_passes_and_what_is_not_offered_is_skipped() {
        let results: &[(&str, &[_])] =
            &[("ping", &[("a", "SUCCESS"), ("b", "INFO")]), ("skills", &[("a", "SKIPPED"), (WIRE, "SUCCESS")])];
        let verdict = verdict("server: []\n", results);
        assert_eq!((verdict.scenarios, verdict.passed, verdict.skipped, verdict.expected), (2, 1, 1, 0));
        assert!(verdict.surprises.is_empty());
    }

    #[test]
    fn a_failure_or_warning_is_a_surprise_unless_its_scenario_or_check_is_expected_to_fail() {
        let results: &[(&str, &[_])] = &[("x", &[("a", "FAILURE"), ("b", "WARNING"), ("c", "SUCCESS")])];
        assert_eq!(verdict("", results).surprises, ["x:a: broken", "x:b: broken"]);
        assert_eq!(verdict("- x:a # why\n", results).surprises, ["x:b: broken"]);
        for baseline in ["- x # why\n", "- x:a # why\n- x:b # why\n"] {
            let verdict = verdict(baseline, results);
            assert_eq!((verdict.passed, verdict.expected, verdict.surprises.len()), (0, 1, 0), "{baseline}");
        }
    }

    #[test]
    fn an_expected_failure_that_does_not_happen_is_a_surprise() {
        let results: &[(&str, &[_])] = &[("x", &[("a", "SUCCESS"), ("b", "SKIPPED")])];
        assert_eq!(verdict("- x # why\n", results).surprises, ["x: passes; remove it"]);
        assert_eq!(verdict("- x:a # why\n", results).surprises, ["x:a: passes; remove it"]);
        assert!(verdict("- x:b # why\n", results).surprises.is_empty());
        assert_eq!(verdict("- y # why\n", results).surprises, ["y: there is no such scenario; remove it"]);
    }

    #[test]
    fn a_scenario_without_results_is_a_surprise() {
        assert_eq!(verdict("", &[("x", &[])]).surprises, ["x: the suite did not get to its end"]);
    }

    #[test]
    fn an_entry_without_a_reason_is_refused() {
        Baseline::parse("# a comment\nserver:\n  - x # why\n").unwrap();
        let error = Baseline::parse("server:\n  - x\n").unwrap_err();
        assert_eq!(error.to_string(), "line 2: `- x` is not `- scenario # reason`");
    }

    #[test]
    fn results_are_found_by_the_names_of_their_folders() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["tools", "tools-list"] {
            let run = folder.path().join(format!("server-{name}-2026-11-24T07-51-04-160Z"));
            fs::create_dir(&run).unwrap();
            fs::write(run.join("checks.json"), format!(r#"[{{ "id": "{name}", "status": "SUCCESS" }}]"#)).unwrap();
        }
        let names = ["tools".to_owned(), "tools-list".to_owned()];
        let results = Results::read(folder.path(), &names).unwrap();
        assert_eq!(results.0["tools"][0].id, "tools");
        assert_eq!(results.0["tools-list"][0].id, "tools-list");
    }
}
