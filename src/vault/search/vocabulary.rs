//! [`TERMS`], the one table of what the query line understands, each with its meaning.
//!
//! Completion, the error about an unknown term, the help dialog and the README's table
//! all come from here; what a term does is in [`super::terms`].

/// A term as one would write it, and what it finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TermRow {
    /// `due:<7d`
    pub example: &'static str,
    /// What the secrets have in common that it finds.
    pub finds: &'static str,
}

/// Every term.
pub const TERMS: &[TermRow] = &[
    TermRow { example: "scope:prod", finds: "A segment of the scope begins so." },
    TermRow { example: "scope:prod/", finds: "A whole segment of the scope is that." },
    TermRow { example: "scope:=prod", finds: "In that scope alone, not below it." },
    TermRow { example: "tag:db", finds: "A tag begins so; tag:=db is that tag alone." },
    TermRow { example: "has:totp", finds: "It has a field that begins so." },
    TermRow { example: "by:alice", finds: "Who created it." },
    TermRow { example: "owner:team", finds: "Who answers for it." },
    TermRow { example: "age:>90d", finds: "The value is older; with < it is younger." },
    TermRow { example: "changed:today", finds: "Anything about it changed; also yesterday." },
    TermRow { example: "changed:<2h", finds: "Anything about it changed within that time." },
    TermRow { example: "rotated:never", finds: "No rotation led to its value; an edit is none." },
    TermRow { example: "rotated:>1y", finds: "Not rotated for so long." },
    TermRow { example: "used:never", finds: "No value ever left the vault, by its audit log." },
    TermRow { example: "used:>90d", finds: "No value left it for so long." },
    TermRow { example: "due", finds: "It must be rotated now." },
    TermRow { example: "due:<7d", finds: "It must be rotated within that time." },
    TermRow { example: "staged", finds: "A new value is staged beside the current one." },
    TermRow { example: "unsettled", finds: "Which value the far side takes is not known." },
    TermRow { example: "revoke", finds: "The far side still takes the value before." },
    TermRow { example: "dup", finds: "Its value is another secret's too." },
    TermRow { example: "expired", finds: "It is given out no more." },
    TermRow { example: "expires:<30d", finds: "It is given out no more within that time." },
];

/// How a term begins: up to its colon, or all of it.
fn beginning(example: &'static str) -> &'static str {
    example.find(':').map_or(example, |colon| &example[..=colon])
}

/// Every term as it begins, each once.
pub(super) fn beginnings() -> impl Iterator<Item = &'static str> {
    first_of_each().map(|row| beginning(row.example))
}

/// What the error for an unknown term says: an example of each.
pub(super) fn known() -> String {
    let examples: Vec<&str> = first_of_each().map(|row| row.example).collect();
    format!("Terms are {}; quote a word to search for it as text.", examples.join(" "))
}

fn first_of_each() -> impl Iterator<Item = &'static TermRow> {
    let begins_like = |row: &TermRow, other: &TermRow| beginning(other.example) == beginning(row.example);
    let is_first = move |(at, row): &(usize, &TermRow)| !TERMS[..*at].iter().any(|other| begins_like(row, other));
    TERMS.iter().enumerate().filter(is_first).map(|(_, row)| row)
}

/// The README's table of terms, as Markdown.
#[must_use]
pub fn readme_terms() -> String {
    let rows = TERMS.iter().map(|row| format!("| `{}` | {} |\n", row.example, row.finds));
    format!("| term | finds |\n|---|---|\n{}", rows.collect::<String>())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::terms::{Term, is_term};
    use super::*;

    #[test]
    fn every_term_of_the_table_is_understood() {
        for TermRow { example, finds } in TERMS {
            assert!(matches!(Term::parse(example, Timestamp::UNIX_EPOCH), Ok(Some(_))), "{example}");
            assert_eq!(is_term(example), example.contains(':'), "{example}");
            assert!(finds.ends_with('.') && finds.chars().count() <= 51, "{finds}");
            assert!(known().contains(beginning(example)), "{example}");
        }
    }

    #[test]
    fn each_begins_once() {
        let all: Vec<&str> = beginnings().collect();
        assert_eq!(all.iter().filter(|begun| **begun == "changed:").count(), 1);
        assert!(all.contains(&"due") && all.contains(&"due:") && all.contains(&"expired"));
    }
}
