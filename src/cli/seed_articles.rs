//! The demo's articles: the source's own plan of 2021, and two of 网站资讯 marked as 示例数据.

use crate::app::App;
use crate::audit::Actor;
use crate::content::articles::{Article, Head, Kind, State, edit, markdown, plan_2021};
use crate::error::Result;
use crate::kernel::time::DAY;

/// Address, title, days ago, text.
const NEWS: [(&str, &str, i64, &str); 2] = [
    (
        "sample-papers",
        "申请材料怎样拍，一次就能通过",
        2,
        include_str!("../../assets/data/news-demo-papers.md"),
    ),
    (
        "sample-stations",
        "求学圆梦服务站开放日：带上疑问来坐坐",
        9,
        include_str!("../../assets/data/news-demo-stations.md"),
    ),
];

/// Publishes them.
pub async fn fill(app: &App) -> Result<()> {
    let now = app.now();
    let mut tx = app.db.write().await?;
    plan_2021::publish(app, &mut tx, &Actor::System).await?;
    for (slug, title, days, body) in NEWS {
        let head = Head {
            id: app.id(),
            slug: slug.to_owned(),
            kind: Kind::News,
            title: title.to_owned(),
            issuer: "示例".to_owned(),
            summary: markdown::beginning(body, 90),
            state: State::Published,
            publish_at: now.plus(-days * DAY),
            pinned: false,
            sample: true,
            version: 1,
            edited_at: now,
        };
        let body = body.to_owned();
        edit::enter(app, &mut tx, &Actor::System, &Article { head, body }).await?;
    }
    tx.commit().await?;
    Ok(())
}
