//! Whether the parts of a template fit a URI, and where each ends.
//!
//! From the last part to the first, a row says for each place in the URI where the part ends that begins there, if the parts
//! after it fit the rest. So the work grows with the URI's length and the number of parts, whatever the URI is.

use super::Part;

/// Where a part ends that begins at each byte of the URI, the end included; none where it does not fit.
type Row = Vec<Option<usize>>;

/// The variables in `uri`, not decoded, or nothing where it does not fit.
pub(super) fn fit<'a>(parts: &'a [Part], uri: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    // After the last part, only the end of the URI fits.
    let mut end: Row = vec![None; uri.len()];
    end.push(Some(uri.len()));
    let mut rows = vec![end];
    for part in parts.iter().rev() {
        let row = row(part, uri, rows.last()?);
        rows.push(row);
    }

    let mut found = Vec::new();
    let mut at = 0;
    for (part, row) in parts.iter().zip(rows.iter().rev()) {
        let end = (*row.get(at)?)?;
        collect(part, uri.get(at..end)?, &mut found);
        at = end;
    }
    (at == uri.len()).then_some(found)
}

/// The row of `part`, by that of the part after it.
fn row(part: &Part, uri: &str, next: &Row) -> Row {
    let fits = |end: usize| next.get(end).is_some_and(Option::is_some);
    let places = |end_of: &dyn Fn(usize, &str) -> Option<usize>| {
        // Within a character, nothing begins.
        (0..=uri.len()).map(|at| uri.get(at..).and_then(|rest| end_of(at, rest))).collect()
    };
    match part {
        Part::Literal(text) => {
            places(&|at, rest| Some(at + text.len()).filter(|end| rest.starts_with(text) && fits(*end)))
        }
        Part::Value { mark, stops, least, .. } => {
            let (limits, last) = (limits(uri, stops), last_before(next));
            let value = |from: usize| {
                let end = (*last.get(*limits.get(from)?)?)?;
                (end >= from + least).then_some(end)
            };
            match mark {
                None => places(&|at, _| value(at)),
                Some(mark) => places(&|at, rest| {
                    let marked = rest.starts_with(*mark).then(|| value(at + mark.len_utf8())).flatten();
                    marked.or(Some(at).filter(|at| fits(*at)))
                }),
            }
        }
        Part::Pairs { names, first, between, stops } => {
            let limits = limits(uri, stops);
            places(&|at, rest| {
                let mut end = at;
                if rest.starts_with(*first) {
                    let from = at + first.len_utf8();
                    end = *limits.get(from)?;
                    pairs(uri.get(from..end)?, *between, names)?;
                }
                Some(end).filter(|end| fits(*end))
            })
        }
    }
}

/// For each place, where the first of these characters is from there on.
fn limits(uri: &str, stops: &str) -> Vec<usize> {
    let mut limits = vec![uri.len(); uri.len() + 1];
    let mut limit = uri.len();
    for ((at, byte), to) in uri.bytes().enumerate().zip(&mut limits).rev() {
        if stops.as_bytes().contains(&byte) {
            limit = at;
        }
        *to = limit;
    }
    limits
}

/// For each place, the last one up to there at which the next part fits.
fn last_before(next: &Row) -> Vec<Option<usize>> {
    let mut last = None;
    let place = |(at, end): (usize, &Option<usize>)| {
        last = end.map(|_| at).or(last);
        last
    };
    next.iter().enumerate().map(place).collect()
}

/// The pairs of a list: all of known names, none twice.
fn pairs<'a>(list: &'a str, between: char, names: &'a [String]) -> Option<Vec<(&'a str, &'a str)>> {
    let mut found: Vec<(&str, &str)> = Vec::new();
    for pair in list.split(between) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !names.iter().any(|known| known == name) || found.iter().any(|(other, _)| *other == name) {
            return None;
        }
        found.push((name, value));
    }
    Some(found)
}

/// Adds the variables of a part that is this text.
fn collect<'a>(part: &'a Part, text: &'a str, found: &mut Vec<(&'a str, &'a str)>) {
    match part {
        Part::Literal(_) => {}
        Part::Value { name, mark: None, .. } => found.push((name, text)),
        Part::Value { name, mark: Some(mark), .. } => {
            found.extend(text.strip_prefix(*mark).map(|value| (name.as_str(), value)));
        }
        Part::Pairs { names, first, between, .. } => {
            let list = text.strip_prefix(*first).and_then(|list| pairs(list, *between, names));
            found.extend(list.into_iter().flatten());
        }
    }
}
