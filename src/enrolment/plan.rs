//! 个性化学习计划 (R-10's box): which programs suit a worker, by level, by the employer's trade and by fee. The rules stand
//! here and nowhere else; each suggestion says in words why it was made.

use super::search::{Hit, Page, Query};
use super::{Level, store};
use crate::app::App;
use crate::error::Result;
use crate::kernel::Fen;

/// What the plan goes by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// 现有学历, one of [`crate::account::profile::EDUCATIONS`]; empty when unknown.
    pub education: String,
    /// The employer's name: its trade is read from it.
    pub employer: String,
    /// What the worker wants to spend at most.
    pub budget: Option<Fen>,
    /// Whether shifts or travel make distance learning wanted.
    pub distance: bool,
}

/// A trade: its name, words in an employer's name, words in the majors that serve it.
type Trade = (&'static str, &'static [&'static str], &'static [&'static str]);

/// Trades of Jinan's employers. The first that fits counts.
const TRADES: &[Trade] = &[
    (
        "机械制造",
        &["机械", "机床", "重工", "重汽", "汽车", "装备", "制造", "轴承"],
        &["机电", "机械", "数控", "汽车", "智能制造", "自动化"],
    ),
    (
        "钢铁冶金",
        &["钢", "冶金", "铸造"],
        &["冶金", "材料", "机电", "自动化"],
    ),
    (
        "电力能源",
        &["电力", "供电", "热力", "燃气", "能源", "电厂", "电气"],
        &["电气", "电力", "新能源", "自动化", "机电"],
    ),
    (
        "建筑工程",
        &[
            "建筑",
            "建工",
            "建设",
            "市政",
            "路桥",
            "装饰",
            "工程",
            "房地产",
            "物业",
        ],
        &["土木", "建筑", "工程造价", "工程管理", "市政", "物业"],
    ),
    (
        "交通物流",
        &[
            "物流", "快递", "公交", "铁路", "运输", "客运", "交通", "地铁", "货运", "邮政",
        ],
        &["物流", "交通", "铁道", "供应链", "运输"],
    ),
    (
        "医疗卫生",
        &["医院", "卫生", "医药", "制药", "药业", "护理", "康复"],
        &["护理", "药", "医学", "康复", "健康"],
    ),
    (
        "信息技术",
        &["软件", "信息", "科技", "网络", "通信", "电子", "数据", "浪潮"],
        &["计算机", "软件", "信息", "大数据", "电子", "人工智能", "物联网"],
    ),
    (
        "商贸服务",
        &["商贸", "商场", "超市", "百货", "商业", "零售", "贸易"],
        &["市场营销", "电子商务", "工商", "商贸", "连锁"],
    ),
    (
        "酒店餐饮",
        &["酒店", "宾馆", "餐饮", "饭店", "旅游", "食品"],
        &["旅游", "酒店", "餐饮", "食品"],
    ),
    (
        "教育",
        &["学校", "幼儿园", "教育", "小学", "中学", "学院"],
        &["学前教育", "教育", "汉语言"],
    ),
    (
        "金融财会",
        &["银行", "保险", "证券", "会计", "财务", "金融"],
        &["会计", "金融", "财务", "保险"],
    ),
    (
        "化工纺织",
        &["化工", "石化", "纺织", "服装", "印染"],
        &["化工", "纺织", "服装", "安全"],
    ),
    (
        "农业",
        &["农业", "种业", "畜牧", "园林", "果", "林场"],
        &["农", "园林", "畜牧"],
    ),
    (
        "公共管理",
        &["街道", "社区", "机关", "政府", "环卫", "城管"],
        &["行政管理", "社会工作", "法学", "公共"],
    ),
];

/// The next level above an education; none when it is not known or nothing is above.
pub fn next_level(education: &str) -> Option<Level> {
    match education {
        "初中及以下" | "高中" | "中专（中职、中技）" => Some(Level::College),
        "大专（高职）" => Some(Level::Bachelor),
        "本科" => Some(Level::Master),
        "硕士及以上" => Some(Level::Doctor),
        _ => None,
    }
}

/// The trade of an employer and the majors that serve it.
pub fn trade(employer: &str) -> Option<(&'static str, &'static [&'static str])> {
    let fits = |words: &[&str]| words.iter().any(|word| employer.contains(word));
    TRADES
        .iter()
        .find(|(_, words, _)| fits(words))
        .map(|(name, _, majors)| (*name, *majors))
}

/// A program and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The program.
    pub hit: Hit,
    /// Sentences for the worker.
    pub why: Vec<String>,
}

/// The most suggestions.
pub const MOST: usize = 5;

/// The rules: of the next level, with seats, not above the budget; those that serve the employer's trade first, then
/// those that can be studied at a distance if that is wanted, then the lower fee.
pub fn suggest(facts: &Facts, hits: &[Hit], grant: Option<Fen>) -> Vec<Suggestion> {
    let level = next_level(&facts.education);
    let trade = trade(&facts.employer);
    let serves =
        |hit: &Hit| trade.is_some_and(|(_, majors)| majors.iter().any(|word| hit.major.contains(word)));
    let fits = |hit: &&Hit| {
        hit.left > 0
            && level.is_none_or(|l| l == hit.level)
            && facts.budget.is_none_or(|most| hit.fee <= most)
    };
    let mut fitting: Vec<&Hit> = hits.iter().filter(fits).collect();
    fitting.sort_by_key(|hit| (!serves(hit), facts.distance && !hit.distance, hit.fee, hit.entry));
    let why = |hit: &Hit| {
        let mut why = Vec::new();
        if let Some(level) = level {
            why.push(format!("您现在是{}，下一步可以读{level}", facts.education));
        }
        if let (true, Some((name, _))) = (serves(hit), trade) {
            why.push(format!(
                "“{}”与您单位所在的{name}行业对口，更容易得到单位同意",
                hit.major
            ));
        }
        if let Some(most) = facts.budget {
            why.push(format!("学费 {}，在您的预算 {most} 以内", hit.fee));
        }
        if facts.distance && hit.distance {
            why.push("可以远程学习，适合倒班和外出".to_owned());
        }
        if let Some(grant) = grant {
            why.push(format!("入学后可申请市总工会补助 {grant}"));
        }
        why
    };
    fitting
        .into_iter()
        .take(MOST)
        .map(|hit| Suggestion {
            why: why(hit),
            hit: hit.clone(),
        })
        .collect()
}

/// The plan from the catalogue as it is now.
pub async fn of(app: &App, facts: &Facts) -> Result<Vec<Suggestion>> {
    let query = Query {
        level: next_level(&facts.education),
        ..Query::default()
    };
    let (hits, _) = store::search(app, &query, Page { no: 0, size: 2_000 }).await?;
    let grant = crate::campaign::current(app)
        .await?
        .map(|current| current.city_grant);
    Ok(suggest(facts, &hits, grant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrolment::StudyForm;

    fn hit(major: &str, level: Level, yuan: i64, distance: bool, left: i64) -> Hit {
        Hit {
            id: major.to_owned(),
            institution: "山东开放大学".to_owned(),
            provider: "示例机构".to_owned(),
            level,
            form: StudyForm::Open,
            major: major.to_owned(),
            months: 30,
            fee: Fen::yuan(yuan),
            place: "济南".to_owned(),
            distance,
            sample: true,
            entry: None,
            left,
        }
    }

    /// the plan follows level, trade and fee, and says why.
    #[test]
    fn the_plan_says_why() {
        let all = [
            hit("会计", Level::College, 3000, true, 9),
            hit("机电一体化技术", Level::College, 5000, false, 9),
            hit("数控技术", Level::College, 4500, true, 9),
            hit("机械工程", Level::Bachelor, 4000, true, 9),
            hit("汽车检测", Level::College, 9000, true, 9),
            hit("智能制造", Level::College, 4000, true, 0),
        ];
        let facts = Facts {
            education: "高中".to_owned(),
            employer: "济南示范机械有限公司".to_owned(),
            budget: Some(Fen::yuan(6000)),
            distance: true,
        };
        let plan = suggest(&facts, &all, Some(Fen::yuan(1000)));
        let majors: Vec<&str> = plan.iter().map(|s| s.hit.major.as_str()).collect();
        assert_eq!(majors, ["数控技术", "机电一体化技术", "会计"]);
        let first = plan[0].why.join("；");
        for part in [
            "下一步可以读大专",
            "机械制造行业对口",
            "预算 6000 元",
            "远程",
            "补助 1000 元",
        ] {
            assert!(first.contains(part), "{part}: {first}");
        }
        assert!(!plan[2].why.iter().any(|why| why.contains("对口")));
    }

    /// Nothing known: everything with seats, the cheapest first; nothing is invented.
    #[test]
    fn without_facts_nothing_is_claimed() {
        let all = [
            hit("会计", Level::College, 3000, true, 1),
            hit("法学", Level::Bachelor, 2000, false, 1),
        ];
        let plan = suggest(&Facts::default(), &all, None);
        assert_eq!(plan[0].hit.major, "法学");
        assert!(plan.iter().all(|s| s.why.is_empty()));
    }

    /// Each education of the registration has its next level.
    #[test]
    fn every_education_is_known() {
        for education in crate::account::profile::EDUCATIONS {
            assert!(next_level(education).is_some(), "{education}");
        }
        assert_eq!(trade("济南公共交通集团").map(|t| t.0), Some("交通物流"));
        assert_eq!(trade("某某"), None);
    }
}
