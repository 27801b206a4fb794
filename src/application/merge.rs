//! Phone and PC at once (ux.md: what is typed is kept): a save says what it saw of each field, and is merged field by
//! field with what stands there now. Pure: the store is in [`super::drafts`].
//!
//! What was seen is a keyed mark of each field's value, not a number: so a save that knows nothing but its own page
//! (no script, an old tab, the back key) still tells "I did not touch this" from "I changed this" (ADR 0018).

use super::FormText;
use super::form::FIELDS;
use crate::kernel::Sealer;
use std::collections::BTreeMap;
use std::fmt;

/// The marks of the fields as an editor last saw them, in text form for a hidden input: one of twelve hex digits a
/// field, in the order of [`FIELDS`], joined by dots; "-" for an empty field, "!" for one that equals nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen(BTreeMap<&'static str, String>);

const MARK: usize = 12;

/// Makes marks for one application.
pub struct Marks<'a> {
    sealer: &'a Sealer,
    application_id: &'a str,
}

impl<'a> Marks<'a> {
    /// The marks of this application's fields.
    pub fn new(sealer: &'a Sealer, application_id: &'a str) -> Self {
        Marks {
            sealer,
            application_id,
        }
    }

    fn of(&self, field: &str, value: &str) -> String {
        if value.is_empty() {
            return "-".to_owned();
        }
        let text = format!("{}\0{field}\0{value}", self.application_id);
        let mut mark = self.sealer.index("applications.seen", &text);
        mark.truncate(MARK);
        mark
    }

    /// All fields of a form as they stand.
    pub fn seen(&self, form: &FormText) -> Seen {
        Seen(
            FIELDS
                .iter()
                .map(|(field, _)| (*field, self.of(field, form.get(field))))
                .collect(),
        )
    }
}

impl Seen {
    /// Reads the text form; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let marks: Vec<&str> = text.split('.').collect();
        let known = |mark: &str| {
            matches!(mark, "-" | "!") || (mark.len() == MARK && mark.bytes().all(|b| b.is_ascii_hexdigit()))
        };
        (marks.len() == FIELDS.len() && marks.iter().all(|mark| known(mark))).then(|| {
            Seen(
                FIELDS
                    .iter()
                    .zip(marks)
                    .map(|((field, _), mark)| (*field, mark.to_owned()))
                    .collect(),
            )
        })
    }

    fn get(&self, field: &str) -> &str {
        self.0.get(field).map_or("!", String::as_str)
    }

    /// What the editor has seen after a merge: everything as it stands, but a field in conflict as it was, so that it
    /// stays in conflict until the worker chooses.
    pub fn after(&self, now: Seen, conflicts: &[Conflict]) -> Seen {
        let mut after = now;
        for conflict in conflicts {
            after
                .0
                .insert(conflict.field, self.get(conflict.field).to_owned());
        }
        after
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (field, _)) in FIELDS.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            f.write_str(self.get(field))?;
        }
        Ok(())
    }
}

/// A field that was changed in two places.
#[derive(Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The field.
    pub field: &'static str,
    /// What this editor typed; not in the form.
    pub mine: String,
    /// What stands in the form.
    pub theirs: String,
}

impl fmt::Debug for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Conflict({})", self.field)
    }
}

/// What came of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The form afterwards.
    pub form: FormText,
    /// Fields whose typed value was not taken.
    pub conflicts: Vec<Conflict>,
}

/// Merges what an editor typed into the form as it stands. Only fields that `allowed` names are touched; a `settled`
/// field was chosen by the worker who saw both values, and is taken as it is.
pub fn merge(
    marks: &Marks<'_>,
    current: &FormText,
    typed: &FormText,
    seen: &Seen,
    settled: &[&str],
    allowed: impl Fn(&str) -> bool,
) -> Merged {
    let mut form = current.clone();
    let mut conflicts = Vec::new();
    for (field, _) in FIELDS.iter().filter(|(field, _)| allowed(field)) {
        let Some(mine) = typed.typed(field) else { continue };
        let theirs = current.get(field);
        let untouched_here = || seen.get(field) == marks.of(field, mine);
        let untouched_there = || seen.get(field) == marks.of(field, theirs);
        if mine == theirs {
            continue;
        }
        if settled.contains(field) {
            form.set(field, mine);
        } else if untouched_here() {
            // The other editor's value stands.
        } else if untouched_there() {
            form.set(field, mine);
        } else {
            conflicts.push(Conflict {
                field,
                mine: mine.to_owned(),
                theirs: theirs.to_owned(),
            });
        }
    }
    Merged { form, conflicts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sealer() -> Sealer {
        Sealer::new([7; 32], &[])
    }

    /// An open page: what it shows, and what it has seen.
    #[derive(Clone)]
    struct Page {
        shown: FormText,
        seen: Seen,
    }

    impl Page {
        /// A save, and what the page's script does with the answer.
        fn save(&mut self, marks: &Marks<'_>, stored: &mut FormText) -> Vec<Conflict> {
            let merged = merge(marks, stored, &self.shown, &self.seen, &[], |_| true);
            *stored = merged.form;
            self.seen = self.seen.after(marks.seen(stored), &merged.conflicts);
            for (field, _) in FIELDS {
                if !merged.conflicts.iter().any(|c| c.field == *field) {
                    self.shown.set(field, stored.get(field));
                }
            }
            merged.conflicts
        }
    }

    fn pages(marks: &Marks<'_>, stored: &FormText) -> [Page; 2] {
        let page = Page {
            shown: stored.clone(),
            seen: marks.seen(stored),
        };
        [page.clone(), page]
    }

    /// fields that only one side changed are merged, in whichever order they arrive.
    #[test]
    fn different_fields_are_merged() {
        let (sealer, mut stored) = (sealer(), FormText::from_posted([("name", "王小梅")]));
        let marks = Marks::new(&sealer, "a");
        let [mut phone, mut pc] = pages(&marks, &stored);
        phone.shown.set("address", "大学路 1 号");
        pc.shown.set("major", "会计");
        assert!(phone.save(&marks, &mut stored).is_empty());
        assert!(pc.save(&marks, &mut stored).is_empty());
        assert_eq!(
            (stored.get("address"), stored.get("major")),
            ("大学路 1 号", "会计")
        );
        assert_eq!(pc.shown.get("address"), "大学路 1 号", "the page is told");
    }

    /// the same field changed in both places is left to the worker, however often the page saves again.
    #[test]
    fn the_same_field_is_the_workers_choice() {
        let (sealer, mut stored) = (sealer(), FormText::from_posted([("major", "会计")]));
        let marks = Marks::new(&sealer, "a");
        let [mut phone, mut pc] = pages(&marks, &stored);
        phone.shown.set("major", "护理");
        pc.shown.set("major", "软件技术");
        assert!(phone.save(&marks, &mut stored).is_empty());
        for _ in 0..3 {
            let conflicts = pc.save(&marks, &mut stored);
            assert_eq!(
                (conflicts[0].mine.as_str(), stored.get("major")),
                ("软件技术", "护理")
            );
        }
        let chosen = merge(&marks, &stored, &pc.shown, &pc.seen, &["major"], |_| true);
        assert_eq!(
            (chosen.form.get("major"), chosen.conflicts.len()),
            ("软件技术", 0)
        );
    }

    /// what may not be changed is neither merged nor asked about.
    #[test]
    fn what_is_closed_stays_closed() {
        let (sealer, stored) = (sealer(), FormText::from_posted([("name", "王小梅")]));
        let marks = Marks::new(&sealer, "a");
        let typed = FormText::from_posted([("name", "别人")]);
        let merged = merge(&marks, &stored, &typed, &marks.seen(&stored), &[], |_| false);
        assert_eq!((merged.form, merged.conflicts.len()), (stored, 0));
    }

    #[test]
    fn marks_are_read_back_and_say_nothing() {
        let (sealer, form) = (
            sealer(),
            FormText::from_posted([("name", "王小梅"), ("phone", "13800138001")]),
        );
        let seen = Marks::new(&sealer, "a").seen(&form);
        assert_eq!(Seen::parse(&seen.to_string()), Some(seen.clone()));
        assert_ne!(
            seen,
            Marks::new(&sealer, "b").seen(&form),
            "of one application only"
        );
        for bad in ["", "a.b", &seen.to_string().replace('-', "=")] {
            assert_eq!(Seen::parse(bad), None, "{bad}");
        }
    }

    #[derive(Debug, Clone)]
    enum Act {
        Type { editor: usize, field: usize, value: u8 },
        Save { editor: usize },
        Open { editor: usize },
    }

    fn act() -> impl Strategy<Value = Act> {
        let typing = (0..2usize, 0..3usize, 0..4u8).prop_map(|(editor, field, value)| Act::Type {
            editor,
            field,
            value,
        });
        prop_oneof![
            4 => typing,
            3 => (0..2usize).prop_map(|editor| Act::Save { editor }),
            1 => (0..2usize).prop_map(|editor| Act::Open { editor }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        /// two editors, any edits in any order. A value that was typed and saved is never replaced in the form
        /// by somebody who had not seen it, and what is not taken is told: nothing is lost silently.
        #[test]
        fn no_edit_is_lost_silently(acts in proptest::collection::vec(act(), 1..60)) {
            const USED: [&str; 3] = ["name", "address", "major"];
            let sealer = sealer();
            let marks = Marks::new(&sealer, "a");
            let mut stored = FormText::default();
            let mut pages = pages(&marks, &stored);
            for act in acts {
                match act {
                    Act::Type { editor, field, value } => pages[editor].shown.set(USED[field], &value.to_string()),
                    // The page is loaded anew: what it holds unsaved was put back by the browser, or was never saved.
                    Act::Open { editor } => {
                        pages[editor] = Page { shown: stored.clone(), seen: marks.seen(&stored) };
                    }
                    Act::Save { editor } => {
                        let (before, page) = (stored.clone(), pages[editor].clone());
                        let conflicts = pages[editor].save(&marks, &mut stored);
                        for field in USED {
                            let (was, mine, is) = (before.get(field), page.shown.get(field), stored.get(field));
                            let told = conflicts.iter().any(|c| c.field == field && c.mine == mine && c.theirs == is);
                            let edited = marks.of(field, mine) != page.seen.get(field);
                            // What was typed here stands, or is told.
                            prop_assert!(!edited || is == mine || told, "{field}: {mine} is lost");
                            // What stood there is kept, or had been seen by whoever replaced it.
                            let had_seen = marks.of(field, was) == page.seen.get(field);
                            prop_assert!(is == was || had_seen, "{field}: {was} is lost");
                        }
                    }
                }
            }
        }
    }
}
