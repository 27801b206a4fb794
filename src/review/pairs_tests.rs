//! Who may bring which event about, and from which state to which (R-18 …, issue 5). [`LEADS`] and [`by`] are the
//! specification; every (state, event, role) is held against the rules that the use cases ask: `states::next`, [`may_decide`], the rights of
//! the roles and of the tree. That the use cases do ask them, and that an act comes through no other door, is walked over HTTP
//! in `tests/it/office/pairs.rs` and `pairs_around.rs`.

use super::{Known, at_step_of, may_decide};
use crate::application::State;
use crate::application::states::tests::LEADS;
use crate::application::states::{Event, next};
use crate::union::rights::{self, Act};
use crate::union::{Kind, Officer, Role, Union};
use std::collections::BTreeSet;

/// Who may bring an event about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    /// The worker, for their own.
    Worker,
    /// Nobody: time passes, a place becomes free.
    System,
    /// A reviewer of the union at whose step it stands.
    Step,
    /// A reviewer of the union that passed it last.
    Passer,
}

/// Who brings an event about; where it leads stands in [`LEADS`]. What is in neither may not happen.
fn by(event: Event) -> By {
    use Event as E;
    match event {
        E::Submitted | E::Waitlisted | E::Resubmitted | E::Withdrawn | E::Recalled => By::Worker,
        E::Promoted | E::CarriedOver | E::Expired => By::System,
        E::Passed | E::Approved | E::Returned | E::Rejected | E::SentBack | E::HandedUp => By::Step,
        E::PassRecalled => By::Passer,
    }
}

/// Where an officer's union is, seen from the step at which the application stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The applicant's own union, which has passed it.
    Below,
    Step,
    Above,
    /// The last step, beside the tree's branches.
    Centre,
    /// Below the step, but not above the applicant.
    Beside,
    Elsewhere,
}

const PLACES: [Place; 6] = [
    Place::Below,
    Place::Step,
    Place::Above,
    Place::Centre,
    Place::Beside,
    Place::Elsewhere,
];

impl Place {
    /// The union there, and whether the application lies in its subtree.
    fn union(self) -> (Union, bool) {
        let (kind, path, sees) = match self {
            Place::Below => (Kind::Enterprise, "/r/u/s/e/", true),
            Place::Step => (Kind::Street, "/r/u/s/", true),
            Place::Above => (Kind::Unit, "/r/u/", true),
            Place::Centre => (Kind::Centre, "/r/c/", true),
            Place::Beside => (Kind::Enterprise, "/r/u/s/f/", false),
            Place::Elsewhere => (Kind::Unit, "/r/v/", false),
        };
        let union = Union {
            id: path.to_owned(),
            parent_id: None,
            kind,
            name: String::new(),
            path: path.to_owned(),
            no: 0,
        };
        (union, sees)
    }
}

fn officer(place: Place, roles: &[Role]) -> Officer {
    Officer {
        id: "o".to_owned(),
        name: String::new(),
        union: place.union().0,
        roles: roles.to_vec(),
        openid: None,
        phone_index: String::new(),
        signed_out: 0,
        second_factor: false,
    }
}

/// Who asks.
#[derive(Debug)]
enum Who {
    Worker,
    System,
    Officer(Place, Vec<Role>),
}

/// The worker, the system, and an officer at each place with each set of roles, none among them.
fn everybody() -> Vec<Who> {
    let mut all = vec![Who::Worker, Who::System];
    for place in PLACES {
        for set in 0_u32..(1 << Role::ALL.len()) {
            let has = |n: usize| (set >> n) & 1 == 1;
            let roles = Role::ALL.iter().enumerate().filter(|(n, _)| has(*n));
            all.push(Who::Officer(place, roles.map(|(_, role)| *role).collect()));
        }
    }
    all
}

/// Whether the table lets them.
fn may(by: By, who: &Who) -> bool {
    let reviewer_at = |at: Place| match who {
        Who::Officer(place, roles) => *place == at && roles.contains(&Role::Reviewer),
        Who::Worker | Who::System => false,
    };
    match by {
        By::Worker => matches!(who, Who::Worker),
        By::System => matches!(who, Who::System),
        By::Step => reviewer_at(Place::Step),
        By::Passer => reviewer_at(Place::Below),
    }
}

/// The use case through which an event comes about.
#[derive(Clone, Copy)]
enum Through {
    /// `application::submit`, `withdraw`, `recall`: for the worker's own application.
    Own,
    /// `application::promote`, `deadlines`: nobody asks.
    Itself,
    /// `review::decide`, `bulk`.
    Decision,
    /// `review::relatives`.
    Declaration,
    /// `review::recall`.
    TakingBack,
}

fn through(event: Event) -> Through {
    use Event as E;
    match event {
        E::Submitted | E::Waitlisted | E::Resubmitted | E::Withdrawn | E::Recalled => Through::Own,
        E::Promoted | E::CarriedOver | E::Expired => Through::Itself,
        E::Passed | E::Approved | E::Returned | E::Rejected | E::SentBack => Through::Decision,
        E::HandedUp => Through::Declaration,
        E::PassRecalled => Through::TakingBack,
    }
}

/// What the rules answer, asked as the use cases ask them.
fn asked(who: &Who, state: State, event: Event) -> Option<State> {
    let allowed = match (through(event), who) {
        (Through::Own, Who::Worker) | (Through::Itself, Who::System) => true,
        (through, Who::Officer(place, roles)) => officer_may(through, &officer(*place, roles), state),
        (_, Who::Worker | Who::System) => false,
    };
    allowed.then(|| next(state, event).ok()).flatten()
}

fn officer_may(through: Through, officer: &Officer, state: State) -> bool {
    let (below, step) = (Place::Below.union().0, Place::Step.union().0);
    let application = super::tests::application(state, &step.id);
    let visible = state != State::Draft && rights::sees(officer, &below);
    let reviews = rights::check(officer, Act::Decide).is_ok();
    let known = Known {
        window: Ok(()),
        own: false,
        relative: false,
        decided_by: None,
    };
    visible
        && match through {
            Through::Own | Through::Itself => false,
            Through::Decision => may_decide(officer, &application, known).is_ok(),
            Through::Declaration => reviews && at_step_of(officer, &application),
            Through::TakingBack => reviews && officer.union.id == below.id,
        }
}

/// R-18 …: every state, every event (`states` holds that none is missing), everybody: allowed is exactly what the
/// table says, and leads where it says.
/// Caught: a changed or missing line of `states::next`; `rights::allows` with another role for `Decide`; `at_step_of` without
/// the union; `may_decide` without the role or the step. A new event does not compile without its line; a new role that may
/// decide fails here.
#[test]
fn every_state_event_and_role_follows_the_table() {
    for who in everybody() {
        for (event, leads) in LEADS {
            for state in State::ALL {
                let to = leads.iter().find(|(from, _)| from == state).map(|(_, to)| *to);
                let expected = to.filter(|_| may(by(*event), &who));
                assert_eq!(asked(&who, *state, *event), expected, "{state} {event} {who:?}");
            }
        }
    }
}

/// a union sees its subtree, whatever the officer's roles; the centre sees the city's. Caught: `rights::sees` or
/// `Union::scope` that reaches into another branch, or no longer into one's own.
#[test]
fn a_reviewer_sees_their_branch() {
    let applicants = Place::Below.union().0;
    for place in PLACES {
        let (_, sees) = place.union();
        for role in Role::ALL {
            let found = rights::sees(&officer(place, &[*role]), &applicants);
            assert_eq!(found, sees, "{place:?} {role}");
        }
    }
}

/// the table the other way round: who can move what stands in a state. Caught: a state that nobody can leave
/// any more, an officer who reaches what is the worker's, time that ends what is under review. A new state does not compile
/// without its line.
#[test]
fn each_state_is_somebodys_to_leave() {
    for state in State::ALL {
        let expected: &[By] = match state {
            State::Draft => &[By::Worker],
            State::Waitlisted | State::Returned | State::Recalled | State::RecalledWaiting => {
                &[By::Worker, By::System]
            }
            State::InReview => &[By::Worker, By::Step, By::Passer],
            State::Approved | State::Rejected | State::Withdrawn | State::Expired => &[],
        };
        let events = Event::ALL.iter().filter(|event| next(*state, **event).is_ok());
        let found: BTreeSet<By> = events.map(|event| by(*event)).collect();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), expected, "{state}");
    }
}
