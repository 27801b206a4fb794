//! The demo's service stations and 公益微课, marked as 示例: no phone but the hotline, and a video of twelve seconds.

use crate::app::App;
use crate::audit::Actor;
use crate::content::{courses_media, stations_import};
use crate::error::Result;

const STATIONS: &str = include_str!("../../assets/data/stations-demo.csv");
/// Made with ffmpeg: a title on blue and a bar that grows (docs/adr/0031).
const VIDEO: &[u8] = include_bytes!("../../assets/data/course-sample.mp4");
/// The course's title.
pub const COURSE: &str = "示例：怎样申请学历提升补助";

/// Fills what is empty.
pub async fn fill(app: &App) -> Result<()> {
    let table = stations_import::read(app, STATIONS.as_bytes()).await?;
    stations_import::write(app, &Actor::System, table, true).await?;
    let summary =
        "用十几秒的示例视频演示公益微课：怎样播放、怎样记住看到哪里。正式使用前请由市总工会换成真实课程。";
    let course = courses_media::Sample {
        title: COURSE,
        summary,
        teacher: "示例讲师",
        lessons: &["第一节 申请前的准备", "第二节 填表和上传材料"],
        video: VIDEO,
    };
    courses_media::add_sample(app, course).await
}
