use super::*;
use std::time::{Duration, Instant};

fn matches(pattern: &str, path: &str) -> bool {
    Pattern::new(pattern).unwrap().matches(path)
}

#[test]
fn what_matches_is_what_matches_in_the_package() {
    // For each pattern, whether each name matches: the answers of `minimatch`, version 10.2.6.
    let (names, patterns): (Vec<String>, Vec<(String, String)>) =
        barkeep_sdk::serde_json::from_str(include_str!("tests.json")).unwrap();
    for (pattern, expected) in &patterns {
        let read = Pattern::new(pattern).unwrap();
        for (name, expected) in names.iter().zip(expected.chars()) {
            assert_eq!(read.matches(name), expected == '1', "{pattern:?} {name:?}");
        }
    }
}

#[test]
fn stars_stay_in_a_name_and_double_stars_do_not() {
    assert!(matches("*.rs", "a.rs") && matches("*.rs", ".rs") && !matches("*.rs", "a/b.rs"));
    assert!(matches("**/*.rs", "b.rs") && matches("**/*.rs", "a/b/c.rs"));
    assert!(matches("a/**", "a/b/c") && !matches("a/**", "a"));
    assert!(matches("**/a/**/b", "a/b") && matches("**/a/**/b", "x/a/y/z/b") && !matches("**/a/**/b", "x/a/y"));
}

#[test]
fn a_negation_looks_at_all_that_follows() {
    assert!(matches("a!(b)c", "ac") && matches("a!(b)c", "abbc") && !matches("a!(b)c", "abc"));
    assert!(!matches("!a", "a") && matches("!a", "b") && matches("!!a", "a"));
}

#[test]
fn braces_that_stand_for_too_many_patterns_are_refused() {
    for pattern in ["{1..20000}", &"{a,b}".repeat(20), &format!("{}a,b{}", "{".repeat(100), "}".repeat(100))] {
        assert!(Pattern::new(pattern).unwrap_err().contains("too many"), "{pattern}");
    }
    assert_eq!(Pattern::new(&"a".repeat(LENGTH + 1)).unwrap_err(), "pattern is too long");
}

#[test]
fn no_pattern_takes_long() {
    let began = Instant::now();
    let name = "a".repeat(255);
    let hard = [
        format!("{}b", "*a".repeat(100)),
        format!("+({})b", "+(a|*(a))".repeat(20)),
        format!("{}b", "!(x)".repeat(40)),
        format!("{}b", "@(".repeat(5_000)),
        format!("{}/b", "**/*/".repeat(200)),
        "{a}".repeat(2_000),
        "{".repeat(60_000),
    ];
    for pattern in hard {
        let _ = Pattern::new(&pattern).map(|pattern| pattern.matches(&name));
    }
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}
