use super::*;

fn course(title: &str, teacher: &str) -> Course {
    Course {
        id: "c".to_owned(),
        title: title.to_owned(),
        summary: "一步一步讲 Excel 表格".to_owned(),
        teacher: teacher.to_owned(),
        cover: None,
        place: 0,
        shown: true,
        sample: false,
        version: 1,
    }
}

fn lesson(title: &str) -> Lesson {
    Lesson {
        id: "l".to_owned(),
        course_id: "c".to_owned(),
        no: 1,
        title: title.to_owned(),
        source: Source::Nothing,
        shown: true,
        version: 1,
    }
}

/// each of the words, anywhere in the course, whatever its case.
#[test]
fn a_course_is_found_by_its_words() {
    let (course, lessons) = (course("办公软件入门", "示例讲师"), [lesson("第一课 认识界面")]);
    for words in ["", "办公", "excel", "讲师 表格", "认识界面 办公"] {
        assert!(matches(&course, &lessons, words), "{words}");
    }
    for words in ["会计", "办公 会计"] {
        assert!(!matches(&course, &lessons, words), "{words}");
    }
}

/// A lesson without a video is nothing to look at yet.
#[test]
fn a_lesson_is_public_when_it_is_there_and_not_withdrawn() {
    let mut lesson = lesson("第一课");
    assert!(!lesson.is_public());
    lesson.source = Source::Link("https://www.example.cn/1".to_owned());
    assert!(lesson.is_public());
    lesson.shown = false;
    assert!(!lesson.is_public());
}

#[test]
fn only_pages_of_named_sites_over_https_are_linked() {
    assert_eq!(
        link(" https://v.example.cn/x?a=1 ").unwrap(),
        "https://v.example.cn/x?a=1"
    );
    assert_eq!(link("  ").unwrap(), "");
    for bad in [
        "http://v.example.cn/x",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://localhost/x",
        "https://a:b@v.example.cn/",
        "v.example.cn/x",
        "//v.example.cn/x",
    ] {
        assert_eq!(link(bad), Err(Refusal::LinkMalformed), "{bad}");
    }
    let long = format!("https://v.example.cn/{}", "x".repeat(500));
    assert_eq!(link(&long), Err(Refusal::TooLong { max: 500 }));
}
