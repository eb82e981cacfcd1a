//! The text of the file, made to say something else with the least changes.

use toml::{Table, Value};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table as Section, TableLike, Value as Written};

/// Tables down to here get headers of their own: `[plugins.ID.grants]`. What is below is written in one line.
const HEADERS: usize = 3;

/// UTF-8's byte order mark.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// How a table is written, and so what is new in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Under a header, at this depth.
    Header(usize),
    /// By keys with dots.
    Dotted,
    /// In `{ }`.
    Inline,
}

/// `text`, which means `known`, changed to mean `wanted`. None where it is written in a way that this does not know.
pub(super) fn rewrite(text: &str, known: &Table, wanted: &Table) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    change_table(document.as_table_mut(), Style::Header(0), known, wanted)?;
    let of = |table: &Table| table.get("plugins").and_then(Value::as_table).cloned().unwrap_or_default();
    let before = of(known);
    for id in of(wanted).keys().filter(|id| !before.contains_key(*id)) {
        keep_last_comment(&mut document, id);
    }
    let rewritten = document.to_string();
    // Line breaks of values are written as Unix has them.
    let breaks = text.matches('\n').count();
    let windows = breaks > 0 && text.matches("\r\n").count() == breaks;
    let rewritten = if windows { rewritten.replace("\r\n", "\n").replace('\n', "\r\n") } else { rewritten };
    // Some editors put it first, and want to find it there.
    let mark = text.starts_with(BYTE_ORDER_MARK) && !rewritten.starts_with(BYTE_ORDER_MARK);
    Some(if mark { format!("{BYTE_ORDER_MARK}{rewritten}") } else { rewritten })
}

/// A comment at the end of the file belongs to what was last there, not to the plugin that is added.
fn keep_last_comment(document: &mut DocumentMut, id: &str) {
    let trailing = document.trailing().as_str().unwrap_or_default().to_owned();
    let plugin = document.get_mut("plugins").and_then(|plugins| plugins.get_mut(id)).and_then(Item::as_table_mut);
    let shown = match plugin {
        Some(plugin) if plugin.is_implicit() => plugin.iter_mut().find_map(|(_, child)| child.as_table_mut()),
        plugin => plugin,
    };
    if let Some(shown) = shown
        && !shown.is_dotted()
        && !trailing.trim().is_empty()
    {
        shown.decor_mut().set_prefix(format!("{}\n\n", trailing.trim_end()));
        document.set_trailing("");
    }
}

fn change_table(table: &mut dyn TableLike, style: Style, known: &Table, wanted: &Table) -> Option<()> {
    for key in known.keys().filter(|key| !wanted.contains_key(*key)) {
        table.remove(key)?;
    }
    for (key, after) in wanted {
        match known.get(key) {
            Some(before) if before == after => {}
            Some(before) => {
                let depth = if let Style::Header(depth) = style { depth + 1 } else { HEADERS };
                change(table.get_mut(key)?, depth, before, after)?;
            }
            None => {
                let mut added = new(style, after)?;
                if style == Style::Inline {
                    move_end(table, &mut added);
                }
                table.insert(key, added);
            }
        }
    }
    Some(())
}

/// What stands before the `}` of a table is written after its last value: that is another one now.
fn move_end(table: &mut dyn TableLike, added: &mut Item) {
    let last = table.iter_mut().last().and_then(|(_, item)| item.as_value_mut().map(Written::decor_mut));
    if let (Some(last), Some(added)) = (last, added.as_value_mut()) {
        let end = last.suffix().and_then(|end| end.as_str()).unwrap_or_default().to_owned();
        last.set_suffix("");
        added.decor_mut().set_prefix(" ");
        added.decor_mut().set_suffix(end);
    }
}

fn change(item: &mut Item, depth: usize, before: &Value, after: &Value) -> Option<()> {
    match (item, before, after) {
        (Item::Table(table), Value::Table(before), Value::Table(after)) => {
            let style = if table.is_dotted() { Style::Dotted } else { Style::Header(depth) };
            change_table(table, style, before, after)
        }
        (Item::ArrayOfTables(list), Value::Array(before), Value::Array(after)) => change_sections(list, before, after),
        (Item::Value(value), before, after) => change_value(value, before, after),
        _ => None,
    }
}

fn change_value(value: &mut Written, before: &Value, after: &Value) -> Option<()> {
    match (&mut *value, before, after) {
        (Written::InlineTable(table), Value::Table(before), Value::Table(after)) => {
            change_table(table, Style::Inline, before, after)
        }
        (Written::Array(list), Value::Array(before), Value::Array(after)) => change_list(list, before, after),
        _ => {
            let decor = value.decor().clone();
            *value = written(after)?;
            *value.decor_mut() = decor;
            Some(())
        }
    }
}

/// Which of `before` are not in `after`, last first; none where the one is not a part of the other.
fn removed(before: &[Value], after: &[Value]) -> Option<Vec<usize>> {
    let mut left = after.iter().peekable();
    let mut removed: Vec<usize> =
        before.iter().enumerate().filter(|(_, entry)| left.next_if_eq(entry).is_none()).map(|(at, _)| at).collect();
    removed.reverse();
    left.next().is_none().then_some(removed)
}

fn change_list(list: &mut Array, before: &[Value], after: &[Value]) -> Option<()> {
    if after.len() < before.len() {
        for at in removed(before, after)? {
            let gone = list.remove(at);
            // Who comes first now stands where the first one stood.
            if let (0, Some(first)) = (at, list.get_mut(0)) {
                let prefix = gone.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default();
                first.decor_mut().set_prefix(prefix.to_owned());
            }
        }
        return Some(());
    }
    for (at, (before, after)) in before.iter().zip(after).enumerate() {
        if before != after {
            change_value(list.get_mut(at)?, before, after)?;
        }
    }
    for entry in after.iter().skip(before.len()) {
        push(list, written(entry)?);
    }
    Some(())
}

/// Adds an entry that looks like the ones before it. Comments stay with what they are about.
fn push(list: &mut Array, mut entry: Written) {
    let trailing = list.trailing().as_str().unwrap_or_default().to_owned();
    let Some(last) = list.len().checked_sub(1).and_then(|at| list.get_mut(at)) else {
        list.push_formatted(entry);
        return;
    };
    let text = |raw: Option<&toml_edit::RawString>| raw.and_then(|raw| raw.as_str()).unwrap_or_default().to_owned();
    let (prefix, suffix) = (text(last.decor().prefix()), text(last.decor().suffix()));
    let indent = prefix.rfind('\n').map_or(" ", |at| prefix.get(at..).unwrap_or(" ")).to_owned();
    // With a comma at the end, what follows is the list's, else it is the last entry's.
    let (after, is_lists) = if trailing.is_empty() { (suffix, false) } else { (trailing, true) };
    let (comment, rest) = match after.trim() {
        "" => ("", after.as_str()),
        _ => (after.trim_end(), after.rfind('\n').and_then(|at| after.get(at..)).unwrap_or_default()),
    };
    // A comment ends with its line.
    let indent = if comment.is_empty() || indent.starts_with('\n') { indent } else { format!("\n{indent}") };
    entry.decor_mut().set_prefix(format!("{comment}{indent}"));
    if is_lists {
        list.set_trailing(rest.to_owned());
    } else {
        last.decor_mut().set_suffix("");
        entry.decor_mut().set_suffix(rest.to_owned());
    }
    list.push_formatted(entry);
}

fn change_sections(list: &mut ArrayOfTables, before: &[Value], after: &[Value]) -> Option<()> {
    if after.len() < before.len() {
        for at in removed(before, after)? {
            list.remove(at);
        }
        return Some(());
    }
    for (at, (before, after)) in before.iter().zip(after).enumerate() {
        if before != after {
            change_table(list.get_mut(at)?, Style::Header(HEADERS), before.as_table()?, after.as_table()?)?;
        }
    }
    for entry in after.iter().skip(before.len()) {
        list.push(section(entry.as_table()?, Style::Header(HEADERS))?);
    }
    Some(())
}

/// What is new in a table of this style.
fn new(style: Style, value: &Value) -> Option<Item> {
    Some(match (style, value) {
        (Style::Header(depth), Value::Table(table)) if depth < HEADERS => {
            let mut section = section(table, Style::Header(depth + 1))?;
            // A header with nothing but headers below says nothing; a plugin goes to the end of the file.
            section.set_implicit(!table.is_empty() && table.values().all(Value::is_table));
            section.set_position((depth == 1).then_some(isize::MAX));
            Item::Table(section)
        }
        (Style::Dotted, Value::Table(table)) => {
            let mut section = section(table, Style::Dotted)?;
            section.set_dotted(true);
            Item::Table(section)
        }
        _ => Item::Value(written(value)?),
    })
}

fn section(table: &Table, style: Style) -> Option<Section> {
    let mut section = Section::new();
    for (key, value) in table {
        section.insert(key, new(style, value)?);
    }
    Some(section)
}

/// A value in one line.
fn written(value: &Value) -> Option<Written> {
    Some(match value {
        // Over several lines, line breaks would be those of the file.
        Value::String(text) if text.contains(char::is_control) => {
            let quoted = serde_json::to_string(text).ok()?;
            quoted.replace('\u{7f}', "\\u007f").parse().ok()?
        }
        Value::Array(list) => Written::Array(list.iter().map(written).collect::<Option<_>>()?),
        Value::Table(table) => {
            let mut inline = InlineTable::new();
            for (key, value) in table {
                inline.insert(key, written(value)?);
            }
            Written::InlineTable(inline)
        }
        plain => {
            let mut written: Written = plain.to_string().parse().ok()?;
            written.decor_mut().clear();
            written
        }
    })
}
