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
        /// Ended by time: not corrected, or waited in vain.
        Expired = "expired",
        /// Taken back by the worker for correction before anybody decided; keeps its place (ADR 0018).
        Recalled = "recalled",
        /// The same without a place: it keeps its position on the waiting list.
        RecalledWaiting = "recalled_waiting",
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
            State::Recalled => "已取回修改",
            State::RecalledWaiting => "候补中，已取回修改",
        }
    }

    /// Whether a place of the unit is held in this state.
    pub fn holds_place(self) -> bool {
        matches!(
            self,
            State::InReview | State::Returned | State::Recalled | State::Approved
        )
    }

    /// Whether a place is being waited for: `first_waiting` and the position in the list speak of these.
    pub fn waits(self) -> bool {
        matches!(self, State::Waitlisted | State::RecalledWaiting)
    }

    /// Whether it was taken back for correction and has to be submitted again.
    pub fn is_recalled(self) -> bool {
        matches!(self, State::Recalled | State::RecalledWaiting)
    }

    /// Whether everything in it is the worker's to change: form, papers, submission.
    pub fn is_being_filled(self) -> bool {
        self == State::Draft || self.is_recalled()
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
        /// Promoted after its own review window: carried over into the campaign's next intake (ADR 0028).
        CarriedOver = "carried_over",
        Passed = "passed",
        Approved = "approved",
        Returned = "returned",
        Resubmitted = "resubmitted",
        Rejected = "rejected",
        Withdrawn = "withdrawn",
        Expired = "expired",
        /// Taken back for correction before the review began.
        Recalled = "recalled",
        /// An upper union sent it back to the one before for another look.
        SentBack = "sent_back",
        /// Who had passed it took the pass back before the next step acted.
        PassRecalled = "pass_recalled",
        /// Nobody at the step may decide it (own, relative): the union above takes it over.
        HandedUp = "handed_up",
    }
}

impl Event {
    /// Whether the worker hands something in by it, which the machine then checks.
    pub fn submits(self) -> bool {
        matches!(self, Event::Submitted | Event::Waitlisted | Event::Resubmitted)
    }

    /// For the timeline.
    pub fn label(self) -> &'static str {
        match self {
            Event::Submitted => "提交成功，已占用名额",
            Event::Waitlisted => "提交成功，进入候补",
            Event::Promoted => "候补转正，已占用名额",
            Event::CarriedOver => "候补递补，已占用名额，转入下一批次审核",
            Event::Passed => "审核通过，转入上一级",
            Event::Approved => "审核全部通过",
            Event::Returned => "退回补正",
            Event::Resubmitted => "修改后重新提交",
            Event::Rejected => "审核未通过",
            Event::Withdrawn => "本人撤回",
            Event::Expired => "超过期限，已失效",
            Event::Recalled => "本人取回修改",
            Event::SentBack => "退回下级工会复核",
            Event::PassRecalled => "审核工会撤回通过，继续审核",
            Event::HandedUp => "因回避转由上级工会审核",
        }
    }
}

/// Where an event leads, or why it cannot happen. The step moves only with [`Event::Passed`] and [`Event::HandedUp`]
/// (up), [`Event::SentBack`] and [`Event::PassRecalled`] (down).
pub fn next(state: State, event: Event) -> Result<State, Refusal> {
    use Event as E;
    use State as S;
    match (state, event) {
        (S::Draft, E::Submitted) | (S::Waitlisted, E::Promoted | E::CarriedOver) => Ok(S::InReview),
        (S::Draft, E::Waitlisted) => Ok(S::Waitlisted),
        (S::InReview, E::Passed | E::SentBack | E::PassRecalled | E::HandedUp) => Ok(S::InReview),
        (S::InReview, E::Approved) => Ok(S::Approved),
        (S::InReview, E::Returned) => Ok(S::Returned),
        (S::InReview, E::Rejected) => Ok(S::Rejected),
        (S::Returned | S::Recalled, E::Resubmitted) => Ok(S::InReview),
        (S::InReview, E::Recalled) => Ok(S::Recalled),
        (S::Waitlisted, E::Recalled) => Ok(S::RecalledWaiting),
        // It waits while it is being corrected, and again afterwards: whoever stands first gets the place.
        (S::RecalledWaiting, E::Promoted) => Ok(S::Recalled),
        (S::RecalledWaiting, E::Resubmitted) => Ok(S::Waitlisted),
        (S::Waitlisted | S::InReview | S::Returned | S::Recalled | S::RecalledWaiting, E::Withdrawn) => {
            Ok(S::Withdrawn)
        }
        (S::Waitlisted | S::Returned | S::Recalled | S::RecalledWaiting, E::Expired) => Ok(S::Expired),
        (_, E::Recalled) => Err(Refusal::ReviewBegun),
        (_, E::Submitted | E::Waitlisted | E::Resubmitted | E::Withdrawn) => Err(Refusal::NotEditable),
        (_, E::PassRecalled) => Err(Refusal::RecallTooLate),
        (_, E::Passed | E::Approved | E::Returned | E::Rejected | E::SentBack | E::HandedUp) => {
            Err(Refusal::NotYourStep)
        }
        (_, E::Promoted | E::CarriedOver | E::Expired) => Err(Refusal::ChangedMeanwhile),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The whole table again, written the other way round: for each event from which states it leads where. What is not
    /// written here is refused, whoever asks (R-18 … R-22).
    pub(crate) const LEADS: &[(Event, &[(State, State)])] = {
        use Event as E;
        use State as S;
        &[
            (E::Submitted, &[(S::Draft, S::InReview)]),
            (E::Waitlisted, &[(S::Draft, S::Waitlisted)]),
            (
                E::Promoted,
                &[(S::Waitlisted, S::InReview), (S::RecalledWaiting, S::Recalled)],
            ),
            (E::CarriedOver, &[(S::Waitlisted, S::InReview)]),
            (E::Passed, &[(S::InReview, S::InReview)]),
            (E::SentBack, &[(S::InReview, S::InReview)]),
            (E::PassRecalled, &[(S::InReview, S::InReview)]),
            (E::HandedUp, &[(S::InReview, S::InReview)]),
            (E::Approved, &[(S::InReview, S::Approved)]),
            (E::Returned, &[(S::InReview, S::Returned)]),
            (E::Rejected, &[(S::InReview, S::Rejected)]),
            (
                E::Resubmitted,
                &[
                    (S::Returned, S::InReview),
                    (S::Recalled, S::InReview),
                    (S::RecalledWaiting, S::Waitlisted),
                ],
            ),
            (
                E::Withdrawn,
                &[
                    (S::Waitlisted, S::Withdrawn),
                    (S::InReview, S::Withdrawn),
                    (S::Returned, S::Withdrawn),
                    (S::Recalled, S::Withdrawn),
                    (S::RecalledWaiting, S::Withdrawn),
                ],
            ),
            (
                E::Expired,
                &[
                    (S::Waitlisted, S::Expired),
                    (S::Returned, S::Expired),
                    (S::Recalled, S::Expired),
                    (S::RecalledWaiting, S::Expired),
                ],
            ),
            (
                E::Recalled,
                &[(S::InReview, S::Recalled), (S::Waitlisted, S::RecalledWaiting)],
            ),
        ]
    };

    /// every pair of state and event: allowed is exactly what the table says.
    #[test]
    fn every_pair_follows_the_table() {
        assert_eq!(LEADS.len(), Event::ALL.len());
        for (event, leads) in LEADS {
            for state in State::ALL {
                let expected = leads.iter().find(|(from, _)| from == state).map(|(_, to)| *to);
                assert_eq!(next(*state, *event).ok(), expected, "{state} {event}");
            }
        }
    }

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

    /// R-20 [ours]: a place is only got by being promoted and only lost by an ending; no walk of any length leads to one
    /// in another way, and each ends, if it ends, in a final state.
    #[test]
    fn every_walk_keeps_the_ledger() {
        let mut seen = std::collections::BTreeSet::from([State::Draft]);
        let mut to_walk = vec![State::Draft];
        while let Some(state) = to_walk.pop() {
            for event in Event::ALL {
                let Ok(then) = next(state, *event) else { continue };
                let place = (state.holds_place(), then.holds_place());
                let gains = matches!(event, Event::Submitted | Event::Promoted | Event::CarriedOver);
                let loses = matches!(event, Event::Rejected | Event::Withdrawn | Event::Expired);
                match place {
                    (false, true) => assert!(gains, "{state} {event} {then}"),
                    (true, false) => assert!(loses, "{state} {event} {then}"),
                    _ => assert!(!gains, "{state} {event} {then}"),
                }
                assert!(!(state.is_over()), "{state} {event}");
                assert!(
                    then != State::Draft,
                    "{state} {event}: a number is never given back"
                );
                if seen.insert(then) {
                    to_walk.push(then);
                }
            }
        }
        assert_eq!(seen.len(), State::ALL.len(), "every state is reached");
    }

    /// R-20 [ours]: what was taken back keeps place or position, is not reviewed, and comes back where it was.
    #[test]
    fn a_recall_keeps_what_was_there() {
        for (state, taken) in [
            (State::InReview, State::Recalled),
            (State::Waitlisted, State::RecalledWaiting),
        ] {
            assert_eq!(next(state, Event::Recalled), Ok(taken));
            assert_eq!(
                (taken.holds_place(), taken.waits()),
                (state.holds_place(), state.waits())
            );
            assert_eq!(next(taken, Event::Resubmitted), Ok(state));
            assert_eq!(next(taken, Event::Passed), Err(Refusal::NotYourStep));
        }
        for state in [State::Draft, State::Returned, State::Approved] {
            assert_eq!(next(state, Event::Recalled), Err(Refusal::ReviewBegun));
        }
    }

    /// who waits is not reviewed.
    #[test]
    fn a_waiting_application_is_not_decided() {
        for event in [Event::Passed, Event::Approved, Event::Returned, Event::Rejected] {
            assert_eq!(next(State::Waitlisted, event), Err(Refusal::NotYourStep));
        }
    }
}
