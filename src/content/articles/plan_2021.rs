//! The source itself, 济工办〔2021〕3号 with its annexes, as the first 政策通知 (issue 6).

use super::{Article, Head, Kind, State, edit};
use crate::app::App;
use crate::audit::Actor;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Time;

/// Its text, as the source published it.
pub const TEXT: &str = include_str!("../../../assets/data/plan-2021.md");
/// The last part of its address.
pub const SLUG: &str = "plan-2021";

/// Publishes it under the day that it bears, within the caller's transaction; `false` when it is there already.
pub async fn publish(app: &App, tx: &mut Tx, by: &Actor) -> Result<bool> {
    let head = Head {
        id: app.id(),
        slug: SLUG.to_owned(),
        kind: Kind::Policy,
        title: "2021年济南市一线职工“求学圆梦行动”实施方案".to_owned(),
        issuer: "济南市总工会办公室".to_owned(),
        summary: "济工办〔2021〕3号：谁可以报读、怎样报读，补助的名额、标准和申请时间，审核和发放的程序，附名额分配表和操作指南。"
            .to_owned(),
        state: State::Published,
        publish_at: Time::shanghai(2021, 2, 19, 0, 0, 0),
        pinned: false,
        sample: false,
        version: 1,
        edited_at: app.now(),
    };
    let body = TEXT.to_owned();
    edit::enter(app, tx, by, &Article { head, body }).await
}

#[cfg(test)]
mod tests {
    use super::super::markdown::{Attached, html};
    use super::*;

    /// Issue 6: nothing of the source's words is lost, and the annexes stand in it. R-19: Annex 1's 55 units and their sum.
    #[test]
    fn the_text_is_the_sources() {
        for words in [
            "济工办〔2021〕3号",
            "一、报读条件",
            "2021年5月5日至5月31日",
            "2021年11月5日至11月30日",
            "严格审核、先到先得",
            "每名职工每年或同一学历层次只可申请一次补助",
            "4000123318 转 0",
            "附件 5",
            "市总工会在全网监督整个补助的申请和审核全过程",
        ] {
            assert!(TEXT.contains(words), "{words}");
        }
        assert!(TEXT.chars().count() < edit::LONGEST);
        let table = crate::campaign::quotas::parse(crate::campaign::quotas::ANNEX_1_OF_2021).unwrap();
        for quota in &table {
            let line = format!("| {} | {} | {} |", quota.no, quota.union, quota.total);
            assert!(TEXT.contains(&line), "{line}");
        }
        let html = html(TEXT, &Attached { files: &[], at: "" });
        assert_eq!(html.matches("<tr>").count(), 55 + 2);
        assert!(
            !html.contains("&lt;") && !html.contains("［图片"),
            "it needs no HTML and no picture"
        );
    }
}
