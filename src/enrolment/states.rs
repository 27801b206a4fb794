//! The states of an enrolment and every way from one to the next, in one pure function.

use crate::kernel::Refusal;

crate::text_enum! {
    /// Where an enrolment stands.
    pub enum State {
        /// A seat is held while the first instalment is being paid.
        Held = "held",
        /// Paid; the provider takes over.
        Paid = "paid",
        /// The provider confirmed the admission.
        Admitted = "admitted",
        /// Finished with success.
        Completed = "completed",
        /// Not paid in time: the seat is free again, and there was no money.
        Expired = "expired",
        /// Given up by the worker before paying.
        Cancelled = "cancelled",
        /// Money goes back; the seat is free again.
        Refunding = "refunding",
        /// The money is back.
        Refunded = "refunded",
        /// Left when nothing is given back any more.
        Left = "left",
    }
}

impl State {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            State::Held => "待缴费",
            State::Paid => "已缴费，等待录取确认",
            State::Admitted => "已录取",
            State::Completed => "已毕业",
            State::Expired => "超时未缴费，已取消",
            State::Cancelled => "已取消",
            State::Refunding => "退款中",
            State::Refunded => "已退款",
            State::Left => "已退学",
        }
    }

    /// Whether it holds a seat: `program_intakes.taken` counts exactly these.
    pub fn holds_seat(self) -> bool {
        matches!(
            self,
            State::Held | State::Paid | State::Admitted | State::Completed
        )
    }

    /// Whether money or study is still under way: such ones keep a program from being withdrawn.
    pub fn is_unsettled(self) -> bool {
        matches!(
            self,
            State::Held | State::Paid | State::Admitted | State::Refunding
        )
    }

    /// Whether the provider sees it: only what was paid.
    pub fn is_providers(self) -> bool {
        !matches!(self, State::Held | State::Expired | State::Cancelled)
    }
}

crate::text_enum! {
    /// What happens to an enrolment.
    pub enum Event {
        Held = "held",
        Paid = "paid",
        Expired = "expired",
        Cancelled = "cancelled",
        Admitted = "admitted",
        /// The provider does not admit: everything paid goes back.
        Declined = "declined",
        /// The worker leaves, and something is given back.
        RefundAsked = "refund_asked",
        /// All that was asked back is with the worker.
        Refunded = "refunded",
        /// A refund does not go on by itself.
        RefundStuck = "refund_stuck",
        /// The worker leaves when nothing is given back any more.
        Left = "left",
        /// A later instalment is paid.
        TermPaid = "term_paid",
        /// The provider reported how a term goes.
        Reported = "reported",
        Completed = "completed",
        /// Money came after the time was over, or twice: it goes back by itself.
        MoneyReturns = "money_returns",
        /// It is back.
        MoneyReturned = "money_returned",
    }
}

impl Event {
    /// For the timeline.
    pub fn label(self) -> &'static str {
        match self {
            Event::Held => "报读成功，已为您保留名额",
            Event::Paid => "学费已缴",
            Event::Expired => "超时未缴费，名额已释放",
            Event::Cancelled => "本人取消",
            Event::Admitted => "服务机构确认录取",
            Event::Declined => "服务机构未予录取，全额退款",
            Event::RefundAsked => "申请退学退费",
            Event::Refunded => "退款已到账",
            Event::RefundStuck => "退款遇到问题，工作人员正在处理",
            Event::Left => "退学",
            Event::TermPaid => "本期学费已缴",
            Event::Reported => "服务机构登记学习情况",
            Event::Completed => "毕业",
            Event::MoneyReturns => "收到一笔不应缴的款项，正在原路退回",
            Event::MoneyReturned => "该笔款项已退回",
        }
    }
}

/// Where an event leads, or why it cannot happen.
pub fn next(state: State, event: Event) -> Result<State, Refusal> {
    use Event as E;
    use State as S;
    match (state, event) {
        (S::Held, E::Held | E::Reported) => Err(Refusal::EnrolmentNotThere),
        (S::Held, E::Paid) => Ok(S::Paid),
        (S::Held, E::Expired) => Ok(S::Expired),
        (S::Held, E::Cancelled) => Ok(S::Cancelled),
        (S::Paid, E::Admitted) => Ok(S::Admitted),
        (S::Paid, E::Declined) => Ok(S::Refunding),
        (S::Paid | S::Admitted, E::RefundAsked) => Ok(S::Refunding),
        (S::Paid | S::Admitted, E::Left) => Ok(S::Left),
        (S::Paid | S::Admitted, E::TermPaid) => Ok(state),
        (S::Admitted, E::Reported) => Ok(S::Admitted),
        (S::Admitted, E::Completed) => Ok(S::Completed),
        (S::Refunding, E::Refunded) => Ok(S::Refunded),
        (S::Refunding, E::RefundStuck) => Ok(S::Refunding),
        // Stray money concerns the payer whatever became of the enrolment, and moves nothing.
        (state, E::MoneyReturns | E::MoneyReturned) => Ok(state),
        _ => Err(Refusal::EnrolmentNotThere),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// a seat without money ends free, money without a seat goes back; nothing leads out of an end.
    #[test]
    fn the_table_has_no_way_to_pay_for_nothing() {
        for state in State::ALL {
            for event in Event::ALL {
                let Ok(to) = next(*state, *event) else { continue };
                if *event == Event::Paid {
                    assert_eq!(
                        (*state, to),
                        (State::Held, State::Paid),
                        "only who holds a seat can have paid"
                    );
                }
                // Whoever paid and loses the seat gets a refund, or left knowing that there is none.
                if matches!(state, State::Paid | State::Admitted) && !to.holds_seat() {
                    assert!(
                        matches!(to, State::Refunding | State::Left),
                        "{state} {event} {to}"
                    );
                }
                if matches!(
                    state,
                    State::Expired | State::Cancelled | State::Refunded | State::Left | State::Completed
                ) {
                    assert_eq!(*state, to, "{state} {event}");
                }
            }
        }
        assert!(next(State::Expired, Event::Paid).is_err());
    }

    /// the provider sees nothing before it is paid.
    #[test]
    fn the_provider_sees_only_what_was_paid() {
        assert!(
            ![State::Held, State::Expired, State::Cancelled]
                .iter()
                .any(|s| s.is_providers())
        );
        assert!(State::Refunding.is_providers() && State::Left.is_providers());
    }
}
