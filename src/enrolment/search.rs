//! The search that works on a phone: filters, words in Han or pinyin, pages; and the best matches for the chat.

use super::{Level, StudyForm, pinyin, store};
use crate::app::App;
use crate::error::Result;
use crate::kernel::Fen;
use chrono::NaiveDate;

/// Programs a page.
pub const PAGE: i64 = 20;
/// No tuition is higher.
pub const FEE_MAX: Fen = Fen::yuan(10_000_000);

crate::text_enum! {
    /// The order of the list.
    pub enum Sort {
        /// The next entry date first.
        Entry = "entry",
        /// The lowest tuition first.
        Fee = "fee",
    }
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Up to three words: any part of institution, major, place, provider; in Han, pinyin or initials.
    pub words: String,
    /// 学历层次.
    pub level: Option<Level>,
    /// 学习形式.
    pub form: Option<StudyForm>,
    /// The whole tuition, from and to.
    pub fee: (Fen, Fen),
    /// Only distance learning.
    pub distance: bool,
    /// The order.
    pub sort: Sort,
}

impl Default for Query {
    fn default() -> Self {
        Query {
            words: String::new(),
            level: None,
            form: None,
            fee: (Fen(0), FEE_MAX),
            distance: false,
            sort: Sort::Entry,
        }
    }
}

/// Which part of the list.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// From 0.
    pub no: i64,
    /// How many.
    pub size: i64,
}

/// A program as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The program's id.
    pub id: String,
    /// 院校.
    pub institution: String,
    /// 服务机构.
    pub provider: String,
    /// 学历层次.
    pub level: Level,
    /// 学习形式.
    pub form: StudyForm,
    /// 专业.
    pub major: String,
    /// 学制 in months.
    pub months: i64,
    /// The whole tuition.
    pub fee: Fen,
    /// Where.
    pub place: String,
    /// Distance learning.
    pub distance: bool,
    /// 示例数据.
    pub sample: bool,
    /// The next entry date.
    pub entry: Option<NaiveDate>,
    /// Free seats of all dates that can still be enrolled in.
    pub left: i64,
}

/// A page of the programs that can be enrolled in now, and how many there are.
pub async fn search(app: &App, query: &Query, no: i64) -> Result<(Vec<Hit>, i64)> {
    store::search(app, query, Page { no, size: PAGE }).await
}

/// The best matches for words typed into the chat: a major that begins so, then one that holds it, with seats before
/// without, the nearest entry first. Gives how many there are in all besides.
pub async fn best(app: &App, words: &str, most: usize) -> Result<(Vec<Hit>, i64)> {
    let query = Query {
        words: words.to_owned(),
        ..Query::default()
    };
    let (mut hits, total) = store::search(app, &query, Page { no: 0, size: 60 }).await?;
    let word = pinyin::words(words, 1).into_iter().next().unwrap_or_default();
    hits.sort_by_key(|hit| {
        let major = pinyin::plain(&hit.major);
        let place = if major.starts_with(&word) {
            0
        } else {
            1 + i32::from(!major.contains(&word))
        };
        (hit.left == 0, place)
    });
    hits.truncate(most);
    Ok((hits, total))
}
