//! "报读 会计" typed to the account: the three best matches. WeChat shows one card in answer to a text, so the three
//! stand in its description, and the card opens the search with the same words.

use super::entrance;
use crate::app::App;
use crate::enrolment::search;
use crate::error::Result;
use crate::kernel::refusal::HOTLINE;
use crate::kernel::text;
use crate::wechat::Reply;
use crate::wechat::reply::Article;

/// The words by which people ask for courses.
const ASKED: &[&str] = &["选学报读", "报读", "选学", "报名", "专业"];
/// So many are told.
const BEST: usize = 3;

/// What is looked for, when a text asks for courses: the words after the first; empty for any.
pub fn asked(content: &str) -> Option<String> {
    let content = text::clean(content);
    let rest = ASKED.iter().find_map(|word| content.strip_prefix(word))?;
    let rest = rest.trim_start_matches([' ', '：', ':', '，', ',']).trim();
    (rest.chars().count() <= 20).then(|| rest.to_owned())
}

/// The answer with the best matches.
pub async fn answer(app: &App, words: &str) -> Result<Reply> {
    let (hits, total) = search::best(app, words, BEST).await?;
    let query: String = url::form_urlencoded::byte_serialize(words.as_bytes()).collect();
    let next: String =
        url::form_urlencoded::byte_serialize(format!("/enrol?words={query}").as_bytes()).collect();
    let link = entrance(app, &next);
    if hits.is_empty() {
        return Ok(Reply::text(format!(
            "没有找到“{words}”相关的在招专业，换个词试试，如“报读 机电”。\n<a href=\"{}\">查看全部专业</a>\n咨询热线 {HOTLINE}",
            entrance(app, "/enrol")
        )));
    }
    let lines: Vec<String> = (1..)
        .zip(&hits)
        .map(|(n, hit)| {
            let seats = if hit.left == 0 {
                "已报满".to_owned()
            } else {
                format!("余 {} 个名额", hit.left)
            };
            format!(
                "{n}. {}（{}）{}，学费 {}，{seats}",
                hit.major, hit.level, hit.institution, hit.fee
            )
        })
        .collect();
    let title = match words {
        "" => format!("选学报读：{total} 个专业在招"),
        words => format!("“{words}”：找到 {total} 个专业"),
    };
    let description = format!("{}\n点这里查看全部并报读", lines.join("\n"));
    Ok(Reply::News {
        articles: vec![Article {
            title,
            description,
            pic_url: String::new(),
            url: link,
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// in the words that people use; what asks for something else is left alone.
    #[test]
    fn people_ask_for_courses_in_their_own_words() {
        for (text, words) in [
            ("报读 会计", "会计"),
            ("报读会计", "会计"),
            ("选学报读：机电 大专", "机电 大专"),
            ("报读", ""),
            ("专业 jd", "jd"),
        ] {
            assert_eq!(asked(text).as_deref(), Some(words), "{text}");
        }
        for text in ["你好", "进度", "我想问一下报读的事情", ""] {
            assert_eq!(asked(text), None, "{text}");
        }
    }
}
