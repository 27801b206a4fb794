//! What stands before a decision: whether an officer may make it, and where a pass leads. Always asked of
//! several applications with a few statements: a decision asks of one, a bulk pass of many, by the same rule.

use super::decide::Step;
use super::store;
use crate::app::App;
use crate::application::{Application, State};
use crate::campaign;
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::union::rights::{self, Act};
use crate::union::{Officer, Union, tree};
use std::collections::{BTreeSet, HashMap, HashSet};

/// What the rule asks besides the application's row.
struct Known {
    /// Whether its review window is open.
    window: Result<(), Refusal>,
    /// Whether it is the officer's own.
    own: bool,
    /// Whether the officer declared the applicant a relative.
    relative: bool,
    /// Who decided it at the officer's union before, where it does not stand there now.
    decided_by: Option<String>,
}

/// The rule.
fn may_decide(officer: &Officer, application: &Application, known: Known) -> Result<(), Refusal> {
    rights::check(officer, Act::Decide)?;
    if !at_step_of(officer, application) {
        return Err(match known.decided_by {
            Some(by) => Refusal::AlreadyDecided { by },
            None => Refusal::NotYourStep,
        });
    }
    known.window?;
    // Nobody decides their own application, nor one that they declared a relative's.
    if known.own {
        return Err(Refusal::OwnApplication);
    }
    if known.relative {
        return Err(Refusal::DeclaredRelative);
    }
    Ok(())
}

/// Whether it stands at the step of the officer's union.
pub(super) fn at_step_of(officer: &Officer, application: &Application) -> bool {
    application.state == State::InReview && application.holder_id.as_ref() == Some(&officer.union.id)
}

/// Why this officer may not decide these applications now, by id; none for those that they may.
pub(super) async fn obstacles(
    app: &App,
    officer: &Officer,
    applications: &[&Application],
) -> Result<HashMap<String, Refusal>> {
    let (here, elsewhere): (Vec<&Application>, Vec<&Application>) = applications
        .iter()
        .copied()
        .partition(|application| at_step_of(officer, application));
    let (here, elsewhere) = (ids(&here), ids(&elsewhere));
    let own = store::own(app, &here, &officer.phone_index).await?;
    let relatives = store::relatives(app, &here, &officer.id).await?;
    let mut decided = store::decided_at_union(app, &elsewhere, &officer.union.id).await?;
    let intakes = campaign::intakes(app).await?;
    let mut obstacles = HashMap::new();
    for application in applications {
        let intake = intakes.iter().find(|intake| intake.id == application.intake_id);
        let known = Known {
            window: intake.ok_or(Error::NotFound)?.may_review(app.now()),
            own: own.contains(&application.id),
            relative: relatives.contains(&application.id),
            decided_by: decided.remove(&application.id),
        };
        if let Err(refusal) = may_decide(officer, application, known) {
            obstacles.insert(application.id.clone(), refusal);
        }
    }
    Ok(obstacles)
}

fn ids<'a>(applications: &[&'a Application]) -> Vec<&'a str> {
    applications
        .iter()
        .map(|application| application.id.as_str())
        .collect()
}

/// Where a pass leads: the next step that somebody reviews; `None` after the last.
pub(super) type Target = Option<Step>;

/// Where a pass leads each of these applications, by id. One whose union is no longer in the tree is left out.
pub(super) async fn targets(app: &App, applications: &[&Application]) -> Result<HashMap<String, Target>> {
    let unions: BTreeSet<&str> = applications
        .iter()
        .filter_map(|a| a.union_id.as_deref())
        .collect();
    let unions: Vec<&str> = unions.into_iter().collect();
    let chains = tree::review_chains(app, &unions).await?;
    let staffed = tree::staffed(app, chains.values().flatten()).await?;
    let chain_of = |application: &Application| chains.get(application.union_id.as_deref()?);

    let mut targets = HashMap::new();
    let mut open = Vec::new();
    for application in applications {
        if let Some(chain) = chain_of(application) {
            open.push((*application, chain, application.step + 1));
        }
    }
    // Round by round: who finds nobody free at a step looks further up.
    while !open.is_empty() {
        let mut asked: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut found = Vec::with_capacity(open.len());
        for (application, chain, from) in open.drain(..) {
            let step = tree::next_staffed(chain, from, &staffed);
            // The last step is never passed over.
            if let Some(union) = step
                .filter(|step| step + 1 < chain.len())
                .and_then(|step| chain.get(step))
            {
                asked.entry(&union.id).or_default().push(&application.id);
            }
            found.push((application, chain, step));
        }
        let free = free(app, &asked).await?;
        for (application, chain, step) in found {
            match step {
                Some(step) if !is_open_to(chain, step, &free, application) => {
                    open.push((application, chain, step + 1));
                }
                _ => {
                    let target = step.and_then(|step| Some((step, chain.get(step)?.clone())));
                    targets.insert(application.id.clone(), target);
                }
            }
        }
    }
    Ok(targets)
}

/// Which applications have somebody free to decide them, by the union asked.
async fn free(app: &App, asked: &HashMap<&str, Vec<&str>>) -> Result<HashMap<String, HashSet<String>>> {
    let mut free = HashMap::new();
    for (union, ids) in asked {
        let of = store::free_at(app.db.read(), ids, union).await?;
        free.insert((*union).to_owned(), of);
    }
    Ok(free)
}

/// Not where all who review declared 回避: one who handed it up is not given it back.
fn is_open_to(
    chain: &[Union],
    step: usize,
    free: &HashMap<String, HashSet<String>>,
    application: &Application,
) -> bool {
    let free = chain.get(step).and_then(|union| free.get(&union.id));
    step + 1 == chain.len() || free.is_some_and(|free| free.contains(&application.id))
}

#[cfg(test)]
#[path = "pairs_tests.rs"]
mod pairs;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Time;
    use crate::union::{Kind, Role};

    fn union(id: &str) -> Union {
        Union {
            id: id.to_owned(),
            parent_id: None,
            kind: Kind::Street,
            name: String::new(),
            path: format!("/{id}/"),
            no: 0,
        }
    }

    fn officer(role: Role) -> Officer {
        Officer {
            id: "o".to_owned(),
            name: String::new(),
            union: union("street"),
            roles: vec![role],
            openid: None,
            phone_index: String::new(),
            signed_out: 0,
            second_factor: false,
        }
    }

    pub(super) fn application(state: State, holder: &str) -> Application {
        Application {
            id: "a".to_owned(),
            worker_id: String::new(),
            intake_id: String::new(),
            campaign_id: String::new(),
            union_id: Some("street".to_owned()),
            unit_id: None,
            state,
            step: 0,
            holder_id: Some(holder.to_owned()),
            since: Time(0),
            number: None,
            seq: None,
            submitted_at: None,
            applicant: String::new(),
            level: None,
            institution: String::new(),
            form_sealed: String::new(),
            form_version: 1,
            printed_version: 1,
            checked_version: 1,
            version: 1,
            updated_at: Time(0),
        }
    }

    /// every state, at one's own step and elsewhere, with every obstacle; the first one is told.
    #[test]
    fn who_may_decide() {
        let closed = Refusal::ReviewWindowClosed {
            from: Time(1),
            until: Time(2),
        };
        for role in Role::ALL {
            for state in State::ALL {
                for holder in ["street", "unit"] {
                    for bits in 0..16 {
                        let [shut, own, relative, before] = [1, 2, 4, 8].map(|bit| bits & bit != 0);
                        let known = Known {
                            window: if shut { Err(closed.clone()) } else { Ok(()) },
                            own,
                            relative,
                            decided_by: before.then(|| "x".to_owned()),
                        };
                        let stands_here = *state == State::InReview && holder == "street";
                        let expected = if *role != Role::Reviewer {
                            Err(Refusal::NotAllowed)
                        } else if !stands_here && before {
                            Err(Refusal::AlreadyDecided { by: "x".to_owned() })
                        } else if !stands_here {
                            Err(Refusal::NotYourStep)
                        } else if shut {
                            Err(closed.clone())
                        } else if own {
                            Err(Refusal::OwnApplication)
                        } else if relative {
                            Err(Refusal::DeclaredRelative)
                        } else {
                            Ok(())
                        };
                        let result = may_decide(&officer(*role), &application(*state, holder), known);
                        assert_eq!(result, expected, "{role} {state} {holder} {bits}");
                    }
                }
            }
        }
    }

    /// ADR 0021: a step where nobody is free is passed over, the last one never.
    #[test]
    fn a_step_with_nobody_free_is_passed_over() {
        let chain = ["street", "unit", "centre"].map(union);
        let free = |ids: &[&str]| {
            let ids = ids.iter().map(|id| (*id).to_owned()).collect();
            HashMap::from([("unit".to_owned(), ids)])
        };
        let application = application(State::InReview, "street");
        assert!(is_open_to(&chain, 1, &free(&["a"]), &application));
        assert!(!is_open_to(&chain, 1, &free(&["b"]), &application));
        assert!(!is_open_to(&chain, 1, &HashMap::new(), &application));
        assert!(is_open_to(&chain, 2, &free(&[]), &application));
    }
}
