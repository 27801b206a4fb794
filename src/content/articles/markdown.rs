//! The city's Markdown as HTML that is safe on our pages: what looks like HTML is text, links lead to the web or to
//! pages of ours, pictures are the article's own attachments, nothing needs an inline style (the CSP has none).

use super::File;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// What an article's text may point at by name: its attachments, and where they are served.
pub struct Attached<'a> {
    /// The attachments.
    pub files: &'a [File],
    /// The path below which they are, such as `/policies/plan-2021/files`.
    pub at: &'a str,
}

impl Attached<'_> {
    fn named(&self, name: &str) -> Option<&File> {
        let named = |name: &str| self.files.iter().find(|file| file.name == name);
        // Some editors write "%20" and the like into addresses.
        named(name).or_else(|| {
            let encoded = format!("x={}", name.replace('+', "%2B"));
            let decoded = url::form_urlencoded::parse(encoded.as_bytes()).next()?.1;
            named(&decoded)
        })
    }

    fn path(&self, file: &File) -> String {
        format!("{}/{}", self.at, file.id)
    }

    /// Where a link may lead; `None` for an address that is not served.
    fn link(&self, to: &str) -> Option<String> {
        if let Some(file) = self.named(to) {
            return Some(self.path(file));
        }
        let begins = |scheme: &str| {
            to.get(..scheme.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
        };
        let elsewhere = begins("https://") || begins("http://");
        // "//host" and "/\host" lead elsewhere.
        let ours = to.starts_with('/') && !to.starts_with("//") && !to.contains('\\');
        let printable = !to.chars().any(char::is_control);
        ((elsewhere || ours) && printable).then(|| to.to_owned())
    }

    /// A picture of the article's own.
    fn picture(&self, to: &str) -> Option<String> {
        let file = self.named(to).filter(|file| file.media.is_picture())?;
        Some(self.path(file))
    }
}

/// The text as HTML. Headings begin one level lower: the page has its own first one.
pub fn html(body: &str, attached: &Attached<'_>) -> String {
    let mut out = String::with_capacity(body.len() * 2);
    html::push_html(&mut out, safe(body, attached).into_iter());
    out
}

fn safe<'a>(body: &'a str, attached: &Attached<'_>) -> Vec<Event<'a>> {
    let mut events = Vec::new();
    // Of each link and picture that is open, whether it is served.
    let (mut links, mut pictures) = (Vec::new(), Vec::new());
    for event in Parser::new_ext(body, Options::ENABLE_TABLES) {
        match event {
            Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
            Event::Start(Tag::HtmlBlock) => events.push(Event::Start(Tag::Paragraph)),
            Event::End(TagEnd::HtmlBlock) => events.push(Event::End(TagEnd::Paragraph)),
            Event::Start(Tag::Heading { level, .. }) => {
                let (level, classes, attrs) = (lower(level), Vec::new(), Vec::new());
                let id = None;
                events.push(Event::Start(Tag::Heading {
                    level,
                    id,
                    classes,
                    attrs,
                }));
            }
            Event::End(TagEnd::Heading(level)) => events.push(Event::End(TagEnd::Heading(lower(level)))),
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            }) => {
                let to = attached.link(&dest_url);
                links.push(to.is_some());
                if let Some(to) = to {
                    let dest_url = CowStr::from(to);
                    events.push(Event::Start(Tag::Link {
                        link_type,
                        dest_url,
                        title,
                        id,
                    }));
                }
            }
            Event::End(TagEnd::Link) => {
                if links.pop() == Some(true) {
                    events.push(Event::End(TagEnd::Link));
                }
            }
            Event::Start(Tag::Image {
                link_type,
                dest_url,
                title,
                id,
            }) => {
                let to = attached.picture(&dest_url);
                pictures.push(to.is_some());
                events.push(match to {
                    Some(to) => {
                        let dest_url = CowStr::from(to);
                        Event::Start(Tag::Image {
                            link_type,
                            dest_url,
                            title,
                            id,
                        })
                    }
                    None => Event::Text("［图片：".into()),
                });
            }
            Event::End(TagEnd::Image) => events.push(match pictures.pop() {
                Some(true) => Event::End(TagEnd::Image),
                _ => Event::Text("］".into()),
            }),
            // A column's alignment would become an inline style. A wide table is moved by itself, by keyboard too.
            Event::Start(Tag::Table(columns)) => {
                let plain = vec![pulldown_cmark::Alignment::None; columns.len()];
                events.push(Event::Html(
                    "<div class=\"table\" tabindex=\"0\" role=\"group\" aria-label=\"表格，可左右滑动\">"
                        .into(),
                ));
                events.push(Event::Start(Tag::Table(plain)));
            }
            Event::End(TagEnd::Table) => {
                events.push(Event::End(TagEnd::Table));
                events.push(Event::Html("</div>\n".into()));
            }
            other => events.push(other),
        }
    }
    events
}

fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H2,
        HeadingLevel::H2 => HeadingLevel::H3,
        HeadingLevel::H3 => HeadingLevel::H4,
        HeadingLevel::H4 => HeadingLevel::H5,
        HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

/// The beginning of the text without its marks, at most so many characters, for lists and cards. Headings and tables are
/// left out.
pub fn beginning(body: &str, most: usize) -> String {
    let mut out = String::new();
    let mut skipped = 0;
    for event in Parser::new_ext(body, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. } | Tag::Table(_) | Tag::CodeBlock(_)) => skipped += 1,
            Event::End(TagEnd::Heading(_) | TagEnd::Table | TagEnd::CodeBlock) => skipped -= 1,
            Event::Text(text) | Event::Code(text) if skipped == 0 => out.push_str(&text),
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::Paragraph | TagEnd::Item)
                if skipped == 0 =>
            {
                out.push(' ');
            }
            _ => {}
        }
        // Four bytes are the longest character.
        if out.len() > most * 4 + 64 {
            break;
        }
    }
    let clean = crate::kernel::text::clean(&out);
    if clean.chars().count() <= most {
        return clean;
    }
    let cut: String = clean.chars().take(most.saturating_sub(1)).collect();
    format!("{cut}…")
}

#[cfg(test)]
mod tests {
    use super::super::FileType;
    use super::*;
    use proptest::prelude::*;

    fn files() -> Vec<File> {
        let file = |id: &str, name: &str, media| File {
            id: id.to_owned(),
            name: name.to_owned(),
            media,
            bytes: 1,
            sha256: String::new(),
        };
        vec![
            file("f1", "流程图.png", FileType::Png),
            file("f2", "申请表.pdf", FileType::Pdf),
        ]
    }

    fn shown(body: &str) -> String {
        let files = files();
        html(
            body,
            &Attached {
                files: &files,
                at: "/news/a/files",
            },
        )
    }

    /// Issue 6: what officers type is text, whatever it looks like.
    #[test]
    fn html_is_shown_as_text() {
        for typed in [
            "<script>alert(1)</script>",
            "a <b onclick=alert(1)>b</b>",
            "<img src=x onerror=alert(1)>",
            "<style>*{display:none}</style>",
            "<!-- a --> <iframe src=https://evil.example>",
            "<div>\n<svg onload=alert(1)>\n</div>",
            "&lt;script&gt; <![CDATA[<script>]]> <?php x ?> <!DOCTYPE html>",
            "[<script>](https://example.cn)",
            "![<script>alert(1)</script>](流程图.png)",
            "    <script>in code</script>",
            "```<script>\n<script>\n```",
            "| <script> |\n|--|\n| <img src=x> |",
            "# <script>",
            "[a](https://example.cn \"<script>\")",
        ] {
            let html = shown(typed);
            for tag in [
                "<script",
                "<b ",
                "<img src=x",
                "<style",
                "<iframe",
                "<svg",
                "<!--",
                "<?",
                "<!",
                "onerror=alert(1)>",
            ] {
                assert!(!html.contains(tag), "{typed}: {html}");
            }
        }
        assert!(shown("<script>alert(1)</script>").contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    }

    /// Issue 6: links lead to the web, to pages of ours and to attachments; nowhere else.
    #[test]
    fn links_lead_to_the_web_or_to_us() {
        for (typed, to) in [
            (
                "[a](https://www.jngh.org.cn/x?a=1&b=2)",
                "https://www.jngh.org.cn/x?a=1&amp;b=2",
            ),
            ("[a](HTTP://example.cn)", "HTTP://example.cn"),
            ("<https://zgjy.jngh.org.cn>", "https://zgjy.jngh.org.cn"),
            ("[a](/apply)", "/apply"),
            ("[a][1]\n\n[1]: /enrol", "/enrol"),
            ("[a](申请表.pdf)", "/news/a/files/f2"),
            ("[a](%E7%94%B3%E8%AF%B7%E8%A1%A8.pdf)", "/news/a/files/f2"),
        ] {
            let html = shown(typed);
            assert!(html.contains(&format!("<a href=\"{to}\"")), "{typed}: {html}");
        }
        for typed in [
            "[a](javascript:alert(1))",
            "[a](JaVaScRiPt:alert(1))",
            "[a](java&#10;script:alert(1))",
            "[a](&#106;avascript:alert(1))",
            "[a](data:text/html,x)",
            "[a](vbscript:x)",
            "[a](//evil.example)",
            "[a](/\\evil.example)",
            "[a](\\\\evil.example)",
            "[a](mailto:a@example.cn)",
            "<a@example.cn>",
            "[a](apply)",
            "[a](#top)",
            "[a](没有.pdf)",
            "[a]( javascript:alert(1) )",
        ] {
            let html = shown(typed);
            assert!(!html.contains("<a"), "{typed}: {html}");
        }
    }

    #[test]
    fn pictures_are_the_articles_own() {
        assert!(shown("![流程](流程图.png)").contains("<img src=\"/news/a/files/f1\" alt=\"流程\""));
        for (typed, left) in [
            ("![外链](https://example.cn/a.png)", "［图片：外链］"),
            ("![a](/assets/x.png)", "［图片：a］"),
            ("![表](申请表.pdf)", "［图片：表］"),
            ("![a](data:image/png;base64,AAAA)", "［图片：a］"),
        ] {
            let html = shown(typed);
            assert!(!html.contains("<img") && html.contains(left), "{typed}: {html}");
        }
    }

    #[test]
    fn headings_stand_below_the_pages_own_and_tables_need_no_style() {
        let html = shown("# 一\n\n###### 六\n\n| a | b |\n|:--|--:|\n| 1 | 2 |");
        assert!(
            html.contains("<h2>一</h2>") && html.contains("<h6>六</h6>"),
            "{html}"
        );
        assert!(
            html.contains("<div class=\"table\" tabindex=\"0\"") && !html.contains("style="),
            "{html}"
        );
    }

    #[test]
    fn the_beginning_is_plain_text() {
        let body = "# 标题\n\n为**进一步**推进[产业工人](/x)队伍\n建设。\n\n| a |\n|--|\n| 1 |\n\n第二段";
        assert_eq!(beginning(body, 80), "为进一步推进产业工人队伍 建设。 第二段");
        assert_eq!(beginning(body, 8), "为进一步推进产…");
        assert_eq!(beginning("", 8), "");
    }

    proptest! {
        /// Whatever is typed: no element but Markdown's own, no attribute that acts.
        #[test]
        fn nothing_typed_becomes_an_element_of_its_own(body in "[<>a-z!\\[\\]()\"'/:;#&= \n`|*_.-]{0,120}") {
            let html = shown(&body);
            for (at, _) in html.match_indices('<') {
                let rest = html[at + 1..].trim_start_matches('/');
                let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
                let known = ["p", "h2", "h3", "h4", "h5", "h6", "em", "strong", "code", "pre", "ul", "ol", "li", "a",
                    "blockquote", "hr", "br", "div", "table", "thead", "tbody", "tr", "th", "td"];
                prop_assert!(known.contains(&name.as_str()), "{name}: {html}");
            }
            prop_assert!(!html.contains(" style=") && !html.contains("href=\"javascript"), "{html}");
        }
    }
}
