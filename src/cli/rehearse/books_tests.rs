//! Each rule of the books finds the breach that is made of it, and nothing in books that agree.

use super::books::{self, Books};
use crate::application::State;
use crate::application::states::Event;
use crate::application::tally::{Line, Standing};
use crate::campaign::places::Places;
use crate::campaign::tally::Entry;
use crate::kernel::Time;
use crate::notice::tally::Note;

/// Id, state, order of submission, and what happened.
type Person = (&'static str, State, Option<i64>, &'static [(Event, State)]);

/// One unit with two places: one approved, one in review, one waiting, one withdrawn, one draft.
fn good() -> Books {
    let mut books = Books {
        places: vec![("u".into(), Places { total: 2, taken: 2 })],
        ..Books::default()
    };
    let people: [Person; 5] = [
        (
            "a",
            State::Approved,
            Some(1),
            &[
                (Event::Submitted, State::InReview),
                (Event::Approved, State::Approved),
            ],
        ),
        (
            "b",
            State::Withdrawn,
            Some(2),
            &[
                (Event::Submitted, State::InReview),
                (Event::Withdrawn, State::Withdrawn),
            ],
        ),
        (
            "c",
            State::InReview,
            Some(3),
            &[
                (Event::Waitlisted, State::Waitlisted),
                (Event::Promoted, State::InReview),
            ],
        ),
        (
            "d",
            State::Waitlisted,
            Some(4),
            &[(Event::Waitlisted, State::Waitlisted)],
        ),
        ("e", State::Draft, None, &[]),
    ];
    for (id, state, seq, lines) in people {
        books.standings.push(Standing {
            id: id.into(),
            unit_id: Some("u".into()),
            state,
            seq,
        });
        for (n, (event, state)) in lines.iter().enumerate() {
            let (event, state) = (*event, *state);
            books.lines.push(Line {
                id: format!("{id}{n}"),
                application_id: id.into(),
                event,
                state,
            });
            books.notes.push(note(&format!("{id}{n}:w{id}"), id));
        }
    }
    books.ledger = vec![
        entry("a", 1, 10),
        entry("b", 1, 11),
        entry("b", -1, 20),
        entry("c", 1, 20),
    ];
    books
}

fn note(dedup: &str, id: &str) -> Note {
    Note {
        dedup: dedup.into(),
        application_id: id.into(),
        recipient: "worker".into(),
        state: "sent".into(),
    }
}

fn entry(id: &str, delta: i64, at: i64) -> Entry {
    Entry {
        unit_id: "u".into(),
        application_id: id.into(),
        delta,
        at: Time(at),
    }
}

/// Which rules find something after a breach.
#[track_caller]
fn breach(make: impl FnOnce(&mut Books), rules: &[&str]) {
    let mut books = good();
    make(&mut books);
    let mut found: Vec<&str> = books::findings(&books).iter().map(|f| f.rule).collect();
    found.sort_unstable();
    found.dedup();
    let mut rules = rules.to_vec();
    rules.sort_unstable();
    assert_eq!(found, rules, "{:?}", books::findings(&books));
}

#[test]
fn books_that_agree_have_no_findings() {
    assert_eq!(books::findings(&good()), []);
}

/// who came later got a place first.
#[test]
fn a_place_out_of_turn_is_found() {
    breach(
        |b| {
            b.standings[2].seq = Some(4);
            b.standings[3].seq = Some(4);
        },
        &[books::ORDER],
    );
    breach(|b| b.standings[0].seq = Some(9), &[books::ORDER]);
}

/// a state without its event, an event that cannot follow.
#[test]
fn a_walk_that_leads_elsewhere_is_found() {
    breach(|b| b.standings[0].state = State::InReview, &[books::STATES]);
    breach(|b| b.lines[0].event = Event::Promoted, &[books::STATES]);
}

/// told twice, not at all, or still unsent.
#[test]
fn a_message_too_many_or_too_few_is_found() {
    breach(|b| b.notes.push(note("a0:wa", "a")), &[books::MESSAGES]);
    breach(|b| drop(b.notes.pop()), &[books::MESSAGES]);
    breach(|b| b.notes[0].state = "queued".into(), &[books::MESSAGES]);
}
