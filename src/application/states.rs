//! The states of an application and every way from one to the next, in one pure function.

use crate::kernel::Refusal;

crate::text_enum! {
    /// Where an application stands. Money has its own states.
    pub enum State {
        /// Being filled in; nobody but the worker sees it.
        Draft = "draft",
        /// Submitted without a free place: 候补.
        Waitlisted = "waitlisted",
        /// Holds a place and stands at a union's step.
        InReview = "in_review",
        /// With the worker for correction; keeps its place.
        Returned = "returned",
        /// Passed by the last step.
        Approved = "approved",
        Rejected = "rejected",
        Withdrawn = "withdrawn",
        /// Not corrected in time.
        Expired = "expired",
    }
}

impl State {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            State::Draft => "填写中（尚未提交）",
            State::Waitlisted => "候补中",
            State::InReview => "审核中",
            State::Returned => "退回补正",
            State::Approved => "审核通过",
            State::Rejected => "未通过",
            State::Withdrawn => "已撤回",
            State::Expired => "已失效",
        }
    }

    /// Whether a place of the unit is held in this state.
    pub fn holds_place(self) -> bool {
        matches!(self, State::InReview | State::Returned | State::Approved)
    }

    /// Whether nothing more can happen.
    pub fn is_over(self) -> bool {
        matches!(
            self,
            State::Approved | State::Rejected | State::Withdrawn | State::Expired
        )
    }
}

crate::text_enum! {
    /// What happens to an application.
    pub enum Event {
        Submitted = "submitted",
        Waitlisted = "waitlisted",
        Promoted = "promoted",
        Passed = "passed",
        Approved = "approved",
        Returned = "returned",
        Resubmitted = "resubmitted",
        Rejected = "rejected",
        Withdrawn = "withdrawn",
        Expired = "expired",
    }
}

impl Event {
    /// For the timeline.
    pub fn label(self) -> &'static str {
        match self {
            Event::Submitted => "提交成功，已占用名额",
            Event::Waitlisted => "提交成功，进入候补",
            Event::Promoted => "候补转正，已占用名额",
            Event::Passed => "审核通过，转入上一级",
            Event::Approved => "审核全部通过",
            Event::Returned => "退回补正",
            Event::Resubmitted => "补正后重新提交",
            Event::Rejected => "审核未通过",
            Event::Withdrawn => "本人撤回",
            Event::Expired => "超过期限，已失效",
        }
    }
}

/// Where an event leads, or why it cannot happen. The step moves only with [`Event::Passed`].
pub fn next(state: State, event: Event) -> Result<State, Refusal> {
    use Event as E;
    use State as S;
    match (state, event) {
        (S::Draft, E::Submitted) | (S::Waitlisted, E::Promoted) => Ok(S::InReview),
        (S::Draft, E::Waitlisted) => Ok(S::Waitlisted),
        (S::InReview, E::Passed) => Ok(S::InReview),
        (S::InReview, E::Approved) => Ok(S::Approved),
        (S::InReview, E::Returned) => Ok(S::Returned),
        (S::InReview, E::Rejected) => Ok(S::Rejected),
        (S::Returned, E::Resubmitted) => Ok(S::InReview),
        (S::Waitlisted | S::InReview | S::Returned, E::Withdrawn) => Ok(S::Withdrawn),
        (S::Waitlisted | S::Returned, E::Expired) => Ok(S::Expired),
        (_, E::Submitted | E::Waitlisted | E::Resubmitted | E::Withdrawn) => Err(Refusal::NotEditable),
        (_, E::Passed | E::Approved | E::Returned | E::Rejected) => Err(Refusal::NotYourStep),
        (_, E::Promoted | E::Expired) => Err(Refusal::ChangedMeanwhile),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// what is over stays over; only a held or waiting application can change.
    #[test]
    fn nothing_leaves_a_final_state() {
        for state in State::ALL.iter().filter(|s| s.is_over()) {
            for event in Event::ALL {
                assert!(next(*state, *event).is_err(), "{state} {event}");
            }
        }
    }

    /// a correction keeps the place, rejection, withdrawal and a missed deadline free it.
    #[test]
    fn places_follow_states() {
        let held = |event| next(State::InReview, event).map(State::holds_place);
        assert_eq!(held(Event::Returned), Ok(true));
        assert_eq!(held(Event::Rejected), Ok(false));
        assert_eq!(held(Event::Withdrawn), Ok(false));
        assert_eq!(next(State::Returned, Event::Expired), Ok(State::Expired));
        assert!(!State::Waitlisted.holds_place());
    }

    /// who waits is not reviewed.
    #[test]
    fn a_waiting_application_is_not_decided() {
        for event in [Event::Passed, Event::Approved, Event::Returned, Event::Rejected] {
            assert_eq!(next(State::Waitlisted, event), Err(Refusal::NotYourStep));
        }
    }
}
