use super::myers::Run;
use super::*;

fn body(old: &str, new: &str) -> String {
    let diff = unified("f", old, new);
    let heading = format!("Index: f\n{}\n--- f\toriginal\n+++ f\tmodified\n", "=".repeat(67));
    diff.strip_prefix(&heading).unwrap().to_owned()
}

/// A text of the lines `1` to `last`, where `change` may put others in their place.
fn numbers(last: usize, change: impl Fn(usize) -> Option<&'static str>) -> String {
    (1..=last).map(|n| change(n).map_or_else(|| format!("{n}\n"), str::to_owned)).collect()
}

#[test]
fn texts_that_are_the_same_have_a_heading_only() {
    assert_eq!(body("a\n", "a\n"), "");
    assert_eq!(body("", ""), "");
}

#[test]
fn four_lines_stand_around_a_change() {
    let new = numbers(20, |n| (n == 10).then_some("ten\n"));
    let expected = "@@ -6,9 +6,9 @@\n 6\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n 14\n";
    assert_eq!(body(&numbers(20, |_| None), &new), expected);
}

#[test]
fn changes_share_a_hunk_up_to_eight_lines_apart() {
    let hunks = |second| {
        let new = numbers(30, |n| (n == 10 || n == second).then_some(""));
        body(&numbers(30, |_| None), &new).matches("@@ -").count()
    };
    assert_eq!((hunks(19), hunks(20)), (1, 2));
}

#[test]
fn an_empty_range_is_named_by_the_line_before_it() {
    assert_eq!(body("", "a\n"), "@@ -0,0 +1,1 @@\n+a\n");
    assert_eq!(body("a\n", ""), "@@ -1,1 +0,0 @@\n-a\n");
}

#[test]
fn a_last_line_without_its_end_is_told() {
    let end = "\\ No newline at end of file\n";
    assert_eq!(body("a", "a\n"), format!("@@ -1,1 +1,1 @@\n-a\n{end}+a\n"));
    assert_eq!(body("a\nb", "c\nb"), format!("@@ -1,2 +1,2 @@\n-a\n+c\n b\n{end}"));
}

#[test]
fn of_several_shortest_diffs_it_is_that_of_the_package() {
    // The answers are those of `createTwoFilesPatch`, version 8.0.4.
    let cases: Vec<(String, String, String)> = barkeep_sdk::serde_json::from_str(include_str!("tests.json")).unwrap();
    for (old, new, expected) in cases {
        assert_eq!(unified("f", &old, &new), expected, "{old:?} {new:?}");
    }
}

#[test]
fn what_takes_too_long_to_find_is_shown_as_one_change() {
    let (old, new) = (["a", "b", "c", "d"], ["a", "x", "c", "y", "d"]);
    assert_eq!(myers::shortest(&old, &new, 3), Err(myers::TooMuch));
    let run = |change, count| Run { change, count };
    let expected = [run(Change::Same, 1), run(Change::Removed, 2), run(Change::Added, 3), run(Change::Same, 1)];
    assert_eq!(myers::coarse(&old, &new), expected);
    assert_eq!(myers::coarse(&["a", "a"], &["a"]), [run(Change::Same, 1), run(Change::Removed, 1)]);
}

#[test]
fn two_long_texts_without_a_line_in_common_end_soon() {
    let (old, new) =
        (numbers(20_000, |_| None), numbers(20_000, |n| Some(if n % 2 == 0 { "even\n" } else { "odd\n" })));
    assert_eq!(body(&old, &new).lines().count(), 40_001);
}
