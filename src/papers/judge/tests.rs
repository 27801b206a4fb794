use super::*;
use crate::application::content::MediaType;
use crate::application::form::tests::good;
use crate::application::form_code::FormCode;
use crate::papers::picture::Picture;
use proptest::prelude::*;

const NOW: Time = Time(1_636_500_000_000); // 10 November 2021
const NUMBER: &str = "7K3M-9PXW";

fn sealer() -> Sealer {
    Sealer::new([7; 32], &[])
}

fn application(form_version: i64) -> Application {
    Application {
        id: "a".to_owned(),
        worker_id: "w".to_owned(),
        intake_id: "i".to_owned(),
        campaign_id: "c".to_owned(),
        union_id: None,
        unit_id: None,
        state: State::InReview,
        step: 0,
        holder_id: None,
        since: NOW,
        number: Some(NUMBER.to_owned()),
        seq: None,
        submitted_at: Some(NOW),
        applicant: String::new(),
        level: None,
        institution: String::new(),
        form_sealed: String::new(),
        form_version,
        printed_version: 1,
        checked_version: 1,
        version: 1,
        updated_at: NOW,
    }
}

fn document(kind: DocumentKind) -> Document {
    Document {
        id: format!("{kind}"),
        application_id: "a".to_owned(),
        kind,
        media: MediaType::Png,
        bytes: 1,
        form_version: 1,
        uploaded_at: NOW,
    }
}

fn documents() -> Vec<Document> {
    DocumentKind::needed(true).map(document).collect()
}

const REPORT: &str = "教育部学籍在线验证报告\n更新日期：2021年11月08日\n姓名\n王小梅\n性别\n女\n出生日期\n1990年03月07日\n院校\n山东开放大学\n层次\n专科\n\
    入学日期\n2021年09月13日\n学籍状态\n在籍\n在线验证码\nA1B2C3D4E5F6G7H8\n有效期至：2022年05月08日";

fn sharp() -> Picture {
    Picture {
        width: 1200,
        height: 1600,
        sharpness: Some(300),
        darkest: 20,
        brightest: 240,
    }
}

/// What a right paper of each kind says.
fn facts(kind: DocumentKind) -> Facts {
    let code = |version| {
        FormCode {
            number: NUMBER.to_owned(),
            version,
        }
        .text(&sealer())
    };
    match kind {
        DocumentKind::StampedForm => Facts {
            picture: Some(sharp()),
            codes: vec![code(1)],
            ..Facts::default()
        },
        DocumentKind::ChsiReport => Facts {
            text: REPORT.to_owned(),
            codes: vec!["https://www.chsi.com.cn/xlcx/bg.do?vcode=A1B2C3D4E5F6G7H8&srcid=bgcx".to_owned()],
            ..Facts::default()
        },
        _ => Facts {
            picture: Some(sharp()),
            ..Facts::default()
        },
    }
}

fn run(
    form: &FormText,
    version: i64,
    documents: &[Document],
    facts: impl Fn(DocumentKind) -> Option<Facts>,
) -> Vec<Check> {
    let papers: Vec<Paper<'_>> = documents
        .iter()
        .map(|document| Paper {
            document,
            facts: facts(document.kind),
            elsewhere: None,
        })
        .collect();
    let (application, sealer) = (application(version), sealer());
    judge(&Case {
        application: &application,
        form,
        papers: &papers,
        employer: "济南示范机械有限公司",
        year: 2021,
        card_elsewhere: None,
        sealer: &sealer,
        now: NOW,
    })
}

fn with(field: &str, value: &str) -> FormText {
    let mut form = good();
    form.set(field, value);
    form
}

/// The kinds of what failed.
fn failed(checks: &[Check]) -> Vec<Kind> {
    let failed = checks.iter().filter(|c| matches!(c.outcome, Outcome::Failed(_)));
    failed.map(|c| c.kind).collect()
}

fn outcome(checks: &[Check], kind: Kind) -> &Outcome {
    &checks.iter().find(|c| c.kind == kind).unwrap().outcome
}

fn right(kind: DocumentKind) -> Option<Facts> {
    Some(facts(kind))
}

/// ux.md: on a right application all passes but what only a person can see.
#[test]
fn a_right_application_passes_but_for_what_only_a_person_can_see() {
    let checks = run(&good(), 1, &documents(), right);
    let rest: Vec<_> = checks
        .iter()
        .filter(|c| c.outcome != Outcome::Passed)
        .map(|c| c.kind)
        .collect();
    assert_eq!(rest, [Kind::CardHolder]);
}

/// each rule of the form fails at its own line.
#[test]
fn each_rule_of_the_form_fails_at_its_line() {
    let failed = |form: &FormText| failed(&run(form, 1, &documents(), |_| None));
    assert_eq!(failed(&with("id_number", "370102199003070021")), [Kind::IdNumber]);
    assert_eq!(failed(&with("sex", "男")), [Kind::Sex]);
    assert_eq!(failed(&with("card", "6222021602001234561")), [Kind::Card]);
    assert_eq!(failed(&with("entry_date", "2020-09-01")), [Kind::EntryYear]);
    assert_eq!(failed(&with("employer", "济南另一家公司")), [Kind::Employer]);
    let short = run(&with("employer", "济南示范机械"), 1, &documents(), |_| None);
    assert!(matches!(
        outcome(&short, Kind::Employer),
        Outcome::Unclear(Reason::EmployerSimilar(_))
    ));
}

/// Jinan is 3701 and the former Laiwu 3712; anybody else is asked for the residence permit, once.
#[test]
fn the_residence_permit_is_asked_of_those_not_of_jinan() {
    let of = |id: &str, documents: &[Document]| failed(&run(&with("id_number", id), 1, documents, |_| None));
    assert_eq!(
        of("371202199003070024", &documents()),
        [Kind::IdNumber],
        "the check digit is another one"
    );
    let id = |area: &str| {
        let body = format!("{area}19900307002");
        format!(
            "{body}{}",
            crate::kernel::id_number::check_digit(body.as_bytes()) as char
        )
    };
    assert_eq!(of(&id("371202"), &documents()), []);
    assert_eq!(of(&id("370902"), &documents()), [Kind::Residence, Kind::Complete]);
    let mut all = documents();
    all.push(document(DocumentKind::ResidencePermit));
    assert_eq!(of(&id("370902"), &all), []);
}

/// the code names this application and this version, and is ours.
#[test]
fn the_form_code_is_held_against_number_and_version() {
    let judged = |version, codes: Vec<String>| {
        let checks = run(&good(), version, &documents(), |kind| {
            (kind == DocumentKind::StampedForm).then(|| Facts {
                codes: codes.clone(),
                ..facts(kind)
            })
        });
        outcome(&checks, Kind::FormCode).clone()
    };
    let code = |number: &str, version| {
        FormCode {
            number: number.to_owned(),
            version,
        }
        .text(&sealer())
    };
    let advert = || "https://example.com/".to_owned();
    assert_eq!(judged(3, vec![advert(), code(NUMBER, 3)]), Outcome::Passed);
    assert_eq!(
        judged(3, vec![code(NUMBER, 2)]),
        Outcome::Failed(Reason::FormChanged(2, 3))
    );
    assert_eq!(
        judged(3, vec![code("2222-2222", 3)]),
        Outcome::Failed(Reason::FormOfAnother)
    );
    let forged = code(NUMBER, 3).replace("*3*", "*4*");
    assert_eq!(judged(4, vec![forged]), Outcome::Failed(Reason::FormCodeForged));
    assert_eq!(
        judged(3, vec![advert()]),
        Outcome::Failed(Reason::FormCodeForeign)
    );
    assert_eq!(judged(3, vec![]), Outcome::Unclear(Reason::FormCodeNotFound));
}

/// each line of the report against the form.
#[test]
fn the_report_is_held_against_the_form() {
    let of = |form: &FormText| {
        let failed = failed(&run(form, 1, &documents(), |kind| {
            (kind == DocumentKind::ChsiReport).then(|| facts(kind))
        }));
        failed
            .into_iter()
            .filter(|kind| kind.as_str().starts_with("report"))
            .collect::<Vec<_>>()
    };
    assert_eq!(of(&good()), []);
    assert_eq!(of(&with("name", "王小红")), [Kind::ReportName]);
    assert_eq!(of(&with("institution", "山东大学")), [Kind::ReportInstitution]);
    assert_eq!(of(&with("level", "本科")), [Kind::ReportLevel]);
    assert_eq!(of(&with("entry_date", "2021-03-01")), [Kind::ReportEntry]);
    let other = {
        let body = "37010219910307002";
        format!(
            "{body}{}",
            crate::kernel::id_number::check_digit(body.as_bytes()) as char
        )
    };
    assert_eq!(of(&with("id_number", &other)), [Kind::ReportPerson]);
}

/// the code on the report is 学信网's and the one that is printed; a picture without text is left to people.
#[test]
fn the_report_itself_is_recognised() {
    let judged = |codes: &[&str], text: &str| {
        let checks = run(&good(), 1, &documents(), |kind| {
            (kind == DocumentKind::ChsiReport).then(|| Facts {
                codes: codes.iter().map(|code| (*code).to_owned()).collect(),
                text: text.to_owned(),
                picture: text.is_empty().then(sharp),
                hash: None,
            })
        });
        outcome(&checks, Kind::Report).clone()
    };
    let ours = "https://www.chsi.com.cn/xlcx/bg.do?vcode=A1B2C3D4E5F6G7H8";
    assert_eq!(judged(&[], REPORT), Outcome::Passed);
    assert_eq!(judged(&[ours], REPORT), Outcome::Passed);
    assert_eq!(
        judged(&["https://chsi.example/bg.do?vcode=A1B2C3D4E5F6G7H8"], REPORT),
        Outcome::Failed(Reason::ReportCodeForeign)
    );
    assert_eq!(
        judged(
            &["https://www.chsi.com.cn/xlcx/bg.do?vcode=ZZZZC3D4E5F6G7H8"],
            REPORT
        ),
        Outcome::Failed(Reason::ReportCodeDiffers)
    );
    assert_eq!(judged(&[ours], ""), Outcome::Unclear(Reason::TextInPicture));
    assert_eq!(
        judged(&[], "学历证书电子注册备案表 姓名 王小梅"),
        Outcome::Failed(Reason::OtherPaper("学历证书电子注册备案表"))
    );
    assert_eq!(judged(&[], "缴费单"), Outcome::Unclear(Reason::NotRecognised));
}

/// a period is judged at the submission: what ran out since is no fault, what is uploaded later counts then.
#[test]
fn the_period_is_judged_at_the_submission() {
    let papers = documents();
    let report = papers
        .iter()
        .find(|d| d.kind == DocumentKind::ChsiReport)
        .unwrap();
    let case = |application: &Application, document: &Document, now| {
        let paper = Paper {
            document,
            facts: right(DocumentKind::ChsiReport),
            elsewhere: None,
        };
        let (form, sealer, papers) = (good(), sealer(), [paper]);
        let case = Case {
            application,
            form: &form,
            papers: &papers,
            employer: "",
            year: 2021,
            card_elsewhere: None,
            sealer: &sealer,
            now,
        };
        matches!(outcome(&judge(&case), Kind::ReportValidity), Outcome::Passed)
    };
    let later = Time::shanghai(2022, 6, 1, 0, 0, 0);
    let mut row = application(1);
    assert!(case(&row, report, later), "submitted in time");
    let mut replaced = report.clone();
    replaced.uploaded_at = later;
    assert!(!case(&row, &replaced, later), "uploaded after it had ended");
    row.state = State::Returned;
    assert!(!case(&row, report, later), "to be submitted again now");
    row.state = State::Draft;
    row.submitted_at = None;
    assert!(case(&row, report, NOW) && !case(&row, report, later));
}

/// each fault of a picture has its own words, the plainest first; what cannot be opened is not judged.
#[test]
fn pictures_are_judged() {
    let judged = |picture: Option<Picture>| {
        let checks = run(&good(), 1, &[document(DocumentKind::IdFront)], |_| {
            Some(Facts {
                picture,
                ..Facts::default()
            })
        });
        outcome(&checks, Kind::Quality).clone()
    };
    let p = sharp();
    assert_eq!(judged(Some(p)), Outcome::Passed);
    assert_eq!(judged(Some(Picture { sharpness: None, ..p })), Outcome::Passed);
    assert_eq!(
        judged(Some(Picture {
            sharpness: Some(5),
            ..p
        })),
        Outcome::Failed(Reason::Blurred)
    );
    assert_eq!(
        judged(Some(Picture { brightest: 60, ..p })),
        Outcome::Failed(Reason::Dark)
    );
    assert_eq!(
        judged(Some(Picture { darkest: 200, ..p })),
        Outcome::Failed(Reason::Washed)
    );
    assert_eq!(
        judged(Some(Picture { darkest: 230, ..p })),
        Outcome::Failed(Reason::Blank)
    );
    let small = Picture {
        width: 32,
        height: 20,
        ..p
    };
    assert_eq!(judged(Some(small)), Outcome::Failed(Reason::Small(32, 20)));
    assert_eq!(judged(None), Outcome::Unclear(Reason::Unreadable));
}

/// Issue 4, item 5: before a paper is read nothing is claimed of it.
#[test]
fn an_unread_paper_is_not_judged() {
    let checks = run(&good(), 1, &documents(), |_| None);
    assert_eq!(failed(&checks), []);
    assert_eq!(
        *outcome(&checks, Kind::FormCode),
        Outcome::Unclear(Reason::NotReadYet)
    );
}

/// a missing paper and a stamped form of an older version are told apart.
#[test]
fn papers_are_complete_and_of_this_version() {
    assert_eq!(
        failed(&run(&good(), 2, &documents(), |_| None)),
        [Kind::StampedVersion]
    );
    assert_eq!(
        failed(&run(&good(), 1, &documents()[1..], |_| None)),
        [Kind::Complete]
    );
}

proptest! {
    /// only a code of this application and version passes, whatever else the squares say.
    #[test]
    fn only_the_right_code_passes(number in "[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}", version in 1i64..9, now in 1i64..9, noise in "\\PC{0,30}") {
        let code = FormCode { number: number.clone(), version }.text(&sealer());
        let checks = run(&good(), now, &[document(DocumentKind::StampedForm)], |kind| {
            Some(Facts { codes: vec![noise.clone(), code.clone()], ..facts(kind) })
        });
        let passed = *outcome(&checks, Kind::FormCode) == Outcome::Passed;
        prop_assert_eq!(passed, number == NUMBER && version == now);
    }

    /// Issue 4, item 5: whatever is typed and read, judging ends, and the worker's page has words for it.
    #[test]
    fn anything_can_be_judged(value in "\\PC{0,40}", field in 0usize..17, text in "\\PC{0,200}", sharpness: Option<u32>, dark: u8, bright: u8) {
        let name = crate::application::form::FIELDS[field].0;
        let picture = Picture { width: 900, height: 900, sharpness, darkest: dark, brightest: bright };
        let checks = run(&with(name, &value), 1, &documents(), |_| {
            Some(Facts { picture: Some(picture), hash: None, codes: vec![text.clone()], text: text.clone() })
        });
        for check in &checks {
            if let Outcome::Failed(reason) | Outcome::Unclear(reason) = &check.outcome {
                prop_assert!(!reason.text().is_empty());
            }
        }
    }
}
