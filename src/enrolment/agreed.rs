//! What a worker agreed to before enrolling: fee, instalments, rules of refund. The form carries it as it was shown, so that
//! a change between looking and sending is found and told, and nobody enrols under what they have not seen.

use super::Program;
use super::program::RefundRules;
use crate::kernel::Fen;
use chrono::NaiveDate;

/// The terms as they were shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// The whole tuition.
    pub fee: Fen,
    /// The instalments.
    pub terms: Vec<Fen>,
    /// The rules of refund.
    pub refunds: RefundRules,
}

/// One thing that is another one now, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What.
    pub what: &'static str,
    /// As it was shown.
    pub before: Vec<String>,
    /// As it is.
    pub now: Vec<String>,
}

impl Agreed {
    /// The terms of a program as it stands.
    pub fn of(program: &Program) -> Self {
        Agreed {
            fee: program.fee,
            terms: program.terms.clone(),
            refunds: program.refunds.clone(),
        }
    }

    /// For the form: "550000|200000,200000,150000|30:100;7:80;0:50", amounts in fen.
    pub fn text(&self) -> String {
        let terms: Vec<String> = self.terms.iter().map(|fen| fen.0.to_string()).collect();
        format!("{}|{}|{}", self.fee.0, terms.join(","), self.refunds.text())
    }

    /// What a form sent; none for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('|');
        let (fee, terms, refunds) = (parts.next()?, parts.next()?, parts.next()?);
        let terms: Option<Vec<Fen>> = terms.split(',').map(|fen| fen.parse().ok().map(Fen)).collect();
        Some(Agreed {
            fee: Fen(fee.parse().ok()?),
            terms: terms?,
            refunds: RefundRules::parse(refunds).ok()?,
        })
    }

    /// What is another one in `now`, with the dates of this entry.
    pub fn changes(&self, now: &Agreed, entry: NaiveDate) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut differs = |what, before: Vec<String>, now: Vec<String>| {
            if before != now {
                changes.push(Change { what, before, now });
            }
        };
        differs("学费", vec![self.fee.to_string()], vec![now.fee.to_string()]);
        differs(
            "缴费",
            vec![instalments(&self.terms)],
            vec![instalments(&now.terms)],
        );
        differs(
            "退学退费规定",
            self.refunds.words(entry),
            now.refunds.words(entry),
        );
        changes
    }
}

/// "一次缴清", "分 2 期：第 1 期 2000 元，第 2 期 2000 元".
pub fn instalments(terms: &[Fen]) -> String {
    match terms.len() {
        1 => "一次缴清".to_owned(),
        n => {
            let each: Vec<String> = (1..)
                .zip(terms)
                .map(|(no, fen)| format!("第 {no} 期 {fen}"))
                .collect();
            format!("分 {n} 期：{}", each.join("，"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreed(fee: i64, terms: &[i64], refunds: &str) -> Agreed {
        Agreed {
            fee: Fen::yuan(fee),
            terms: terms.iter().map(|yuan| Fen::yuan(*yuan)).collect(),
            refunds: RefundRules::parse(refunds).unwrap(),
        }
    }

    /// what the form carries is what was shown, and every part of it that changes is told.
    #[test]
    fn terms_go_through_the_form_and_changes_are_told() {
        let seen = agreed(5500, &[2000, 2000, 1500], "30:100;7:80;0:50");
        assert_eq!(Agreed::parse(&seen.text()), Some(seen.clone()));
        for bad in ["", "1|2", "x|1|30:100", "1||30:100", "1|1|rules"] {
            assert_eq!(Agreed::parse(bad), None, "{bad}");
        }
        let entry = NaiveDate::from_ymd_opt(2027, 3, 1).unwrap();
        assert_eq!(seen.changes(&seen, entry), []);
        let what = |now: &Agreed| {
            let changes = seen.changes(now, entry);
            changes.iter().map(|change| change.what).collect::<Vec<_>>()
        };
        assert_eq!(
            what(&agreed(6000, &[2000, 2000, 2000], "30:100;7:80;0:50")),
            ["学费", "缴费"]
        );
        assert_eq!(
            what(&agreed(5500, &[2000, 2000, 1500], "30:100;7:50;0:0")),
            ["退学退费规定"]
        );
    }
}
