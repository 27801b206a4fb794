//! Who may apply, asked before anything is typed, and judged again on the form.

use super::{Level, Post};
use crate::kernel::{FieldErrors, Refusal};

/// The answers to the few questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answers {
    /// 在济南市的单位工作，或在济南居住的农民工.
    pub of_jinan: bool,
    /// The own post.
    pub post: Post,
    /// The level one is enrolled at; `None` for anything below 大专.
    pub level: Option<Level>,
    /// Newly enrolled within the campaign's year.
    pub enrolled_this_year: bool,
    /// The employer agrees, or the street committee for an out-of-work 农民工.
    pub employer_agrees: bool,
}

/// Where one works: what is sent, and what people read.
pub const WORK: &[(&str, &str)] = &[
    ("jinan", "在济南市的单位工作"),
    ("migrant", "我是农民工，住在济南，暂时没有工作"),
    ("no", "都不是"),
];
/// The answer to the level that is none of [`Level`].
pub const BELOW: (&str, &str) = ("below", "都不是（如中专、高中、培训班）");

/// The answers as they are sent, whichever door they come by.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// One of [`WORK`].
    pub work: &'a str,
    /// A [`Post`].
    pub post: &'a str,
    /// A [`Level`], or [`BELOW`].
    pub level: &'a str,
    /// `yes` or `no`.
    pub entry: &'a str,
    /// `yes` or `no`.
    pub agreed: &'a str,
}

impl Said<'_> {
    /// The answers. Errors: [`Refusal::NotAChoice`] at each question that is not answered by one of its choices.
    pub fn read(&self) -> Result<Answers, FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut one_of = |field, known: bool| {
            errors.take(field, if known { Ok(()) } else { Err(Refusal::NotAChoice) });
        };
        let yes_or_no = |said: &str| matches!(said, "yes" | "no");
        let (post, level) = (Post::parse(self.post), Level::parse(self.level));
        one_of("work", WORK.iter().any(|(code, _)| *code == self.work));
        one_of("post", post.is_some());
        one_of("level", level.is_some() || self.level == BELOW.0);
        one_of("entry", yes_or_no(self.entry));
        one_of("agreed", yes_or_no(self.agreed));
        match post {
            Some(post) if errors.is_empty() => Ok(Answers {
                of_jinan: self.work != "no",
                post,
                level,
                enrolled_this_year: self.entry == "yes",
                employer_agrees: self.agreed == "yes",
            }),
            _ => Err(errors),
        }
    }
}

/// Every reason against applying; none means one may.
pub fn judge(answers: &Answers, year: i32) -> Vec<Refusal> {
    let mut against = Vec::new();
    if !answers.of_jinan {
        against.push(Refusal::NotOfJinan);
    }
    against.extend(post(answers.post).err());
    if answers.level.is_none() {
        against.push(Refusal::LevelTooLow);
    }
    if !answers.enrolled_this_year {
        against.push(Refusal::NotEnrolledThisYear { year });
    }
    if !answers.employer_agrees {
        against.push(Refusal::EmployerDisagrees);
    }
    against
}

/// up to workshop head, or section level in public bodies.
pub fn post(post: Post) -> Result<Post, Refusal> {
    if post == Post::Above {
        Err(Refusal::PostTooHigh)
    } else {
        Ok(post)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eligible() -> Answers {
        Answers {
            of_jinan: true,
            post: Post::WorkshopHead,
            level: Some(Level::College),
            enrolled_this_year: true,
            employer_agrees: true,
        }
    }

    /// up to and including workshop head and section level.
    #[test]
    fn front_line_workers_may_and_leaders_may_not() {
        for post in [Post::Worker, Post::TeamLeader, Post::WorkshopHead, Post::Section] {
            assert!(judge(&Answers { post, ..eligible() }, 2021).is_empty());
        }
        assert_eq!(
            judge(
                &Answers {
                    post: Post::Above,
                    ..eligible()
                },
                2021
            ),
            [Refusal::PostTooHigh]
        );
        assert_eq!(
            judge(
                &Answers {
                    of_jinan: false,
                    ..eligible()
                },
                2021
            ),
            [Refusal::NotOfJinan]
        );
    }

    /// without the employer's agreement there is nothing to apply for.
    #[test]
    fn the_employer_must_agree() {
        assert_eq!(
            judge(
                &Answers {
                    employer_agrees: false,
                    ..eligible()
                },
                2021
            ),
            [Refusal::EmployerDisagrees]
        );
    }

    /// newly enrolled this year, at 大专 or above.
    #[test]
    fn the_study_must_be_new_and_high_enough() {
        let answers = Answers {
            level: None,
            enrolled_this_year: false,
            ..eligible()
        };
        assert_eq!(
            judge(&answers, 2021),
            [Refusal::LevelTooLow, Refusal::NotEnrolledThisYear { year: 2021 }]
        );
    }
}
